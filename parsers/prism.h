#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/core/bytes.h"
#include "parsers/avs.h"
#include "parsers/walk.h"

namespace weir::parsers {

/// Prism capture header (linux-wlan-ng's p80211msg), in the byte order of the capturing host.
namespace prism_header {
inline constexpr uint32_t kLength = 4;  // of all of it; the message code is at 0
inline constexpr uint32_t kFixedSize = 8;
inline constexpr uint32_t kMinSize = 24;  // with the device name
}  // namespace prism_header

/// Drivers also put an AVS header where the link type says Prism; its magic tells them apart.
template <class TraceT>
Step prism(Walk<TraceT>& w) noexcept {
  if (!w.need(prism_header::kFixedSize, Reason::cut_link_header, Reason::bad_link_header)) {
    return Step::done;
  }
  const uint8_t* header = w.window.at();
  if ((load_be32(header) & avs_header::kVersionMask) == avs_header::kVersionMagic) {
    return Step::avs;
  }
  // Of the two readings of a length below 64 KiB the right one is the smaller.
  const uint32_t length = std::min(load_le32(header + prism_header::kLength),
                                   load_be32(header + prism_header::kLength));
  if (length < prism_header::kMinSize) {
    return w.stop(Verdict::malformed, Reason::bad_link_header);
  }
  if (!w.need(length, Reason::cut_link_header, Reason::bad_link_header)) return Step::done;
  w.trace.add("prism");
  w.window.skip(length);
  return Step::ieee802_11;
}

}  // namespace weir::parsers
