#include "backends/pcap_file/pcap_reader.h"

#include <string>
#include <utility>

#include "backends/pcap_file/byte_order.h"
#include "engine/core/bytes.h"
#include "engine/core/clock.h"

namespace weir::backends {
namespace {

constexpr size_t kRecordHeaderBytes = PcapVariant::kRecordHeaderBytes;
constexpr uint16_t kMajorVersion = 2;
constexpr uint16_t kNewestMinorVersion = 4;
constexpr uint16_t kLastWithSwappedLengths = 3;

// File header, draft-ietf-opsawg-pcap section 4.
constexpr size_t kMajorVersionAt = 4;
constexpr size_t kMinorVersionAt = 6;
constexpr size_t kLinkTypeAt = 20;

}  // namespace

PcapReader::PcapReader(const PcapVariant& variant, FilterOf filter_of)
    : variant_(variant), filter_of_(std::move(filter_of)) {}

RecordReader::Scan PcapReader::scan(std::span<const uint8_t> window, BatchBuilder& batch) {
  if (!in_records_) {
    return variant_.big_endian ? scan_file_header<true>(window) : scan_file_header<false>(window);
  }
  // Without calls in it the loop over the records of most files keeps all it needs in registers.
  const bool plain = filter_ == nullptr && minor_version_ > kLastWithSwappedLengths &&
                     variant_.record_header_bytes == kRecordHeaderBytes;
  if (variant_.big_endian) {
    return plain ? scan_records<true, true>(window, batch)
                 : scan_records<true, false>(window, batch);
  }
  return plain ? scan_records<false, true>(window, batch)
               : scan_records<false, false>(window, batch);
}

template <bool kBigEndian>
RecordReader::Scan PcapReader::scan_file_header(std::span<const uint8_t> window) {
  if (window.size() < variant_.file_header_bytes) return {0, variant_.file_header_bytes};
  const uint16_t major_version = load16<kBigEndian>(window.data() + kMajorVersionAt);
  minor_version_ = load16<kBigEndian>(window.data() + kMinorVersionAt);
  if (!read_version(major_version)) {
    return {0, 0,
            "pcap version " + std::to_string(major_version) + "." + std::to_string(minor_version_) +
                " is not known"};
  }
  // The upper half says whether frames end in an FCS and how long that is.
  const uint32_t link_type = load32<kBigEndian>(window.data() + kLinkTypeAt);
  if (!take_aix_link_type(link_type)) link_type_ = static_cast<LinkType>(link_type & 0xffff);
  most_cap_len_ = most_cap_len(link_type_);
  filter_ = filter_of_(link_type_);
  in_records_ = true;
  return {variant_.file_header_bytes, variant_.record_header_bytes};
}

template <bool kBigEndian, bool kPlain>
RecordReader::Scan PcapReader::scan_records(std::span<const uint8_t> window, BatchBuilder& batch) {
  // In locals, because every view that is written could be one of the members otherwise.
  BatchBuilder filling = batch;
  const uint64_t ns_per_fraction = variant_.nanoseconds ? 1 : 1000;
  const uint32_t most_cap_len = most_cap_len_;
  const LinkType link_type = link_type_;
  // A constant for the usual file, and so no register.
  const size_t header_bytes = kPlain ? kRecordHeaderBytes : variant_.record_header_bytes;
  const uint8_t* at = window.data();
  size_t left = window.size();
  uint64_t packets = 0;
  size_t wanted = 0;
  uint32_t cap_len = 0;
  while (!filling.full()) {
    wanted = header_bytes;
    if (left < header_bytes) break;
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
    view.data = at + header_bytes;
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

/// False for a version that is not known. 543.0 is DG/UX's tcpdump, as old as 2.2.
bool PcapReader::read_version(uint16_t major_version) {
  constexpr uint16_t kDgux = 543;
  if (major_version == kDgux && minor_version_ == 0) return true;
  return major_version == kMajorVersion && minor_version_ <= kNewestMinorVersion;
}

/// AIX writes version 2.2 with interface types of RFC 1573 in the place of link types, and with
/// nanoseconds. The four types are no link types that a libpcap of that age had.
bool PcapReader::take_aix_link_type(uint32_t link_type) noexcept {
  if (minor_version_ != 2 || variant_.nanoseconds) return false;
  switch (link_type) {
    case 6: link_type_ = LinkType::en10mb; break;
    case 9: link_type_ = static_cast<LinkType>(6); break;    // token ring
    case 15: link_type_ = static_cast<LinkType>(10); break;  // FDDI
    case 24: link_type_ = LinkType::null; break;
    default: return false;
  }
  variant_.nanoseconds = true;
  return true;
}

/// Before version 2.3 the lengths were the other way round, and some writers of 2.3 did that too.
bool PcapReader::lengths_are_swapped(uint32_t cap_len, uint32_t wire_len) const noexcept {
  return minor_version_ < kLastWithSwappedLengths ||
         (minor_version_ == kLastWithSwappedLengths && cap_len > wire_len);
}

}  // namespace weir::backends
