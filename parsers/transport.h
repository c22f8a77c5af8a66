#pragma once

#include "parsers/geneve.h"
#include "parsers/gre.h"
#include "parsers/gtpu.h"
#include "parsers/ipv6_ext.h"
#include "parsers/vxlan.h"
#include "parsers/walk.h"

namespace weir::parsers {

// TCP (RFC 9293), UDP (RFC 768), UDP-Lite (RFC 3828), SCTP (RFC 9260) and DCCP (RFC 4340) all begin
// with the source port at 0 and the destination port at 2. TCP's flags are at 13, UDP's payload
// at 8.
inline constexpr uint32_t kPortBytes = 4;
inline constexpr uint32_t kTcpFlagsAt = 13;
inline constexpr uint32_t kUdpBytes = 8;

/// The layer's name of a protocol with ports; empty for all others.
inline std::string_view ports_name(uint8_t proto) noexcept {
  switch (proto) {
    case ip_proto::kTcp: return "tcp";
    case ip_proto::kUdp: return "udp";
    case ip_proto::kDccp: return "dccp";
    case ip_proto::kSctp: return "sctp";
    case ip_proto::kUdpLite: return "udplite";
    default: return {};
  }
}

template <class Trace>
void parse_udp_tunnel(Walk<Trace>& walk, Bytes bytes) noexcept {
  if (!bytes.has(kUdpBytes)) return;
  const uint16_t port = walk.out.dst_port;
  bytes.skip(kUdpBytes);
  switch (port) {
    case kVxlanPort:
    case kLinuxVxlanPort: return parse_inside(walk, [&] { parse_vxlan(walk, bytes); });
    case kGenevePort: return parse_inside(walk, [&] { parse_geneve(walk, bytes); });
    case kGtpuPort: return parse_inside(walk, [&] { parse_gtpu(walk, bytes); });
    default: return;
  }
}

/// The end of the outer packet's way: ports where the protocol has them, then what a tunnel
/// carries.
template <class Trace>
void parse_transport(Walk<Trace>& walk, Bytes bytes) noexcept {
  ParsedPacket& out = walk.out;
  const std::string_view name = ports_name(out.proto);
  if (!name.empty()) {
    walk.trace.add(name);
    if (!walk.need(bytes, kPortBytes, Reason::cut_transport_header, Reason::bad_transport_header)) {
      return;
    }
    out.src_port = bytes.be16(0);
    out.dst_port = bytes.be16(2);
    if (out.proto == ip_proto::kTcp && bytes.has(kTcpFlagsAt + 1)) {
      out.tcp_flags = bytes.u8(kTcpFlagsAt);
    }
    walk.end(Verdict::parsed, Reason::none);
    if (out.proto == ip_proto::kUdp) parse_udp_tunnel(walk, bytes);
    return;
  }
  walk.end(Verdict::parsed, Reason::no_ports);
  switch (out.proto) {
    case ip_proto::kIcmp: return walk.trace.add("icmp");
    case ip_proto::kIcmpv6: return walk.trace.add("icmpv6");
    case ip_proto::kIpIp: return parse_inside(walk, [&] { parse_ipv4(walk, bytes); });
    case ip_proto::kIpv6: return parse_inside(walk, [&] { parse_ipv6(walk, bytes); });
    case ip_proto::kGre: return parse_inside(walk, [&] { parse_gre(walk, bytes); });
    default: return;
  }
}

}  // namespace weir::parsers
