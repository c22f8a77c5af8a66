#pragma once

#include <cstdint>

#include "engine/core/bytes.h"
#include "parsers/walk.h"

namespace weir::parsers {

/// AVS capture header (draft "802.11 wireless LAN sniffer header" of the AVS project), big-endian.
namespace avs_header {
inline constexpr uint32_t kVersion = 0;
inline constexpr uint32_t kVersionMask = 0xFFFFF000;
inline constexpr uint32_t kVersionMagic = 0x80211000;
inline constexpr uint32_t kLength = 4;  // of all of it
inline constexpr uint32_t kMinSize = 8;
}  // namespace avs_header

template <class TraceT>
Step avs(Walk<TraceT>& w) noexcept {
  if (!w.need(avs_header::kMinSize, Reason::cut_link_header, Reason::bad_link_header)) {
    return Step::done;
  }
  const uint32_t length = load_be32(w.window.at() + avs_header::kLength);
  if ((load_be32(w.window.at() + avs_header::kVersion) & avs_header::kVersionMask) !=
          avs_header::kVersionMagic ||
      length < avs_header::kMinSize) {
    return w.stop(Verdict::malformed, Reason::bad_link_header);
  }
  if (!w.need(length, Reason::cut_link_header, Reason::bad_link_header)) return Step::done;
  w.trace.add("avs");
  w.window.skip(length);
  return Step::ieee802_11;
}

}  // namespace weir::parsers
