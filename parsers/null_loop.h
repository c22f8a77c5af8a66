#pragma once

#include "parsers/walk.h"

namespace weir::parsers {

// NULL and LOOP: the address family in four bytes, in the order of the host that captured (NULL) or
// of the network (LOOP). 2 is IPv4 everywhere; IPv6 is 10 on Linux, 24 on NetBSD and OpenBSD, 28 on
// FreeBSD, 30 on macOS.
inline constexpr uint32_t kFamilyBytes = 4;

template <class Trace>
void parse_family(Walk<Trace>& walk, Bytes bytes, std::string_view name) noexcept {
  walk.trace.add(name);
  if (!walk.need(bytes, kFamilyBytes, Reason::cut_link_header, Reason::bad_link_header)) return;
  // A family is a small number, so the order shows: the wrong one makes it at least 2^24.
  const uint32_t little = bytes.le32(0);
  const uint32_t family = little > 0xffff ? bytes.be32(0) : little;
  bytes.skip(kFamilyBytes);
  switch (family) {
    case 2: return parse_ipv4(walk, bytes);
    case 10:
    case 24:
    case 28:
    case 30: return parse_ipv6(walk, bytes);
    default: return walk.end(Verdict::non_ip, Reason::other_ethertype);
  }
}

}  // namespace weir::parsers
