#pragma once

#include <cstdint>

#include "parsers/ports.h"
#include "parsers/walk.h"

namespace weir::parsers {

/// UDP header (RFC 768), and the ports that announce a tunnel (IANA service names and ports).
namespace udp_header {
inline constexpr uint32_t kSize = 8;
inline constexpr uint16_t kPortL2tp = 1701;
inline constexpr uint16_t kPortGtpu = 2152;
inline constexpr uint16_t kPortTeredo = 3544;
inline constexpr uint16_t kPortLisp = 4341;
inline constexpr uint16_t kPortGre = 4754;
inline constexpr uint16_t kPortVxlan = 4789;
inline constexpr uint16_t kPortVxlanGpe = 4790;
inline constexpr uint16_t kPortCapwap = 5247;
inline constexpr uint16_t kPortGeneve = 6081;
inline constexpr uint16_t kPortMpls = 6635;
inline constexpr uint16_t kPortVxlanLinux = 8472;  ///< what Linux used before RFC 7348
inline constexpr uint16_t kPortTzsp = 37008;
inline constexpr uint16_t kPortWireguard = 51820;
}  // namespace udp_header

/// The tunnels whose answers come from the port that their requests go to.
inline Step answering_udp_tunnel(uint16_t port) noexcept {
  switch (port) {
    case udp_header::kPortL2tp: return Step::l2tp;
    case udp_header::kPortTeredo: return Step::teredo;
    case udp_header::kPortCapwap: return Step::capwap;
    case udp_header::kPortWireguard: return Step::wireguard;
    default: return Step::done;
  }
}

/// The tunnel that the ports announce. Most tunnels have a source port that says nothing, it is
/// entropy.
inline Step udp_tunnel(uint16_t src_port, uint16_t dst_port) noexcept {
  switch (dst_port) {
    case udp_header::kPortGtpu: return Step::gtpu;
    case udp_header::kPortVxlan:
    case udp_header::kPortVxlanLinux: return Step::vxlan;
    case udp_header::kPortVxlanGpe: return Step::vxlan_gpe;
    case udp_header::kPortGeneve: return Step::geneve;
    case udp_header::kPortTzsp: return Step::tzsp;
    case udp_header::kPortLisp: return Step::lisp;
    case udp_header::kPortMpls: return Step::mpls_in_udp;
    case udp_header::kPortGre: return Step::gre_in_udp;
    default: break;
  }
  const Step by_destination = answering_udp_tunnel(dst_port);
  return by_destination != Step::done ? by_destination : answering_udp_tunnel(src_port);
}

template <class TraceT>
Step udp(Walk<TraceT>& w) noexcept {
  if (!ports(w, "udp")) return Step::done;
  Step inner = udp_tunnel(w.out.src_port, w.out.dst_port);
  if (inner == Step::done) return inner;
  inner = w.enter_tunnel(inner);
  if (inner == Step::done) return inner;
  if (!w.need(udp_header::kSize, Reason::cut_transport_header, Reason::bad_transport_header)) {
    return Step::done;
  }
  w.window.skip(udp_header::kSize);
  return inner;
}

/// UDP-Lite (RFC 3828 section 3.1): ports only, no tunnel runs over it.
template <class TraceT>
Step udp_lite(Walk<TraceT>& w) noexcept {
  ports(w, "udplite");
  return Step::done;
}

}  // namespace weir::parsers
