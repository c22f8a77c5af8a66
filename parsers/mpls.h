#pragma once

#include <cstdint>

#include "engine/core/bytes.h"
#include "parsers/walk.h"

namespace weir::parsers {

/// MPLS label stack entry (RFC 3032 section 2.1).
namespace mpls_entry {
inline constexpr uint32_t kBottom = 2;        // byte that holds the bottom-of-stack bit
inline constexpr uint8_t kBottomMask = 0x01;  // after 20 bits of label and 3 of traffic class
inline constexpr uint32_t kSize = 4;
}  // namespace mpls_entry

/// A whole label stack. Nothing in it says what the payload is: the first nibble tells IPv4 and
/// IPv6 from the rest (RFC 4928 section 3), which is pseudowires and control channels.
template <class TraceT>
Step mpls(Walk<TraceT>& w) noexcept {
  for (uint8_t labels = 0; labels < kMaxLabels; ++labels) {
    if (!w.need(mpls_entry::kSize, Reason::cut_mpls, Reason::bad_link_header)) return Step::done;
    w.trace.add("mpls");
    const bool bottom = (w.window.at()[mpls_entry::kBottom] & mpls_entry::kBottomMask) != 0;
    w.window.skip(mpls_entry::kSize);
    if (bottom) {
      w.not_ip_verdict = Verdict::non_ip;
      w.not_ip_reason = Reason::mpls_control;
      return Step::any_ip;
    }
  }
  return w.stop(Verdict::unsupported, Reason::too_many_layers);
}

}  // namespace weir::parsers
