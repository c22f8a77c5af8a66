#pragma once

#include <cstdint>

#include "backends/pcap_file/pcap_variant.h"
#include "backends/pcap_file/record_reader.h"

namespace weir::backends {

/// pcap files, draft-ietf-opsawg-pcap sections 4 and 5: both byte orders, microseconds and
/// nanoseconds, versions 2.0 to 2.4, and the variants that other writers made of it.
class PcapReader final : public RecordReader {
 public:
  PcapReader(const PcapVariant& variant, FilterOf filter_of);

  Scan scan(std::span<const uint8_t> window, BatchBuilder& batch) override;

 private:
  template <bool kBigEndian>
  Scan scan_file_header(std::span<const uint8_t> window);
  template <bool kBigEndian, bool kPlain>
  Scan scan_records(std::span<const uint8_t> window, BatchBuilder& batch);
  bool read_version(uint16_t major_version);
  bool take_aix_link_type(uint32_t link_type) noexcept;
  bool lengths_are_swapped(uint32_t cap_len, uint32_t wire_len) const noexcept;

  PcapVariant variant_;
  const FilterOf filter_of_;
  bool in_records_ = false;  ///< the file header has been read
  uint16_t minor_version_ = 4;
  LinkType link_type_ = LinkType::en10mb;
  uint32_t most_cap_len_ = 0;
  const BpfFilter* filter_ = nullptr;
};

}  // namespace weir::backends
