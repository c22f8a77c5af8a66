#pragma once

#include <cstring>

#include "parsers/walk.h"

namespace weir::parsers {

// IPv4 (RFC 791 section 3.1):
//   0  version 4 bits, header length in words 4 bits
//   2  total length
//   6  flags 3 bits, fragment offset 13 bits
//   9  protocol
//  12  source, 16 destination, 20 options
inline constexpr uint32_t kIpv4Bytes = 20;
inline constexpr uint16_t kMoreFragments = 0x2000;
inline constexpr uint16_t kFragmentOffset = 0x1fff;

template <class Trace>
void parse_ipv4(Walk<Trace>& walk, Bytes bytes) noexcept {
  walk.trace.add("ipv4");
  ParsedPacket& out = walk.out;
  if (!walk.need(bytes, 1, Reason::cut_ip_header, Reason::bad_ipv4_header_length)) return;
  if (bytes.u8(0) >> 4 != 4) return walk.end(Verdict::malformed, Reason::bad_ip_version);
  const uint32_t header = (bytes.u8(0) & 0x0fU) * 4;
  if (header < kIpv4Bytes) return walk.end(Verdict::malformed, Reason::bad_ipv4_header_length);
  if (!walk.need(bytes, kIpv4Bytes, Reason::cut_ip_header, Reason::bad_ipv4_header_length)) return;
  const uint16_t total = bytes.be16(2);
  // 0 means that the sender left segmentation to its NIC: the capture saw the whole of it.
  const uint32_t length = total == 0 ? bytes.length() : total;
  const uint16_t fragment = bytes.be16(6);
  out.ip_version = 4;
  out.proto = bytes.u8(9);
  out.fragment = (fragment & (kMoreFragments | kFragmentOffset)) != 0;
  out.ip_bytes = length;
  std::memcpy(out.src.data(), bytes.at(12), 4);
  std::memcpy(out.dst.data(), bytes.at(16), 4);
  if (length < header) return walk.end(Verdict::malformed, Reason::bad_ipv4_total_length);
  bytes.limit(length);
  if (header > bytes.length()) {
    return walk.end(Verdict::malformed, Reason::bad_ipv4_header_length);
  }
  bytes.skip(header);
  if ((fragment & kFragmentOffset) != 0) return walk.end(Verdict::parsed, Reason::fragment);
  parse_transport(walk, bytes);
}

}  // namespace weir::parsers
