#pragma once

#include <cstdint>

#include "engine/core/bytes.h"
#include "parsers/ether_type.h"
#include "parsers/walk.h"

namespace weir::parsers {

/// GRE header (RFC 2784 section 2, key and sequence RFC 2890 section 2, version 1 RFC 2637 section
/// 4.1).
namespace gre_header {
inline constexpr uint32_t kFlags = 0;
inline constexpr uint16_t kHasChecksum = 0x8000;
inline constexpr uint16_t kHasRouting = 0x4000;  // RFC 1701: a receiver of today discards it
inline constexpr uint16_t kHasKey = 0x2000;
inline constexpr uint16_t kHasSequence = 0x1000;
inline constexpr uint16_t kHasAcknowledgment = 0x0080;  // version 1 only
inline constexpr uint16_t kVersionMask = 0x0007;
inline constexpr uint32_t kProtocol = 2;  // an EtherType
inline constexpr uint32_t kSize = 4;      // each optional field has four bytes too
}  // namespace gre_header

inline uint32_t gre_size(uint16_t flags) noexcept {
  namespace h = gre_header;
  uint32_t size = h::kSize;
  if ((flags & h::kHasChecksum) != 0) size += 4;
  if ((flags & h::kHasKey) != 0) size += 4;
  if ((flags & h::kHasSequence) != 0) size += 4;
  if ((flags & h::kVersionMask) == 1 && (flags & h::kHasAcknowledgment) != 0) size += 4;
  return size;
}

template <class TraceT>
Step gre(Walk<TraceT>& w) noexcept {
  if (!w.need(gre_header::kSize, Reason::cut_tunnel_header, Reason::bad_tunnel_header)) {
    return Step::done;
  }
  const uint16_t flags = load_be16(w.window.at() + gre_header::kFlags);
  const uint16_t protocol = load_be16(w.window.at() + gre_header::kProtocol);
  if ((flags & gre_header::kHasRouting) != 0 || (flags & gre_header::kVersionMask) > 1) {
    return w.stop(Verdict::malformed, Reason::bad_tunnel_header);
  }
  const uint32_t size = gre_size(flags);
  if (!w.need(size, Reason::cut_tunnel_header, Reason::bad_tunnel_header)) return Step::done;
  w.window.skip(size);
  switch (protocol) {
    case ether_type::kTransparentEthernet: return Step::ethernet;
    case ether_type::kPpp: return Step::ppp_hdlc;
    case ether_type::kErspanII:
      // Type I has neither a sequence number nor a header of its own.
      return (flags & gre_header::kHasSequence) != 0 ? Step::erspan_ii : Step::ethernet;
    case ether_type::kErspanIII: return Step::erspan_iii;
    default: w.ether_type = protocol; return Step::ether_type;
  }
}

}  // namespace weir::parsers
