#pragma once

#include <cstdint>

#include "parsers/ip_proof.h"
#include "parsers/walk.h"

namespace weir::parsers {

/// LISP data (RFC 9300 section 5): eight bytes of flags, nonce and status bits, of which each may
/// hold anything, then IP, which has to prove itself.
namespace lisp_header {
inline constexpr uint32_t kSize = 8;
}  // namespace lisp_header

template <class TraceT>
Step lisp(Walk<TraceT>& w) noexcept {
  if (!w.need(lisp_header::kSize, Reason::cut_tunnel_header, Reason::bad_tunnel_header)) {
    return Step::done;
  }
  w.window.skip(lisp_header::kSize);
  const Proof proof = ip_proof(w.window);
  if (proof == Proof::cut) return w.stop(Verdict::short_capture, Reason::cut_tunnel_header);
  if (proof == Proof::no) return w.stop(Verdict::malformed, Reason::bad_tunnel_header);
  w.trace.add("lisp");
  return Step::any_ip;
}

}  // namespace weir::parsers
