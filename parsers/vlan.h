#pragma once

#include "parsers/walk.h"

namespace weir::parsers {

// One IEEE 802.1Q tag, behind its EtherType:
//   0  priority 3 bits, DEI 1, VLAN identifier 12
//   2  EtherType of what follows
inline constexpr uint32_t kVlanBytes = 4;

/// Notes a tag's identifier. False when there are more than are followed.
template <class Trace>
bool add_vlan(Walk<Trace>& walk, uint16_t tci) noexcept {
  walk.trace.add("vlan");
  if (walk.out.vlan_count == kMaxVlans) {
    walk.end(Verdict::unsupported, Reason::too_many_layers);
    return false;
  }
  walk.out.vlans[walk.out.vlan_count++] = tci & 0x0fff;
  return true;
}

template <class Trace>
void parse_vlan(Walk<Trace>& walk, Bytes bytes) noexcept {
  if (!walk.need(bytes, kVlanBytes, Reason::cut_vlan, Reason::bad_link_header)) return;
  if (!add_vlan(walk, bytes.be16(0))) return;
  const uint16_t type = bytes.be16(2);
  bytes.skip(kVlanBytes);
  parse_ethertype(walk, type, bytes);
}

}  // namespace weir::parsers
