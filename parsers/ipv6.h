#pragma once

#include <cstring>

#include "parsers/ipv6_ext.h"
#include "parsers/walk.h"

namespace weir::parsers {

// IPv6 (RFC 8200 section 3):
//   0  version 4 bits, traffic class 8, flow label 20
//   4  payload length
//   6  next header
//   8  source, 24 destination
inline constexpr uint32_t kIpv6Bytes = 40;

/// A payload length of 0 with a hop-by-hop header that has the jumbo payload option (RFC 2675
/// section 2): the length is that of the frame. Linux writes the same for its own segmentation
/// offload.
inline bool is_jumbogram(const Bytes& bytes) noexcept {
  constexpr uint8_t kJumbo = 0xc2;
  constexpr uint8_t kPad1 = 0;
  if (bytes.be16(4) != 0 || bytes.u8(6) != ip_proto::kHopByHop || !bytes.has(kIpv6Bytes + 8)) {
    return false;
  }
  const uint32_t end = kIpv6Bytes + (bytes.u8(kIpv6Bytes + 1) + 1U) * 8;
  uint32_t option = kIpv6Bytes + 2;
  while (option + 2 <= end && bytes.has(option + 2)) {
    const uint8_t type = bytes.u8(option);
    if (type == kJumbo) return true;
    option += type == kPad1 ? 1 : 2U + bytes.u8(option + 1);
  }
  return false;
}

template <class Trace>
void parse_ipv6(Walk<Trace>& walk, Bytes bytes) noexcept {
  walk.trace.add("ipv6");
  ParsedPacket& out = walk.out;
  if (!walk.need(bytes, 1, Reason::cut_ip_header, Reason::bad_ip_version)) return;
  if (bytes.u8(0) >> 4 != 6) return walk.end(Verdict::malformed, Reason::bad_ip_version);
  if (!walk.need(bytes, kIpv6Bytes, Reason::cut_ip_header, Reason::bad_link_header)) return;
  const uint32_t length = is_jumbogram(bytes) ? bytes.length() : kIpv6Bytes + bytes.be16(4);
  out.ip_version = 6;
  out.proto = bytes.u8(6);
  out.ip_bytes = length;
  std::memcpy(out.src.data(), bytes.at(8), 16);
  std::memcpy(out.dst.data(), bytes.at(24), 16);
  bytes.limit(length);
  bytes.skip(kIpv6Bytes);
  if (walk_extensions(walk, bytes)) parse_transport(walk, bytes);
}

/// IP of either version, told by its first nibble.
template <class Trace>
void parse_ip(Walk<Trace>& walk, Bytes bytes) noexcept {
  if (!walk.need(bytes, 1, Reason::cut_ip_header, Reason::empty_packet)) return;
  switch (bytes.u8(0) >> 4) {
    case 4: return parse_ipv4(walk, bytes);
    case 6: return parse_ipv6(walk, bytes);
    default: return walk.end(Verdict::malformed, Reason::bad_ip_version);
  }
}

}  // namespace weir::parsers
