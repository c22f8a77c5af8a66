#pragma once

#include <cstdint>

#include "engine/core/bytes.h"
#include "parsers/ether_type.h"
#include "parsers/walk.h"

namespace weir::parsers {

/// Linux cooked capture, version 1 and 2 (draft-ietf-opsawg-pcaplinktype, LINKTYPE_LINUX_SLL and
/// LINKTYPE_LINUX_SLL2).
namespace sll_header {
inline constexpr uint32_t kProtocol = 14;
inline constexpr uint32_t kSize = 16;
inline constexpr uint32_t kV2Protocol = 0;
inline constexpr uint32_t kV2Size = 20;
inline constexpr uint16_t kLlc = 0x0004;  // in place of an EtherType: IEEE 802.2 LLC follows
}  // namespace sll_header

template <class TraceT>
Step cooked(Walk<TraceT>& w, const char* name, uint32_t protocol_at, uint32_t size) noexcept {
  if (!w.need(size, Reason::cut_link_header, Reason::bad_link_header)) return Step::done;
  w.trace.add(name);
  w.add_stripped_tag();
  w.ether_type = load_be16(w.window.at() + protocol_at);
  w.window.skip(size);
  // The other small values are the kernel's ETH_P_ numbers of things that are never IP.
  return w.ether_type == sll_header::kLlc ? Step::llc : Step::ether_type;
}

template <class TraceT>
Step sll(Walk<TraceT>& w) noexcept {
  return cooked(w, "sll", sll_header::kProtocol, sll_header::kSize);
}

template <class TraceT>
Step sll2(Walk<TraceT>& w) noexcept {
  return cooked(w, "sll2", sll_header::kV2Protocol, sll_header::kV2Size);
}

}  // namespace weir::parsers
