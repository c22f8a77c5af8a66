#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/core/bytes.h"
#include "parsers/walk.h"

namespace weir::parsers {

/// Subframe header of an IEEE 802.11 A-MSDU (IEEE 802.11-2020 clause 9.3.2.2). All subframes but
/// the last are padded to 4 bytes; some senders pad the last one too.
namespace amsdu_header {
inline constexpr uint32_t kLength = 12;  // of the payload, after two 6-byte addresses; big-endian
inline constexpr uint32_t kSize = 14;
inline constexpr uint32_t kAlignment = 4;
inline constexpr uint32_t kFcsSize = 4;
}  // namespace amsdu_header

/// One subframe. What follows it is left in Walk::next_subframe. Up to four bytes are padding or
/// the frame check sequence, which captures of some drivers have; more than that is a subframe, a
/// broken one where its header does not fit. A packet that a tunnel carries is keyed on the first.
template <class TraceT>
Step amsdu_subframe(Walk<TraceT>& w) noexcept {
  namespace h = amsdu_header;
  w.subframe_bytes = w.window.wire();
  if (!w.need(h::kSize, Reason::cut_link_header, Reason::bad_link_header)) return Step::done;
  const uint16_t length = load_be16(w.window.at() + h::kLength);
  const uint32_t padded = (h::kSize + length + h::kAlignment - 1) & ~(h::kAlignment - 1);
  Window next = w.window;
  next.skip_unread(std::min(padded, next.wire()));
  if (next.wire() > h::kFcsSize && !w.in_tunnel()) {
    w.subframe_bytes = padded;
    w.next_subframe = next;
  }
  w.window.skip(h::kSize);
  w.window.narrow(length);
  return Step::llc;
}

}  // namespace weir::parsers
