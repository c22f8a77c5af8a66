#pragma once

#include <cstdint>

#include "engine/core/bytes.h"
#include "parsers/ip_proof.h"
#include "parsers/walk.h"

namespace weir::parsers {

/// Teredo (RFC 4380 section 5.1.1): IPv6 in UDP, behind an authentication header, an origin
/// indication, or both. The two begin with a zero byte, which no IPv6 packet does.
namespace teredo_header {
inline constexpr uint16_t kOrigin = 0x0000;
inline constexpr uint16_t kAuthentication = 0x0001;
inline constexpr uint32_t kOriginSize = 8;
inline constexpr uint32_t kIdLength = 2;
inline constexpr uint32_t kValueLength = 3;
inline constexpr uint32_t kAuthenticationSize = 13;  // with nonce and confirmation, without the two
}  // namespace teredo_header

/// Skips one indication of this kind if it comes next. False when parsing has stopped.
template <class TraceT>
bool teredo_indication(Walk<TraceT>& w, uint16_t kind) noexcept {
  namespace h = teredo_header;
  if (!w.need(4, Reason::cut_tunnel_header, Reason::bad_tunnel_header)) return false;
  const uint8_t* header = w.window.at();
  if (load_be16(header) != kind) return true;
  const uint32_t size =
      kind == h::kOrigin ? h::kOriginSize
                         : h::kAuthenticationSize + header[h::kIdLength] + header[h::kValueLength];
  if (!w.need(size, Reason::cut_tunnel_header, Reason::bad_tunnel_header)) return false;
  w.window.skip(size);
  return true;
}

template <class TraceT>
Step teredo(Walk<TraceT>& w) noexcept {
  if (!teredo_indication(w, teredo_header::kAuthentication)) return Step::done;
  if (!teredo_indication(w, teredo_header::kOrigin)) return Step::done;
  const Proof proof = ip_proof(w.window);
  if (proof == Proof::cut) return w.stop(Verdict::short_capture, Reason::cut_tunnel_header);
  if (proof == Proof::no) return w.stop(Verdict::malformed, Reason::bad_tunnel_header);
  w.trace.add("teredo");
  return Step::ipv6;
}

}  // namespace weir::parsers
