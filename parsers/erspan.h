#pragma once

#include <cstdint>

#include "engine/core/bytes.h"
#include "parsers/walk.h"

namespace weir::parsers {

/// ERSPAN type II and III headers (draft-foschiano-erspan-03 sections 4.2 and 4.3).
namespace erspan_header {
inline constexpr uint32_t kVersion = 0;
inline constexpr uint32_t kVersionShift = 4;
inline constexpr uint8_t kVersionII = 1;
inline constexpr uint8_t kVersionIII = 2;
inline constexpr uint32_t kSizeII = 8;
inline constexpr uint32_t kSizeIII = 12;
inline constexpr uint32_t kFrameType = 10;  // type III: 1 bit, then 5 bits of frame type
inline constexpr uint32_t kFrameTypeShift = 2;
inline constexpr uint8_t kFrameTypeMask = 0x1F;
inline constexpr uint8_t kFrameTypeEthernet = 0;
inline constexpr uint8_t kFrameTypeIp = 2;
inline constexpr uint32_t kOptional = 11;  // type III: the platform subheader follows
inline constexpr uint8_t kOptionalMask = 0x01;
inline constexpr uint32_t kSubheaderSize = 8;
}  // namespace erspan_header

template <class TraceT>
Step erspan_ii(Walk<TraceT>& w) noexcept {
  namespace h = erspan_header;
  if (!w.need(h::kSizeII, Reason::cut_tunnel_header, Reason::bad_tunnel_header)) {
    return Step::done;
  }
  if (w.window.at()[h::kVersion] >> h::kVersionShift != h::kVersionII) {
    return w.stop(Verdict::malformed, Reason::bad_tunnel_header);
  }
  w.trace.add("erspan");
  w.window.skip(h::kSizeII);
  return Step::ethernet;
}

template <class TraceT>
Step erspan_iii(Walk<TraceT>& w) noexcept {
  namespace h = erspan_header;
  if (!w.need(h::kSizeIII, Reason::cut_tunnel_header, Reason::bad_tunnel_header)) {
    return Step::done;
  }
  const uint8_t* header = w.window.at();
  if (header[h::kVersion] >> h::kVersionShift != h::kVersionIII) {
    return w.stop(Verdict::malformed, Reason::bad_tunnel_header);
  }
  const uint8_t frame_type = (header[h::kFrameType] >> h::kFrameTypeShift) & h::kFrameTypeMask;
  const bool subheader = (header[h::kOptional] & h::kOptionalMask) != 0;
  const uint32_t size = h::kSizeIII + (subheader ? h::kSubheaderSize : 0);
  if (!w.need(size, Reason::cut_tunnel_header, Reason::bad_tunnel_header)) return Step::done;
  w.trace.add("erspan");
  w.window.skip(size);
  switch (frame_type) {
    case h::kFrameTypeEthernet: return Step::ethernet;
    case h::kFrameTypeIp: return Step::any_ip;
    default: return w.stop(Verdict::malformed, Reason::bad_tunnel_header);
  }
}

}  // namespace weir::parsers
