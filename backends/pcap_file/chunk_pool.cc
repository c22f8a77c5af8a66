#include "backends/pcap_file/chunk_pool.h"

#include <algorithm>

namespace weir::backends {

ChunkPool::ChunkPool(uint32_t most_chunks, size_t chunk_bytes)
    : chunk_bytes_(chunk_bytes), chunks_(most_chunks) {}

Chunk* ChunkPool::take(size_t bytes) {
  for (Chunk& chunk : chunks_) {
    if (chunk.references.load(std::memory_order_acquire) != 0) continue;
    if (chunk.capacity < bytes || chunk.capacity == 0) {
      chunk.capacity = std::max(bytes, chunk_bytes_);
      chunk.bytes = std::make_unique_for_overwrite<uint8_t[]>(chunk.capacity);
    }
    chunk.references.store(1, std::memory_order_relaxed);
    return &chunk;
  }
  return nullptr;
}

}  // namespace weir::backends
