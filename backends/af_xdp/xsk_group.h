#pragma once

#include <atomic>
#include <cstdint>
#include <utility>
#include <vector>

#include "engine/core/status.h"

namespace weir::backends {

/// What the queues of one capture, which different workers may serve, tell one another. A failure
/// is one of all of them: the first queue that reports it takes the others from their workers. So
/// it is reported when none has any packets left.
class XskGroup {
 public:
  XskGroup(uint32_t queues, int map_fd, std::vector<uint32_t> receive_queues)
      : queues_(queues), map_fd_(map_fd), receive_queues_(std::move(receive_queues)) {}

  /// Of several failures the first one counts.
  void fail_with(Status failure) {
    uint32_t none = kNone;
    if (!state_.compare_exchange_strong(none, kTelling)) return;
    failure_ = std::move(failure);
    state_.store(kTold, std::memory_order_release);
  }

  /// Null: none so far.
  const Status* failure() const noexcept {
    return state_.load(std::memory_order_acquire) == kTold ? &failure_ : nullptr;
  }

  /// A queue has no packets left; once each.
  void drained() noexcept { drained_.fetch_add(1); }
  bool all_drained() const noexcept { return drained_.load() == queues_; }

  /// Sends the packets of all receive queues past the sockets, to the host.
  void bypass() const noexcept;

 private:
  enum : uint32_t { kNone, kTelling, kTold };

  const uint32_t queues_;
  const int map_fd_;  ///< of the program, which outlives the group
  const std::vector<uint32_t> receive_queues_;
  std::atomic<uint32_t> state_{kNone};
  Status failure_;
  std::atomic<uint32_t> drained_{0};
};

}  // namespace weir::backends
