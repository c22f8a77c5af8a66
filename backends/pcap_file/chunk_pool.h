#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace weir::backends {

/// A piece of a file in memory. The scanner holds one reference while it fills and scans the chunk,
/// every lease on packets in it one more. With none it is free.
struct Chunk {
  std::unique_ptr<uint8_t[]> bytes;
  size_t capacity = 0;
  /// Raised by the scanner, under its lock; lowered by it and by the workers that drop leases. The
  /// release of the last one pairs with the acquire in ChunkPool::take().
  std::atomic<uint32_t> references{0};
};

/// The chunks of one capture, a fixed number, each allocated when it is first needed and used again
/// and again. Used under the scanner's lock, but for drop().
class ChunkPool {
 public:
  ChunkPool(uint32_t most_chunks, size_t chunk_bytes);

  /// A free chunk of at least `bytes`, with one reference; null when leases hold all of them. A
  /// chunk grows only for a record that is larger than the usual size, and stays so.
  Chunk* take(size_t bytes);

  static void hold(Chunk& chunk) noexcept {
    chunk.references.fetch_add(1, std::memory_order_relaxed);
  }
  static void drop(Chunk& chunk) noexcept {
    chunk.references.fetch_sub(1, std::memory_order_release);
  }

 private:
  const size_t chunk_bytes_;
  std::vector<Chunk> chunks_;
};

}  // namespace weir::backends
