#pragma once

#include <cstdint>

#include "engine/core/bytes.h"
#include "parsers/walk.h"

namespace weir::parsers {

/// SecTAG behind EtherType 0x88e5 (IEEE 802.1AE clause 9.3). Without encryption the payload lies
/// open between the tag and the integrity check value.
namespace macsec_tag {
inline constexpr uint32_t kFlags = 0;
inline constexpr uint8_t kVersion = 0x80;
inline constexpr uint8_t kHasChannel = 0x20;
inline constexpr uint8_t kEncryptedOrChanged = 0x0C;
inline constexpr uint32_t kShortLength = 1;  // of the secure data where that is below 48, else 0
inline constexpr uint8_t kShortLengthMask = 0x3F;
inline constexpr uint32_t kSize = 6;  // the packet number is at 2
inline constexpr uint32_t kChannelSize = 8;
inline constexpr uint32_t kCheckValue = 16;  // of the default cipher suite and of all others so far
inline constexpr uint32_t kTypeSize = 2;     // the secure data starts with the payload's EtherType
}  // namespace macsec_tag

template <class TraceT>
Step macsec(Walk<TraceT>& w) noexcept {
  namespace t = macsec_tag;
  if (!w.need(t::kSize, Reason::cut_link_header, Reason::bad_link_header)) return Step::done;
  const uint8_t* tag = w.window.at();
  const uint8_t flags = tag[t::kFlags];
  if ((flags & t::kVersion) != 0) return w.stop_at(w.ether_type);
  if (!w.add_shim("macsec")) return Step::done;
  if ((flags & t::kEncryptedOrChanged) != 0) return w.stop(Verdict::unsupported, Reason::encrypted);
  const uint32_t size = t::kSize + ((flags & t::kHasChannel) != 0 ? t::kChannelSize : 0);
  if (size + t::kTypeSize + t::kCheckValue > w.window.wire()) {
    return w.stop(Verdict::malformed, Reason::bad_link_header);
  }
  if (!w.need(size + t::kTypeSize, Reason::cut_link_header, Reason::bad_link_header)) {
    return Step::done;
  }
  w.window.narrow(w.window.wire() - t::kCheckValue);
  const uint8_t short_length = tag[t::kShortLength] & t::kShortLengthMask;
  if (short_length != 0) {
    if (short_length < t::kTypeSize) return w.stop(Verdict::malformed, Reason::bad_link_header);
    w.window.narrow(size + short_length);
  }
  w.ether_type = load_be16(tag + size);
  w.window.skip(size + t::kTypeSize);
  return Step::length_or_type;
}

}  // namespace weir::parsers
