#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "backends/bpf/bpf_filter.h"
#include "backends/dpdk/packet_memory.h"
#include "backends/dpdk/port.h"
#include "backends/interfaces/address_watch.h"
#include "engine/core/backend.h"
#include "engine/core/large_array.h"

struct rte_mbuf;

namespace weir::backends {

/// One or more receive queues of a port, polled. A batch is a lease on mbufs, which go back in bulk
/// when it is dropped; so many are out at a time at most that the port's memory is enough for them.
/// Of a packet in several mbufs the first one is seen, all of it is counted.
class DpdkQueue final : public CaptureQueue {
 public:
  struct Config {
    std::string name;
    uint16_t port = 0;
    std::vector<uint16_t> rx_queues;
    uint32_t queues_of_capture = 1;
    uint32_t snaplen = 0;
    std::optional<BpfFilter> filter;
    bool time_stamps = false;    ///< the driver's, where it has set them
    bool counts_losses = false;  ///< one queue of a port does for all of them
    std::string driver;
    MacNumber mac = 0;
  };

  /// Throws std::bad_alloc.
  DpdkQueue(Config config, PortTrouble& trouble);
  ~DpdkQueue() override;

  Result<PacketBatch> receive(uint32_t max_packets) override;
  DropCounts drops() noexcept override;
  void release(uint64_t token) noexcept override;

 private:
  struct Lease {
    std::array<rte_mbuf*, PacketMemory::kMostBatch> mbufs;
    uint32_t count = 0;
  };
  struct Losses {
    uint64_t nic = 0;
    uint64_t host = 0;
  };

  uint32_t burst(Lease& lease, uint32_t most) noexcept;
  uint32_t fill(Lease& lease, PacketView* views) noexcept;
  void put_back_tag(rte_mbuf& mbuf, PacketView& view) const noexcept;
  uint64_t time_of(const rte_mbuf& mbuf, uint64_t now_ns) noexcept;
  Result<PacketBatch> nothing();
  std::optional<Losses> read_losses() const noexcept;
  void find_more_losses();

  const Config config_;
  PortTrouble& trouble_;
  size_t next_queue_ = 0;
  LargeArray<Lease> leases_;
  LargeArray<PacketView> views_;  ///< kMostBatch for each lease
  std::array<uint32_t, PacketMemory::kLeases> free_leases_{};
  uint32_t free_count_ = PacketMemory::kLeases;

  int stamp_offset_ = -1;
  uint64_t stamp_flag_ = 0;
  std::optional<StampUnit> stamp_unit_;  ///< known with the first stamp

  bool drained_ = false;
  uint64_t drained_at_ns_ = 0;  ///< monotonic

  std::vector<uint64_t> more_losses_;  ///< ids of the driver's own counts
  Losses before_;                      ///< when the queue was opened, or the driver began anew
  DropCounts drops_;
};

}  // namespace weir::backends
