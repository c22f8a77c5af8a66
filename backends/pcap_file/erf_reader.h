#pragma once

#include "backends/pcap_file/record_reader.h"

namespace weir::backends {

/// Files of Endace's Extensible Record Format: records one after the other, without a file header.
/// Frames are handed out bare where pcap has a link type for them, and with their record header
/// as LINKTYPE_ERF otherwise.
class ErfReader final : public RecordReader {
 public:
  enum class Likeness : uint8_t { no, more, yes };
  /// Without a magic number, enough records in a row have to make sense. `more`: as far as the
  /// window goes they do.
  static Likeness likeness(std::span<const uint8_t> window, bool complete) noexcept;

  explicit ErfReader(FilterOf filter_of) : filter_of_(std::move(filter_of)) {}

  Scan scan(std::span<const uint8_t> window, BatchBuilder& batch) override;
  Losses losses() const noexcept override;

 private:
  void add(std::span<const uint8_t> record, size_t headers, BatchBuilder& batch);

  const FilterOf filter_of_;
  uint64_t drops_ = 0;
  bool counts_drops_ = true;  ///< every record has a loss counter
};

}  // namespace weir::backends
