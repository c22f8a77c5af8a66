#include "backends/pcap_file/snoop_reader.h"

#include <algorithm>
#include <optional>
#include <string>

#include "engine/core/bytes.h"
#include "engine/core/clock.h"

namespace weir::backends {
namespace {

constexpr uint8_t kMagic[SnoopReader::kMagicBytes] = {'s', 'n', 'o', 'o', 'p', 0, 0, 0};
constexpr size_t kFileHeaderBytes = 16;
constexpr size_t kRecordHeaderBytes = 24;
/// 2 is RFC 1761's; Surveyor writes 3, 4 and 5 for its own cards.
constexpr uint32_t kLeastVersion = 2;
constexpr uint32_t kMostVersion = 5;
/// A record's padding: Surveyor's trailer is 16 bytes, and nothing is known with much more.
constexpr uint32_t kMostAroundPacket = 1024;

/// IANA's snoop data link types that have a link type of pcap.
std::optional<uint16_t> link_type_of(uint32_t data_link) noexcept {
  switch (data_link) {
    case 0:                       // IEEE 802.3
    case 4: return 1;             // Ethernet
    case 2: return 6;             // token ring
    case 8: return 10;            // FDDI
    case 9:                       // "other": Solaris' loopback
    case 14: return 0;            // loopback
    case 16: return 122;          // IP over Fibre Channel
    case 18: return 123;          // ATM as SunATM has it
    case 26: return 242;          // IP over InfiniBand
    case 0x80000005: return 226;  // ipnet of Solaris
    default: return std::nullopt;
  }
}

}  // namespace

bool SnoopReader::recognises(std::span<const uint8_t> window) noexcept {
  return window.size() >= kMagicBytes && std::equal(kMagic, kMagic + kMagicBytes, window.data());
}

RecordReader::Scan SnoopReader::scan_file_header(std::span<const uint8_t> window) {
  if (window.size() < kFileHeaderBytes) return {0, kFileHeaderBytes};
  const uint32_t version = load_be32(window.data() + 8);
  const uint32_t data_link = load_be32(window.data() + 12);
  if (version < kLeastVersion || version > kMostVersion) {
    return {0, 0, "snoop version " + std::to_string(version) + " is not known"};
  }
  const std::optional<uint16_t> link_type = link_type_of(data_link);
  if (!link_type) {
    return {0, 0, "snoop data link type " + std::to_string(data_link) + " is not known"};
  }
  link_type_ = static_cast<LinkType>(*link_type);
  most_cap_len_ = most_cap_len(link_type_);
  filter_ = filter_of_(link_type_);
  in_records_ = true;
  return {kFileHeaderBytes, kRecordHeaderBytes};
}

RecordReader::Scan SnoopReader::scan(std::span<const uint8_t> window, BatchBuilder& batch) {
  if (!in_records_) return scan_file_header(window);
  Cursor at(window.data(), window.size());
  const auto used = [&] { return window.size() - at.left(); };
  while (!batch.full()) {
    if (!at.has(kRecordHeaderBytes)) return {used(), kRecordHeaderBytes};
    const uint8_t* record = at.at();
    const uint32_t cap_len = load_be32(record + 4);
    const uint32_t record_len = load_be32(record + 8);
    if (cap_len > most_cap_len_) {
      return {used(), 0, "a packet of " + std::to_string(cap_len) + " bytes"};
    }
    if (record_len < kRecordHeaderBytes + cap_len ||
        record_len > kRecordHeaderBytes + cap_len + kMostAroundPacket) {
      return {used(), 0, "a record of " + std::to_string(record_len) + " bytes"};
    }
    if (!at.has(record_len)) return {used(), record_len};
    PacketView& view = batch.next();
    view.data = record + kRecordHeaderBytes;
    view.ts_ns = load_be32(record + 16) * kNsPerSecond + load_be32(record + 20) * uint64_t{1000};
    view.cap_len = cap_len;
    view.wire_len = load_be32(record);
    view.set_link(link_type_);
    batch.take(filter_);
    drops_ = load_be32(record + 12);
    ++packets_;
    at.skip(record_len);
  }
  return {used(), 0};
}

/// "Cumulative drops" are of the system that captured, and only a record tells them.
Losses SnoopReader::losses() const noexcept {
  return {0, drops_, false, packets_ != 0};
}

}  // namespace weir::backends
