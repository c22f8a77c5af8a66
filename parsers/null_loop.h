#pragma once

#include <cstdint>

#include "engine/core/bytes.h"
#include "parsers/walk.h"

namespace weir::parsers {

/// BSD loopback: an address family in four bytes (draft-ietf-opsawg-pcaplinktype, LINKTYPE_NULL in
/// the byte order of the capturing host, LINKTYPE_LOOP in network byte order). IPv6 has another
/// number on each system.
namespace null_header {
inline constexpr uint32_t kSize = 4;
inline constexpr uint32_t kIpv4 = 2;
inline constexpr uint32_t kIpv6Linux = 10;
inline constexpr uint32_t kIpv6Bsd = 24;
inline constexpr uint32_t kIpv6FreeBsd = 28;
inline constexpr uint32_t kIpv6Darwin = 30;
}  // namespace null_header

/// Both byte orders are accepted for both types: files that were converted have either, and no
/// family of one order is one of the other.
template <class TraceT>
Step null_loop(Walk<TraceT>& w, const char* name) noexcept {
  if (!w.need(null_header::kSize, Reason::cut_link_header, Reason::bad_link_header)) {
    return Step::done;
  }
  w.trace.add(name);
  const uint32_t big = load_be32(w.window.at());
  const uint32_t little = load_le32(w.window.at());
  w.window.skip(null_header::kSize);
  switch (big < little ? big : little) {
    case null_header::kIpv4: return Step::ipv4;
    case null_header::kIpv6Linux:
    case null_header::kIpv6Bsd:
    case null_header::kIpv6FreeBsd:
    case null_header::kIpv6Darwin: return Step::ipv6;
    default: return w.stop(Verdict::non_ip, Reason::other_protocol);
  }
}

template <class TraceT>
Step null(Walk<TraceT>& w) noexcept {
  return null_loop(w, "null");
}

template <class TraceT>
Step loop(Walk<TraceT>& w) noexcept {
  return null_loop(w, "loop");
}

}  // namespace weir::parsers
