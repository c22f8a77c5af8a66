#pragma once

#include <cstdint>
#include <cstring>

#include "engine/core/flow_key.h"

namespace weir::testing {

/// An IPv4 key with distinct addresses and ports for distinct numbers.
inline FlowKey v4_key(uint32_t number) {
  FlowKey key;
  key.ip_version = 4;
  key.proto = 6;
  std::memcpy(key.low_addr.data(), &number, sizeof number);
  key.high_addr[0] = 198;
  key.low_port = static_cast<uint16_t>(number * 7);
  key.high_port = 443;
  return key;
}

inline FlowKey v6_key(uint32_t number) {
  FlowKey key = v4_key(number);
  key.ip_version = 6;
  key.high_addr[15] = 1;
  return key;
}

inline HashedKey hashed(const FlowKey& key, uint64_t hash) {
  HashedKey flow{};
  flow.assign(key, hash);
  return flow;
}

}  // namespace weir::testing
