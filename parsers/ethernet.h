#pragma once

#include "parsers/walk.h"

namespace weir::parsers {

// Ethernet II and IEEE 802.3 (RFC 894, RFC 1042):
//   0  destination address, 6
//   6  source address, 6
//  12  EtherType, or the payload's length when at most 1500
inline constexpr uint32_t kEthernetBytes = 14;
inline constexpr uint16_t kLongest8023Length = 1500;

namespace ethertype {
inline constexpr uint16_t kIpv4 = 0x0800;
inline constexpr uint16_t kArp = 0x0806;
inline constexpr uint16_t kRarp = 0x8035;
inline constexpr uint16_t kVlan = 0x8100;  // IEEE 802.1Q
inline constexpr uint16_t kQinQ = 0x88a8;  // IEEE 802.1ad
inline constexpr uint16_t kOldQinQ = 0x9100;
inline constexpr uint16_t kTransparentBridging = 0x6558;  // RFC 1701
inline constexpr uint16_t kIpv6 = 0x86dd;
inline constexpr uint16_t kMpls = 0x8847;  // RFC 5332
inline constexpr uint16_t kMplsMulticast = 0x8848;
inline constexpr uint16_t kPppoeDiscovery = 0x8863;  // RFC 2516
inline constexpr uint16_t kPppoeSession = 0x8864;
}  // namespace ethertype

template <class Trace>
void parse_ethernet(Walk<Trace>& walk, Bytes bytes) noexcept {
  walk.trace.add("ethernet");
  if (!walk.need(bytes, kEthernetBytes, Reason::cut_link_header, Reason::bad_link_header)) return;
  const uint16_t type = bytes.be16(12);
  bytes.skip(kEthernetBytes);
  parse_ethertype(walk, type, bytes);
}

}  // namespace weir::parsers
