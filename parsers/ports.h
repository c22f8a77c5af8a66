#pragma once

#include <cstdint>
#include <string_view>

#include "engine/core/bytes.h"
#include "parsers/walk.h"

namespace weir::parsers {

/// The ports that TCP (RFC 9293 section 3.1), UDP (RFC 768), UDP-Lite (RFC 3828 section 3.1), SCTP
/// (RFC 9260 section 3.1) and DCCP (RFC 4340 section 5.1) have in the same place.
namespace port_fields {
inline constexpr uint32_t kSource = 0;
inline constexpr uint32_t kDestination = 2;
inline constexpr uint32_t kSize = 4;
}  // namespace port_fields

/// Reads the ports and accepts the packet: the key needs no more of the upper header. So neither a
/// snaplen nor a length field behind the ports can lose a packet; they are not checked. False when
/// parsing has stopped for want of the ports themselves.
template <class TraceT>
bool ports(Walk<TraceT>& w, std::string_view name) noexcept {
  if (!w.need(port_fields::kSize, Reason::cut_transport_header, Reason::bad_transport_header)) {
    return false;
  }
  w.trace.add(name);
  w.out.src_port = load_be16(w.window.at() + port_fields::kSource);
  w.out.dst_port = load_be16(w.window.at() + port_fields::kDestination);
  w.accept(Reason::none);
  return true;
}

}  // namespace weir::parsers
