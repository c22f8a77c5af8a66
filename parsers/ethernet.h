#pragma once

#include <cstdint>

#include "engine/core/bytes.h"
#include "parsers/ether_type.h"
#include "parsers/walk.h"

namespace weir::parsers {

/// Ethernet frame without preamble and FCS (IEEE 802.3 clause 3.2.3).
namespace ethernet_header {
inline constexpr uint32_t kType = 12;  // after two 6-byte addresses
inline constexpr uint32_t kSize = 14;
}  // namespace ethernet_header

template <class TraceT>
Step ethernet(Walk<TraceT>& w) noexcept {
  if (!w.need(ethernet_header::kSize, Reason::cut_link_header, Reason::bad_link_header)) {
    return Step::done;
  }
  w.trace.add("ethernet");
  w.add_stripped_tag();
  w.ether_type = load_be16(w.window.at() + ethernet_header::kType);
  w.window.skip(ethernet_header::kSize);
  return Step::length_or_type;
}

/// The field after the addresses or after a tag: a length up to 1500, a type from 0x0600 on, and
/// nothing that is defined between the two (IEEE 802.3 clause 3.2.6). A length that is shorter than
/// the frame ends the payload (the rest is padding).
template <class TraceT>
Step length_or_type(Walk<TraceT>& w) noexcept {
  if (w.ether_type >= ether_type::kMinType) return Step::ether_type;
  if (w.ether_type > ether_type::kMaxLength) {
    return w.stop(Verdict::malformed, Reason::bad_link_header);
  }
  w.window.narrow(w.ether_type);
  return Step::llc;
}

}  // namespace weir::parsers
