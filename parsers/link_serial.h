#pragma once

#include <cstdint>

#include "engine/core/bytes.h"
#include "parsers/ether_type.h"
#include "parsers/llc.h"
#include "parsers/ppp.h"
#include "parsers/walk.h"

namespace weir::parsers {

/// Q.922 address, control and NLPID (RFC 2427 sections 3 and 4), and Cisco's encapsulation, which
/// has an EtherType right behind the address.
namespace frame_relay_header {
inline constexpr uint32_t kMinAddress = 2;
inline constexpr uint32_t kMaxAddress = 4;
inline constexpr uint8_t kLastOfAddress = 0x01;
inline constexpr uint8_t kUnnumbered = 0x03;
inline constexpr uint8_t kPad = 0x00;
}  // namespace frame_relay_header

/// FRF.16 multilink frame relay: a fragment header of two bytes in front of frame relay.
namespace mfr_header {
inline constexpr uint8_t kBegin = 0x80;
inline constexpr uint8_t kControl = 0x20;
inline constexpr uint32_t kSize = 2;
}  // namespace mfr_header

inline constexpr uint32_t kDirectionSize = 1;  // LINKTYPE_*_WITH_DIR: who sent it

template <class TraceT>
Step cisco_hdlc(Walk<TraceT>& w) noexcept {
  if (!w.need(hdlc_header::kCiscoSize, Reason::cut_link_header, Reason::bad_link_header)) {
    return Step::done;
  }
  w.trace.add("chdlc");
  w.ether_type = load_be16(w.window.at() + hdlc_header::kCiscoType);
  w.window.skip(hdlc_header::kCiscoSize);
  return Step::ether_type;
}

template <class TraceT>
Step frame_relay(Walk<TraceT>& w) noexcept {
  namespace h = frame_relay_header;
  uint32_t address = h::kMinAddress;
  for (;; ++address) {
    if (address > h::kMaxAddress) return w.stop(Verdict::malformed, Reason::bad_link_header);
    if (!w.need(address + 2, Reason::cut_link_header, Reason::bad_link_header)) return Step::done;
    if ((w.window.at()[address - 1] & h::kLastOfAddress) != 0) break;
  }
  w.trace.add("frame_relay");
  w.window.skip(address);
  if (w.window.at()[0] != h::kUnnumbered) {
    w.ether_type = load_be16(w.window.at());
    w.window.skip(2);
    return w.ether_type < ether_type::kMinType ? w.stop(Verdict::non_ip, Reason::llc)
                                               : Step::ether_type;
  }
  w.window.skip(w.window.at()[1] == h::kPad ? 2 : 1);
  return nlpid(w);
}

template <class TraceT>
Step multilink_frame_relay(Walk<TraceT>& w) noexcept {
  if (!w.need(mfr_header::kSize, Reason::cut_link_header, Reason::bad_link_header)) {
    return Step::done;
  }
  w.trace.add("mfr");
  const uint8_t flags = w.window.at()[0];
  if ((flags & mfr_header::kControl) != 0) return w.stop(Verdict::non_ip, Reason::link_control);
  if ((flags & mfr_header::kBegin) == 0) {
    return w.stop(Verdict::unsupported, Reason::link_fragment);
  }
  w.window.skip(mfr_header::kSize);
  return frame_relay(w);
}

/// LINKTYPE_PPP_PPPD: the direction stands in place of the address byte, and control follows.
template <class TraceT>
Step pppd(Walk<TraceT>& w) noexcept {
  if (!w.need(hdlc_header::kSize, Reason::cut_link_header, Reason::bad_link_header)) {
    return Step::done;
  }
  w.window.skip(w.window.at()[1] == hdlc_header::kUnnumbered ? hdlc_header::kSize : kDirectionSize);
  return Step::ppp;
}

}  // namespace weir::parsers
