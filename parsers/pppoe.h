#pragma once

#include <cstdint>

#include "engine/core/bytes.h"
#include "parsers/ether_type.h"
#include "parsers/walk.h"

namespace weir::parsers {

/// PPP over Ethernet (RFC 2516 section 4).
namespace pppoe_header {
inline constexpr uint32_t kVersionType = 0;
inline constexpr uint8_t kVersionTypeValue = 0x11;
inline constexpr uint32_t kCode = 1;
inline constexpr uint8_t kCodeSession = 0;  // others are discovery
inline constexpr uint32_t kLength = 4;      // of the payload; the session identifier is at 2
inline constexpr uint32_t kSize = 6;
}  // namespace pppoe_header

/// A session carries PPP, anything else is discovery.
template <class TraceT>
Step pppoe(Walk<TraceT>& w) noexcept {
  if (!w.need(pppoe_header::kSize, Reason::cut_link_header, Reason::bad_link_header)) {
    return Step::done;
  }
  const uint8_t* header = w.window.at();
  if (header[pppoe_header::kVersionType] != pppoe_header::kVersionTypeValue) {
    return w.stop(Verdict::malformed, Reason::bad_link_header);
  }
  w.trace.add("pppoe");
  if (w.ether_type == ether_type::kPppoeDiscovery ||
      header[pppoe_header::kCode] != pppoe_header::kCodeSession) {
    return w.stop(Verdict::non_ip, Reason::ppp_control);
  }
  const uint16_t length = load_be16(header + pppoe_header::kLength);
  w.window.skip(pppoe_header::kSize);
  w.window.narrow(length);
  return Step::ppp;
}

}  // namespace weir::parsers
