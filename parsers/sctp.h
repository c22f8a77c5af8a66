#pragma once

#include "parsers/ports.h"
#include "parsers/walk.h"

namespace weir::parsers {

/// SCTP common header (RFC 9260 section 3.1): the ports come first.
template <class TraceT>
Step sctp(Walk<TraceT>& w) noexcept {
  ports(w, "sctp");
  return Step::done;
}

}  // namespace weir::parsers
