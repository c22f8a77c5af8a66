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

/// Fewer bytes than any upper layer's header or extension header has.
inline constexpr uint32_t kLeastUpperHeader = 8;

/// True when a payload length of 0 means what it says. It does for "no next header" (RFC 8200
/// section 4.7) and for ICMPv6, which no offload makes larger than a length field can tell; and
/// where less than a header follows: the shortest Ethernet frame has six bytes of padding behind an
/// empty IPv6 packet.
inline bool is_empty_payload(uint8_t next_header, const Window& window) noexcept {
  return next_header == ip_protocol::kNoNextHeader || next_header == ip_protocol::kIcmpv6 ||
         window.wire() < kLeastUpperHeader;
}

/// A payload length of 0 is what a jumbogram has (RFC 2675 section 3), and what a host sees of a
/// packet that its NIC will split or has joined when the length does not fit 16 bits: Linux wrote a
/// jumbo payload option into those until 6.x and leaves it out since. The option's length counts
/// where the frame has room for it; without one the packet is what is left of the frame.
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

  w.window.skip(h::kSize);
  uint32_t payload = payload_length;
  if (payload == 0 && !is_empty_payload(out.proto, w.window)) {
    payload = w.window.wire();
    if (out.proto == ip_protocol::kHopByHop && !jumbo_payload(w, payload)) return Step::done;
    out.ip_bytes = h::kSize + payload;
  }
  w.window.narrow(payload);
  return is_ipv6_extension(out.proto) ? ipv6_extensions(w) : Step::transport;
}

}  // namespace weir::parsers
