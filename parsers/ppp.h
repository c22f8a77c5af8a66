#pragma once

#include "parsers/walk.h"

namespace weir::parsers {

// PPP's protocol field (RFC 1661 section 2): two bytes, or one when its low bit is set and the
// field is compressed (section 6.5).
namespace ppp_protocol {
inline constexpr uint16_t kIpv4 = 0x0021;         // RFC 1332
inline constexpr uint16_t kIpv6 = 0x0057;         // RFC 5072
inline constexpr uint16_t kVanJacobson = 0x002d;  // RFC 1144
inline constexpr uint16_t kVanJacobsonFull = 0x002f;
inline constexpr uint16_t kMpls = 0x0281;  // RFC 3032
inline constexpr uint16_t kMplsMulticast = 0x0283;
}  // namespace ppp_protocol

template <class Trace>
void parse_ppp_protocol(Walk<Trace>& walk, Bytes bytes) noexcept {
  walk.trace.add("ppp");
  if (!walk.need(bytes, 1, Reason::cut_link_header, Reason::bad_link_header)) return;
  const bool compressed = (bytes.u8(0) & 1) != 0;
  const uint32_t field = compressed ? 1 : 2;
  if (!walk.need(bytes, field, Reason::cut_link_header, Reason::bad_link_header)) return;
  const uint16_t protocol = compressed ? bytes.u8(0) : bytes.be16(0);
  bytes.skip(field);
  switch (protocol) {
    case ppp_protocol::kIpv4: return parse_ipv4(walk, bytes);
    case ppp_protocol::kIpv6: return parse_ipv6(walk, bytes);
    case ppp_protocol::kMpls:
    case ppp_protocol::kMplsMulticast: return parse_mpls(walk, bytes);
    case ppp_protocol::kVanJacobson:
    case ppp_protocol::kVanJacobsonFull: return walk.end(Verdict::unsupported, Reason::compressed);
    default: return walk.end(Verdict::non_ip, Reason::ppp_control);
  }
}

/// PPP and PPP_SERIAL: with the address and control bytes FF 03 of RFC 1662 or without; a first
/// byte 0F or 8F is Cisco's HDLC, with an EtherType in place of the protocol.
template <class Trace>
void parse_ppp(Walk<Trace>& walk, Bytes bytes) noexcept {
  if (bytes.has(2) && bytes.u8(0) == 0xff && bytes.u8(1) == 0x03) bytes.skip(2);
  if (bytes.has(4) && (bytes.u8(0) == 0x0f || bytes.u8(0) == 0x8f) && bytes.u8(1) == 0) {
    walk.trace.add("chdlc");
    const uint16_t type = bytes.be16(2);
    bytes.skip(4);
    return parse_ethertype(walk, type, bytes);
  }
  parse_ppp_protocol(walk, bytes);
}

}  // namespace weir::parsers
