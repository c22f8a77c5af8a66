#pragma once

#include <cstdint>

#include "engine/core/bytes.h"
#include "parsers/walk.h"

namespace weir::parsers {

/// PPP protocol field (RFC 1661 section 2): two bytes, or one when compressed. The numbers are
/// assigned so that the last byte is odd and the first even, which tells the two apart (section
/// 6.5).
namespace ppp_protocol {
inline constexpr uint8_t kLastByteMask = 0x01;
inline constexpr uint16_t kIpv4 = 0x0021;
inline constexpr uint16_t kVjCompressed = 0x002D;  ///< RFC 1144: IPv4 with rebuilt headers
inline constexpr uint16_t kVjUncompressed = 0x002F;
inline constexpr uint16_t kMultilink = 0x003D;       ///< RFC 1990: pieces of packets
inline constexpr uint16_t kEncrypted = 0x0053;       ///< RFC 1968
inline constexpr uint16_t kLinkEncrypted = 0x0055;   ///< RFC 1968, in multilink
inline constexpr uint16_t kIpv6 = 0x0057;            ///< RFC 5072
inline constexpr uint16_t kLinkCompressed = 0x00FB;  ///< RFC 1962, in multilink
inline constexpr uint16_t kCompressed = 0x00FD;      ///< RFC 1962
inline constexpr uint16_t kMplsUnicast = 0x0281;     ///< RFC 3032 section 4.2
inline constexpr uint16_t kMplsMulticast = 0x0283;
inline constexpr uint16_t kFirstControl = 0x8000;  ///< NCPs, LCP, authentication
}  // namespace ppp_protocol

/// HDLC-like framing (RFC 1662 section 3.1) and Cisco's (RFC 1547 section 4.3.1).
namespace hdlc_header {
inline constexpr uint8_t kAllStations = 0xFF;
inline constexpr uint8_t kUnnumbered = 0x03;
inline constexpr uint8_t kCiscoUnicast = 0x0F;
inline constexpr uint8_t kCiscoBroadcast = 0x8F;
inline constexpr uint32_t kSize = 2;
inline constexpr uint32_t kCiscoType = 2;  // an EtherType
inline constexpr uint32_t kCiscoSize = 4;
}  // namespace hdlc_header

template <class TraceT>
Step ppp_payload(Walk<TraceT>& w, uint16_t protocol) noexcept {
  switch (protocol) {
    case ppp_protocol::kIpv4: return Step::ipv4;
    case ppp_protocol::kIpv6: return Step::ipv6;
    case ppp_protocol::kMplsUnicast:
    case ppp_protocol::kMplsMulticast: return Step::mpls;
    case ppp_protocol::kEncrypted:
    case ppp_protocol::kLinkEncrypted: return w.stop(Verdict::unsupported, Reason::encrypted);
    case ppp_protocol::kVjCompressed:
    case ppp_protocol::kVjUncompressed:
    case ppp_protocol::kLinkCompressed:
    case ppp_protocol::kCompressed: return w.stop(Verdict::unsupported, Reason::compressed);
    case ppp_protocol::kMultilink: return w.stop(Verdict::unsupported, Reason::unknown_link_type);
    default:
      return w.stop(Verdict::non_ip, protocol >= ppp_protocol::kFirstControl
                                         ? Reason::ppp_control
                                         : Reason::other_protocol);
  }
}

/// From the protocol field on.
template <class TraceT>
Step ppp(Walk<TraceT>& w) noexcept {
  if (!w.need(1, Reason::cut_link_header, Reason::bad_link_header)) return Step::done;
  uint16_t protocol = w.window.at()[0];
  uint32_t size = 1;
  if ((protocol & ppp_protocol::kLastByteMask) == 0) {
    size = 2;
    if (!w.need(size, Reason::cut_link_header, Reason::bad_link_header)) return Step::done;
    protocol = load_be16(w.window.at());
  }
  w.trace.add("ppp");
  w.window.skip(size);
  return ppp_payload(w, protocol);
}

/// A whole frame of a serial line. Address and control may be compressed away (RFC 1661 section
/// 6.6): 0xFF, 0x0F and 0x8F are odd and are no protocol's first byte that weir follows.
template <class TraceT>
Step ppp_hdlc(Walk<TraceT>& w) noexcept {
  if (!w.need(1, Reason::cut_link_header, Reason::bad_link_header)) return Step::done;
  const uint8_t address = w.window.at()[0];
  if (address == hdlc_header::kCiscoUnicast || address == hdlc_header::kCiscoBroadcast) {
    if (!w.need(hdlc_header::kCiscoSize, Reason::cut_link_header, Reason::bad_link_header)) {
      return Step::done;
    }
    w.trace.add("chdlc");
    w.ether_type = load_be16(w.window.at() + hdlc_header::kCiscoType);
    w.window.skip(hdlc_header::kCiscoSize);
    return Step::ether_type;
  }
  if (address != hdlc_header::kAllStations) return Step::ppp;
  if (!w.need(hdlc_header::kSize, Reason::cut_link_header, Reason::bad_link_header)) {
    return Step::done;
  }
  if (w.window.at()[1] != hdlc_header::kUnnumbered) {
    return w.stop(Verdict::malformed, Reason::bad_link_header);
  }
  w.window.skip(hdlc_header::kSize);
  return Step::ppp;
}

}  // namespace weir::parsers
