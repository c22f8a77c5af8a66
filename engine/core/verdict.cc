#include "engine/core/verdict.h"

namespace weir {

std::string_view to_string(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::parsed: return "parsed";
    case Verdict::non_ip: return "non_ip";
    case Verdict::malformed: return "malformed";
    case Verdict::short_capture: return "short_capture";
    case Verdict::unsupported: return "unsupported";
  }
  return "?";
}

std::string_view to_string(Reason reason) noexcept {
  switch (reason) {
    case Reason::none: return "ok";
    case Reason::fragment: return "fragment";
    case Reason::encrypted_tunnel: return "encrypted tunnel";
    case Reason::no_ports: return "no ports";
    case Reason::arp: return "ARP";
    case Reason::other_ethertype: return "other EtherType";
    case Reason::other_protocol: return "other protocol";
    case Reason::link_control: return "link-layer control";
    case Reason::llc: return "LLC";
    case Reason::not_a_data_frame: return "802.11 management or control";
    case Reason::ppp_control: return "PPP control";
    case Reason::mpls_control: return "MPLS payload not IP";
    case Reason::empty_packet: return "empty packet";
    case Reason::bad_link_header: return "bad link header";
    case Reason::bad_ip_version: return "bad IP version";
    case Reason::bad_ipv4_header_length: return "bad IPv4 header length";
    case Reason::bad_ipv4_total_length: return "bad IPv4 total length";
    case Reason::bad_ipv6_header: return "bad IPv6 header";
    case Reason::bad_ipv6_extension: return "bad IPv6 extension header";
    case Reason::bad_transport_header: return "transport header past the packet's end";
    case Reason::bad_tunnel_header: return "bad tunnel header";
    case Reason::bad_length: return "captured more than the wire length";
    case Reason::cut_link_header: return "cut in the link header";
    case Reason::cut_vlan: return "cut in a VLAN tag";
    case Reason::cut_mpls: return "cut in the MPLS stack";
    case Reason::cut_ip_header: return "cut in the IP header";
    case Reason::cut_ipv6_extension: return "cut in an IPv6 extension header";
    case Reason::cut_transport_header: return "cut in the transport header";
    case Reason::cut_tunnel_header: return "cut in a tunnel header";
    case Reason::unknown_link_type: return "unknown link type";
    case Reason::unknown_ethertype: return "unknown EtherType";
    case Reason::link_fragment: return "fragmented link-layer frame";
    case Reason::encrypted: return "encrypted";
    case Reason::compressed: return "compressed headers";
    case Reason::too_many_layers: return "too many layers";
  }
  return "?";
}

}  // namespace weir
