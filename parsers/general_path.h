#pragma once

#include "engine/core/packet.h"
#include "parsers/amsdu.h"
#include "parsers/avs.h"
#include "parsers/batman.h"
#include "parsers/capwap.h"
#include "parsers/erspan.h"
#include "parsers/ether_type.h"
#include "parsers/ethernet.h"
#include "parsers/first_step.h"
#include "parsers/geneve.h"
#include "parsers/gre.h"
#include "parsers/gtpu.h"
#include "parsers/ieee802_11.h"
#include "parsers/ip_version.h"
#include "parsers/ipv4.h"
#include "parsers/ipv6.h"
#include "parsers/l2tp.h"
#include "parsers/link_header.h"
#include "parsers/lisp.h"
#include "parsers/llc.h"
#include "parsers/mac_in_mac.h"
#include "parsers/macsec.h"
#include "parsers/mpls.h"
#include "parsers/nsh.h"
#include "parsers/null_loop.h"
#include "parsers/ppp.h"
#include "parsers/pppoe.h"
#include "parsers/prism.h"
#include "parsers/radiotap.h"
#include "parsers/shims.h"
#include "parsers/sll.h"
#include "parsers/teredo.h"
#include "parsers/transport.h"
#include "parsers/tzsp.h"
#include "parsers/unlisted_link.h"
#include "parsers/vlan.h"
#include "parsers/vxlan.h"
#include "parsers/walk.h"
#include "parsers/wireguard.h"

namespace weir::parsers {

template <class TraceT>
Step take_step(Step step, Walk<TraceT>& w) noexcept {
  switch (step) {
    case Step::done: return Step::done;
    case Step::ethernet: return ethernet(w);
    case Step::ether_type: return ether_type_payload(w);
    case Step::length_or_type: return length_or_type(w);
    case Step::vlan: return vlan(w);
    case Step::llc: return llc(w);
    case Step::mpls: return mpls(w);
    case Step::shim: return shim(w);
    case Step::mac_in_mac: return mac_in_mac(w);
    case Step::batman: return batman(w);
    case Step::macsec: return macsec(w);
    case Step::nsh: return nsh(w);
    case Step::pppoe: return pppoe(w);
    case Step::ppp: return ppp(w);
    case Step::ppp_hdlc: return ppp_hdlc(w);
    case Step::null: return null(w);
    case Step::loop: return loop(w);
    case Step::sll: return sll(w);
    case Step::sll2: return sll2(w);
    case Step::radiotap: return radiotap(w);
    case Step::prism: return prism(w);
    case Step::avs: return avs(w);
    case Step::ieee802_11: return ieee802_11(w);
    case Step::link: return link_header(w);
    case Step::amsdu_subframe: return amsdu_subframe(w);
    case Step::any_ip: return any_ip(w);
    case Step::ipv4: return ipv4(w);
    case Step::ipv6: return ipv6(w);
    case Step::transport: return transport(w);
    case Step::gre: return gre(w);
    case Step::erspan_ii: return erspan_ii(w);
    case Step::erspan_iii: return erspan_iii(w);
    case Step::vxlan: return vxlan(w);
    case Step::vxlan_gpe: return vxlan_gpe(w);
    case Step::geneve: return geneve(w);
    case Step::gtpu: return gtpu(w);
    case Step::etherip: return etherip(w);
    case Step::tzsp: return tzsp(w);
    case Step::l2tp: return l2tp(w);
    case Step::l2tpv3: return l2tpv3(w);
    case Step::capwap: return capwap(w);
    case Step::teredo: return teredo(w);
    case Step::lisp: return lisp(w);
    case Step::mpls_in_udp: return mpls_in_udp(w);
    case Step::gre_in_udp: return gre_in_udp(w);
    case Step::wccp: return wccp(w);
    case Step::wireguard: return wireguard(w);
  }
  return Step::done;
}

/// True for the link types whose own parser places a stripped tag: right behind their header.
inline bool has_tagged_frame(Step step) noexcept {
  return step == Step::ethernet || step == Step::sll || step == Step::sll2;
}

/// Terminates: every step but the dispatching ones consumes bytes of the window, a dispatching one
/// is followed by one that does, and tags, labels, extension headers and tunnels are bounded.
template <class TraceT>
void take_steps(Step step, Walk<TraceT>& w) noexcept {
  while (step != Step::done) step = take_step(step, w);
}

/// Parses a packet whose window is all of it: the only frame, or the first of an aggregate.
template <class TraceT>
void parse_first(LinkType link_type, Walk<TraceT>& w) noexcept {
  if (w.window.wire() == 0) {
    w.stop(Verdict::malformed, Reason::empty_packet);
    return;
  }
  Step step = first_step(link_type);
  const bool listed = step != Step::done;
  if (!listed) {
    if (!is_certainly_ip(w.window)) {
      w.stop(Verdict::unsupported, Reason::unknown_link_type);
      return;
    }
    step = Step::any_ip;
  }
  if (!has_tagged_frame(step)) w.add_stripped_tag();
  take_steps(step, w);
  w.out.aggregate = w.next_subframe.wire() != 0;
  if (!listed && w.out.verdict == Verdict::malformed) {
    // Not IP after all, so the layers that were seen were none.
    w.out = ParsedPacket{};
    w.trace.clear();
    w.stop(Verdict::unsupported, Reason::unknown_link_type);
  }
}

/// Parses any packet of any link type. What parse() does where the straight path does not apply,
/// and all that parse_traced() does.
template <class TraceT>
void parse_general(const PacketView& packet, const ParseOptions& options, ParsedPacket& out,
                   TraceT& trace) noexcept {
  out = ParsedPacket{};
  Walk<TraceT> w(packet, options, out, trace);
  parse_first(packet.link_type, w);
}

}  // namespace weir::parsers
