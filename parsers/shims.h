#pragma once

#include <cstdint>
#include <string_view>

#include "engine/core/bytes.h"
#include "parsers/ether_type.h"
#include "parsers/walk.h"

namespace weir::parsers {

/// Tags that stand between an EtherType of their own and the EtherType of the payload. Only their
/// size matters here; the payload's type is in their last two bytes.
///
/// | EtherType | tag | bytes before the payload's type |
/// |---|---|---|
/// | 0x8926 | Cisco VN-Tag (IEEE 802.1Qbh draft) | 4 |
/// | 0x893f | E-TAG (IEEE 802.1BR clause 7.5) | 6 |
/// | 0x892f | HSR (IEC 62439-3 clause 5.6): path and size, sequence number | 4 |
/// | 0xf1c1 | R-TAG (IEEE 802.1CB clause 7.8): reserved, sequence number | 4 |
/// | 0x8909 | Cisco MetaData: version 1, number of options, four bytes an option | 2 and options |
/// | 0xd28b | Arista time stamp: subtype 1, version, 8 or 6 bytes of time | 12 or 10 |
namespace shim_tag {
inline constexpr uint32_t kVnTag = 4;
inline constexpr uint32_t kETag = 6;
inline constexpr uint32_t kHsr = 4;
inline constexpr uint32_t kRedundancy = 4;
inline constexpr uint32_t kMetaData = 2;
inline constexpr uint8_t kMetaDataVersion = 1;
inline constexpr uint32_t kMetaDataOption = 4;
inline constexpr uint32_t kArista = 4;
inline constexpr uint16_t kAristaTimestamp = 1;
inline constexpr uint32_t kAristaVersion = 2;
inline constexpr uint16_t kAristaFormatMask = 0x00F0;  // above it: TAI or UTC; below: hardware
inline constexpr uint16_t kArista64Bit = 0x0010;
inline constexpr uint16_t kArista48Bit = 0x0020;
}  // namespace shim_tag

/// Past a tag: `bytes` of it, then the payload's type.
template <class TraceT>
Step past_shim(Walk<TraceT>& w, std::string_view name, uint32_t bytes) noexcept {
  constexpr uint32_t kTypeSize = 2;
  if (!w.need(bytes + kTypeSize, Reason::cut_link_header, Reason::bad_link_header)) {
    return Step::done;
  }
  if (!w.add_shim(name)) return Step::done;
  w.ether_type = load_be16(w.window.at() + bytes);
  w.window.skip(bytes + kTypeSize);
  return Step::length_or_type;
}

template <class TraceT>
Step cisco_metadata(Walk<TraceT>& w) noexcept {
  if (!w.need(shim_tag::kMetaData, Reason::cut_link_header, Reason::bad_link_header)) {
    return Step::done;
  }
  const uint8_t* header = w.window.at();
  if (header[0] != shim_tag::kMetaDataVersion) return w.stop_at(w.ether_type);
  return past_shim(w, "cmd", shim_tag::kMetaData + header[1] * shim_tag::kMetaDataOption);
}

template <class TraceT>
Step arista(Walk<TraceT>& w) noexcept {
  if (!w.need(shim_tag::kArista, Reason::cut_link_header, Reason::bad_link_header)) {
    return Step::done;
  }
  const uint16_t subtype = load_be16(w.window.at());
  const uint16_t version = load_be16(w.window.at() + shim_tag::kAristaVersion);
  if (subtype != shim_tag::kAristaTimestamp) return w.stop_at(w.ether_type);
  switch (version & shim_tag::kAristaFormatMask) {
    case shim_tag::kArista64Bit: return past_shim(w, "arista", shim_tag::kArista + 8);
    case shim_tag::kArista48Bit: return past_shim(w, "arista", shim_tag::kArista + 6);
    default: return w.stop_at(w.ether_type);
  }
}

/// The tag whose EtherType is Walk::ether_type.
template <class TraceT>
Step shim(Walk<TraceT>& w) noexcept {
  switch (w.ether_type) {
    case ether_type::kVnTag: return past_shim(w, "vntag", shim_tag::kVnTag);
    case ether_type::kETag: return past_shim(w, "etag", shim_tag::kETag);
    case ether_type::kHsr: return past_shim(w, "hsr", shim_tag::kHsr);
    case ether_type::kRedundancyTag: return past_shim(w, "rtag", shim_tag::kRedundancy);
    case ether_type::kCiscoMetaData: return cisco_metadata(w);
    default: return arista(w);
  }
}

}  // namespace weir::parsers
