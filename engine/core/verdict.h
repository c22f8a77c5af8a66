#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weir {

/// What became of a received packet. Each packet gets exactly one, so that
/// received = parsed + non_ip + malformed + short_capture + unsupported.
enum class Verdict : uint8_t {
  parsed,         ///< an IP packet with a flow key
  non_ip,         ///< well-formed, and not IP (ARP, LLDP, ...)
  malformed,      ///< a header contradicts itself or the packet's length on the wire
  short_capture,  ///< the snaplen cut the packet before the flow key was complete
  unsupported,    ///< may carry IP, in a way weir has no rule for
};
inline constexpr size_t kVerdicts = 5;

std::string_view to_string(Verdict verdict) noexcept;

/// Why a packet got its verdict: one short phrase each, counted and shown. `Reason::none` is a
/// plain parsed packet. The order is stable: it indexes counters.
enum class Reason : uint8_t {
  none,
  // parsed, but something was left unread
  fragment,          ///< a non-first fragment: no ports
  encrypted_tunnel,  ///< with decap: a tunnel whose inside cannot be read (WireGuard, DTLS)
  no_ports,          ///< the upper protocol has none (ICMP, ESP, unknown)
  // non_ip
  arp,
  other_ethertype,   ///< an EtherType that is known never to carry IP
  other_protocol,    ///< the same of a link whose protocols have numbers of their own (PPP, NULL)
  link_control,      ///< what the nodes of an encapsulation tell one another (batman-adv's OGM)
  llc,               ///< IEEE 802.3 length with an LLC payload that is not SNAP IP (STP, CDP, ...)
  not_a_data_frame,  ///< IEEE 802.11 management and control frames, null data
  ppp_control,       ///< LCP, IPCP, PAP, ...; PPPoE discovery
  mpls_control,      ///< MPLS payload that is neither IPv4 nor IPv6
  // malformed
  empty_packet,
  bad_link_header,
  bad_ip_version,
  bad_ipv4_header_length,
  bad_ipv4_total_length,
  bad_ipv6_header,  ///< the frame ends inside the fixed header
  bad_ipv6_extension,
  bad_transport_header,
  bad_tunnel_header,
  bad_length,  ///< the capture record claims more captured bytes than the packet had
  // short_capture
  cut_link_header,
  cut_vlan,
  cut_mpls,
  cut_ip_header,
  cut_ipv6_extension,
  cut_transport_header,
  cut_tunnel_header,
  // unsupported
  unknown_link_type,
  unknown_ethertype,  ///< an EtherType that weir has no rule for
  link_fragment,      ///< a piece of a frame that the link layer took apart
  encrypted,          ///< IEEE 802.11 protected frames, IEEE 802.1AE MACsec
  compressed,         ///< PPP header compression (RFC 1144, RFC 2507)
  too_many_layers,    ///< more tags, labels, extension headers or tunnels than weir follows
};
inline constexpr size_t kReasons = static_cast<size_t>(Reason::too_many_layers) + 1;

std::string_view to_string(Reason reason) noexcept;

}  // namespace weir
