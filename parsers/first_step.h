#pragma once

#include "engine/core/packet.h"
#include "parsers/walk.h"

namespace weir::parsers {

/// The first header of each link type; Step::done for one that weir has no rule for.
inline Step first_step(LinkType link_type) noexcept {
  switch (link_type) {
    case LinkType::null: return Step::null;
    case LinkType::en10mb: return Step::ethernet;
    case LinkType::ppp:
    case LinkType::ppp_serial: return Step::ppp_hdlc;
    case LinkType::ppp_ether: return Step::pppoe;
    case LinkType::raw_bsd:
    case LinkType::raw_openbsd:
    case LinkType::raw: return Step::any_ip;
    case LinkType::ieee802_11: return Step::ieee802_11;
    case LinkType::loop: return Step::loop;
    case LinkType::linux_sll: return Step::sll;
    case LinkType::ieee802_11_prism: return Step::prism;
    case LinkType::ieee802_11_radiotap: return Step::radiotap;
    case LinkType::ieee802_11_avs: return Step::avs;
    case LinkType::ipv4: return Step::ipv4;
    case LinkType::ipv6: return Step::ipv6;
    case LinkType::linux_sll2: return Step::sll2;
  }
  return Step::done;
}

}  // namespace weir::parsers
