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
    case LinkType::ieee802_5:
    case LinkType::arcnet:
    case LinkType::fddi:
    case LinkType::atm_rfc1483_dlt:
    case LinkType::atm_rfc1483:
    case LinkType::c_hdlc:
    case LinkType::atm_clip:
    case LinkType::frelay:
    case LinkType::enc:
    case LinkType::pflog:
    case LinkType::ip_over_fc:
    case LinkType::sunatm:
    case LinkType::arcnet_linux:
    case LinkType::apple_ip_over_ieee1394:
    case LinkType::docsis:
    case LinkType::apple_user2:
    case LinkType::ppp_pppd:
    case LinkType::juniper_ether:
    case LinkType::juniper_ppp:
    case LinkType::juniper_frelay:
    case LinkType::juniper_chdlc:
    case LinkType::mfr:
    case LinkType::ppi:
    case LinkType::erf:
    case LinkType::ppp_with_dir:
    case LinkType::c_hdlc_with_dir:
    case LinkType::frelay_with_dir:
    case LinkType::ipnet:
    case LinkType::nflog:
    case LinkType::netanalyzer:
    case LinkType::netanalyzer_transparent:
    case LinkType::ipoib:
    case LinkType::pktap:
    case LinkType::ethernet_mpacket:
    case LinkType::dsa_tag_brcm:
    case LinkType::dsa_tag_brcm_prepend:
    case LinkType::dsa_tag_dsa:
    case LinkType::dsa_tag_edsa: return Step::link;
    case LinkType::slip: break;  // in no file that tshark reads
  }
  return Step::done;
}

}  // namespace weir::parsers
