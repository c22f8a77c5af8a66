#pragma once

#include <cstring>

#include "engine/core/bytes.h"
#include "parsers/ethernet.h"
#include "parsers/ipv4.h"
#include "parsers/ipv6_ext.h"
#include "parsers/parse.h"

namespace weir::parsers {

/// The straight path for the common frame: Ethernet, at most one 802.1Q tag, IPv4 without options
/// and not a fragment, TCP or UDP, wholly captured headers. A few compares, no loop; false for
/// everything else, with `out` untouched, and then the general path decides. Both give the same
/// result (tests/property).
inline bool parse_straight(const PacketView& packet, const ParseOptions& options,
                           ParsedPacket& out) noexcept {
  constexpr uint32_t kTcpNeeds = 14;  // up to and with the flags
  constexpr uint32_t kVlan = 4;
  constexpr uint32_t kLongest = kEthernetBytes + kVlan + kIpv4Bytes + kTcpNeeds;
  if (packet.link_type != LinkType::en10mb || packet.vlan_tpid != 0 || options.decap ||
      packet.cap_len < kLongest) {
    return false;
  }
  const uint8_t* at = packet.data + 12;
  bool tagged = false;
  if (load_be16(at) != ethertype::kIpv4) {
    if (load_be16(at) != ethertype::kVlan || load_be16(at + kVlan) != ethertype::kIpv4)
      return false;
    tagged = true;
    at += kVlan;
  }
  const uint8_t* ip = at + 2;
  const uint8_t proto = ip[9];
  const uint16_t total = load_be16(ip + 2);
  if (ip[0] != 0x45 || (load_be16(ip + 6) & (kMoreFragments | kFragmentOffset)) != 0 ||
      (proto != ip_proto::kTcp && proto != ip_proto::kUdp) || total < kIpv4Bytes + kTcpNeeds) {
    return false;
  }
  const uint8_t* ports = ip + kIpv4Bytes;
  out.verdict = Verdict::parsed;
  out.ip_version = 4;
  out.proto = proto;
  out.tcp_flags = proto == ip_proto::kTcp ? ports[13] : 0;
  out.src_port = load_be16(ports);
  out.dst_port = load_be16(ports + 2);
  out.ip_bytes = total;
  std::memcpy(out.src.data(), ip + 12, 4);
  std::memcpy(out.dst.data(), ip + 16, 4);
  if (tagged) {
    out.vlan_count = 1;
    out.vlans[0] = load_be16(at - 2) & 0x0fff;
  }
  return true;
}

}  // namespace weir::parsers
