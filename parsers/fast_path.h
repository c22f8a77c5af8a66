#pragma once

#include <cstdint>
#include <cstring>

#include "engine/core/bytes.h"
#include "engine/core/packet.h"
#include "parsers/ether_type.h"
#include "parsers/ethernet.h"
#include "parsers/ip_protocol.h"
#include "parsers/ipv4.h"
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
}  // namespace fast_path

/// What such a frame says, in host byte order. A key can be made of it without a detour through
/// memory; ParsedPacket is the same for everybody else.
struct CommonPacket {
  uint32_t src;
  uint32_t dst;
  uint16_t src_port;
  uint16_t dst_port;
  uint16_t ip_bytes;
  uint16_t vlan;  ///< 12-bit identifier, when tagged
  uint8_t proto;  ///< TCP or UDP
  uint8_t tcp_flags;
  bool tagged;
};

/// Parses such a frame and returns true, or returns false and leaves `out` alone. It says nothing
/// about a frame that the general path would not say in the same way; a property test holds it to
/// that.
[[gnu::always_inline]] inline bool parse_common(const PacketView& packet,
                                                const ParseOptions& options,
                                                CommonPacket& out) noexcept {
  if (packet.link_type != LinkType::en10mb || packet.cap_len < fast_path::kMinCapture) return false;
  const uint8_t* header = packet.data;
  uint16_t type = load_be16(header + ethernet_header::kType);
  header += ethernet_header::kSize;
  bool tagged = false;
  uint16_t tci = 0;
  if (packet.vlan_tpid != 0) {
    tci = packet.vlan_tci;
    tagged = true;
  } else if (type == ether_type::kVlan) {
    tci = load_be16(header + vlan_tag::kTci);
    type = load_be16(header + vlan_tag::kType);
    header += vlan_tag::kSize;
    tagged = true;
  }
  // Version, header length, flags and offset are in the first eight bytes: one load, one compare.
  const uint64_t start = load_be64(header);
  if (type != ether_type::kIpv4 || (start & fast_path::kFixedBits) != fast_path::kPlain) {
    return false;
  }
  const uint8_t proto = header[ipv4_header::kProtocol];
  const bool is_tcp = proto == ip_protocol::kTcp;
  if (!is_tcp && proto != ip_protocol::kUdp) return false;
  const auto total_length = static_cast<uint16_t>(start >> fast_path::kTotalLengthShift);
  if (total_length < fast_path::kNeededOfIp) return false;
  const uint8_t* upper = header + ipv4_header::kMinSize;
  const uint16_t dst_port = load_be16(upper + port_fields::kDestination);
  if (options.decap && !is_tcp && udp_tunnel(dst_port) != Step::done) return false;
  out.src = load_be32(header + ipv4_header::kSource);
  out.dst = load_be32(header + ipv4_header::kDestination);
  out.src_port = load_be16(upper + port_fields::kSource);
  out.dst_port = dst_port;
  out.ip_bytes = total_length;
  out.vlan = tci & vlan_tag::kIdentifierMask;
  out.proto = proto;
  out.tcp_flags = is_tcp ? upper[tcp_header::kFlags] : uint8_t{0};
  out.tagged = tagged;
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
  out.src_port = common.src_port;
  out.dst_port = common.dst_port;
  out.ip_bytes = common.ip_bytes;
  const uint32_t src = __builtin_bswap32(common.src);
  const uint32_t dst = __builtin_bswap32(common.dst);
  std::memcpy(out.src.data(), &src, ipv4_header::kAddressSize);
  std::memcpy(out.dst.data(), &dst, ipv4_header::kAddressSize);
  out.vlans[0] = common.vlan;
  return true;
}

}  // namespace weir::parsers
