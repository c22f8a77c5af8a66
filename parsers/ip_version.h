#pragma once

#include "parsers/walk.h"

namespace weir::parsers {

/// The version nibble that IPv4 (RFC 791 section 3.1) and IPv6 (RFC 8200 section 3) share.
namespace ip_version_field {
inline constexpr uint32_t kShift = 4;
inline constexpr uint32_t kIpv4 = 4;
inline constexpr uint32_t kIpv6 = 6;
}  // namespace ip_version_field

/// A payload that does not say what it is. What is not IP is called Walk::not_ip_reason.
template <class TraceT>
Step any_ip(Walk<TraceT>& w) noexcept {
  if (!w.need(1, Reason::cut_ip_header, Reason::bad_link_header)) return Step::done;
  switch (w.window.at()[0] >> ip_version_field::kShift) {
    case ip_version_field::kIpv4: return Step::ipv4;
    case ip_version_field::kIpv6: return Step::ipv6;
    default: return w.stop(w.not_ip_verdict, w.not_ip_reason);
  }
}

}  // namespace weir::parsers
