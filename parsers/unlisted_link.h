#pragma once

#include <cstdint>

#include "engine/core/bytes.h"
#include "parsers/ip_protocol.h"
#include "parsers/ip_version.h"
#include "parsers/ipv4.h"
#include "parsers/ipv6.h"
#include "parsers/ipv6_ext.h"
#include "parsers/walk.h"

namespace weir::parsers {

/// Upper layers that weir has a name for.
inline bool is_known_protocol(uint8_t proto) noexcept {
  switch (proto) {
    case ip_protocol::kIcmp:
    case ip_protocol::kIgmp:
    case ip_protocol::kIpv4:
    case ip_protocol::kTcp:
    case ip_protocol::kUdp:
    case ip_protocol::kDccp:
    case ip_protocol::kIpv6:
    case ip_protocol::kGre:
    case ip_protocol::kEsp:
    case ip_protocol::kIcmpv6:
    case ip_protocol::kNoNextHeader:
    case ip_protocol::kSctp:
    case ip_protocol::kUdpLite: return true;
    default: return is_ipv6_extension(proto);
  }
}

/// True when the packet of a link type without a rule proves itself to be raw IP. The first nibble
/// is no proof: one in eight link headers begins with a 4 or a 6. IPv4 has to have the right header
/// checksum and a total length that is exactly the frame's; IPv6, which has no checksum, a payload
/// length that is exactly the rest of the frame and a next header that is known.
inline bool is_certainly_ip(const Window& window) noexcept {
  const uint8_t* data = window.at();
  if (window.cap() >= ipv6_header::kSize &&
      data[0] >> ip_version_field::kShift == ip_version_field::kIpv6) {
    return ipv6_header::kSize + load_be16(data + ipv6_header::kPayloadLength) == window.wire() &&
           is_known_protocol(data[ipv6_header::kNextHeader]);
  }
  return window.cap() >= ipv4_header::kMinSize &&
         data[0] >> ip_version_field::kShift == ip_version_field::kIpv4 &&
         load_be16(data + ipv4_header::kTotalLength) == window.wire() &&
         ipv4_checksum_is_right(window);
}

}  // namespace weir::parsers
