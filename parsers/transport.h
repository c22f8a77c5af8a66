#pragma once

#include "parsers/dccp.h"
#include "parsers/icmp.h"
#include "parsers/ip_protocol.h"
#include "parsers/ipip.h"
#include "parsers/sctp.h"
#include "parsers/tcp.h"
#include "parsers/udp.h"
#include "parsers/walk.h"

namespace weir::parsers {

/// What an IP header carries. Not called for a later fragment.
template <class TraceT>
Step transport(Walk<TraceT>& w) noexcept {
  switch (w.out.proto) {
    case ip_protocol::kTcp: return tcp(w);
    case ip_protocol::kUdp: return udp(w);
    case ip_protocol::kUdpLite: return udp_lite(w);
    case ip_protocol::kSctp: return sctp(w);
    case ip_protocol::kDccp: return dccp(w);
    case ip_protocol::kIcmp: return without_ports(w, "icmp");
    case ip_protocol::kIcmpv6: return without_ports(w, "icmpv6");
    case ip_protocol::kIgmp: return without_ports(w, "igmp");
    case ip_protocol::kEsp: return without_ports(w, "esp");
    case ip_protocol::kAh: return without_ports(w, "ah");
    case ip_protocol::kIpv4:
    case ip_protocol::kIpv6:
    case ip_protocol::kGre:
    case ip_protocol::kEtherIp:
    case ip_protocol::kL2tp:
    case ip_protocol::kMpls:
    case ip_protocol::kEthernet: return ip_tunnel(w);
    default: return w.accept(Reason::no_ports);
  }
}

}  // namespace weir::parsers
