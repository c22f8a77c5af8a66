#include "backends/dpdk/packet_memory.h"

#include <algorithm>

namespace weir::backends {
namespace {

constexpr uint32_t kMbufHeader = 128;   // struct rte_mbuf
constexpr uint32_t kObjectHeader = 64;  // of a mempool object, with what aligns it
constexpr uint64_t kMostMbufs = 1ULL << 24;

/// What an object takes where none crosses the end of a page.
uint32_t with_rest_of_page(uint32_t bytes, uint32_t page_bytes) {
  if (page_bytes == 0) return bytes;
  if (bytes > page_bytes) return (bytes + page_bytes - 1) / page_bytes * page_bytes;
  return page_bytes / (page_bytes / bytes);
}

uint32_t aligned_descriptors(uint64_t wanted, const DescriptorLimits& limits) {
  const uint32_t align = std::max(limits.align, 1U);
  const uint64_t most = std::max<uint64_t>(limits.most / align * align, align);
  const uint64_t least = (uint64_t{limits.least} + align - 1) / align * align;
  return static_cast<uint32_t>(std::clamp<uint64_t>(wanted / align * align,
                                                    std::max<uint64_t>(least, align),
                                                    std::max({most, least, uint64_t{align}})));
}

}  // namespace

PacketMemory packet_memory(uint64_t ring_bytes, uint32_t queues, uint32_t data_bytes,
                           uint32_t page_bytes, const DescriptorLimits& limits) {
  PacketMemory memory;
  memory.mbuf_bytes = with_rest_of_page(data_bytes + kMbufHeader + kObjectHeader, page_bytes);
  const uint64_t wanted = ring_bytes / memory.mbuf_bytes;
  // Half, because what is leased needs memory while the ring is filled again.
  memory.descriptors =
      aligned_descriptors(std::min<uint64_t>(wanted / 2, PacketMemory::kMostDescriptors), limits);
  // A cache holds half as much again before it gives back.
  const uint64_t least = uint64_t{memory.descriptors} +
                         PacketMemory::kLeases * PacketMemory::kMostBatch +
                         PacketMemory::kCache * 3 / 2;
  memory.least_mbufs = static_cast<uint32_t>(std::min(least * queues, kMostMbufs));
  memory.mbufs =
      static_cast<uint32_t>(std::min(std::max(wanted, least) * std::max(queues, 1U), kMostMbufs));
  return memory;
}

uint64_t process_memory_bytes(uint64_t ring_bytes, uint32_t queues, uint64_t machine_bytes) {
  constexpr uint64_t kOwn = 64ULL << 20;         // of the EAL and the drivers
  constexpr uint64_t kLeastQueue = 20ULL << 20;  // packet_memory() with the smallest ring
  const uint64_t queue = std::max(ring_bytes + ring_bytes / 16, kLeastQueue);
  const uint64_t wanted =
      queue > (UINT64_MAX - kOwn) / std::max(queues, 1U) ? UINT64_MAX : kOwn + queue * queues;
  return std::max(std::min(wanted, machine_bytes / 2), kOwn);
}

StampUnit stamp_unit(uint64_t stamp, uint64_t now_ns) noexcept {
  // From before a day hence and after 30 years ago: a recording, or a clock that is set.
  constexpr uint64_t kDayNs = 86'400ULL * 1'000'000'000;
  constexpr uint64_t kPastNs = 30 * 366 * kDayNs;
  constexpr uint64_t kNsPerUs = 1000;
  const uint64_t from_ns = now_ns > kPastNs ? now_ns - kPastNs : 0;
  const uint64_t to_ns = now_ns + kDayNs;
  if (stamp >= from_ns && stamp <= to_ns) return StampUnit::ns;
  if (stamp >= from_ns / kNsPerUs && stamp <= to_ns / kNsPerUs) return StampUnit::us;
  return StampUnit::unknown;
}

}  // namespace weir::backends
