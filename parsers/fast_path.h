#pragma once

#include <array>
#include <cstdint>
#include <cstring>

#include "engine/core/bytes.h"
#include "engine/core/packet.h"
#include "parsers/ether_type.h"
#include "parsers/ethernet.h"
#include "parsers/ip_protocol.h"
#include "parsers/ip_version.h"
#include "parsers/ipv4.h"
#include "parsers/ipv6.h"
#include "parsers/parsed_packet.h"
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
/// Of the IPv4 header's first eight bytes, big-endian: those that are the same in every such frame.
inline constexpr uint64_t kFixedBits =
    uint64_t{0xff} << 56 | ipv4_header::kMoreFragments | ipv4_header::kOffsetMask;
inline constexpr uint64_t kPlain = uint64_t{0x45} << 56;
inline constexpr int kTotalLengthShift = 8 * (6 - ipv4_header::kTotalLength);
/// The same of IPv6, whose header has no options; extension headers are for the general path.
inline constexpr uint32_t kMinCapture6 =
    ethernet_header::kSize + vlan_tag::kSize + ipv6_header::kSize + tcp_header::kFlagsEnd;

/// By protocol: what of the byte at TCP's flags counts, all of TCP and none of UDP; negative for
/// other protocols. Which of the two it is must not become a branch: a link carries both in no
/// order, and a wrong guess costs as much as a third of the parsing.
inline constexpr std::array<int16_t, 256> kFlagsMask = [] {
  std::array<int16_t, 256> masks{};
  masks.fill(-1);
  masks[ip_protocol::kTcp] = 0xff;
  masks[ip_protocol::kUdp] = 0;
  return masks;
}();
}  // namespace fast_path

/// What such a frame says. A key can be made of it without a detour through memory; ParsedPacket is
/// the same for everybody else.
struct CommonPacket {
  uint64_t addresses;  ///< source and destination, network byte order, as load_le64() finds them
  uint32_t ports;      ///< source port << 16 | destination port
  uint16_t ip_bytes;
  uint16_t vlan;  ///< 12-bit identifier, when tagged
  uint8_t proto;  ///< TCP or UDP
  uint8_t tcp_flags;
  bool tagged;
};

/// Ethernet and at most one C-tag, in the frame or stripped.
struct FirstHeaders {
  const uint8_t* payload;
  uint16_t type;  ///< of the payload, as ether_type_in_frame()
  uint16_t vlan;  ///< 12-bit identifier, when tagged
  bool tagged;
};

/// Of a frame of which at least these headers were captured.
[[gnu::always_inline]] inline FirstHeaders first_headers(const PacketView& packet) noexcept {
  const uint8_t* payload = packet.data + ethernet_header::kSize;
  const uint16_t type = load_le16(packet.data + ethernet_header::kType);
  if (packet.vlan_tpid != 0) {
    const uint16_t vlan = packet.vlan_tci & vlan_tag::kIdentifierMask;
    return {payload, type, vlan, true};
  }
  if (type != ether_type_in_frame(ether_type::kVlan)) return {payload, type, 0, false};
  const uint16_t vlan = load_be16(payload + vlan_tag::kTci) & vlan_tag::kIdentifierMask;
  return {payload + vlan_tag::kSize, load_le16(payload + vlan_tag::kType), vlan, true};
}

