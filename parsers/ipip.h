#pragma once

#include "engine/core/bytes.h"
#include "parsers/ip_protocol.h"
#include "parsers/walk.h"

namespace weir::parsers {

/// EtherIP (RFC 3378 section 3): version 3 and 12 reserved bits, then an Ethernet frame.
namespace etherip_header {
inline constexpr uint16_t kVersion = 0x3000;
inline constexpr uint32_t kSize = 2;
}  // namespace etherip_header

template <class TraceT>
Step etherip(Walk<TraceT>& w) noexcept {
  if (!w.need(etherip_header::kSize, Reason::cut_tunnel_header, Reason::bad_tunnel_header)) {
    return Step::done;
  }
  if (load_be16(w.window.at()) != etherip_header::kVersion) {
    return w.stop(Verdict::malformed, Reason::bad_tunnel_header);
  }
  w.trace.add("etherip");
  w.window.skip(etherip_header::kSize);
  return Step::ethernet;
}

/// Tunnels right behind an IP header: IPv4 (protocol 4, RFC 2003), IPv6 (protocol 41, RFC 4213 and
/// RFC 2473), Ethernet (protocol 143, RFC 8986 section 4.9; SRv6 puts its routing header before all
/// three), GRE (protocol 47, RFC 2784), EtherIP (97), L2TPv3 (115), MPLS (137, RFC 4023). Without
/// decap they are protocols without ports.
template <class TraceT>
Step ip_tunnel(Walk<TraceT>& w) noexcept {
  w.accept(Reason::no_ports);
  switch (w.out.proto) {
    case ip_protocol::kIpv4: return w.enter_tunnel(Step::ipv4);
    case ip_protocol::kIpv6: return w.enter_tunnel(Step::ipv6);
    case ip_protocol::kEtherIp: return w.enter_tunnel(Step::etherip);
    case ip_protocol::kL2tp: return w.enter_tunnel(Step::l2tpv3);
    case ip_protocol::kMpls: return w.enter_tunnel(Step::mpls);
    case ip_protocol::kEthernet: return w.enter_tunnel(Step::ethernet);
    default: w.trace.add("gre"); return w.enter_tunnel(Step::gre);
  }
}

}  // namespace weir::parsers
