#pragma once

#include "parsers/walk.h"

namespace weir::parsers {

namespace ip_proto {
inline constexpr uint8_t kHopByHop = 0;
inline constexpr uint8_t kIcmp = 1;
inline constexpr uint8_t kIpIp = 4;
inline constexpr uint8_t kTcp = 6;
inline constexpr uint8_t kUdp = 17;
inline constexpr uint8_t kDccp = 33;
inline constexpr uint8_t kIpv6 = 41;
inline constexpr uint8_t kRouting = 43;
inline constexpr uint8_t kFragment = 44;
inline constexpr uint8_t kGre = 47;
inline constexpr uint8_t kAh = 51;
inline constexpr uint8_t kIcmpv6 = 58;
inline constexpr uint8_t kDestinationOptions = 60;
inline constexpr uint8_t kSctp = 132;
inline constexpr uint8_t kMobility = 135;
inline constexpr uint8_t kUdpLite = 136;
inline constexpr uint8_t kHip = 139;
inline constexpr uint8_t kShim6 = 140;
}  // namespace ip_proto

// An IPv6 extension header (RFC 8200 section 4, RFC 6564): 0 next header, 1 length. The length
// counts units of 8 bytes without the first; in AH (RFC 4302 section 2.2) units of 4 without the
// first two; the fragment header (RFC 8200 section 4.5) is always 8, with the offset in the upper
// 13 bits at 2.
inline constexpr int kMaxExtensions = 16;

/// The layer's name of an extension header; empty for what is none.
inline std::string_view extension_name(uint8_t proto) noexcept {
  switch (proto) {
    case ip_proto::kHopByHop: return "ipv6_hopopts";
    case ip_proto::kRouting: return "ipv6_routing";
    case ip_proto::kFragment: return "ipv6_fragment";
    case ip_proto::kDestinationOptions: return "ipv6_dstopts";
    case ip_proto::kAh: return "ah";
    case ip_proto::kMobility: return "mobility";
    case ip_proto::kHip: return "hip";
    case ip_proto::kShim6: return "shim6";
    default: return {};
  }
}

/// Walks the extension headers from out.proto on, and leaves the upper protocol there. False when
/// the packet has ended in one of them: cut, malformed, or parsed as a later fragment.
template <class Trace>
bool walk_extensions(Walk<Trace>& walk, Bytes& bytes) noexcept {
  ParsedPacket& out = walk.out;
  for (int count = 0; count <= kMaxExtensions; ++count) {
    const std::string_view name = extension_name(out.proto);
    if (name.empty()) return true;
    walk.trace.add(name);
    constexpr Reason kCut = Reason::cut_ipv6_extension;
    constexpr Reason kBad = Reason::bad_ipv6_extension;
    if (!walk.need(bytes, 8, kCut, kBad)) return false;
    const uint8_t next = bytes.u8(0);
    uint32_t header = (bytes.u8(1) + 1U) * 8;
    if (out.proto == ip_proto::kAh) header = (bytes.u8(1) + 2U) * 4;
    bool later_fragment = false;
    if (out.proto == ip_proto::kFragment) {
      header = 8;
      later_fragment = (bytes.be16(2) & 0xfff8) != 0;
      out.fragment = (bytes.be16(2) & 0xfff9) != 0;
    }
    // Only the length is needed of what follows the first 8 bytes, so a header may be cut behind
    // them.
    if (header > bytes.length()) {
      walk.end(Verdict::malformed, kBad);
      return false;
    }
    bytes.skip(header);
    out.proto = next;
    if (later_fragment) {
      walk.end(Verdict::parsed, Reason::fragment);
      return false;
    }
  }
  walk.end(Verdict::unsupported, Reason::too_many_layers);
  return false;
}

}  // namespace weir::parsers
