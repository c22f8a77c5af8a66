#pragma once

#include <cstdint>

#include "engine/core/bytes.h"
#include "parsers/walk.h"

namespace weir::parsers {

/// IEEE 802.2 LLC, and SNAP above it (RFC 1042).
namespace llc_header {
inline constexpr uint32_t kSaps = 0;     // destination, then source
inline constexpr uint32_t kControl = 2;  // one byte in unnumbered frames
inline constexpr uint32_t kSize = 3;
inline constexpr uint16_t kSapsSnap = 0xAAAA;
inline constexpr uint16_t kSapsIpv4 = 0x0606;
inline constexpr uint16_t kSapsIso = 0xFEFE;
inline constexpr uint8_t kUnnumberedInformation = 0x03;
inline constexpr uint32_t kSnapSize = 8;
inline constexpr uint32_t kOuiEtherType = 0x000000;     // RFC 1042
inline constexpr uint32_t kOuiBridgeTunnel = 0x0000F8;  // IEEE 802.1H
inline constexpr uint32_t kOuiBridged = 0x0080C2;       // IEEE 802.1
inline constexpr uint16_t kBridgedEthernetWithFcs = 0x0001;
inline constexpr uint16_t kBridgedEthernet = 0x0007;
inline constexpr uint32_t kAtmPad = 2;  // on ATM, between SNAP and the frame
}  // namespace llc_header

/// Network layer protocol identifiers (ISO/IEC TR 9577, RFC 2427 section 4).
namespace nlpid_value {
inline constexpr uint8_t kSnap = 0x80;
inline constexpr uint8_t kIpv6 = 0x8E;
inline constexpr uint8_t kIpv4 = 0xCC;
inline constexpr uint8_t kPpp = 0xCF;  // RFC 1973
inline constexpr uint32_t kSnapSize = 6;
}  // namespace nlpid_value

/// OUI and type, from the byte before the OUI on: `size` bytes in front of the payload, which are
/// there. What bridges send with the OUI of IEEE 802.1 is a whole frame (RFC 2684 section 5.3.2).
template <class TraceT>
Step snap(Walk<TraceT>& w, const uint8_t* before_oui, uint32_t size) noexcept {
  w.trace.add("snap");
  const uint32_t oui = load_be32(before_oui) & 0x00FFFFFF;
  const uint16_t type = load_be16(before_oui + 4);
  w.window.skip(size);
  if (oui == llc_header::kOuiBridged &&
      (type == llc_header::kBridgedEthernet || type == llc_header::kBridgedEthernetWithFcs)) {
    if (w.has_atm_padding) {
      if (!w.need(llc_header::kAtmPad, Reason::cut_link_header, Reason::bad_link_header)) {
        return Step::done;
      }
      w.window.skip(llc_header::kAtmPad);
    }
    return Step::ethernet;
  }
  if (oui != llc_header::kOuiEtherType && oui != llc_header::kOuiBridgeTunnel) {
    return w.stop(Verdict::non_ip, Reason::llc);
  }
  w.ether_type = type;
  return Step::ether_type;
}

/// From the NLPID on.
template <class TraceT>
Step nlpid(Walk<TraceT>& w) noexcept {
  if (!w.need(1, Reason::cut_link_header, Reason::bad_link_header)) return Step::done;
  const uint8_t* header = w.window.at();
  switch (header[0]) {
    case nlpid_value::kIpv4: w.window.skip(1); return Step::ipv4;
    case nlpid_value::kIpv6: w.window.skip(1); return Step::ipv6;
    case nlpid_value::kPpp: w.window.skip(1); return Step::ppp;
    case nlpid_value::kSnap:
      if (!w.need(nlpid_value::kSnapSize, Reason::cut_link_header, Reason::bad_link_header)) {
        return Step::done;
      }
      return snap(w, header, nlpid_value::kSnapSize);
    default: return w.stop(Verdict::non_ip, Reason::llc);
  }
}

/// SNAP with an EtherType goes on, as do IPv4's own SAP (RFC 948) and the SAP of ISO protocols with
/// an NLPID (RFC 2684 section 5.1); every other LLC payload is not IP.
template <class TraceT>
Step llc(Walk<TraceT>& w) noexcept {
  if (!w.need(llc_header::kSize, Reason::cut_link_header, Reason::bad_link_header)) {
    return Step::done;
  }
  w.trace.add("llc");
  const uint8_t* header = w.window.at();
  if (header[llc_header::kControl] != llc_header::kUnnumberedInformation) {
    return w.stop(Verdict::non_ip, Reason::llc);
  }
  switch (load_be16(header + llc_header::kSaps)) {
    case llc_header::kSapsSnap: break;
    case llc_header::kSapsIpv4: w.window.skip(llc_header::kSize); return Step::ipv4;
    case llc_header::kSapsIso: w.window.skip(llc_header::kSize); return nlpid(w);
    default: return w.stop(Verdict::non_ip, Reason::llc);
  }
  if (!w.need(llc_header::kSnapSize, Reason::cut_link_header, Reason::bad_link_header)) {
    return Step::done;
  }
  return snap(w, header + llc_header::kControl, llc_header::kSnapSize);
}

}  // namespace weir::parsers
