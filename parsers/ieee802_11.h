#pragma once

#include <cstdint>

#include "engine/core/bytes.h"
#include "parsers/walk.h"

namespace weir::parsers {

/// IEEE 802.11 MAC header of a data frame (IEEE 802.11-2020 clause 9.3.2), little-endian.
namespace ieee802_11_header {
inline constexpr uint32_t kFrameControl = 0;
inline constexpr uint32_t kFlags = 1;
inline constexpr uint32_t kControlSize = 2;
inline constexpr uint8_t kVersionMask = 0x03;
inline constexpr uint8_t kTypeMask = 0x0C;
inline constexpr uint8_t kTypeData = 0x08;
inline constexpr uint8_t kSubtypeNoData = 0x40;
inline constexpr uint8_t kSubtypeQos = 0x80;
inline constexpr uint8_t kFlagToFromDs = 0x03;  // both: four addresses
inline constexpr uint8_t kFlagProtected = 0x40;
inline constexpr uint8_t kFlagOrder = 0x80;  // in a QoS frame: HT Control is there
inline constexpr uint32_t kSequence = 22;    // low 4 bits: fragment number
inline constexpr uint32_t kSize = 24;        // with three addresses
inline constexpr uint32_t kAddressSize = 6;  // of the fourth
inline constexpr uint32_t kQosSize = 2;
inline constexpr uint8_t kQosAmsdu = 0x80;  // in the first byte of QoS Control
inline constexpr uint32_t kHtControlSize = 4;
}  // namespace ieee802_11_header

template <class TraceT>
Step ieee802_11(Walk<TraceT>& w) noexcept {
  namespace h = ieee802_11_header;
  if (!w.need(h::kControlSize, Reason::cut_link_header, Reason::bad_link_header)) {
    return Step::done;
  }
  const uint8_t* header = w.window.at();
  const uint8_t control = header[h::kFrameControl];
  const uint8_t flags = header[h::kFlags];
  if ((control & h::kVersionMask) != 0) {
    return w.stop(Verdict::malformed, Reason::bad_link_header);
  }
  w.trace.add("ieee802_11");
  if ((control & h::kTypeMask) != h::kTypeData || (control & h::kSubtypeNoData) != 0) {
    return w.stop(Verdict::non_ip, Reason::not_a_data_frame);
  }
  if ((flags & h::kFlagProtected) != 0) {
    return w.stop(Verdict::unsupported, Reason::encrypted);
  }
  const bool qos = (control & h::kSubtypeQos) != 0;
  uint32_t size = h::kSize;
  if ((flags & h::kFlagToFromDs) == h::kFlagToFromDs) size += h::kAddressSize;
  const uint32_t qos_at = size;
  if (qos) size += h::kQosSize + ((flags & h::kFlagOrder) != 0 ? h::kHtControlSize : 0);
  if (w.ieee802_11_data_pad) size = (size + 3) & ~3U;
  if (!w.need(size, Reason::cut_link_header, Reason::bad_link_header)) return Step::done;
  if ((header[h::kSequence] & 0x0F) != 0) {
    // A later piece of a fragmented MSDU: IP, perhaps, but its header went with the first piece.
    return w.stop(Verdict::unsupported, Reason::unknown_link_type);
  }
  const bool amsdu = qos && (header[qos_at] & h::kQosAmsdu) != 0;
  w.window.skip(size);
  return amsdu ? Step::amsdu_subframe : Step::llc;
}

}  // namespace weir::parsers
