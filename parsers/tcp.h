#pragma once

#include <cstdint>

#include "parsers/ports.h"
#include "parsers/walk.h"

namespace weir::parsers {

/// TCP header (RFC 9293 section 3.1).
namespace tcp_header {
inline constexpr uint32_t kFlags = 13;
inline constexpr uint32_t kFlagsEnd = 14;
}  // namespace tcp_header

/// The flags stay 0 when only the ports were captured.
template <class TraceT>
Step tcp(Walk<TraceT>& w) noexcept {
  if (ports(w, "tcp") && w.window.cap() >= tcp_header::kFlagsEnd) {
    w.out.tcp_flags = w.window.at()[tcp_header::kFlags];
  }
  return Step::done;
}

}  // namespace weir::parsers
