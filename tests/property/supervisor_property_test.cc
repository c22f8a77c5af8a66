#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "engine/pipeline/supervisor.h"

namespace weir::testing {
namespace {

class HandClock final : public Clock {
 public:
  uint64_t monotonic_ns() const noexcept override { return now_ns; }
  uint64_t realtime_ns() const noexcept override { return now_ns; }
  uint64_t now_ns = 1000 * kNsPerSecond;
};

class NoQueue final : public CaptureQueue {
 public:
  Result<PacketBatch> receive(uint32_t /*max_packets*/) override { return PacketBatch::none(); }
  DropCounts drops() noexcept override { return {}; }
  void release(uint64_t /*token*/) noexcept override {}
};

constexpr uint32_t kQueues = 3;
const Status kGone{Code::device_gone, Recovery::restart_backend, 0, "dev", "it disappeared"};

/// Fails to open as many times as it is told.
class CountingBackend final : public Backend {
 public:
  struct Log {
    uint32_t failures_to_come = 0;
    uint32_t attempts = 0;
    bool open = false;
  };
  explicit CountingBackend(Log& log) : log_(log) {}
  std::string name() const override { return "dev"; }
  Result<CaptureInfo> open(const CaptureOptions& /*options*/) override {
    EXPECT_FALSE(log_.open) << "opened twice";
    ++log_.attempts;
    if (log_.failures_to_come != 0) {
      --log_.failures_to_come;
      return fail(kGone);
    }
    log_.open = true;
    CaptureInfo info;
    info.name = name();
    info.queues = kQueues;
    return info;
  }
  CaptureQueue& queue(uint32_t index) override { return queues_[index]; }
  void close() noexcept override { log_.open = false; }

 private:
  Log& log_;
  NoQueue queues_[kQueues];
};

/// One life of an opened capture, and how often it then fails to open.
struct Life {
  bool works = false;
  bool seen = false;     ///< the supervisor looks between the work and the failure
  uint32_t failing = 0;  ///< queues that fail by themselves, the others are told to leave
  uint32_t open_failures = 0;
  uint32_t lasts_ms = 0;
};

void showValue(const Life& life, std::ostream& out) {
  out << "{" << (life.works ? life.seen ? "works, seen" : "works" : "does not work") << ", "
      << life.failing << " fail, " << life.open_failures << " open failures, lasts "
      << life.lasts_ms << " ms}";
}

rc::Gen<std::vector<Life>> any_lives() {
  return rc::gen::container<std::vector<Life>>(
      rc::gen::build<Life>(rc::gen::set(&Life::works), rc::gen::set(&Life::seen),
                           rc::gen::set(&Life::failing, rc::gen::inRange<uint32_t>(1, kQueues + 1)),
                           rc::gen::set(&Life::open_failures, rc::gen::inRange<uint32_t>(0, 12)),
                           rc::gen::set(&Life::lasts_ms, rc::gen::inRange<uint32_t>(0, 5000))));
}

/// The rule, straight: 250 ms, then twice as long each time, never more than 30 s.
uint64_t wait_ms_of(uint32_t attempt) {
  uint64_t wait_ms = 250;
  for (uint32_t i = 1; i < attempt; ++i) wait_ms = std::min<uint64_t>(wait_ms * 2, 30'000);
  return wait_ms;
}

class Drill {
 public:
  Drill()
      : supervisor_(
            0, std::make_unique<CountingBackend>(log_), {}, clock_, [] {},
            [this](Event event) { events_.push_back(std::move(event)); }) {
    RC_ASSERT(supervisor_.start().has_value());
    supervisor_.release_queues();
  }

  void live(const Life& life) {
    clock_.now_ns += life.lasts_ms * kNsPerMs;
    if (life.works) work(life.seen);
    fail_queues(life.failing);
    log_.failures_to_come = life.open_failures;
    for (uint32_t opens = 0; opens <= life.open_failures; ++opens) reopen();
    ++restarts_;
    RC_ASSERT(log_.open);
    RC_ASSERT(supervisor_.status().restarts == restarts_);
    RC_ASSERT(supervisor_.status().state == CaptureSummary::State::running);
    for (QueueSlot* slot : supervisor_.slots()) RC_ASSERT(slot->state == QueueSlot::State::open);
  }

 private:
  void work(bool seen) {
    supervisor_.slots()[0]->worked = true;
    resumed_ += attempt_ != 0 ? 1 : 0;
    if (down_) gap_ns_ += clock_.now_ns - down_since_ns_;
    down_ = false;
    attempt_ = 0;
    if (!seen) return;
    supervisor_.step();
    check_resumed();
  }

  void check_resumed() {
    uint64_t resumed = 0;
    for (const Event& event : events_) resumed += event.kind == Event::Kind::resumed ? 1 : 0;
    RC_ASSERT(resumed == resumed_);
    const uint64_t down_ns = down_ ? clock_.now_ns - down_since_ns_ : 0;
    RC_ASSERT(supervisor_.status().gap_ns == gap_ns_ + down_ns);
  }

  void fail_queues(uint32_t failing) {
    const std::vector<QueueSlot*> slots = supervisor_.slots();
    for (uint32_t i = 0; i < failing; ++i) {
      slots[i]->failure = kGone;
      slots[i]->state = QueueSlot::State::failed;
    }
    if (!down_) down_since_ns_ = clock_.now_ns;
    down_ = true;
    deadline_ns_ = supervisor_.step();
    for (uint32_t i = failing; i < kQueues; ++i) {
      RC_ASSERT(log_.open);
      RC_ASSERT(slots[i]->state == QueueSlot::State::leaving);
      slots[i]->state = QueueSlot::State::parked;
      deadline_ns_ = supervisor_.step();
    }
    RC_ASSERT(!log_.open);
    check_resumed();
  }

  /// The wait before one attempt, and the attempt.
  void reopen() {
    ++attempt_;
    const uint64_t wait_ms = wait_ms_of(attempt_);
    RC_ASSERT(deadline_ns_ == clock_.now_ns + wait_ms * kNsPerMs);
    RC_ASSERT(events_.back().kind == Event::Kind::restart);
    RC_ASSERT(events_.back().attempt == attempt_);
    RC_ASSERT(events_.back().wait_ms == wait_ms);
    const uint32_t attempts = log_.attempts;
    clock_.now_ns = deadline_ns_ - 1;
    RC_ASSERT(supervisor_.step() == deadline_ns_);
    RC_ASSERT(log_.attempts == attempts);
    check_resumed();
    clock_.now_ns = deadline_ns_;
    deadline_ns_ = supervisor_.step();
    RC_ASSERT(log_.attempts == attempts + 1);
  }

  HandClock clock_;
  CountingBackend::Log log_;
  std::vector<Event> events_;
  Supervisor supervisor_;
  uint64_t deadline_ns_ = 0;
  // The reference.
  uint32_t attempt_ = 0;
  uint64_t restarts_ = 0;
  uint64_t resumed_ = 0;
  uint64_t gap_ns_ = 0;
  bool down_ = false;
  uint64_t down_since_ns_ = 0;
};

RC_GTEST_PROP(SupervisorProperty, WaitsAndRestartsAsTheRuleSaysForAnySequence, ()) {
  const std::vector<Life> lives = *any_lives();
  Drill drill;
  for (const Life& life : lives) drill.live(life);
}

}  // namespace
}  // namespace weir::testing
