#pragma once

#include <cstdint>

#include "engine/core/bytes.h"
#include "parsers/ether_type.h"
#include "parsers/walk.h"

namespace weir::parsers {

/// Network Service Header (RFC 8300 section 2.2), behind EtherType 0x894f, in GRE, in VXLAN-GPE.
namespace nsh_header {
inline constexpr uint32_t kVersionShift = 14;  // of the first 16 bits
inline constexpr uint16_t kLengthMask = 0x3F;  // of the same: all of the header in 4-byte words
inline constexpr uint32_t kNextProtocol = 3;
inline constexpr uint8_t kNextIpv4 = 1;
inline constexpr uint8_t kNextIpv6 = 2;
inline constexpr uint8_t kNextEthernet = 3;
inline constexpr uint8_t kNextNsh = 4;
inline constexpr uint8_t kNextMpls = 5;
inline constexpr uint32_t kMinSize = 8;  // base header and service path
}  // namespace nsh_header

template <class TraceT>
Step nsh(Walk<TraceT>& w) noexcept {
  namespace h = nsh_header;
  if (!w.need(h::kMinSize, Reason::cut_link_header, Reason::bad_link_header)) return Step::done;
  const uint8_t* header = w.window.at();
  const uint16_t first = load_be16(header);
  if (first >> h::kVersionShift != 0) return w.stop_at(ether_type::kNsh);
  const uint32_t size = (first & h::kLengthMask) * 4U;
  if (size < h::kMinSize) return w.stop(Verdict::malformed, Reason::bad_link_header);
  if (!w.need(size, Reason::cut_link_header, Reason::bad_link_header)) return Step::done;
  if (!w.add_shim("nsh")) return Step::done;
  w.window.skip(size);
  switch (header[h::kNextProtocol]) {
    case h::kNextIpv4: return Step::ipv4;
    case h::kNextIpv6: return Step::ipv6;
    case h::kNextEthernet: return Step::ethernet;
    case h::kNextNsh: return Step::nsh;
    case h::kNextMpls: return Step::mpls;
    default: return w.stop(Verdict::non_ip, Reason::other_protocol);
  }
}

}  // namespace weir::parsers
