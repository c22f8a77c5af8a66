#pragma once

#include <cstdint>

namespace weir::backends {

/// How much memory a port's packets have.
struct PacketMemory {
  static constexpr uint32_t kMostBatch = 512;  ///< packets that receive() hands out at most
  static constexpr uint32_t kLeases = 4;       ///< batches of a queue that are out at most
  static constexpr uint32_t kCache = 256;      ///< mbufs that a thread keeps at hand
  static constexpr uint32_t kMostDescriptors = 4096;

  uint32_t descriptors = 0;  ///< of each receive queue
  uint32_t mbufs = 0;        ///< of all queues
  uint32_t least_mbufs = 0;  ///< with fewer a queue could be left without
  uint32_t mbuf_bytes = 0;   ///< each, with all that belongs to it
  uint64_t bytes() const noexcept { return uint64_t{mbufs} * mbuf_bytes; }
};

/// What a driver wants of the number of its descriptors.
struct DescriptorLimits {
  uint32_t least = 0;
  uint32_t most = 65535;
  uint32_t align = 1;
};

/// `ring_bytes` a queue, as `--ring` has it, in mbufs of `data_bytes`; never so few that a queue
/// whose ring and leases are full takes them from another one.
/// `page_bytes` is what no mbuf may cross the end of: the small pages of memory without hugepages,
/// 0 with them.
PacketMemory packet_memory(uint64_t ring_bytes, uint32_t queues, uint32_t data_bytes,
                           uint32_t page_bytes, const DescriptorLimits& limits);

/// What the EAL is to have without hugepages, for so many queues in all.
uint64_t process_memory_bytes(uint64_t ring_bytes, uint32_t queues, uint64_t machine_bytes);

/// A driver's time stamp: ns since the epoch, or a count in a unit of its own, which is useless.
enum class StampUnit : uint8_t { unknown, ns, us };

/// Which one it is, from its size.
StampUnit stamp_unit(uint64_t stamp, uint64_t now_ns) noexcept;

}  // namespace weir::backends
