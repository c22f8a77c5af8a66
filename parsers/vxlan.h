#pragma once

#include "parsers/walk.h"

namespace weir::parsers {

// VXLAN (RFC 7348 section 5): 0 flags, of which 0x08 says that the network identifier at 4 is
// valid; 8 the frame.
inline constexpr uint16_t kVxlanPort = 4789;
inline constexpr uint16_t kLinuxVxlanPort =
    8472;  // the Linux default from before the number was assigned
inline constexpr uint32_t kVxlanBytes = 8;

template <class Trace>
void parse_vxlan(Walk<Trace>& walk, Bytes bytes) noexcept {
  walk.trace.add("vxlan");
  if (!walk.need(bytes, kVxlanBytes, Reason::cut_tunnel_header, Reason::bad_tunnel_header)) return;
  if ((bytes.u8(0) & 0x08) == 0) return walk.end(Verdict::malformed, Reason::bad_tunnel_header);
  bytes.skip(kVxlanBytes);
  parse_ethernet(walk, bytes);
}

}  // namespace weir::parsers
