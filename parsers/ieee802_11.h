#pragma once

#include "parsers/llc.h"
#include "parsers/walk.h"

namespace weir::parsers {

// An IEEE 802.11 data frame (IEEE 802.11-2020 section 9.3.2):
//   0  frame control: version 2 bits, type 2, subtype 4; then flags
//   2  duration; 4, 10, 16 three addresses; 22 sequence control
//  24  a fourth address when both DS flags are set; QoS control when the subtype says so
inline constexpr uint32_t kDot11Bytes = 24;

template <class Trace>
void parse_ieee802_11(Walk<Trace>& walk, Bytes bytes, uint32_t align = 1) noexcept {
  walk.trace.add("ieee802_11");
  if (!walk.need(bytes, 2, Reason::cut_link_header, Reason::bad_link_header)) return;
  constexpr uint8_t kBothDs = 0x03;
  constexpr uint8_t kProtected = 0x40;
  constexpr uint8_t kOrder = 0x80;
  const uint8_t control = bytes.u8(0);
  const uint8_t flags = bytes.u8(1);
  const bool data = (control & 0x0c) == 0x08;
  const bool null_data = (control & 0x40) != 0;
  const bool qos = (control & 0x80) != 0;
  if ((control & 0x03) != 0) return walk.end(Verdict::malformed, Reason::bad_link_header);
  if (!data || null_data) return walk.end(Verdict::non_ip, Reason::not_a_data_frame);
  if ((flags & kProtected) != 0) return walk.end(Verdict::unsupported, Reason::encrypted);
  uint32_t header = kDot11Bytes + ((flags & kBothDs) == kBothDs ? 6 : 0);
  const uint32_t qos_at = header;
  if (qos) header += (flags & kOrder) != 0 ? 6 : 2;  // QoS control, HT control
  if (!walk.need(bytes, header, Reason::cut_link_header, Reason::bad_link_header)) return;
  const bool aggregate = qos && (bytes.u8(qos_at) & 0x80) != 0;
  bytes.skip((header + align - 1) / align * align);
  if (aggregate) {
    // A-MSDU: the first of several frames in one, each with addresses and a length of its own. The
    // others are one packet with it as far as the capture is concerned.
    constexpr uint32_t kSubframeBytes = 14;
    if (!walk.need(bytes, kSubframeBytes, Reason::cut_link_header, Reason::bad_link_header)) return;
    const uint16_t length = bytes.be16(12);
    bytes.skip(kSubframeBytes);
    bytes.limit(length);
  }
  parse_llc(walk, bytes);
}

// radiotap (radiotap.org): 0 version 0, 2 header length, 4 present words, each with bit 31 when one
// more follows; then the fields, of which the second, "flags", says whether padding follows the
// 802.11 header.
template <class Trace>
void parse_radiotap(Walk<Trace>& walk, Bytes bytes) noexcept {
  walk.trace.add("radiotap");
  if (!walk.need(bytes, 8, Reason::cut_link_header, Reason::bad_link_header)) return;
  const uint32_t header = bytes.le16(2);
  if (bytes.u8(0) != 0 || header < 8) return walk.end(Verdict::malformed, Reason::bad_link_header);
  if (!walk.need(bytes, header, Reason::cut_link_header, Reason::bad_link_header)) return;
  constexpr uint32_t kTsft = 1;
  constexpr uint32_t kFlags = 2;
  constexpr uint8_t kDataPad = 0x20;
  const uint32_t present = bytes.le32(4);
  uint32_t field = 4;
  while (field + 4 <= header && (bytes.le32(field) & 0x80000000U) != 0) field += 4;
  field += 4;
  if ((present & kTsft) != 0) field = (field + 7) / 8 * 8 + 8;
  const bool padded =
      (present & kFlags) != 0 && field < header && (bytes.u8(field) & kDataPad) != 0;
  bytes.skip(header);
  parse_ieee802_11(walk, bytes, padded ? 4 : 1);
}

// AVS (the linux-wlan header): 0 magic 0x80211001, 4 header length; big endian.
inline constexpr uint32_t kAvsMagic = 0x80211000;

template <class Trace>
void parse_avs(Walk<Trace>& walk, Bytes bytes) noexcept {
  walk.trace.add("avs");
  if (!walk.need(bytes, 8, Reason::cut_link_header, Reason::bad_link_header)) return;
  const uint32_t header = bytes.be32(4);
  if ((bytes.be32(0) & 0xfffff000) != kAvsMagic || header < 8 || header > 1024) {
    return walk.end(Verdict::malformed, Reason::bad_link_header);
  }
  if (!walk.need(bytes, header, Reason::cut_link_header, Reason::bad_link_header)) return;
  bytes.skip(header);
  parse_ieee802_11(walk, bytes);
}

// Prism: 0 message code, 4 header length, both in the capturing host's order; some drivers send AVS
// under this link type.
template <class Trace>
void parse_prism(Walk<Trace>& walk, Bytes bytes) noexcept {
  if (!walk.need(bytes, 8, Reason::cut_link_header, Reason::bad_link_header)) return;
  if ((bytes.be32(0) & 0xfffff000) == kAvsMagic) return parse_avs(walk, bytes);
  walk.trace.add("prism");
  const uint32_t little = bytes.le32(4);
  const uint32_t header = little > 0xffff ? bytes.be32(4) : little;
  if (header < 8 || header > 1024) return walk.end(Verdict::malformed, Reason::bad_link_header);
  if (!walk.need(bytes, header, Reason::cut_link_header, Reason::bad_link_header)) return;
  bytes.skip(header);
  parse_ieee802_11(walk, bytes);
}

}  // namespace weir::parsers
