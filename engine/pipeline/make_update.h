#pragma once

#include <algorithm>
#include <array>
#include <bit>
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

/// Writes a key word by word, because it is read in words next, by the hash and the table: a load
/// that spans two stores waits a dozen cycles for both.
inline void store_key_words(FlowKey& key, const std::array<uint64_t, 6>& words) noexcept {
  static_assert(sizeof words == sizeof key);
  auto* at = reinterpret_cast<unsigned char*>(&key);
  for (size_t i = 0; i < words.size(); ++i) {
    std::memcpy(at + i * sizeof words[i], &words[i], sizeof words[i]);
  }
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
  store_key_words(key, words);
  return key;
}

/// Turns a parsed packet into the update of its flow: canonical key, hash, direction; all but the
/// producer and the capture. Which side is shown first is decided from the packet, before its ends
/// are put in order: the local one, or the lower one where the local networks cannot tell.
inline void make_update(const PacketView& packet, const parsers::ParsedPacket& parsed,
                        bool key_vlan, const LocalSide& local, uint64_t hash_seed,
                        FlowUpdate& update) noexcept {
  const bool low = source_is_low(parsed);
  update.key = make_key(parsed, low, key_vlan);
  update.hash = symmetric_hash(update.key, hash_seed);
  const bool source_local = local.contains(parsed.ip_version, parsed.src);
  const bool destination_local = local.contains(parsed.ip_version, parsed.dst);
  const bool high_alone_local =
      low ? destination_local && !source_local : source_local && !destination_local;
  update.flags = static_cast<uint8_t>((low ? 0 : FlowUpdate::from_high) |
                                      (high_alone_local ? FlowUpdate::shown_high : 0));
  update.ts_ns = packet.ts_ns;
  update.ip_bytes = parsed.ip_bytes;
  update.wire_bytes = packet.wire_len;
  update.tcp_flags = parsed.tcp_flags;
}

/// The same for the common packet, without `--key vlan`.
[[gnu::always_inline]] inline void make_update(const PacketView& packet,
                                               const parsers::CommonPacket& common,
                                               const LocalSide& local, uint64_t hash_seed,
                                               FlowUpdate& update) noexcept {
  // Both ends in one number each: the address, then the ports with the end's own first.
  const uint32_t src = __builtin_bswap32(common.src);
  const uint32_t dst = __builtin_bswap32(common.dst);
  const uint32_t turned_ports = std::rotl(common.ports, 16);
  const bool low = (uint64_t{src} << 32 | common.ports) <= (uint64_t{dst} << 32 | turned_ports);
  const uint64_t low_addr = low ? common.src : common.dst;
  const uint64_t high_addr = low ? common.dst : common.src;
  const uint64_t ports_proto =
      (low ? turned_ports : common.ports) | uint64_t{common.proto} << 32 | uint64_t{4} << 40;
  store_key_words(update.key, {low_addr, 0, high_addr, 0, ports_proto, 0});
  update.hash = symmetric_hash_v4(low_addr | high_addr << 32, ports_proto, hash_seed);
  update.flags = low ? 0 : FlowUpdate::from_high;
  if (local.has_v4()) {
    const bool source_local = local.contains_v4(src);
    const bool destination_local = local.contains_v4(dst);
    if (source_local != destination_local && source_local != low) {
      update.flags |= FlowUpdate::shown_high;
    }
  }
  update.ts_ns = packet.ts_ns;
  update.ip_bytes = common.ip_bytes;
  update.wire_bytes = packet.wire_len;
  update.tcp_flags = common.tcp_flags;
}

}  // namespace weir
