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
inline constexpr uint16_t kOldQinQ = 0x9100;      ///< QinQ before 802.1ad, and what switches
inline constexpr uint16_t kOldQinQ2 = 0x9200;     ///< can be set to use in its place
inline constexpr uint16_t kOldQinQ3 = 0x9300;
inline constexpr uint16_t kOldTag = 0x8200;
inline constexpr uint16_t kTrill = 0x22F3;          ///< RFC 6325
inline constexpr uint16_t kBatman = 0x4305;         ///< batman-adv
inline constexpr uint16_t kCompressedIp = 0x876B;   ///< RFC 1144 headers, RFC 1701
inline constexpr uint16_t kJumboLlc = 0x8870;       ///< LLC that is too long for a length
inline constexpr uint16_t kMacsec = 0x88E5;         ///< IEEE 802.1AE
inline constexpr uint16_t kServiceTag = 0x88E7;     ///< IEEE 802.1ah I-TAG
inline constexpr uint16_t kFabricPath = 0x8903;     ///< Cisco
inline constexpr uint16_t kCiscoMetaData = 0x8909;  ///< security group tags
inline constexpr uint16_t kVnTag = 0x8926;          ///< Cisco
inline constexpr uint16_t kHsr = 0x892F;            ///< IEC 62439-3
inline constexpr uint16_t kETag = 0x893F;           ///< IEEE 802.1BR
inline constexpr uint16_t kNsh = 0x894F;            ///< RFC 8300
inline constexpr uint16_t kArista = 0xD28B;         ///< time stamps
inline constexpr uint16_t kRedundancyTag = 0xF1C1;  ///< IEEE 802.1CB
}  // namespace ether_type

/// An EtherType as load_le16() finds it in a frame.
constexpr uint16_t ether_type_in_frame(uint16_t type) noexcept {
  return static_cast<uint16_t>(type << 8 | type >> 8);
}

/// True for every EtherType that announces a VLAN tag.
constexpr bool is_vlan_type(uint16_t type) noexcept {
  switch (type) {
    case ether_type::kVlan:
    case ether_type::kServiceVlan:
    case ether_type::kOldQinQ:
    case ether_type::kOldQinQ2:
    case ether_type::kOldQinQ3:
    case ether_type::kOldTag: return true;
    default: return false;
  }
}

/// What Walk::ether_type announces.
template <class TraceT>
Step ether_type_payload(Walk<TraceT>& w) noexcept {
  switch (w.ether_type) {
    case ether_type::kIpv4: return Step::ipv4;
    case ether_type::kIpv6: return Step::ipv6;
    case ether_type::kVlan:
    case ether_type::kServiceVlan:
    case ether_type::kOldQinQ:
    case ether_type::kOldQinQ2:
    case ether_type::kOldQinQ3:
    case ether_type::kOldTag: return Step::vlan;
    case ether_type::kMplsUnicast:
    case ether_type::kMplsMulticast: return Step::mpls;
    case ether_type::kPppoeDiscovery:
    case ether_type::kPppoeSession: return Step::pppoe;
    case ether_type::kVnTag:
    case ether_type::kETag:
    case ether_type::kHsr:
    case ether_type::kRedundancyTag:
    case ether_type::kCiscoMetaData:
    case ether_type::kArista: return Step::shim;
    case ether_type::kServiceTag:
    case ether_type::kFabricPath:
    case ether_type::kTrill:
    case ether_type::kTransparentEthernet: return Step::mac_in_mac;
    case ether_type::kBatman: return Step::batman;
    case ether_type::kMacsec: return Step::macsec;
    case ether_type::kNsh: return Step::nsh;
    case ether_type::kJumboLlc: return Step::llc;
    case ether_type::kPpp: return Step::ppp_hdlc;
    case ether_type::kCompressedIp: return w.stop(Verdict::unsupported, Reason::compressed);
    case ether_type::kArp: w.trace.add("arp"); return w.stop(Verdict::non_ip, Reason::arp);
    default: return w.stop_at(w.ether_type);
  }
}

}  // namespace weir::parsers
