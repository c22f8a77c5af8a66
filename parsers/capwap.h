#pragma once

#include <cstdint>

#include "engine/core/bytes.h"
#include "parsers/walk.h"

namespace weir::parsers {

/// CAPWAP data channel (RFC 5415 section 4.3): what an access point and its controller exchange.
/// The first 32 bits hold, from the top: version 4, type 4, header length in words 5, radio 5,
/// binding 5, then one bit each for native frame, fragment, last, wireless, MAC, keep-alive.
namespace capwap_header {
inline constexpr uint32_t kPreambleShift = 24;
inline constexpr uint8_t kPlain = 0x00;      // version 0, type 0
inline constexpr uint8_t kEncrypted = 0x01;  // version 0, type 1: DTLS follows
inline constexpr uint32_t kLengthShift = 19;
inline constexpr uint32_t kFieldMask = 0x1F;
inline constexpr uint32_t kBindingShift = 9;
inline constexpr uint32_t kBindingIeee802_11 = 1;
inline constexpr uint32_t kNativeFrame = 0x100;  // else Ethernet
inline constexpr uint32_t kFragment = 0x080;
inline constexpr uint32_t kKeepAlive = 0x008;
inline constexpr uint32_t kReserved = 0x007;
inline constexpr uint32_t kSize = 8;
inline constexpr uint32_t kDtlsAt = 4;
inline constexpr uint8_t kDtlsFirstType = 20;  // RFC 6347 section 4.1
inline constexpr uint8_t kDtlsLastType = 25;
inline constexpr uint8_t kDtlsMajor = 0xFE;
}  // namespace capwap_header

template <class TraceT>
Step capwap(Walk<TraceT>& w) noexcept {
  namespace h = capwap_header;
  if (!w.need(h::kSize, Reason::cut_tunnel_header, Reason::bad_tunnel_header)) return Step::done;
  const uint8_t* header = w.window.at();
  const uint32_t first = load_be32(header);
  const uint32_t preamble = first >> h::kPreambleShift;
  const uint8_t record = header[h::kDtlsAt];
  if (preamble == h::kEncrypted && record >= h::kDtlsFirstType && record <= h::kDtlsLastType &&
      header[h::kDtlsAt + 1] == h::kDtlsMajor) {
    w.trace.add("capwap");
    return w.accept(Reason::encrypted_tunnel);
  }
  const uint32_t size = (first >> h::kLengthShift & h::kFieldMask) * 4;
  if (preamble != h::kPlain || size < h::kSize || (first & h::kReserved) != 0) {
    return w.stop(Verdict::malformed, Reason::bad_tunnel_header);
  }
  if (!w.need(size, Reason::cut_tunnel_header, Reason::bad_tunnel_header)) return Step::done;
  w.trace.add("capwap");
  if ((first & h::kFragment) != 0) return w.stop(Verdict::unsupported, Reason::link_fragment);
  if ((first & h::kKeepAlive) != 0) return w.stop(Verdict::non_ip, Reason::link_control);
  w.window.skip(size);
  if ((first & h::kNativeFrame) == 0) return Step::ethernet;
  if ((first >> h::kBindingShift & h::kFieldMask) != h::kBindingIeee802_11) {
    return w.stop(Verdict::unsupported, Reason::unknown_link_type);
  }
  w.ieee802_11_data_pad = false;
  return Step::ieee802_11;
}

}  // namespace weir::parsers
