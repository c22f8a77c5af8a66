#pragma once

#include "parsers/ports.h"
#include "parsers/walk.h"

namespace weir::parsers {

/// DCCP generic header (RFC 4340 section 5.1): the ports come first.
template <class TraceT>
Step dccp(Walk<TraceT>& w) noexcept {
  ports(w, "dccp");
  return Step::done;
}

}  // namespace weir::parsers
