#include "backends/pcap_file/erf_reader.h"

#include <algorithm>
#include <string>

#include "engine/core/bytes.h"
#include "engine/core/clock.h"

namespace weir::backends {
namespace {

// A record, "ERF types reference guide" of Endace:
//   0  time stamp, little-endian, 2^-32 s since the epoch
//   8  type; bit 7: an extension header of 8 bytes follows, whose first bit says the same of more
//   9  flags      10  length of the record      12  loss counter, or colour     14  length on wire
constexpr size_t kHeaderBytes = 16;
constexpr size_t kExtensionBytes = 8;
constexpr uint8_t kMore = 0x80;
constexpr uint32_t kFcsBytes = 4;  ///< counted in the length on the wire; pcap does not

enum Type : uint8_t {
  hdlc_pos = 1,
  eth = 2,
  color_hdlc_pos = 10,
  color_eth = 11,
  tcp_flow_counter = 14,
  dsm_color_hdlc_pos = 15,
  dsm_color_eth = 16,
  color_mc_hdlc_pos = 17,
  color_hash_pos = 19,
  color_hash_eth = 20,
  ipv4 = 22,
  ipv6 = 23,
  meta = 27,
  pad = 48,
};

constexpr LinkType kCiscoHdlc = static_cast<LinkType>(104);
constexpr LinkType kErf = static_cast<LinkType>(197);

/// Wiretap looks at 20 records and takes a file that ends before. Three is the least here: by
/// chance alone, one or two of a file that is something else can look right.
constexpr int kRecordsToTry = 20;
constexpr int kLeastRecords = 3;
constexpr uint64_t kMostStepBack = 1;  // seconds; interfaces are merged unsorted
constexpr uint64_t kMostStepAhead = 365ULL * 24 * 3600;

bool is_ethernet(uint8_t type) noexcept {
  return type == eth || type == color_eth || type == dsm_color_eth || type == color_hash_eth;
}
bool is_hdlc(uint8_t type) noexcept {
  return type == hdlc_pos || type == color_hdlc_pos || type == dsm_color_hdlc_pos ||
         type == color_hash_pos;
}
/// The loss counter's two bytes hold a colour or a hash instead.
bool is_coloured(uint8_t type) noexcept {
  return type == color_hdlc_pos || type == color_eth || type == dsm_color_hdlc_pos ||
         type == dsm_color_eth || type == color_mc_hdlc_pos || type == color_hash_pos ||
         type == color_hash_eth;
}

/// The record's header with the extensions; 0 when they do not end within the record.
size_t header_bytes(std::span<const uint8_t> record) noexcept {
  size_t bytes = kHeaderBytes;
  uint8_t type = record[8];
  while ((type & kMore) != 0) {
    if (record.size() < bytes + kExtensionBytes) return 0;
    type = record[bytes];
    bytes += kExtensionBytes;
  }
  return bytes;
}

}  // namespace

ErfReader::Likeness ErfReader::likeness(std::span<const uint8_t> window, bool complete) noexcept {
  uint64_t previous = 0;
  size_t at = 0;
  for (int records = 0; records < kRecordsToTry; ++records) {
    const size_t left = window.size() - at;
    const bool enough = records >= kLeastRecords;
    const Likeness ended = !complete ? Likeness::more : enough ? Likeness::yes : Likeness::no;
    if (left == 0 && complete && records != 0) return Likeness::yes;
    if (left < kHeaderBytes) return ended;
    const uint8_t* record = window.data() + at;
    const uint8_t type = record[8] & ~kMore;
    const size_t length = load_be16(record + 10);
    if (type == 0 || type > pad || length < kHeaderBytes) return Likeness::no;
    // Padding may have no time; all else has.
    if (type != pad) {
      const uint64_t now = load_le64(record);
      if (length == kHeaderBytes || load_be16(record + 14) == 0) return Likeness::no;
      if (now < previous && (previous - now) >> 32 > kMostStepBack) return Likeness::no;
      if (previous != 0 && now > previous && (now - previous) >> 32 > kMostStepAhead) {
        return Likeness::no;
      }
      previous = now;
    }
    if (left < length) return ended;
    if (header_bytes({record, length}) == 0) return Likeness::no;
    at += length;
  }
  return Likeness::yes;
}

RecordReader::Scan ErfReader::scan(std::span<const uint8_t> window, BatchBuilder& batch) {
  Cursor at(window.data(), window.size());
  const auto used = [&] { return window.size() - at.left(); };
  while (!batch.full()) {
    if (!at.has(kHeaderBytes)) return {used(), kHeaderBytes};
    const size_t length = load_be16(at.at() + 10);
    if (length < kHeaderBytes) {
      return {used(), 0, "a record of " + std::to_string(length) + " bytes"};
    }
    if (!at.has(length)) return {used(), length};
    const std::span record(at.at(), length);
    const size_t headers = header_bytes(record);
    if (headers == 0) return {used(), 0, "an extension header that runs past its record"};
    add(record, headers, batch);
    at.skip(length);
  }
  return {used(), 0};
}

void ErfReader::add(std::span<const uint8_t> record, size_t headers, BatchBuilder& batch) {
  const uint8_t type = record[8] & ~kMore;
  if (type == pad || type == meta) return;  // no packets: filling, and what the capture was
  const uint32_t wire_len = load_be16(record.data() + 14);
  PacketView view;
  uint32_t without_fcs = wire_len - std::min(wire_len, kFcsBytes);
  if (is_ethernet(type)) {
    headers += 2;  // where the frame is in the slot, and padding
    view.link_type = LinkType::en10mb;
  } else if (is_hdlc(type)) {
    // 0x0f and 0x8f are Cisco's addresses; PPP has 0xff (RFC 1662 section 3.1).
    const bool cisco = headers < record.size() && (record[headers] & 0x7f) == 0x0f;
    view.link_type = cisco ? kCiscoHdlc : LinkType::ppp_serial;
  } else if (type == ipv4 || type == ipv6) {
    view.link_type = LinkType::raw;
    without_fcs = wire_len;
  } else {
    headers = 0;
    view.link_type = kErf;
    without_fcs = static_cast<uint32_t>(record.size());
  }
  headers = std::min(headers, record.size());
  // 64 bits of fraction times 10^9 would need 94; the upper 32 and the lower 32 are scaled apart.
  const uint64_t time = load_le64(record.data());
  view.ts_ns = (time >> 32) * kNsPerSecond + ((time & 0xffffffff) * kNsPerSecond >> 32);
  view.data = record.data() + headers;
  view.wire_len = without_fcs;
  // Records are padded to 8 bytes.
  view.cap_len = std::min(static_cast<uint32_t>(record.size() - headers), without_fcs);
  if (is_coloured(type)) {
    counts_drops_ = false;
  } else {
    drops_ = add_up(drops_, load_be16(record.data() + 12));
  }
  batch.add(view, filter_of_(view.link_type));
  ++packets_;
}

/// The loss counter is the card's: packets lost since the record before. A record with a colour in
/// its place leaves the sum a lower bound.
Losses ErfReader::losses() const noexcept {
  return {drops_, 0, packets_ != 0 && counts_drops_, false};
}

}  // namespace weir::backends
