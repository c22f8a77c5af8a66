#pragma once

#include <cstdint>
#include <string_view>

#include "engine/core/bytes.h"
#include "parsers/ether_type.h"
#include "parsers/walk.h"

namespace weir::parsers {

/// Headers behind an EtherType of their own that carry a whole Ethernet frame.
///
/// | EtherType | header | bytes |
/// |---|---|---|
/// | 0x88e7 | I-TAG (IEEE 802.1Q clause 9.7): flags and 24 bits of service; a B-TAG may precede it
/// | 4 | | 0x8903 | Cisco FabricPath: 10 bits of tree, 6 of TTL | 2 | | 0x22f3 | TRILL (RFC 6325
/// section 3.2): version, options' length, hops, two nicknames | 6 and options | | 0x6558 |
/// transparent Ethernet bridging | 0 |
namespace mac_in_mac_header {
inline constexpr uint32_t kServiceTag = 4;
inline constexpr uint32_t kFabricPath = 2;
inline constexpr uint32_t kTrill = 6;
inline constexpr uint32_t kTrillVersionShift = 14;
inline constexpr uint32_t kTrillOptionsShift = 6;  // in 4-byte words
inline constexpr uint32_t kTrillOptionsMask = 0x1F;
}  // namespace mac_in_mac_header

template <class TraceT>
Step to_inner_frame(Walk<TraceT>& w, std::string_view name, uint32_t bytes) noexcept {
  if (!w.need(bytes, Reason::cut_link_header, Reason::bad_link_header)) return Step::done;
  if (!w.add_shim(name)) return Step::done;
  w.window.skip(bytes);
  return Step::ethernet;
}

template <class TraceT>
Step trill(Walk<TraceT>& w) noexcept {
  namespace h = mac_in_mac_header;
  if (!w.need(h::kTrill, Reason::cut_link_header, Reason::bad_link_header)) return Step::done;
  const uint16_t first = load_be16(w.window.at());
  if (first >> h::kTrillVersionShift != 0) return w.stop_at(w.ether_type);
  const uint32_t options = (first >> h::kTrillOptionsShift & h::kTrillOptionsMask) * 4U;
  return to_inner_frame(w, "trill", h::kTrill + options);
}

/// The header whose EtherType is Walk::ether_type.
template <class TraceT>
Step mac_in_mac(Walk<TraceT>& w) noexcept {
  switch (w.ether_type) {
    case ether_type::kServiceTag: return to_inner_frame(w, "pbb", mac_in_mac_header::kServiceTag);
    case ether_type::kFabricPath:
      return to_inner_frame(w, "fabricpath", mac_in_mac_header::kFabricPath);
    case ether_type::kTrill: return trill(w);
    default: return to_inner_frame(w, "bridged", 0);
  }
}

}  // namespace weir::parsers
