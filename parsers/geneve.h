#pragma once

#include "parsers/ethernet.h"
#include "parsers/walk.h"

namespace weir::parsers {

// GENEVE (RFC 8926 section 3.4): 0 version 2 bits, options' length in words 6 bits; 2 EtherType; 4
// network identifier; 8 options.
inline constexpr uint16_t kGenevePort = 6081;
inline constexpr uint32_t kGeneveBytes = 8;

template <class Trace>
void parse_geneve(Walk<Trace>& walk, Bytes bytes) noexcept {
  walk.trace.add("geneve");
  if (!walk.need(bytes, kGeneveBytes, Reason::cut_tunnel_header, Reason::bad_tunnel_header)) return;
  if (bytes.u8(0) >> 6 != 0) return walk.end(Verdict::unsupported, Reason::bad_tunnel_header);
  const uint32_t header = kGeneveBytes + (bytes.u8(0) & 0x3fU) * 4;
  const uint16_t type = bytes.be16(2);
  if (!walk.need(bytes, header, Reason::cut_tunnel_header, Reason::bad_tunnel_header)) return;
  bytes.skip(header);
  if (type == ethertype::kTransparentBridging) return parse_ethernet(walk, bytes);
  parse_ethertype(walk, type, bytes);
}

}  // namespace weir::parsers
