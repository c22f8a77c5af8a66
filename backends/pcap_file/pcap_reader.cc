#include "backends/pcap_file/pcap_reader.h"

#include <string>
#include <utility>

#include "backends/pcap_file/byte_order.h"
#include "engine/core/bytes.h"
#include "engine/core/clock.h"

namespace weir::backends {
namespace {

constexpr size_t kFileHeaderBytes = 24;
constexpr size_t kRecordHeaderBytes = 16;
constexpr uint16_t kMajorVersion = 2;
constexpr uint16_t kNewestMinorVersion = 4;
constexpr uint16_t kLastWithSwappedLengths = 3;

// File header, draft-ietf-opsawg-pcap section 4.
constexpr size_t kMajorVersionAt = 4;
constexpr size_t kMinorVersionAt = 6;
constexpr size_t kLinkTypeAt = 20;

}  // namespace

std::optional<PcapReader::Variant> PcapReader::variant_of(uint32_t magic) noexcept {
  switch (magic) {
    case 0xa1b2c3d4: return Variant{false, false};
    case 0xd4c3b2a1: return Variant{true, false};
    case 0xa1b23c4d: return Variant{false, true};
    case 0x4d3cb2a1: return Variant{true, true};
    default: return std::nullopt;
  }
}

PcapReader::PcapReader(Variant variant, FilterOf filter_of)
    : variant_(variant), filter_of_(std::move(filter_of)) {}

RecordReader::Scan PcapReader::scan(std::span<const uint8_t> window, BatchBuilder& batch) {
  if (!in_records_) {
    return variant_.big_endian ? scan_file_header<true>(window) : scan_file_header<false>(window);
  }
  // Without calls in it the loop over the records of most files keeps all it needs in registers.
  const bool plain = filter_ == nullptr && minor_version_ > kLastWithSwappedLengths;
  if (variant_.big_endian) {
    return plain ? scan_records<true, true>(window, batch)
                 : scan_records<true, false>(window, batch);
  }
  return plain ? scan_records<false, true>(window, batch)
               : scan_records<false, false>(window, batch);
}

template <bool kBigEndian>
RecordReader::Scan PcapReader::scan_file_header(std::span<const uint8_t> window) {
  if (window.size() < kFileHeaderBytes) return {0, kFileHeaderBytes};
  const uint16_t major_version = load16<kBigEndian>(window.data() + kMajorVersionAt);
  minor_version_ = load16<kBigEndian>(window.data() + kMinorVersionAt);
  if (major_version != kMajorVersion || minor_version_ > kNewestMinorVersion) {
    return {0, 0,
            "pcap version " + std::to_string(major_version) + "." + std::to_string(minor_version_) +
                " is not known"};
  }
  // The upper half says whether frames end in an FCS and how long that is.
  link_type_ =
      static_cast<LinkType>(load32<kBigEndian>(window.data() + kLinkTypeAt) & uint32_t{0xffff});
  most_cap_len_ = most_cap_len(link_type_);
  filter_ = filter_of_(link_type_);
  in_records_ = true;
  return {kFileHeaderBytes, kRecordHeaderBytes};
}

template <bool kBigEndian, bool kPlain>
RecordReader::Scan PcapReader::scan_records(std::span<const uint8_t> window, BatchBuilder& batch) {
  // In locals, because every view that is written could be one of the members otherwise.
  BatchBuilder filling = batch;
  const uint64_t ns_per_fraction = variant_.nanoseconds ? 1 : 1000;
  const uint32_t most_cap_len = most_cap_len_;
  const LinkType link_type = link_type_;
  const uint8_t* at = window.data();
  size_t left = window.size();
  uint64_t packets = 0;
  size_t wanted = 0;
  uint32_t cap_len = 0;
  while (!filling.full()) {
    wanted = kRecordHeaderBytes;
    if (left < kRecordHeaderBytes) break;
    cap_len = load32<kBigEndian>(at + 8);
    uint32_t wire_len = load32<kBigEndian>(at + 12);
    if (!kPlain && lengths_are_swapped(cap_len, wire_len)) std::swap(cap_len, wire_len);
    if (cap_len > most_cap_len) break;
    wanted += cap_len;
    if (left < wanted) break;
    // A fraction of a second or more is carried over. 64 bits hold every pair of 32-bit fields.
    const uint64_t ts_ns =
        load32<kBigEndian>(at) * kNsPerSecond + load32<kBigEndian>(at + 4) * ns_per_fraction;
    PacketView& view = filling.next();
    view.data = at + kRecordHeaderBytes;
    view.ts_ns = ts_ns;
    view.cap_len = cap_len;
    view.wire_len = wire_len;
    view.set_link(link_type);
    filling.take(kPlain ? nullptr : filter_);
    ++packets;
    at += wanted;
    left -= wanted;
  }
  packets_ += packets;
  batch = filling;
  Scan scan{window.size() - left, 0};
  if (filling.full()) return scan;
  if (cap_len > most_cap_len) {
    scan.garbled = "a packet of " + std::to_string(cap_len) + " bytes";
  } else {
    scan.wanted = wanted;
  }
  return scan;
}

/// Before version 2.3 the lengths were the other way round, and some writers of 2.3 did that too.
bool PcapReader::lengths_are_swapped(uint32_t cap_len, uint32_t wire_len) const noexcept {
  return minor_version_ < kLastWithSwappedLengths ||
         (minor_version_ == kLastWithSwappedLengths && cap_len > wire_len);
}

}  // namespace weir::backends
