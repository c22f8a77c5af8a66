#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

namespace weir::backends {

/// How a queue's ring is cut into blocks.
struct RingLayout {
  uint32_t block_bytes = 0;  ///< a power of two
  uint32_t blocks = 0;
  uint64_t bytes() const noexcept { return uint64_t{block_bytes} * blocks; }
};

namespace ring {
/// A block is handed over as a whole, so smaller ones stay in the cache between kernel and reader
/// and larger ones wake it less often. docs/benchmarking.md has the figures.
inline constexpr uint32_t kMostBlockBytes = 256U << 10;
/// The least that takes a full-sized frame and more; what is longer is cut.
inline constexpr uint32_t kLeastBlockBytes = 16U << 10;
/// One that is filled, one that is read, and two between.
inline constexpr uint32_t kLeastBlocks = 4;
/// While a few are being read the others have to last.
inline constexpr uint32_t kWantedBlocks = 16;
inline constexpr uint64_t kMostBytes = 64ULL << 30;
}  // namespace ring

/// Each queue takes a ring, and for a mistyped size the kernel would look for memory until some
/// other program has to go: half of the memory is the most for all of them.
inline uint64_t most_ring_bytes(uint64_t memory_bytes, uint32_t queues) noexcept {
  return memory_bytes / 2 / std::max(queues, 1U);
}

/// The blocks of a ring of about `bytes`: never more than asked for, but for the least ring there
/// is.
inline RingLayout ring_layout(uint64_t bytes) noexcept {
  bytes = std::clamp<uint64_t>(bytes, uint64_t{ring::kLeastBlockBytes} * ring::kLeastBlocks,
                               ring::kMostBytes);
  RingLayout layout;
  layout.block_bytes = static_cast<uint32_t>(std::clamp<uint64_t>(
      std::bit_floor(bytes / ring::kWantedBlocks), ring::kLeastBlockBytes, ring::kMostBlockBytes));
  layout.blocks = static_cast<uint32_t>(bytes / layout.block_bytes);
  return layout;
}

}  // namespace weir::backends
