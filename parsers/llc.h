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
inline constexpr uint8_t kUnnumberedInformation = 0x03;
inline constexpr uint32_t kOui = 3;
inline constexpr uint32_t kSnapType = 6;
inline constexpr uint32_t kSnapSize = 8;
inline constexpr uint32_t kOuiEtherType = 0x000000;     // RFC 1042
inline constexpr uint32_t kOuiBridgeTunnel = 0x0000F8;  // IEEE 802.1H
}  // namespace llc_header

/// SNAP with an EtherType goes on; every other LLC payload is not IP.
template <class TraceT>
Step llc(Walk<TraceT>& w) noexcept {
  if (!w.need(llc_header::kSize, Reason::cut_link_header, Reason::bad_link_header)) {
    return Step::done;
  }
  w.trace.add("llc");
  const uint8_t* header = w.window.at();
  if (load_be16(header + llc_header::kSaps) != llc_header::kSapsSnap ||
      header[llc_header::kControl] != llc_header::kUnnumberedInformation) {
    return w.stop(Verdict::non_ip, Reason::llc);
  }
  if (!w.need(llc_header::kSnapSize, Reason::cut_link_header, Reason::bad_link_header)) {
    return Step::done;
  }
  w.trace.add("snap");
  // The byte before the OUI is the control field.
  const uint32_t oui = load_be32(header + llc_header::kOui - 1) & 0x00FFFFFF;
  if (oui != llc_header::kOuiEtherType && oui != llc_header::kOuiBridgeTunnel) {
    return w.stop(Verdict::non_ip, Reason::llc);
  }
  w.ether_type = load_be16(header + llc_header::kSnapType);
  w.window.skip(llc_header::kSnapSize);
  return Step::ether_type;
}

}  // namespace weir::parsers
