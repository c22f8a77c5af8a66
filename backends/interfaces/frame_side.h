#pragma once

#include <cstdint>

#include "backends/interfaces/address_watch.h"
#include "engine/core/bytes.h"
#include "engine/core/packet.h"

namespace weir::backends {

/// Of an Ethernet frame: this host sent it when it comes from the interface's own MAC address, and
/// it is for this host when it goes there. Unknown when it is neither (a mirror port, promiscuous
/// mode, broadcast and multicast that came in), and when it is both.
inline LinkSide side_of_ethernet(const uint8_t* frame, uint32_t cap_len, MacNumber mac) noexcept {
  constexpr uint32_t kSourceAt = 6;
  constexpr uint32_t kLeast = kSourceAt + sizeof(uint64_t);  // the type too
  if (mac == 0 || cap_len < kLeast) return LinkSide::unknown;
  const bool received = load_be64(frame) >> 16 == mac;
  const bool sent = load_be64(frame + kSourceAt) >> 16 == mac;
  if (sent == received) return LinkSide::unknown;
  return sent ? LinkSide::sent : LinkSide::received;
}

/// What the kernel says of a packet (PACKET_HOST, PACKET_OUTGOING; packet(7)).
inline LinkSide side_of_packet_type(uint32_t type) noexcept {
  constexpr uint32_t kHost = 0;
  constexpr uint32_t kOutgoing = 4;
  if (type == kOutgoing) return LinkSide::sent;
  return type == kHost ? LinkSide::received : LinkSide::unknown;
}

/// Of libpcap's cooked headers (LINKTYPE_LINUX_SLL, LINKTYPE_LINUX_SLL2). Both ends of what a
/// loopback carries are here.
inline LinkSide side_of_cooked(LinkType link_type, const uint8_t* frame,
                               uint32_t cap_len) noexcept {
  constexpr uint32_t kLeast = 16;      // the shorter header
  constexpr uint16_t kLoopback = 772;  // ARPHRD_LOOPBACK
  if (cap_len < kLeast) return LinkSide::unknown;
  const bool second = link_type == LinkType::linux_sll2;
  if (load_be16(frame + (second ? 8 : 2)) == kLoopback) return LinkSide::unknown;
  return side_of_packet_type(second ? frame[10] : load_be16(frame));
}

}  // namespace weir::backends
