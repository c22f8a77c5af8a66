#pragma once

#include <cstdint>

#include "parsers/walk.h"

namespace weir::parsers {

/// VXLAN header (RFC 7348 section 5), and its Generic Protocol Extension
/// (draft-ietf-nvo3-vxlan-gpe-13 section 3.1).
namespace vxlan_header {
inline constexpr uint32_t kFlags = 0;
inline constexpr uint8_t kHasVni = 0x08;           // must be set
inline constexpr uint8_t kHasNextProtocol = 0x04;  // GPE only
inline constexpr uint32_t kNextProtocol = 3;
inline constexpr uint8_t kNextIpv4 = 1;
inline constexpr uint8_t kNextIpv6 = 2;
inline constexpr uint8_t kNextEthernet = 3;
inline constexpr uint8_t kNextNsh = 4;
inline constexpr uint8_t kNextMpls = 5;  // until draft 4
inline constexpr uint32_t kSize = 8;
}  // namespace vxlan_header

/// False when parsing has stopped.
template <class TraceT>
bool vxlan_start(Walk<TraceT>& w) noexcept {
  if (!w.need(vxlan_header::kSize, Reason::cut_tunnel_header, Reason::bad_tunnel_header)) {
    return false;
  }
  if ((w.window.at()[vxlan_header::kFlags] & vxlan_header::kHasVni) == 0) {
    w.stop(Verdict::malformed, Reason::bad_tunnel_header);
    return false;
  }
  w.trace.add("vxlan");
  return true;
}

template <class TraceT>
Step vxlan(Walk<TraceT>& w) noexcept {
  if (!vxlan_start(w)) return Step::done;
  w.window.skip(vxlan_header::kSize);
  return Step::ethernet;
}

template <class TraceT>
Step vxlan_gpe(Walk<TraceT>& w) noexcept {
  if (!vxlan_start(w)) return Step::done;
  const uint8_t* header = w.window.at();
  w.window.skip(vxlan_header::kSize);
  if ((header[vxlan_header::kFlags] & vxlan_header::kHasNextProtocol) == 0) return Step::ethernet;
  switch (header[vxlan_header::kNextProtocol]) {
    case vxlan_header::kNextIpv4: return Step::ipv4;
    case vxlan_header::kNextIpv6: return Step::ipv6;
    case vxlan_header::kNextEthernet: return Step::ethernet;
    case vxlan_header::kNextNsh: return Step::nsh;
    case vxlan_header::kNextMpls: return Step::mpls;
    default: return w.stop(Verdict::non_ip, Reason::other_protocol);
  }
}

}  // namespace weir::parsers
