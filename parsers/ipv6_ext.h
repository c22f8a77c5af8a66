#pragma once

#include <cstdint>
#include <string_view>

#include "engine/core/bytes.h"
#include "parsers/ip_protocol.h"
#include "parsers/walk.h"

namespace weir::parsers {

/// IPv6 extension headers: options and routing (RFC 8200 section 4), mobility (RFC 6275 section
/// 6.1), HIP (RFC 7401 section 5.1), shim6 (RFC 5533 section 5.1).
namespace ipv6_extension {
inline constexpr uint32_t kNextHeader = 0;
inline constexpr uint32_t kLength = 1;  // in 8-byte units, without the first
inline constexpr uint32_t kUnit = 8;
inline constexpr uint32_t kMinSize = 8;
}  // namespace ipv6_extension

/// Fragment header (RFC 8200 section 4.5).
namespace ipv6_fragment_header {
inline constexpr uint32_t kOffset = 2;
inline constexpr uint16_t kOffsetMask = 0xFFF8;
inline constexpr uint16_t kMoreFragments = 0x0001;
inline constexpr uint32_t kSize = 8;
}  // namespace ipv6_fragment_header

/// Authentication Header (RFC 4302 section 2): the length is in 4-byte units, without the first
/// two.
namespace ah_header {
inline constexpr uint32_t kUnit = 4;
}  // namespace ah_header

/// Options of a hop-by-hop header (RFC 8200 section 4.2, jumbo payload RFC 2675 section 2).
namespace ipv6_option {
inline constexpr uint8_t kPad1 = 0;  // the only one without a length
inline constexpr uint8_t kJumboPayload = 0xC2;
inline constexpr uint8_t kJumboPayloadLength = 4;
inline constexpr uint32_t kLargestPlain = 0xFFFF;  // what is not larger needs no jumbogram
inline constexpr uint32_t kFirst = 2;
inline constexpr uint32_t kHeaderSize = 2;  // type, length of the data
}  // namespace ipv6_option

/// The layer's name, empty when the protocol is not an extension header.
inline std::string_view ipv6_extension_name(uint8_t proto) noexcept {
  switch (proto) {
    case ip_protocol::kHopByHop: return "ipv6_hopopts";
    case ip_protocol::kRouting: return "ipv6_routing";
    case ip_protocol::kFragment: return "ipv6_fragment";
    case ip_protocol::kAh: return "ah";
    case ip_protocol::kDestinationOptions: return "ipv6_dstopts";
    case ip_protocol::kMobility: return "mobility";
    case ip_protocol::kHip: return "hip";
    case ip_protocol::kShim6: return "shim6";
    default: return {};
  }
}

inline bool is_ipv6_extension(uint8_t proto) noexcept {
  return !ipv6_extension_name(proto).empty();
}

/// The size of an extension header of which the first two bytes are there.
inline uint32_t ipv6_extension_size(uint8_t proto, const uint8_t* header) noexcept {
  const uint32_t length = header[ipv6_extension::kLength];
  switch (proto) {
    case ip_protocol::kFragment: return ipv6_fragment_header::kSize;
    case ip_protocol::kAh: return (length + 2) * ah_header::kUnit;
    default: return (length + 1) * ipv6_extension::kUnit;
  }
}

/// Looks for a jumbo payload option in the hop-by-hop header that comes next, behind an IPv6 header
/// with a payload length of 0, and sets `payload` to its length. Left as it is without the option,
/// and where the option's length is not a jumbogram's (RFC 2675 section 3) or more than the frame
/// holds. When it returns false parsing has stopped.
template <class TraceT>
bool jumbo_payload(Walk<TraceT>& w, uint32_t& payload) noexcept {
  if (!w.need(ipv6_extension::kMinSize, Reason::cut_ipv6_extension, Reason::bad_ipv6_extension)) {
    return false;
  }
  const uint8_t* header = w.window.at();
  const uint32_t size = ipv6_extension_size(ip_protocol::kHopByHop, header);
  if (!w.need(size, Reason::cut_ipv6_extension, Reason::bad_ipv6_extension)) return false;
  uint32_t at = ipv6_option::kFirst;
  while (at + ipv6_option::kHeaderSize <= size) {
    if (header[at] == ipv6_option::kPad1) {
      ++at;
      continue;
    }
    const uint8_t length = header[at + 1];
    const uint32_t data = at + ipv6_option::kHeaderSize;
    if (header[at] == ipv6_option::kJumboPayload && length == ipv6_option::kJumboPayloadLength &&
        data + length <= size) {
      const uint32_t jumbo = load_be32(header + data);
      if (jumbo > ipv6_option::kLargestPlain && jumbo < payload) payload = jumbo;
      return true;
    }
    at = data + length;
  }
  return true;
}

/// Walks the extension headers, of which only the first eight bytes need to be captured.
/// ParsedPacket::proto is the first one's number on entry and the upper layer's at the end. Of a
/// later fragment it is what the fragment header names: there is no way to know what comes behind
/// further extension headers in the first fragment. An atomic fragment (RFC 6946) is a whole
/// packet.
template <class TraceT>
Step ipv6_extensions(Walk<TraceT>& w) noexcept {
  for (uint8_t headers = 0; headers < kMaxExtensions; ++headers) {
    const uint8_t proto = w.out.proto;
    const std::string_view name = ipv6_extension_name(proto);
    if (name.empty()) return Step::transport;
    if (!w.need(ipv6_extension::kMinSize, Reason::cut_ipv6_extension, Reason::bad_ipv6_extension)) {
      return Step::done;
    }
    const uint8_t* header = w.window.at();
    const uint32_t size = ipv6_extension_size(proto, header);
    if (size > w.window.wire()) return w.stop(Verdict::malformed, Reason::bad_ipv6_extension);
    w.trace.add(name);
    w.out.proto = header[ipv6_extension::kNextHeader];
    w.window.skip_unread(size);
    if (proto == ip_protocol::kFragment) {
      const uint16_t fragment = load_be16(header + ipv6_fragment_header::kOffset);
      const bool later = (fragment & ipv6_fragment_header::kOffsetMask) != 0;
      if (later || (fragment & ipv6_fragment_header::kMoreFragments) != 0) w.out.fragment = true;
      if (later) return w.accept(Reason::fragment);
    }
  }
  if (!is_ipv6_extension(w.out.proto)) return Step::transport;
  return w.stop(Verdict::unsupported, Reason::too_many_layers);
}

}  // namespace weir::parsers
