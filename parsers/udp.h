#pragma once

#include <cstdint>

#include "parsers/ports.h"
#include "parsers/walk.h"

namespace weir::parsers {

/// UDP header (RFC 768), and the ports that announce a tunnel (IANA service names and ports).
namespace udp_header {
inline constexpr uint32_t kSize = 8;
inline constexpr uint16_t kPortGtpu = 2152;
inline constexpr uint16_t kPortVxlan = 4789;
inline constexpr uint16_t kPortVxlanGpe = 4790;
inline constexpr uint16_t kPortGeneve = 6081;
inline constexpr uint16_t kPortVxlanLinux = 8472;  ///< what Linux used before RFC 7348
}  // namespace udp_header

/// The tunnel that a destination port announces; the source port says nothing, it is entropy.
inline Step udp_tunnel(uint16_t dst_port) noexcept {
  switch (dst_port) {
    case udp_header::kPortGtpu: return Step::gtpu;
    case udp_header::kPortVxlan:
    case udp_header::kPortVxlanLinux: return Step::vxlan;
    case udp_header::kPortVxlanGpe: return Step::vxlan_gpe;
    case udp_header::kPortGeneve: return Step::geneve;
    default: return Step::done;
  }
}

template <class TraceT>
Step udp(Walk<TraceT>& w) noexcept {
  if (!ports(w, "udp")) return Step::done;
  Step inner = udp_tunnel(w.out.dst_port);
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
