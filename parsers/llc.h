#pragma once

#include "parsers/walk.h"

namespace weir::parsers {

// IEEE 802.2 LLC, and SNAP behind it (RFC 1042):
//   0  DSAP, SSAP, control
//   3  SNAP: organisation code, 3
//   6  SNAP: EtherType
inline constexpr uint32_t kLlcBytes = 3;
inline constexpr uint32_t kSnapBytes = 5;

template <class Trace>
void parse_snap(Walk<Trace>& walk, Bytes bytes) noexcept {
  walk.trace.add("snap");
  if (!walk.need(bytes, kSnapBytes, Reason::cut_link_header, Reason::bad_link_header)) return;
  const uint32_t organisation = bytes.be32(0) >> 8;
  const uint16_t type = bytes.be16(3);
  bytes.skip(kSnapBytes);
  // 0 is RFC 1042, 0x0000f8 its bridge tunnel variant (IEEE 802.1H); others define their own types.
  if (organisation == 0 || organisation == 0x0000f8) {
    parse_ethertype(walk, type, bytes);
  } else {
    walk.end(Verdict::non_ip, Reason::llc);
  }
}

template <class Trace>
void parse_llc(Walk<Trace>& walk, Bytes bytes) noexcept {
  walk.trace.add("llc");
  if (!walk.need(bytes, kLlcBytes, Reason::cut_link_header, Reason::bad_link_header)) return;
  constexpr uint8_t kSnapSap = 0xaa;
  constexpr uint8_t kIpSap = 0x06;
  constexpr uint8_t kUnnumbered = 0x03;
  const uint8_t sap = bytes.u8(0);
  const bool same = bytes.u8(1) == sap && bytes.u8(2) == kUnnumbered;
  bytes.skip(kLlcBytes);
  if (same && sap == kSnapSap) {
    parse_snap(walk, bytes);
  } else if (same && sap == kIpSap) {
    parse_ipv4(walk, bytes);
  } else {
    walk.end(Verdict::non_ip, Reason::llc);
  }
}

}  // namespace weir::parsers
