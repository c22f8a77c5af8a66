#pragma once

#include "parsers/ethernet.h"
#include "parsers/mpls.h"
#include "parsers/pppoe.h"
#include "parsers/vlan.h"
#include "parsers/walk.h"

namespace weir::parsers {

/// What an EtherType announces; shared by all links that have one.
template <class Trace>
void parse_ethertype(Walk<Trace>& walk, uint16_t type, Bytes bytes) noexcept {
  switch (type) {
    case ethertype::kIpv4: return parse_ipv4(walk, bytes);
    case ethertype::kIpv6: return parse_ipv6(walk, bytes);
    case ethertype::kVlan:
    case ethertype::kQinQ:
    case ethertype::kOldQinQ: return parse_vlan(walk, bytes);
    case ethertype::kMpls:
    case ethertype::kMplsMulticast: return parse_mpls(walk, bytes);
    case ethertype::kPppoeSession: return parse_pppoe(walk, bytes);
    case ethertype::kPppoeDiscovery:
      walk.trace.add("pppoe");
      return walk.end(Verdict::non_ip, Reason::ppp_control);
    case ethertype::kArp:
    case ethertype::kRarp: walk.trace.add("arp"); return walk.end(Verdict::non_ip, Reason::arp);
    default: break;
  }
  if (type > kLongest8023Length) return walk.end(Verdict::non_ip, Reason::other_ethertype);
  bytes.limit(type);
  parse_llc(walk, bytes);
}

}  // namespace weir::parsers
