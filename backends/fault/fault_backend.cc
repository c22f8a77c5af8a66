#include "backends/fault/fault_backend.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace weir::backends {
namespace {

/// splitmix64: small, and every seed is good.
uint64_t next_random(uint64_t& state) noexcept {
  state += 0x9e3779b97f4a7c15;
  uint64_t mixed = state;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
  return mixed ^ (mixed >> 31);
}

template <class Event>
bool ascending(const std::vector<Event>& events) {
  return std::is_sorted(events.begin(), events.end(), [](const Event& one, const Event& other) {
    return one.after_packets < other.after_packets;
  });
}

/// The place in a list of planned events.
struct Place {
  size_t next = 0;    ///< event
  uint32_t done = 0;  ///< of its repetitions
};

/// Whether the event at `place` is due; if so it has now happened once more.
template <class Event>
const Event* take_due(const std::vector<Event>& events, uint32_t Event::* repetitions,
                      uint64_t handed_out, Place& place) {
  while (place.next < events.size() && events[place.next].after_packets <= handed_out) {
    const Event& event = events[place.next];
    if (place.done < event.*repetitions) {
      ++place.done;
      return &event;
    }
    place = {place.next + 1, 0};
  }
  return nullptr;
}

/// Packets until the event at `place`, which is not due yet.
template <class Event>
uint64_t packets_until(const std::vector<Event>& events, uint64_t handed_out, const Place& place) {
  if (place.next >= events.size()) return UINT64_MAX;
  return events[place.next].after_packets - handed_out;
}

}  // namespace

class FaultBackend::Queue final : public CaptureQueue {
 public:
  Queue(const FaultPlan& plan, uint32_t index)
      : plan_(plan), random_(plan.seed + (uint64_t{index} << 32)) {}

  void attach(CaptureQueue& inner) noexcept { inner_ = &inner; }
  void detach() noexcept { inner_ = nullptr; }

  Result<PacketBatch> receive(uint32_t max_packets) override {
    if (take_due(plan_.stalls, &FaultPlan::Stall::calls, handed_out_, stall_) != nullptr) {
      return PacketBatch::none();
    }
    if (const auto* failure = take_due(plan_.receive_failures, &FaultPlan::ReceiveFailure::times,
                                       handed_out_, failure_)) {
      return fail(failure->status);
    }
    if (by_chance(plan_.empty_percent)) return PacketBatch::none();
    Result<PacketBatch> batch = inner_->receive(how_many(max_packets));
    if (batch) handed_out_ += batch->packets().size();
    return batch;
  }

  /// Never called: the batches are leases on the inner queue's memory.
  void release(uint64_t) noexcept override { assert(false); }

  int wait_fd() const noexcept override { return inner_->wait_fd(); }

  DropCounts drops() noexcept override {
    if (plan_.drops.empty()) return inner_->drops();
    return plan_.drops[std::min(drops_told_++, plan_.drops.size() - 1)];
  }

 private:
  bool by_chance(uint32_t percent) noexcept {
    return percent != 0 && next_random(random_) % 100 < percent;
  }

  uint32_t how_many(uint32_t max_packets) noexcept {
    uint32_t most = max_packets;
    if (plan_.most_packets != 0) most = std::min(most, plan_.most_packets);
    if (most > 1 && by_chance(plan_.short_percent)) {
      most = 1 + static_cast<uint32_t>(next_random(random_) % (most - 1));
    }
    const uint64_t until = std::min(packets_until(plan_.stalls, handed_out_, stall_),
                                    packets_until(plan_.receive_failures, handed_out_, failure_));
    return static_cast<uint32_t>(std::min<uint64_t>(most, until));
  }

  const FaultPlan& plan_;
  CaptureQueue* inner_ = nullptr;
  uint64_t handed_out_ = 0;
  uint64_t random_;
  size_t drops_told_ = 0;
  Place stall_;
  Place failure_;
};

FaultBackend::FaultBackend(std::unique_ptr<Backend> inner, FaultPlan plan)
    : inner_(std::move(inner)), plan_(std::move(plan)) {
  assert(ascending(plan_.receive_failures) && ascending(plan_.stalls));
}

FaultBackend::~FaultBackend() = default;

Result<CaptureInfo> FaultBackend::open(const CaptureOptions& options) {
  const uint32_t number = opens_++;
  if (number < plan_.open_failures.size()) return fail(plan_.open_failures[number]);
  Result<CaptureInfo> info = inner_->open(options);
  if (!info) return info;
  open_queues_ = info->queues;
  while (queues_.size() < open_queues_) {
    queues_.push_back(std::make_unique<Queue>(plan_, static_cast<uint32_t>(queues_.size())));
  }
  for (uint32_t i = 0; i < open_queues_; ++i) queues_[i]->attach(inner_->queue(i));
  return info;
}

CaptureQueue& FaultBackend::queue(uint32_t index) {
  assert(index < open_queues_);
  return *queues_.at(index);
}

void FaultBackend::close() noexcept {
  for (const auto& queue : queues_) queue->detach();
  open_queues_ = 0;
  inner_->close();
}

}  // namespace weir::backends
