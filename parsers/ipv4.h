#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/core/bytes.h"
#include "parsers/ip_version.h"
#include "parsers/walk.h"

namespace weir::parsers {

/// IPv4 header (RFC 791 section 3.1).
namespace ipv4_header {
inline constexpr uint32_t kVersionIhl = 0;
inline constexpr uint8_t kIhlMask = 0x0F;  // in 4-byte words
inline constexpr uint32_t kTotalLength = 2;
inline constexpr uint32_t kFlagsOffset = 6;
inline constexpr uint16_t kMoreFragments = 0x2000;
inline constexpr uint16_t kOffsetMask = 0x1FFF;  // in 8-byte units
inline constexpr uint32_t kProtocol = 9;
inline constexpr uint32_t kSource = 12;
inline constexpr uint32_t kDestination = 16;
inline constexpr uint32_t kAddressSize = 4;
inline constexpr uint32_t kMinSize = 20;
}  // namespace ipv4_header

/// The header checksum (RFC 791 section 3.1, RFC 1071) of at least 20 captured bytes. Only asked
/// where it is in doubt whether this is IPv4 at all: the key does not depend on it, and a host that
/// leaves checksums to its NIC captures wrong ones.
inline bool ipv4_checksum_is_right(const Window& window) noexcept {
  const uint8_t* header = window.at();
  const uint32_t size = (header[ipv4_header::kVersionIhl] & ipv4_header::kIhlMask) * 4U;
  if (size < ipv4_header::kMinSize || size > window.cap()) return false;
  uint32_t sum = 0;
  for (uint32_t at = 0; at < size; at += 2) sum += load_be16(header + at);
  sum = (sum & 0xFFFF) + (sum >> 16);
  return ((sum & 0xFFFF) + (sum >> 16)) == 0xFFFF;
}

/// Options are skipped, captured or not. A total length of 0 is what a segmentation-offloading host
/// sees of its own packets: it counts as what is left of the frame. One that is larger than what
/// was on the wire is counted as it stands, and bounds nothing.
template <class TraceT>
Step ipv4(Walk<TraceT>& w) noexcept {
  namespace h = ipv4_header;
  if (!w.need(1, Reason::cut_ip_header, Reason::bad_ipv4_header_length)) return Step::done;
  const uint8_t* header = w.window.at();
  if (header[h::kVersionIhl] >> ip_version_field::kShift != ip_version_field::kIpv4) {
    return w.stop(Verdict::malformed, Reason::bad_ip_version);
  }
  const uint32_t size = (header[h::kVersionIhl] & h::kIhlMask) * 4U;
  if (size < h::kMinSize) return w.stop(Verdict::malformed, Reason::bad_ipv4_header_length);
  if (!w.need(h::kMinSize, Reason::cut_ip_header, Reason::bad_ipv4_header_length)) {
    return Step::done;
  }
  const uint16_t total_length = load_be16(header + h::kTotalLength);
  if (total_length != 0 && total_length < size) {
    return w.stop(Verdict::malformed, Reason::bad_ipv4_total_length);
  }
  if (size > w.window.wire()) return w.stop(Verdict::malformed, Reason::bad_ipv4_header_length);
  w.trace.add("ipv4");

  const uint16_t fragment = load_be16(header + h::kFlagsOffset);
  ParsedPacket& out = w.out;
  out.ip_version = 4;
  out.proto = header[h::kProtocol];
  out.fragment = (fragment & (h::kMoreFragments | h::kOffsetMask)) != 0;
  out.tcp_flags = 0;
  out.src_port = 0;
  out.dst_port = 0;
  out.ip_bytes = total_length != 0 ? total_length : w.window.wire();
  out.src = {};
  out.dst = {};
  std::copy_n(header + h::kSource, h::kAddressSize, out.src.begin());
  std::copy_n(header + h::kDestination, h::kAddressSize, out.dst.begin());

  w.window.narrow(out.ip_bytes);
  w.window.skip_unread(size);
  if ((fragment & h::kOffsetMask) != 0) return w.accept(Reason::fragment);
  return Step::transport;
}

}  // namespace weir::parsers
