#pragma once

#include <cstdint>

#include "parsers/walk.h"

namespace weir::parsers {

/// EtherTypes (IEEE 802 numbers, IANA registry) that weir has a rule for.
namespace ether_type {
inline constexpr uint16_t kMaxLength = 1500;  ///< IEEE 802.3: up to here it is a length
inline constexpr uint16_t kMinType = 0x0600;  ///< IEEE 802.3: from here on it is a type
inline constexpr uint16_t kIpv4 = 0x0800;
inline constexpr uint16_t kArp = 0x0806;
inline constexpr uint16_t kTransparentEthernet = 0x6558;  ///< in GRE and GENEVE, RFC 1701
inline constexpr uint16_t kVlan = 0x8100;                 ///< IEEE 802.1Q C-tag
inline constexpr uint16_t kIpv6 = 0x86DD;
inline constexpr uint16_t kPpp = 0x880B;  ///< in enhanced GRE, RFC 2637
inline constexpr uint16_t kMplsUnicast = 0x8847;
inline constexpr uint16_t kMplsMulticast = 0x8848;
inline constexpr uint16_t kPppoeDiscovery = 0x8863;
inline constexpr uint16_t kPppoeSession = 0x8864;
inline constexpr uint16_t kServiceVlan = 0x88A8;  ///< IEEE 802.1ad S-tag
inline constexpr uint16_t kErspanII = 0x88BE;     ///< in GRE; also type I
inline constexpr uint16_t kErspanIII = 0x22EB;    ///< in GRE
inline constexpr uint16_t kOldQinQ = 0x9100;      ///< QinQ before 802.1ad
}  // namespace ether_type

/// An EtherType as load_le16() finds it in a frame.
constexpr uint16_t ether_type_in_frame(uint16_t type) noexcept {
  return static_cast<uint16_t>(type << 8 | type >> 8);
}

/// What Walk::ether_type announces.
template <class TraceT>
Step ether_type_payload(Walk<TraceT>& w) noexcept {
  switch (w.ether_type) {
    case ether_type::kIpv4: return Step::ipv4;
    case ether_type::kIpv6: return Step::ipv6;
    case ether_type::kVlan:
    case ether_type::kServiceVlan:
    case ether_type::kOldQinQ: return Step::vlan;
    case ether_type::kMplsUnicast:
    case ether_type::kMplsMulticast: return Step::mpls;
    case ether_type::kPppoeDiscovery:
    case ether_type::kPppoeSession: return Step::pppoe;
    case ether_type::kArp: w.trace.add("arp"); return w.stop(Verdict::non_ip, Reason::arp);
    default: return w.stop(Verdict::non_ip, Reason::other_ethertype);
  }
}

}  // namespace weir::parsers
