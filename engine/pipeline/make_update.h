#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "engine/core/bytes.h"
#include "engine/core/flow_update.h"
#include "engine/core/packet.h"
#include "engine/flow/hash.h"
#include "engine/pipeline/local_side.h"
#include "parsers/parse.h"

namespace weir {

/// True when (source address, source port) is the numerically lower end.
inline bool source_is_low(const parsers::ParsedPacket& parsed) noexcept {
  int order = 0;
  if (parsed.ip_version == 4) {
    const uint32_t source = load_be32(parsed.src.data());
    const uint32_t destination = load_be32(parsed.dst.data());
    order = source < destination ? -1 : (source > destination ? 1 : 0);
  } else {
    order = std::memcmp(parsed.src.data(), parsed.dst.data(), parsed.src.size());
  }
  return order != 0 ? order < 0 : parsed.src_port <= parsed.dst_port;
}

/// Turns a parsed packet into the update of its flow: canonical key, hash, direction. Which side is
/// shown first is decided from the packet, before its ends are put in order: the local one, or the
/// lower one where the local networks cannot tell.
inline void make_update(const PacketView& packet, const parsers::ParsedPacket& parsed,
                        bool key_vlan, const LocalSide& local, uint64_t hash_seed,
                        FlowUpdate& update) noexcept {
  const bool low = source_is_low(parsed);
  FlowKey& key = update.key;
  key.low_addr = low ? parsed.src : parsed.dst;
  key.high_addr = low ? parsed.dst : parsed.src;
  key.low_port = low ? parsed.src_port : parsed.dst_port;
  key.high_port = low ? parsed.dst_port : parsed.src_port;
  key.proto = parsed.proto;
  key.ip_version = parsed.ip_version;
  key.vlan_count = 0;
  key.reserved = 0;
  key.vlans = {};
  if (key_vlan) {
    key.vlan_count = std::min(parsed.vlan_count, kKeyVlans);
    std::copy_n(parsed.vlans.begin(), key.vlan_count, key.vlans.begin());
  }
  const bool low_local = local.contains(key.ip_version, key.low_addr);
  const bool high_local = local.contains(key.ip_version, key.high_addr);
  update.flags = static_cast<uint8_t>((low ? 0 : FlowUpdate::from_high) |
                                      (high_local && !low_local ? FlowUpdate::shown_high : 0));
  update.hash = symmetric_hash(key, hash_seed);
  update.ts_ns = packet.ts_ns;
  update.ip_bytes = parsed.ip_bytes;
  update.wire_bytes = packet.wire_len;
  update.tcp_flags = parsed.tcp_flags;
}

}  // namespace weir
