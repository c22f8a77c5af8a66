#pragma once

#include "parsers/walk.h"

namespace weir::parsers {

// PPP over Ethernet (RFC 2516 section 4):
//   0  version 4 bits, type 4 bits: both 1
//   1  code: 0 in a session
//   2  session
//   4  length of what follows
inline constexpr uint32_t kPppoeBytes = 6;

template <class Trace>
void parse_pppoe(Walk<Trace>& walk, Bytes bytes) noexcept {
  walk.trace.add("pppoe");
  if (!walk.need(bytes, kPppoeBytes, Reason::cut_link_header, Reason::bad_link_header)) return;
  if (bytes.u8(0) != 0x11) return walk.end(Verdict::malformed, Reason::bad_link_header);
  if (bytes.u8(1) != 0) return walk.end(Verdict::non_ip, Reason::ppp_control);
  const uint16_t length = bytes.be16(4);
  bytes.skip(kPppoeBytes);
  bytes.limit(length);
  parse_ppp_protocol(walk, bytes);
}

}  // namespace weir::parsers
