#pragma once

#include "engine/core/packet.h"
#include "parsers/link_lan.h"
#include "parsers/link_meta.h"
#include "parsers/link_serial.h"
#include "parsers/walk.h"

namespace weir::parsers {

/// The header of Walk::link_type, for the link types that are not common. docs/link-types.md lists
/// them, and those that weir has no rule for.
template <class TraceT>
Step link_header(Walk<TraceT>& w) noexcept {
  switch (w.link_type) {
    case LinkType::ieee802_5: return token_ring(w);
    case LinkType::arcnet: return arcnet(w, false);
    case LinkType::arcnet_linux: return arcnet(w, true);
    case LinkType::fddi: return fddi(w);
    case LinkType::atm_rfc1483_dlt:
    case LinkType::atm_rfc1483:
      w.has_atm_padding = true;
      return plain_header(w, "atm", 0, Step::llc);
    case LinkType::atm_clip: return atm_clip(w);
    case LinkType::c_hdlc: return cisco_hdlc(w);
    case LinkType::frelay: return frame_relay(w);
    case LinkType::mfr: return multilink_frame_relay(w);
    case LinkType::enc: return enc(w);
    case LinkType::pflog: return pflog(w);
    case LinkType::ip_over_fc:
      return plain_header(w, "ip_over_fc", kFibreChannelNetworkHeader, Step::llc);
    case LinkType::sunatm: return sunatm(w);
    case LinkType::apple_ip_over_ieee1394:
      return typed_header(w, "ieee1394", kIeee1394Type, kIeee1394Size);
    case LinkType::docsis: return docsis(w);
    case LinkType::apple_user2: return user2(w);
    case LinkType::pktap: return pktap(w);
    case LinkType::ppp_pppd: return pppd(w);
    case LinkType::juniper_ether: return juniper(w, LinkType::en10mb);
    case LinkType::juniper_ppp: return juniper(w, LinkType::ppp);
    case LinkType::juniper_frelay: return juniper(w, LinkType::frelay);
    case LinkType::juniper_chdlc: return juniper(w, LinkType::c_hdlc);
    case LinkType::ppi: return ppi(w);
    case LinkType::erf: return erf(w);
    case LinkType::ppp_with_dir:
      return plain_header(w, "direction", kDirectionSize, Step::ppp_hdlc);
    case LinkType::c_hdlc_with_dir:
      if (plain_header(w, "direction", kDirectionSize, Step::link) == Step::done) return Step::done;
      return cisco_hdlc(w);
    case LinkType::frelay_with_dir:
      if (plain_header(w, "direction", kDirectionSize, Step::link) == Step::done) return Step::done;
      return frame_relay(w);
    case LinkType::ipnet: return ipnet(w);
    case LinkType::nflog: return nflog(w);
    case LinkType::netanalyzer:
      return plain_header(w, "netanalyzer", kNetanalyzerSize, Step::ethernet);
    case LinkType::netanalyzer_transparent:
      return plain_header(w, "netanalyzer", kNetanalyzerSize + kPreambleSize, Step::ethernet);
    case LinkType::ipoib: return typed_header(w, "ipoib", kIpoibType, kIpoibSize);
    case LinkType::ethernet_mpacket: return mpacket(w);
    case LinkType::dsa_tag_brcm: return tagged_by_switch(w, "brcm", switch_tag::kSize, false);
    case LinkType::dsa_tag_brcm_prepend:
      return plain_header(w, "brcm", switch_tag::kSize, Step::ethernet);
    case LinkType::dsa_tag_dsa: return tagged_by_switch(w, "dsa", switch_tag::kSize, true);
    case LinkType::dsa_tag_edsa: return tagged_by_switch(w, "edsa", switch_tag::kEdsaSize, true);
    default: return w.stop(Verdict::unsupported, Reason::unknown_link_type);
  }
}

}  // namespace weir::parsers
