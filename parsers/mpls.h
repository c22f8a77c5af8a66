#pragma once

#include <array>
#include <cstdint>

#include "engine/core/bytes.h"
#include "parsers/ip_proof.h"
#include "parsers/ip_version.h"
#include "parsers/walk.h"

namespace weir::parsers {

/// MPLS label stack entry (RFC 3032 section 2.1).
namespace mpls_entry {
inline constexpr uint32_t kBottom = 2;        // byte that holds the bottom-of-stack bit
inline constexpr uint8_t kBottomMask = 0x01;  // after 20 bits of label and 3 of traffic class
inline constexpr uint32_t kSize = 4;
}  // namespace mpls_entry

/// What may follow a label stack in place of IP (RFC 4385 section 3, RFC 4448 section 4.6).
namespace pseudowire {
inline constexpr uint32_t kControlWord = 4;  // its first nibble is 0
/// Where the frame of an Ethernet pseudowire may start. Without a control word comes first: a
/// tagged frame taken four bytes too late looks like an untagged one behind a control word.
inline constexpr std::array<uint32_t, 2> kFrameAt{0, kControlWord};
}  // namespace pseudowire

inline bool has_ip_nibble(const Window& window) noexcept {
  const uint32_t nibble = window.at()[0] >> ip_version_field::kShift;
  return nibble == ip_version_field::kIpv4 || nibble == ip_version_field::kIpv6;
}

/// Nothing in the stack says what the payload is. The first nibble tells IPv4 and IPv6 from the
/// rest (RFC 4928 section 3), which is pseudowires and control channels. That a pseudowire carries
/// Ethernet is a guess: it is taken only when the frame proves itself to hold IP.
template <class TraceT>
Step mpls_payload(Walk<TraceT>& w) noexcept {
  if (!w.need(1, Reason::cut_ip_header, Reason::bad_link_header)) return Step::done;
  if (has_ip_nibble(w.window)) return Step::any_ip;
  switch (find_ethernet(w.window, pseudowire::kFrameAt)) {
    case Proof::yes: w.trace.add("pseudowire"); return Step::ethernet;
    case Proof::cut: return w.stop(Verdict::short_capture, Reason::cut_ip_header);
    default: return w.stop(Verdict::non_ip, Reason::mpls_control);
  }
}

/// A whole label stack.
template <class TraceT>
Step mpls(Walk<TraceT>& w) noexcept {
  for (uint8_t labels = 0; labels < kMaxLabels; ++labels) {
    if (!w.need(mpls_entry::kSize, Reason::cut_mpls, Reason::bad_link_header)) return Step::done;
    w.trace.add("mpls");
    const bool bottom = (w.window.at()[mpls_entry::kBottom] & mpls_entry::kBottomMask) != 0;
    w.window.skip(mpls_entry::kSize);
    if (bottom) return mpls_payload(w);
  }
  return w.stop(Verdict::unsupported, Reason::too_many_layers);
}

/// MPLS in UDP (RFC 7510) has no header of its own, and its port is in the range that applications
/// use. So the stack and what follows have to prove themselves before the key changes.
template <class TraceT>
Step mpls_in_udp(Walk<TraceT>& w) noexcept {
  Window inner = w.window;
  Proof proof = Proof::no;
  for (uint8_t labels = 0; labels < kMaxLabels; ++labels) {
    if (mpls_entry::kSize > inner.wire()) break;
    if (mpls_entry::kSize > inner.cap()) {
      proof = Proof::cut;
      break;
    }
    const bool bottom = (inner.at()[mpls_entry::kBottom] & mpls_entry::kBottomMask) != 0;
    inner.skip(mpls_entry::kSize);
    if (!bottom) continue;
    proof = ip_proof(inner);
    if (proof == Proof::no) proof = find_ethernet(inner, pseudowire::kFrameAt);
    break;
  }
  if (proof == Proof::yes) return Step::mpls;
  if (proof == Proof::cut) return w.stop(Verdict::short_capture, Reason::cut_tunnel_header);
  return w.stop(Verdict::malformed, Reason::bad_tunnel_header);
}

}  // namespace weir::parsers
