#pragma once

#include "backends/pcap_file/record_reader.h"

namespace weir::backends {

/// snoop files, RFC 1761, as Solaris and illumos write them, and the ones of Shomiti's Surveyor,
/// which are the same with bytes behind the packet. All numbers are big-endian.
class SnoopReader final : public RecordReader {
 public:
  static constexpr size_t kMagicBytes = 8;
  static bool recognises(std::span<const uint8_t> window) noexcept;

  explicit SnoopReader(FilterOf filter_of) : filter_of_(std::move(filter_of)) {}

  Scan scan(std::span<const uint8_t> window, BatchBuilder& batch) override;
  Losses losses() const noexcept override;

 private:
  Scan scan_file_header(std::span<const uint8_t> window);

  const FilterOf filter_of_;
  bool in_records_ = false;
  LinkType link_type_ = LinkType::en10mb;
  uint32_t most_cap_len_ = 0;
  const BpfFilter* filter_ = nullptr;
  uint32_t drops_ = 0;  ///< of the last record: each has the sum so far
};

}  // namespace weir::backends
