#pragma once

#include "parsers/ethernet.h"
#include "parsers/walk.h"

namespace weir::parsers {

// GRE (RFC 2784, RFC 2890): 0 flags and version, 2 EtherType; then, as the flags say, checksum 4,
// key 4, sequence number 4. Version 1 (RFC 2637, PPTP): key always, sequence and acknowledgement 4
// each, then PPP.
inline constexpr uint32_t kGreBytes = 4;
namespace gre_flag {
inline constexpr uint16_t kChecksum = 0x8000;
inline constexpr uint16_t kRouting = 0x4000;  // RFC 1701, not followed
inline constexpr uint16_t kKey = 0x2000;
inline constexpr uint16_t kSequence = 0x1000;
inline constexpr uint16_t kAcknowledgement = 0x0080;  // version 1
}  // namespace gre_flag

inline constexpr uint16_t kErspan2 = 0x88be;  // type I without, type II with a header of its own
inline constexpr uint16_t kErspan3 = 0x22eb;
inline constexpr uint16_t kGrePpp = 0x880b;

// ERSPAN (draft-foschiano-erspan-03): type II has 8 bytes, announced by GRE's sequence flag; type
// III 12, and 8 more when the lowest bit of the last one is set. An Ethernet frame follows.
template <class Trace>
void parse_erspan(Walk<Trace>& walk, Bytes bytes, uint32_t header) noexcept {
  walk.trace.add("erspan");
  if (!walk.need(bytes, header, Reason::cut_tunnel_header, Reason::bad_tunnel_header)) return;
  if (header == 12 && (bytes.u8(11) & 1) != 0) header += 8;
  if (!walk.need(bytes, header, Reason::cut_tunnel_header, Reason::bad_tunnel_header)) return;
  bytes.skip(header);
  parse_ethernet(walk, bytes);
}

template <class Trace>
void parse_gre(Walk<Trace>& walk, Bytes bytes) noexcept {
  walk.trace.add("gre");
  if (!walk.need(bytes, kGreBytes, Reason::cut_tunnel_header, Reason::bad_tunnel_header)) return;
  const uint16_t flags = bytes.be16(0);
  const uint16_t type = bytes.be16(2);
  const uint16_t version = flags & 0x0007;
  if (version > 1 || (flags & gre_flag::kRouting) != 0) {
    return walk.end(Verdict::unsupported, Reason::bad_tunnel_header);
  }
  uint32_t header = kGreBytes;
  if ((flags & gre_flag::kChecksum) != 0) header += 4;
  if ((flags & gre_flag::kKey) != 0) header += 4;
  if ((flags & gre_flag::kSequence) != 0) header += 4;
  if (version == 1 && (flags & gre_flag::kAcknowledgement) != 0) header += 4;
  if (!walk.need(bytes, header, Reason::cut_tunnel_header, Reason::bad_tunnel_header)) return;
  bytes.skip(header);
  switch (type) {
    case kErspan2: return parse_erspan(walk, bytes, (flags & gre_flag::kSequence) != 0 ? 8 : 0);
    case kErspan3: return parse_erspan(walk, bytes, 12);
    case ethertype::kTransparentBridging: return parse_ethernet(walk, bytes);
    case kGrePpp:
      if (bytes.has(2) && bytes.be16(0) == 0xff03) bytes.skip(2);
      return parse_ppp_protocol(walk, bytes);
    default: return parse_ethertype(walk, type, bytes);
  }
}

}  // namespace weir::parsers
