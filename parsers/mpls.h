#pragma once

#include "parsers/walk.h"

namespace weir::parsers {

// An MPLS label stack entry (RFC 3032 section 2.1): label 20 bits, traffic class 3, bottom of stack
// 1, TTL 8.
inline constexpr uint32_t kMplsEntryBytes = 4;
inline constexpr int kMaxLabels = 16;

/// The stack does not say what it carries: the first nibble behind it does (RFC 4928 section 3).
template <class Trace>
void parse_mpls(Walk<Trace>& walk, Bytes bytes) noexcept {
  for (int labels = 0; labels < kMaxLabels; ++labels) {
    walk.trace.add("mpls");
    if (!walk.need(bytes, kMplsEntryBytes, Reason::cut_mpls, Reason::bad_link_header)) return;
    const bool bottom = (bytes.u8(2) & 1) != 0;
    bytes.skip(kMplsEntryBytes);
    if (!bottom) continue;
    if (!walk.need(bytes, 1, Reason::cut_mpls, Reason::bad_link_header)) return;
    const uint8_t version = bytes.u8(0) >> 4;
    if (version == 4 || version == 6) {
      parse_ip(walk, bytes);
    } else {
      walk.end(Verdict::non_ip, Reason::mpls_control);
    }
    return;
  }
  walk.end(Verdict::unsupported, Reason::too_many_layers);
}

}  // namespace weir::parsers
