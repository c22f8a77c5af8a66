#pragma once

#include <cstdint>
#include <cstring>

#include "engine/core/bytes.h"
#include "engine/core/packet.h"
#include "parsers/ether_type.h"
#include "parsers/ethernet.h"
#include "parsers/ip_protocol.h"
#include "parsers/ipv4.h"
#include "parsers/parse.h"
#include "parsers/ports.h"
#include "parsers/tcp.h"
#include "parsers/udp.h"
#include "parsers/vlan.h"

namespace weir::parsers {

/// The frame nearly every packet is: Ethernet, at most one C-tag (in the frame or stripped), IPv4
/// without options and not a fragment, TCP or UDP, and everything up to the TCP flags captured.
namespace fast_path {
inline constexpr uint32_t kNeededOfIp = ipv4_header::kMinSize + tcp_header::kFlagsEnd;
inline constexpr uint32_t kMinCapture = ethernet_header::kSize + vlan_tag::kSize + kNeededOfIp;
inline constexpr uint8_t kVersionIhl = 0x45;
}  // namespace fast_path

/// Parses such a frame and returns true, or returns false and leaves `out` alone. It says nothing
/// about a frame that the general path would not say in the same way; a property test holds it to
/// that.
inline bool parse_fast(const PacketView& packet, const ParseOptions& options,
                       ParsedPacket& out) noexcept {
  if (packet.link_type != LinkType::en10mb || packet.cap_len < fast_path::kMinCapture) return false;
  const uint8_t* header = packet.data;
  uint16_t type = load_be16(header + ethernet_header::kType);
  header += ethernet_header::kSize;
  uint8_t vlan_count = 0;
  uint16_t tci = 0;
  if (packet.vlan_tpid != 0) {
    tci = packet.vlan_tci;
    vlan_count = 1;
  } else if (type == ether_type::kVlan) {
    tci = load_be16(header + vlan_tag::kTci);
    type = load_be16(header + vlan_tag::kType);
    header += vlan_tag::kSize;
    vlan_count = 1;
  }
  if (type != ether_type::kIpv4 || header[ipv4_header::kVersionIhl] != fast_path::kVersionIhl) {
    return false;
  }
  const uint8_t proto = header[ipv4_header::kProtocol];
  const bool is_tcp = proto == ip_protocol::kTcp;
  if (!is_tcp && proto != ip_protocol::kUdp) return false;
  const uint16_t fragment = load_be16(header + ipv4_header::kFlagsOffset);
  const uint16_t total_length = load_be16(header + ipv4_header::kTotalLength);
  if ((fragment & (ipv4_header::kMoreFragments | ipv4_header::kOffsetMask)) != 0 ||
      total_length < fast_path::kNeededOfIp) {
    return false;
  }
  const uint8_t* upper = header + ipv4_header::kMinSize;
  const uint16_t dst_port = load_be16(upper + port_fields::kDestination);
  if (options.decap && !is_tcp && udp_tunnel(dst_port) != Step::done) return false;

  ParsedPacket result;
  result.verdict = Verdict::parsed;
  result.ip_version = 4;
  result.proto = proto;
  result.tcp_flags = is_tcp ? upper[tcp_header::kFlags] : uint8_t{0};
  result.vlan_count = vlan_count;
  result.src_port = load_be16(upper + port_fields::kSource);
  result.dst_port = dst_port;
  result.ip_bytes = total_length;
  std::memcpy(result.src.data(), header + ipv4_header::kSource, ipv4_header::kAddressSize);
  std::memcpy(result.dst.data(), header + ipv4_header::kDestination, ipv4_header::kAddressSize);
  result.vlans[0] = tci & vlan_tag::kIdentifierMask;
  out = result;
  return true;
}

}  // namespace weir::parsers
