#pragma once

#include "parsers/walk.h"

namespace weir::parsers {

// GTP-U (3GPP TS 29.281 section 5.1): 0 version 3 bits (1), protocol type 1 bit (1), flags E, S,
// PN; 1 message type; 2 length; 4 tunnel identifier. With any flag: 8 sequence number, 10 N-PDU
// number, 11 type of the first extension header. Extension headers: length in words first, type of
// the next one last.
inline constexpr uint16_t kGtpuPort = 2152;
inline constexpr uint32_t kGtpuBytes = 8;
inline constexpr uint8_t kGtpuData = 255;
inline constexpr int kMaxGtpuExtensions = 8;

template <class Trace>
void parse_gtpu(Walk<Trace>& walk, Bytes bytes) noexcept {
  walk.trace.add("gtpu");
  constexpr Reason kCut = Reason::cut_tunnel_header;
  constexpr Reason kBad = Reason::bad_tunnel_header;
  if (!walk.need(bytes, kGtpuBytes, kCut, kBad)) return;
  const uint8_t flags = bytes.u8(0);
  if (flags >> 4 != 3) return walk.end(Verdict::unsupported, kBad);
  if (bytes.u8(1) != kGtpuData) return walk.end(Verdict::non_ip, kBad);
  const bool options = (flags & 0x07) != 0;
  bytes.skip(kGtpuBytes);
  if (options) {
    if (!walk.need(bytes, 4, kCut, kBad)) return;
    uint8_t next = (flags & 0x04) != 0 ? bytes.u8(3) : 0;
    bytes.skip(4);
    for (int count = 0; next != 0; ++count) {
      if (count == kMaxGtpuExtensions) {
        return walk.end(Verdict::unsupported, Reason::too_many_layers);
      }
      if (!walk.need(bytes, 4, kCut, kBad)) return;
      const uint32_t header = bytes.u8(0) * 4U;
      if (header == 0) return walk.end(Verdict::malformed, kBad);
      if (!walk.need(bytes, header, kCut, kBad)) return;
      next = bytes.u8(header - 1);
      bytes.skip(header);
    }
  }
  parse_ip(walk, bytes);
}

}  // namespace weir::parsers
