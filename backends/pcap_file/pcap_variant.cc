#include "backends/pcap_file/pcap_variant.h"

#include <algorithm>
#include <cstdlib>
#include <initializer_list>
#include <limits>

#include "backends/pcap_file/byte_order.h"

namespace weir::backends {
namespace {

constexpr uint32_t kStandard = 0xa1b2c3d4;
constexpr uint32_t kNanoseconds = 0xa1b23c4d;
constexpr uint32_t kModified = 0xa1b2cd34;
constexpr uint32_t kIxiaHardware = 0x1c0001ac;  ///< nanoseconds
constexpr uint32_t kIxiaSoftware = 0x1c0001ab;

constexpr uint32_t kNokiaBytes = 20;
constexpr uint32_t kPatchedBytes = 24;     ///< the patches ss990417 and ss991029
constexpr uint32_t kPatchedCpuBytes = 28;  ///< the patch ss990915

/// Records looked at, as in Wireshark's wiretap.
constexpr int kRecordsToTry = 3;
constexpr uint32_t kMostCapLen = 262144;
constexpr uint32_t kMostWireLen = 128 << 20;
constexpr uint32_t kMostInterface = 10000;
constexpr int64_t kMostStepSeconds = 366LL * 24 * 3600;
constexpr uint8_t kMostPacketType = 4;  ///< PACKET_OUTGOING of Linux

/// What is wrong with a record header in this layout.
template <bool kBigEndian>
int oddities(const uint8_t* record, uint32_t header_bytes) noexcept {
  const uint32_t cap_len = load32<kBigEndian>(record + 8);
  const uint32_t wire_len = load32<kBigEndian>(record + 12);
  int found = 0;
  found += load32<kBigEndian>(record + 4) >= 1'000'000;
  found += cap_len > kMostCapLen;
  found += wire_len > kMostWireLen;
  found += cap_len > wire_len;
  if (header_bytes >= kPatchedBytes) {
    found += load32<kBigEndian>(record + 16) > kMostInterface;
    found += record[22] > kMostPacketType;
  }
  return found;
}

/// How badly the first records fit this layout: twice what is wrong with their headers, and one
/// more when the file ends within a record, which a cut file does in the right layout too.
template <bool kBigEndian>
int misfit(std::span<const uint8_t> records, uint32_t header_bytes, bool complete) noexcept {
  int found = 0;
  const int cut = complete ? 1 : 0;
  int64_t last_s = 0;
  for (int i = 0; i < kRecordsToTry && !records.empty(); ++i) {
    if (records.size() < header_bytes) return found + cut;
    found += 2 * oddities<kBigEndian>(records.data(), header_bytes);
    const int64_t time_s = load32<kBigEndian>(records.data());
    if (i != 0 && std::abs(time_s - last_s) > kMostStepSeconds) found += 2;
    last_s = time_s;
    const uint64_t length = uint64_t{header_bytes} + load32<kBigEndian>(records.data() + 8);
    if (length > records.size()) return found + cut;
    records = records.subspan(length);
  }
  return found;
}

/// The first record headers have nothing odd in the usual layout, whatever their times: captures
/// are joined, and clocks are set. Records that end with what is there count, cut ones do not tell.
template <bool kBigEndian>
bool headers_are_usual(std::span<const uint8_t> records) noexcept {
  constexpr uint32_t kUsual = PcapVariant::kRecordHeaderBytes;
  for (int i = 0; i < kRecordsToTry && !records.empty(); ++i) {
    if (records.size() < kUsual || oddities<kBigEndian>(records.data(), kUsual) != 0) return false;
    const uint64_t length = uint64_t{kUsual} + load32<kBigEndian>(records.data() + 8);
    if (length > records.size()) return false;
    records = records.subspan(length);
  }
  return true;
}

/// The layout that fits best, the first of equals.
template <bool kBigEndian>
uint32_t likeliest_layout(std::span<const uint8_t> records, bool complete,
                          std::initializer_list<uint32_t> layouts) noexcept {
  uint32_t best = *layouts.begin();
  int least = std::numeric_limits<int>::max();
  for (const uint32_t layout : layouts) {
    const int found = misfit<kBigEndian>(records, layout, complete);
    if (found >= least) continue;
    least = found;
    best = layout;
  }
  return best;
}

template <bool kBigEndian>
PcapRecognition recognise_in_order(std::span<const uint8_t> window, bool complete) noexcept {
  PcapRecognition found;
  PcapVariant& variant = found.variant;
  const uint32_t magic = load32<kBigEndian>(window.data());
  variant.big_endian = kBigEndian;
  variant.nanoseconds = magic == kNanoseconds || magic == kIxiaHardware;
  found.is_pcap = true;
  switch (magic) {
    case kNanoseconds: return found;
    case kIxiaHardware:
    case kIxiaSoftware: variant.file_header_bytes += sizeof(uint32_t); return found;
    case kStandard: {
      // Only where a first record is there: a pipe may bring it later, and then it is the usual
      // one.
      constexpr size_t kOneRecord = PcapVariant::kFileHeaderBytes + kPatchedBytes;
      if (window.size() < kOneRecord || load16<kBigEndian>(window.data() + 6) != 4) return found;
      const auto records = window.subspan(PcapVariant::kFileHeaderBytes);
      const uint32_t layout = likeliest_layout<kBigEndian>(
          records, complete, {PcapVariant::kRecordHeaderBytes, kPatchedBytes, kNokiaBytes});
      // A damaged file of the usual kind fits no layout, and stays what it is.
      const bool other = !headers_are_usual<kBigEndian>(records) &&
                         misfit<kBigEndian>(records, layout, false) == 0;
      if (other) variant.record_header_bytes = layout;
      return found;
    }
    case kModified: {
      // Two layouts are as common, and a second record header tells them apart.
      variant.record_header_bytes = kPatchedBytes;
      if (window.size() >= PcapVariant::kFileHeaderBytes + kPatchedBytes) {
        const uint32_t cap_len = load32<kBigEndian>(window.data() + 32);
        found.wanted =
            PcapVariant::kFileHeaderBytes + 2 * kPatchedCpuBytes + std::min(cap_len, kMostCapLen);
      } else {
        found.wanted = PcapVariant::kFileHeaderBytes + kPatchedBytes;
      }
      if (!complete && window.size() < found.wanted) return found;
      found.wanted = 0;
      if (window.size() <= PcapVariant::kFileHeaderBytes) return found;
      variant.record_header_bytes =
          likeliest_layout<kBigEndian>(window.subspan(PcapVariant::kFileHeaderBytes), complete,
                                       {kPatchedBytes, kPatchedCpuBytes});
      return found;
    }
    default: return {};
  }
}

}  // namespace

PcapRecognition recognise_pcap(std::span<const uint8_t> window, bool complete) noexcept {
  if (window.size() < sizeof(uint32_t)) return {};
  const PcapRecognition little = recognise_in_order<false>(window, complete);
  return little.is_pcap ? little : recognise_in_order<true>(window, complete);
}

}  // namespace weir::backends
