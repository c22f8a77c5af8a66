#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "backends/af_packet/block_cursor.h"
#include "backends/af_packet/packet_socket.h"
#include "backends/interfaces/link_losses.h"
#include "engine/core/backend.h"
#include "engine/core/large_array.h"

namespace weir::backends {

/// What the queues of one capture tell one another.
struct QueueGroup {
  uint32_t queues = 1;
  /// How many have handed out all they held when the interface went. A queue reports its failure
  /// when all have, because the first report takes the others from their workers.
  std::atomic<uint32_t> drained{0};
};

/// One socket of the capture. A batch is a lease on packets where the kernel put them: several may
/// come out of a block, and a block goes back when the last of them is dropped. So many batches are
/// out at a time at most that their views have memory; the one that was dropped last is used next,
/// which keeps it in the cache.
class RingQueue final : public CaptureQueue {
 public:
  struct Config {
    std::string interface;
    unsigned interface_index = 0;
    PacketShape shape;
    std::vector<BpfInstruction> filter;  ///< that the kernel could not run
    bool counts_nic = false;             ///< one queue of a capture does for all of them
  };

  /// Throws std::bad_alloc.
  RingQueue(PacketSocket socket, MappedRing ring, Config config, QueueGroup& group);
  ~RingQueue() override;

  Result<PacketBatch> receive(uint32_t max_packets) override;
  int wait_fd() const noexcept override { return socket_.fd(); }
  DropCounts drops() noexcept override;
  void release(uint64_t token) noexcept override;

  PacketSocket& socket() noexcept { return socket_; }

 private:
  static constexpr uint32_t kMostBatch = 4096;
  static constexpr uint32_t kMostLeases = 8;

  bool take_block() noexcept;
  void leave_block() noexcept;
  void give_back(uint32_t block) noexcept;
  std::atomic_ref<uint32_t> status_of(uint32_t block) const noexcept;
  Result<PacketBatch> nothing();
  void look_at_socket(uint64_t now_ns);

  PacketSocket socket_;
  const MappedRing ring_;
  const Config config_;
  QueueGroup& group_;

  BlockCursor cursor_;
  bool in_block_ = false;  ///< block `next_block_` is being walked
  uint32_t next_block_ = 0;
  std::vector<uint16_t> batches_out_;  ///< by block
  std::vector<bool> walked_;           ///< by block: nothing more comes out of it
  LargeArray<PacketView> views_;       ///< kMostBatch for each lease
  std::array<uint32_t, kMostLeases> lease_block_{};
  std::array<uint32_t, kMostLeases> free_leases_{};
  uint32_t free_count_ = kMostLeases;

  uint32_t empty_in_a_row_ = 0;
  uint64_t looked_at_ns_;        ///< monotonic: nothing was wrong
  uint64_t last_packet_ns_ = 0;  ///< real time
  std::optional<Status> failure_;
  uint64_t fail_at_ns_ = 0;  ///< monotonic: when what was captured before the failure is out
  bool drained_ = false;

  DropCounts drops_;
  LinkLossCounter nic_losses_;
};

}  // namespace weir::backends
