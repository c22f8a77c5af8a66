#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/core/bytes.h"
#include "parsers/ip_protocol.h"
#include "parsers/ip_version.h"
#include "parsers/ipv6_ext.h"
#include "parsers/walk.h"

namespace weir::parsers {

/// IPv6 header (RFC 8200 section 3).
namespace ipv6_header {
inline constexpr uint32_t kPayloadLength = 4;  // without the header itself
inline constexpr uint32_t kNextHeader = 6;
inline constexpr uint32_t kSource = 8;
inline constexpr uint32_t kDestination = 24;
inline constexpr uint32_t kAddressSize = 16;
inline constexpr uint32_t kSize = 40;
}  // namespace ipv6_header

/// A payload length of 0 with a jumbo payload option (RFC 2675 section 2) counts as what is left of
/// the frame; without that option it is taken at its word.
template <class TraceT>
Step ipv6(Walk<TraceT>& w) noexcept {
  namespace h = ipv6_header;
  if (!w.need(1, Reason::cut_ip_header, Reason::bad_ipv6_header)) return Step::done;
  const uint8_t* header = w.window.at();
  if (header[0] >> ip_version_field::kShift != ip_version_field::kIpv6) {
    return w.stop(Verdict::malformed, Reason::bad_ip_version);
  }
  if (!w.need(h::kSize, Reason::cut_ip_header, Reason::bad_ipv6_header)) return Step::done;
  w.trace.add("ipv6");

  const uint16_t payload_length = load_be16(header + h::kPayloadLength);
  ParsedPacket& out = w.out;
  out.ip_version = 6;
  out.proto = header[h::kNextHeader];
  out.fragment = false;
  out.tcp_flags = 0;
  out.src_port = 0;
  out.dst_port = 0;
  out.ip_bytes = h::kSize + payload_length;
  std::copy_n(header + h::kSource, h::kAddressSize, out.src.begin());
  std::copy_n(header + h::kDestination, h::kAddressSize, out.dst.begin());

  const uint32_t frame_bytes = w.window.wire();
  w.window.skip(h::kSize);
  if (payload_length == 0 && out.proto == ip_protocol::kHopByHop) {
    if (!jumbo_payload(w)) return Step::done;
    out.ip_bytes = frame_bytes;
  } else {
    w.window.narrow(payload_length);
  }
  return is_ipv6_extension(out.proto) ? ipv6_extensions(w) : Step::transport;
}

}  // namespace weir::parsers
