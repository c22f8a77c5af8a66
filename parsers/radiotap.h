#pragma once

#include <cstdint>

#include "engine/core/bytes.h"
#include "parsers/walk.h"

namespace weir::parsers {

/// Radiotap capture header (radiotap.org), little-endian.
namespace radiotap_header {
inline constexpr uint32_t kVersion = 0;
inline constexpr uint32_t kLength = 2;   // of all of it
inline constexpr uint32_t kPresent = 4;  // 32-bit words, as long as their highest bit is set
inline constexpr uint32_t kMinSize = 8;
inline constexpr uint32_t kWordSize = 4;
inline constexpr uint32_t kHasTsft = 1U << 0U;  // 8 bytes, aligned to 8
inline constexpr uint32_t kHasFlags = 1U << 1U;
inline constexpr uint32_t kHasMoreWords = 1U << 31U;
inline constexpr uint8_t kFlagDataPad = 0x20;  // 802.11 header padded to 4 bytes
}  // namespace radiotap_header

/// True when the Flags field of a whole header of `length` bytes says that the 802.11 header is
/// padded. The fields lie behind the last present word in the order of their bits.
inline bool radiotap_data_pad(const uint8_t* header, uint32_t length) noexcept {
  const uint32_t present = load_le32(header + radiotap_header::kPresent);
  if ((present & radiotap_header::kHasFlags) == 0) return false;
  uint32_t at = radiotap_header::kPresent;
  while ((load_le32(header + at) & radiotap_header::kHasMoreWords) != 0) {
    at += radiotap_header::kWordSize;
    if (at + radiotap_header::kWordSize > length) return false;
  }
  at += radiotap_header::kWordSize;
  if ((present & radiotap_header::kHasTsft) != 0) at = ((at + 7) & ~7U) + 8;
  return at < length && (header[at] & radiotap_header::kFlagDataPad) != 0;
}

template <class TraceT>
Step radiotap(Walk<TraceT>& w) noexcept {
  if (!w.need(radiotap_header::kMinSize, Reason::cut_link_header, Reason::bad_link_header)) {
    return Step::done;
  }
  const uint8_t* header = w.window.at();
  const uint16_t length = load_le16(header + radiotap_header::kLength);
  if (header[radiotap_header::kVersion] != 0 || length < radiotap_header::kMinSize) {
    return w.stop(Verdict::malformed, Reason::bad_link_header);
  }
  if (!w.need(length, Reason::cut_link_header, Reason::bad_link_header)) return Step::done;
  w.trace.add("radiotap");
  w.ieee802_11_data_pad = radiotap_data_pad(header, length);
  w.window.skip(length);
  return Step::ieee802_11;
}

}  // namespace weir::parsers
