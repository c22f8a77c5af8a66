#pragma once

#include <cstdint>

#include "engine/core/bytes.h"
#include "parsers/ether_type.h"
#include "parsers/walk.h"

namespace weir::parsers {

/// VLAN tag after its TPID (IEEE 802.1Q clause 9.6).
namespace vlan_tag {
inline constexpr uint32_t kTci = 0;  // 3 bits priority, 1 bit drop eligible, 12 bits identifier
inline constexpr uint16_t kIdentifierMask = 0x0FFF;
inline constexpr uint32_t kType = 2;  // of the payload, or the next tag's TPID
inline constexpr uint32_t kSize = 4;
}  // namespace vlan_tag

/// One tag; its TPID was Walk::ether_type.
template <class TraceT>
Step vlan(Walk<TraceT>& w) noexcept {
  if (!w.need(vlan_tag::kSize, Reason::cut_vlan, Reason::bad_link_header)) return Step::done;
  if (!w.add_vlan(load_be16(w.window.at() + vlan_tag::kTci))) return Step::done;
  w.ether_type = load_be16(w.window.at() + vlan_tag::kType);
  w.window.skip(vlan_tag::kSize);
  return Step::length_or_type;
}

}  // namespace weir::parsers
