#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/backend.h"

namespace weir::backends {

/// What goes wrong, and when. Moments are numbers of packets that one queue has handed out, counted
/// since the backend was made and not since it was opened: what has happened does not happen again
/// after a restart. Every queue goes through the plan by itself; the same plan and the same source
/// give the same run.
struct FaultPlan {
  /// The first open() fails with the first of these, the next with the second; then they succeed.
  std::vector<Status> open_failures;

  /// receive() fails `times` times in a row once the queue has handed out `after_packets`. A batch
  /// before it ends exactly there, whatever size was asked for.
  struct ReceiveFailure {
    uint64_t after_packets = 0;
    Status status;
    uint32_t times = 1;
  };
  std::vector<ReceiveFailure> receive_failures;  ///< by ascending after_packets

  /// receive() is empty for `calls` calls, although the source may have packets: a stalled device,
  /// or a read that timed out.
  struct Stall {
    uint64_t after_packets = 0;
    uint32_t calls = 1;
  };
  std::vector<Stall> stalls;  ///< by ascending after_packets

  uint32_t most_packets = 0;  ///< a batch has at most so many; 0 for as many as are asked for

  /// At random, from the seed and the queue's number: so many calls in 100 are empty, and so many
  /// of the rest get fewer packets than they ask for.
  uint64_t seed = 1;
  uint32_t empty_percent = 0;
  uint32_t short_percent = 0;

  /// What drops() says: one value a call, the last one from then on. The source's own if empty.
  std::vector<DropCounts> drops;
};

/// Any backend with failures planned into it, for tests of everything that must survive them.
/// Packets are only held back, never lost: each comes out once, in the source's order. Threads and
/// lifetimes are those of the backend inside.
class FaultBackend final : public Backend {
 public:
  FaultBackend(std::unique_ptr<Backend> inner, FaultPlan plan);
  ~FaultBackend() override;

  std::string name() const override { return inner_->name(); }
  Result<CaptureInfo> open(const CaptureOptions& options) override;
  CaptureQueue& queue(uint32_t index) override;
  void close() noexcept override;
  std::vector<Status> take_notices() override { return inner_->take_notices(); }
  std::optional<std::vector<IpPrefix>> changed_addresses() override {
    return inner_->changed_addresses();
  }
  Progress progress() const override { return inner_->progress(); }

  /// How many calls of open() there were, failed ones included. By the thread that calls open().
  uint32_t opens() const noexcept { return opens_; }

 private:
  class Queue;

  const std::unique_ptr<Backend> inner_;
  const FaultPlan plan_;
  uint32_t opens_ = 0;
  uint32_t open_queues_ = 0;
  /// As many as were ever open: each remembers how far in the plan it is.
  std::vector<std::unique_ptr<Queue>> queues_;
};

}  // namespace weir::backends
