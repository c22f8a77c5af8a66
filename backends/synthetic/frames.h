#pragma once

#include <cstdint>
#include <vector>

#include "backends/synthetic/synthetic_options.h"
#include "engine/core/large_array.h"

namespace weir::backends {

/// Bytes kept of each generated frame, as a snaplen: all headers are in there.
inline constexpr uint32_t kSyntheticSnaplen = 128;

/// The frames of one queue, prepared in the order in which they are sent, so that sending reads
/// memory front to back while the flows come in random order: two frames a biflow, one each way.
class SyntheticFrames {
 public:
  struct Meta {
    uint32_t order;     ///< place in the cycle of all queues' frames
    uint32_t wire_len;  ///< without FCS
  };

  /// The part of the cycle that queue `queue` of `queues` sends: every flow is on one queue.
  SyntheticFrames(const SyntheticOptions& options, uint32_t queue, uint32_t queues);

  uint32_t size() const noexcept { return static_cast<uint32_t>(meta_.size()); }
  const Meta& meta(uint32_t index) const noexcept { return meta_[index]; }
  const uint8_t* data(uint32_t index) const noexcept { return &bytes_[size_t{index} * stride_]; }

 private:
  uint32_t stride_;
  std::vector<Meta> meta_;
  LargeArray<uint8_t> bytes_;
};

}  // namespace weir::backends
