#pragma once

#include "parsers/ip_protocol.h"
#include "parsers/walk.h"

namespace weir::parsers {

/// IP in IP: IPv4 (protocol 4, RFC 2003) or IPv6 (protocol 41, RFC 4213 and RFC 2473) right behind
/// either header; and GRE (protocol 47, RFC 2784). Without decap they are protocols without ports.
template <class TraceT>
Step ip_tunnel(Walk<TraceT>& w) noexcept {
  w.accept(Reason::no_ports);
  switch (w.out.proto) {
    case ip_protocol::kIpv4: return w.enter_tunnel(Step::ipv4);
    case ip_protocol::kIpv6: return w.enter_tunnel(Step::ipv6);
    default: w.trace.add("gre"); return w.enter_tunnel(Step::gre);
  }
}

}  // namespace weir::parsers
