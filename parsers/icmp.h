#pragma once

#include <string_view>

#include "parsers/walk.h"

namespace weir::parsers {

/// Protocols without ports, such as ICMP (RFC 792) and ICMPv6 (RFC 4443): the key is complete with
/// the IP header, so nothing of theirs is read and nothing of theirs can be wrong. The packet that
/// an ICMP error quotes is no flow of its own.
template <class TraceT>
Step without_ports(Walk<TraceT>& w, std::string_view name) noexcept {
  w.trace.add(name);
  return w.accept(Reason::no_ports);
}

}  // namespace weir::parsers
