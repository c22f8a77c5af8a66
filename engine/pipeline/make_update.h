#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "engine/core/bytes.h"
#include "engine/core/flow_update.h"
#include "engine/core/packet.h"
#include "engine/core/uint128.h"
#include "engine/flow/hash.h"
#include "parsers/parse.h"

namespace weir {

/// True when (source address, source port) is the numerically lower end.
inline bool source_is_low(const parsers::ParsedPacket& parsed) noexcept {
  if (parsed.ip_version == 4) {
    const uint32_t source = load_be32(parsed.src.data());
    const uint32_t destination = load_be32(parsed.dst.data());
    if (source != destination) return source < destination;
  } else {
    const int order = std::memcmp(parsed.src.data(), parsed.dst.data(), parsed.src.size());
    if (order != 0) return order < 0;
  }
  return parsed.src_port <= parsed.dst_port;
}

/// The canonical key.
inline FlowKey make_key(const parsers::ParsedPacket& parsed, bool low, bool key_vlan) noexcept {
  const uint8_t* low_addr = low ? parsed.src.data() : parsed.dst.data();
  const uint8_t* high_addr = low ? parsed.dst.data() : parsed.src.data();
  const uint64_t low_port = low ? parsed.src_port : parsed.dst_port;
  const uint64_t high_port = low ? parsed.dst_port : parsed.src_port;
  const uint64_t vlans = key_vlan ? std::min(parsed.vlan_count, kKeyVlans) : 0;
  std::array<uint64_t, 6> words{};
  if (parsed.ip_version == 4) {
    words[0] = load_le32(low_addr);
    words[2] = load_le32(high_addr);
  } else {
    words[0] = load_le64(low_addr);
    words[1] = load_le64(low_addr + 8);
    words[2] = load_le64(high_addr);
    words[3] = load_le64(high_addr + 8);
  }
  words[4] = low_port | high_port << 16 | uint64_t{parsed.proto} << 32 |
             uint64_t{parsed.ip_version} << 40 | vlans << 48;
  for (uint64_t i = 0; i < vlans; ++i) words[5] |= uint64_t{parsed.vlans[i]} << (16 * i);
  FlowKey key;
  static_assert(sizeof words == sizeof key);
  std::memcpy(static_cast<void*>(&key), words.data(), sizeof key);
  return key;
}

/// Turns a parsed packet into the update of its flow: canonical key, hash, direction; all but the
/// producer and the capture. Which side is local is decided by the shard, once a flow.
inline void make_update(const PacketView& packet, const parsers::ParsedPacket& parsed,
                        bool key_vlan, uint64_t hash_seed, FlowUpdate& update) noexcept {
  const bool low = source_is_low(parsed);
  const FlowKey key = make_key(parsed, low, key_vlan);
  update.flow.assign(key, symmetric_hash(key, hash_seed));
  update.flags =
      static_cast<uint8_t>((low ? 0 : FlowUpdate::from_high) | static_cast<uint8_t>(packet.side));
  update.ts_ns = packet.ts_ns;
  update.ip_bytes = parsed.ip_bytes;
  update.wire_bytes = packet.wire_len;
  update.tcp_flags = parsed.tcp_flags;
}

/// The same for the common packet, without `--key vlan`; all but the hash, which is
/// hash_common()'s.
[[gnu::always_inline]] inline void make_update(const PacketView& packet,
                                               const parsers::CommonPacket& common,
                                               FlowUpdate& update) noexcept {
  // Which end is the lower one is as good as random on a link that carries both directions: a
  // comparison in one piece, address before port, leaves the compiler nothing to branch on.
  const uint64_t ends = __builtin_bswap64(common.addresses);  // source << 32 | destination
  const uint64_t turned_ends = std::rotl(ends, 32);
  const uint32_t turned_ports = std::rotl(common.ports, 16);
  const uint128_t from_source = static_cast<uint128_t>(ends) << 64 | common.ports;
  const uint128_t from_destination = static_cast<uint128_t>(turned_ends) << 64 | turned_ports;
  const uint32_t from_high = from_source > from_destination ? 1 : 0;
  const uint64_t addresses = std::rotl(common.addresses, static_cast<int>(from_high * 32));
  const uint32_t ports = std::rotl(turned_ports, static_cast<int>(from_high * 16));
  const uint64_t ports_proto = ports | uint64_t{common.proto} << 32 | uint64_t{4} << 40;
  update.flow.compact = {{addresses, ports_proto}};
  update.flags = static_cast<uint8_t>(from_high | static_cast<uint8_t>(packet.side));
  update.ts_ns = packet.ts_ns;
  update.ip_bytes = common.ip_bytes;
  update.wire_bytes = packet.wire_len;
  update.tcp_flags = common.tcp_flags;
}

/// Hashes the flow of an update unless it is hashed already, as those with a wide key are. Apart
/// from make_update() because the hash is a long chain of multiplications: many of them overlap
/// when there is nothing between them.
[[gnu::always_inline]] inline void hash_common(FlowUpdate& update, uint64_t hash_seed) noexcept {
  HashedKey& flow = update.flow;
  if (flow.is_wide()) return;
  flow.hash = symmetric_hash_v4(flow.compact.words[0], flow.compact.words[1], hash_seed);
}

}  // namespace weir
