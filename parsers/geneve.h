#pragma once

#include <cstdint>

#include "engine/core/bytes.h"
#include "parsers/ether_type.h"
#include "parsers/walk.h"

namespace weir::parsers {

/// GENEVE header (RFC 8926 section 3.1).
namespace geneve_header {
inline constexpr uint32_t kVersionOptions = 0;
inline constexpr uint32_t kVersionShift = 6;
inline constexpr uint8_t kOptionsMask = 0x3F;  // length of the options in 4-byte words
inline constexpr uint32_t kProtocol = 2;       // an EtherType
inline constexpr uint32_t kSize = 8;
}  // namespace geneve_header

template <class TraceT>
Step geneve(Walk<TraceT>& w) noexcept {
  if (!w.need(geneve_header::kSize, Reason::cut_tunnel_header, Reason::bad_tunnel_header)) {
    return Step::done;
  }
  const uint8_t* header = w.window.at();
  const uint8_t first = header[geneve_header::kVersionOptions];
  if (first >> geneve_header::kVersionShift != 0) {
    return w.stop(Verdict::malformed, Reason::bad_tunnel_header);
  }
  const uint32_t size = geneve_header::kSize + (first & geneve_header::kOptionsMask) * 4U;
  if (!w.need(size, Reason::cut_tunnel_header, Reason::bad_tunnel_header)) return Step::done;
  w.trace.add("geneve");
  w.ether_type = load_be16(header + geneve_header::kProtocol);
  w.window.skip(size);
  return w.ether_type == ether_type::kTransparentEthernet ? Step::ethernet : Step::ether_type;
}

}  // namespace weir::parsers
