#pragma once

#include <array>
#include <cstdint>

#include "engine/core/bytes.h"
#include "parsers/ip_proof.h"
#include "parsers/walk.h"

namespace weir::parsers {

/// L2TP over UDP: version 2 (RFC 2661 section 3.1) and 3 (RFC 3931 section 4.1.2).
namespace l2tp_header {
inline constexpr uint16_t kControl = 0x8000;
inline constexpr uint16_t kHasLength = 0x4000;
inline constexpr uint16_t kHasSequence = 0x0800;
inline constexpr uint16_t kHasOffset = 0x0200;
inline constexpr uint16_t kReserved = 0x34F0;
inline constexpr uint16_t kVersionMask = 0x000F;
inline constexpr uint32_t kFlagsSize = 2;
inline constexpr uint32_t kLengthAt = 2;
inline constexpr uint32_t kIds = 4;  // tunnel and session
}  // namespace l2tp_header

/// L2TPv3 data. What lies between the session and the frame was agreed on out of band: a cookie of
/// 0, 4 or 8 bytes and a sublayer of 0 or 4 (RFC 3931 section 4.1). So the frame is looked for.
namespace l2tpv3_header {
inline constexpr uint32_t kSession =
    4;  // 0 is a control message; over UDP 4 bytes of flags precede
inline constexpr std::array<uint32_t, 4> kFrameAt{0, 4, 8, 12};
}  // namespace l2tpv3_header

/// From behind the session on.
template <class TraceT>
Step l2tpv3_frame(Walk<TraceT>& w) noexcept {
  switch (find_ethernet(w.window, l2tpv3_header::kFrameAt)) {
    case Proof::yes: return Step::ethernet;
    case Proof::cut: return w.stop(Verdict::short_capture, Reason::cut_tunnel_header);
    default: return w.stop(Verdict::unsupported, Reason::unknown_link_type);
  }
}

/// L2TPv3 right above IP (RFC 3931 section 4.1.1).
template <class TraceT>
Step l2tpv3(Walk<TraceT>& w) noexcept {
  if (!w.need(l2tpv3_header::kSession, Reason::cut_tunnel_header, Reason::bad_tunnel_header)) {
    return Step::done;
  }
  w.trace.add("l2tp");
  if (load_be32(w.window.at()) == 0) return w.stop(Verdict::non_ip, Reason::link_control);
  w.window.skip(l2tpv3_header::kSession);
  return l2tpv3_frame(w);
}

/// Version 2, whose payload is PPP. The length, where there is one, has to be exactly what UDP
/// carries: the port alone does not make a packet L2TP.
template <class TraceT>
Step l2tpv2(Walk<TraceT>& w, uint16_t flags) noexcept {
  namespace h = l2tp_header;
  const bool has_length = (flags & h::kHasLength) != 0;
  uint32_t size = h::kFlagsSize + (has_length ? 2 : 0) + h::kIds;
  if ((flags & h::kHasSequence) != 0) size += 4;
  const uint32_t offset_at = size;
  if ((flags & h::kHasOffset) != 0) size += 2;
  if (!w.need(size, Reason::cut_tunnel_header, Reason::bad_tunnel_header)) return Step::done;
  const uint8_t* header = w.window.at();
  if ((flags & h::kReserved) != 0 ||
      (has_length && load_be16(header + h::kLengthAt) != w.window.wire())) {
    return w.stop(Verdict::malformed, Reason::bad_tunnel_header);
  }
  if ((flags & h::kHasOffset) != 0) size += load_be16(header + offset_at);
  if (!w.need(size, Reason::cut_tunnel_header, Reason::bad_tunnel_header)) return Step::done;
  w.trace.add("l2tp");
  w.window.skip(size);
  return Step::ppp_hdlc;
}

template <class TraceT>
Step l2tp(Walk<TraceT>& w) noexcept {
  namespace h = l2tp_header;
  if (!w.need(h::kFlagsSize, Reason::cut_tunnel_header, Reason::bad_tunnel_header)) {
    return Step::done;
  }
  const uint16_t flags = load_be16(w.window.at());
  if ((flags & h::kControl) != 0) return w.stop(Verdict::non_ip, Reason::link_control);
  switch (flags & h::kVersionMask) {
    case 2: return l2tpv2(w, flags);
    case 3: break;
    default: return w.stop(Verdict::malformed, Reason::bad_tunnel_header);
  }
  constexpr uint32_t kSize = 4 + l2tpv3_header::kSession;
  if (!w.need(kSize, Reason::cut_tunnel_header, Reason::bad_tunnel_header)) return Step::done;
  w.trace.add("l2tp");
  w.window.skip(kSize);
  return l2tpv3_frame(w);
}

}  // namespace weir::parsers
