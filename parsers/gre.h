#pragma once

#include <cstdint>

#include "engine/core/bytes.h"
#include "parsers/ether_type.h"
#include "parsers/ip_proof.h"
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
inline constexpr uint32_t kProtocol = 2;             // an EtherType
inline constexpr uint16_t kEthernetOverIp = 0x6400;  // MikroTik, in version 1
inline constexpr uint16_t kWccp = 0x883E;            // Web Cache Communication Protocol
inline constexpr uint16_t kAruba = 0x8200;           // to 0x83f0 in steps of 16: IEEE 802.11
inline constexpr uint16_t kArubaMask = 0xFE0F;
inline constexpr uint32_t kSize = 4;  // each optional field has four bytes too
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
    case gre_header::kEthernetOverIp: return Step::ethernet;
    case gre_header::kWccp: return Step::wccp;
    default: break;
  }
  if ((protocol & gre_header::kArubaMask) == gre_header::kAruba) {
    w.ieee802_11_data_pad = false;
    return Step::ieee802_11;
  }
  w.ether_type = protocol;
  return Step::ether_type;
}

/// GRE in UDP (RFC 8086): version 0 and no flag but the three that RFC 2890 leaves. The port alone
/// is not enough to take a packet for a tunnel.
template <class TraceT>
Step gre_in_udp(Walk<TraceT>& w) noexcept {
  namespace h = gre_header;
  if (!w.need(h::kSize, Reason::cut_tunnel_header, Reason::bad_tunnel_header)) return Step::done;
  constexpr uint16_t kDefined = h::kHasChecksum | h::kHasKey | h::kHasSequence;
  if ((load_be16(w.window.at() + h::kFlags) & ~kDefined) != 0) {
    return w.stop(Verdict::malformed, Reason::bad_tunnel_header);
  }
  w.trace.add("gre");
  return Step::gre;
}

/// What a WCCP router redirects in GRE: IP, in version 2 behind four bytes of its own
/// (draft-wilson-wrec-wccp-v2-01 section 4.12). Which version it is shows in where IP proves
/// itself.
template <class TraceT>
Step wccp(Walk<TraceT>& w) noexcept {
  constexpr uint32_t kRedirectHeader = 4;
  Window inner = w.window;
  Proof proof = ip_proof(inner);
  if (proof == Proof::no) {
    if (!w.need(kRedirectHeader, Reason::cut_tunnel_header, Reason::bad_tunnel_header)) {
      return Step::done;
    }
    inner.skip(kRedirectHeader);
    proof = ip_proof(inner);
  }
  if (proof == Proof::cut) return w.stop(Verdict::short_capture, Reason::cut_tunnel_header);
  if (proof == Proof::no) return w.stop(Verdict::malformed, Reason::bad_tunnel_header);
  w.trace.add("wccp");
  w.window = inner;
  return Step::any_ip;
}

}  // namespace weir::parsers