/// Parses such a frame and returns true, or returns false and leaves `out` undefined. It says
/// nothing about a frame that the general path would not say in the same way; a property test holds
/// it to that.
[[gnu::always_inline]] inline bool parse_common(const PacketView& packet,
                                                const ParseOptions& options,
                                                CommonPacket& out) noexcept {
  if (packet.link_type != LinkType::en10mb || packet.cap_len < fast_path::kMinCapture) return false;
  const FirstHeaders first = first_headers(packet);
  const uint8_t* header = first.payload;
  // Version, header length, flags and offset are in the first eight bytes: one load, one compare.
  const uint64_t start = load_be64(header);
  if (first.type != ether_type_in_frame(ether_type::kIpv4) ||
      (start & fast_path::kFixedBits) != fast_path::kPlain) {
    return false;
  }
  const uint8_t proto = header[ipv4_header::kProtocol];
  const int flags_mask = fast_path::kFlagsMask[proto];
  if (flags_mask < 0) return false;
  const auto total_length = static_cast<uint16_t>(start >> fast_path::kTotalLengthShift);
  if (total_length < fast_path::kNeededOfIp) return false;
  const uint8_t* upper = header + ipv4_header::kMinSize;
  out.ports = load_be32(upper + port_fields::kSource);
  if (options.decap && proto == ip_protocol::kUdp &&
      udp_tunnel(static_cast<uint16_t>(out.ports >> 16), static_cast<uint16_t>(out.ports)) !=
          Step::done) {
    return false;
  }
  static_assert(ipv4_header::kDestination == ipv4_header::kSource + ipv4_header::kAddressSize);
  out.addresses = load_le64(header + ipv4_header::kSource);
  out.ip_bytes = total_length;
  out.vlan = first.vlan;
  out.proto = proto;
  out.tcp_flags = static_cast<uint8_t>(upper[tcp_header::kFlags] & flags_mask);
  out.tagged = first.tagged;
  return true;
}

/// The same as a ParsedPacket.
inline bool parse_fast(const PacketView& packet, const ParseOptions& options,
                       ParsedPacket& out) noexcept {
  CommonPacket common;
  if (!parse_common(packet, options, common)) return false;
  out = ParsedPacket{};
  out.verdict = Verdict::parsed;
  out.ip_version = 4;
  out.proto = common.proto;
  out.tcp_flags = common.tcp_flags;
  out.vlan_count = common.tagged ? 1 : 0;
  out.src_port = static_cast<uint16_t>(common.ports >> 16);
  out.dst_port = static_cast<uint16_t>(common.ports);
  out.ip_bytes = common.ip_bytes;
  const auto source = static_cast<uint32_t>(common.addresses);
  const auto destination = static_cast<uint32_t>(common.addresses >> 32);
  std::memcpy(out.src.data(), &source, ipv4_header::kAddressSize);
  std::memcpy(out.dst.data(), &destination, ipv4_header::kAddressSize);
  out.vlans[0] = common.vlan;
  return true;
}

/// The same frame with IPv6.
inline bool parse_fast6(const PacketView& packet, const ParseOptions& options,
                        ParsedPacket& out) noexcept {
  if (packet.link_type != LinkType::en10mb || packet.cap_len < fast_path::kMinCapture6) {
    return false;
  }
  const FirstHeaders first = first_headers(packet);
  const uint8_t* header = first.payload;
  if (first.type != ether_type_in_frame(ether_type::kIpv6) ||
      header[0] >> ip_version_field::kShift != ip_version_field::kIpv6) {
    return false;
  }
  const uint8_t proto = header[ipv6_header::kNextHeader];
  const int flags_mask = fast_path::kFlagsMask[proto];
  const uint16_t payload_length = load_be16(header + ipv6_header::kPayloadLength);
  if (flags_mask < 0 || payload_length < tcp_header::kFlagsEnd) {
    return false;
  }
  const uint8_t* upper = header + ipv6_header::kSize;
  const uint16_t dst_port = load_be16(upper + port_fields::kDestination);
  const uint16_t src_port = load_be16(upper + port_fields::kSource);
  if (options.decap && proto == ip_protocol::kUdp && udp_tunnel(src_port, dst_port) != Step::done) {
    return false;
  }
  out = ParsedPacket{};
  out.verdict = Verdict::parsed;
  out.ip_version = 6;
  out.proto = proto;
  out.tcp_flags = static_cast<uint8_t>(upper[tcp_header::kFlags] & flags_mask);
  out.vlan_count = first.tagged ? 1 : 0;
  out.src_port = src_port;
  out.dst_port = dst_port;
  out.ip_bytes = ipv6_header::kSize + payload_length;
  std::memcpy(out.src.data(), header + ipv6_header::kSource, out.src.size());
  std::memcpy(out.dst.data(), header + ipv6_header::kDestination, out.dst.size());
  out.vlans[0] = first.vlan;
  return true;
}

}  // namespace weir::parsers
