#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/core/bytes.h"
#include "engine/core/ip_prefix.h"

namespace weir {

/// Knows which addresses are local. Built once, read by every worker.
class LocalSide {
 public:
  explicit LocalSide(std::span<const IpPrefix> networks) {
    for (const IpPrefix& network : networks) {
      if (network.ip_version == 4) {
        const uint32_t mask = network.length == 0 ? 0 : UINT32_MAX << (32 - network.length);
        v4_.push_back({load_be32(network.address.data()) & mask, mask});
      } else {
        v6_.push_back(network);
      }
    }
  }

  bool contains(uint8_t ip_version, const IpBytes& address) const noexcept {
    if (ip_version != 4) return contains_any(v6_, ip_version, address);
    return contains_v4(load_be32(address.data()));
  }

  /// There are IPv4 networks to ask.
  bool has_v4() const noexcept { return !v4_.empty(); }

  /// An IPv4 address in host byte order.
  bool contains_v4(uint32_t host) const noexcept {
    for (const V4& network : v4_) {
      if ((host & network.mask) == network.address) return true;
    }
    return false;
  }

 private:
  struct V4 {
    uint32_t address;
    uint32_t mask;
  };
  std::vector<V4> v4_;
  std::vector<IpPrefix> v6_;
};

}  // namespace weir
