#include "engine/pipeline/supervisor.h"

#include <gtest/gtest.h>

#include <deque>
#include <utility>

namespace weir {
namespace {

class HandClock final : public Clock {
 public:
  uint64_t monotonic_ns() const noexcept override { return now_ns; }
  uint64_t realtime_ns() const noexcept override { return now_ns + 1'700'000'000 * kNsPerSecond; }
  uint64_t now_ns = 1000 * kNsPerSecond;
};

class NoQueue final : public CaptureQueue {
 public:
  Result<PacketBatch> receive(uint32_t /*max_packets*/) override { return PacketBatch::none(); }
  DropCounts drops() noexcept override { return {}; }
  void release(uint64_t /*token*/) noexcept override {}
};

/// Opens as told by `opens`, one entry an attempt, and for ever well after that.
class ToldBackend final : public Backend {
 public:
  struct Log {
    std::deque<std::optional<Status>> opens;
    int opened = 0;
    int closed = 0;
    uint32_t queues = 2;
    std::vector<std::string> notes;
    LinkType link_type = LinkType::en10mb;
    bool realtime = true;
  };
  explicit ToldBackend(Log& log) : log_(log) {}
  std::string name() const override { return "told0"; }
  Result<CaptureInfo> open(const CaptureOptions& options) override {
    std::optional<Status> failure;
    if (!log_.opens.empty()) {
      failure = log_.opens.front();
      log_.opens.pop_front();
    }
    if (failure) return fail(*failure);
    ++log_.opened;
    CaptureInfo info;
    info.name = name();
    info.queues = std::min(log_.queues, options.queues);
    info.notes = log_.notes;
    info.link_type = log_.link_type;
    info.link_words = "Linux netlink";
    info.realtime = log_.realtime;
    return info;
  }
  CaptureQueue& queue(uint32_t index) override { return queues_[index]; }
  void close() noexcept override { ++log_.closed; }

 private:
  Log& log_;
  NoQueue queues_[2];
};

const Status kGone{Code::device_gone, Recovery::restart_backend, 0, "told0", "it disappeared"};
const Status kMissing{Code::not_found, Recovery::give_up, 0, "told0", "no such interface"};

class SupervisorTest : public ::testing::Test {
 protected:
  void make(uint32_t queues = 2) {
    CaptureOptions options;
    options.queues = queues;
    supervisor = std::make_unique<Supervisor>(
        0, std::make_unique<ToldBackend>(log), options, clock, [this] { ++wakes; },
        [this](Event event) { events.push_back(std::move(event)); });
  }
  void run() {
    make();
    ASSERT_TRUE(supervisor->start());
    supervisor->release_queues();
  }
  // What a worker does: one that fails and one that is told to leave.
  void queue_fails(const Status& status) {
    QueueSlot& slot = *supervisor->slots()[0];
    slot.failure = status;
    slot.state = QueueSlot::State::failed;
    supervisor->step();
    QueueSlot& other = *supervisor->slots()[1];
    if (other.state == QueueSlot::State::leaving) other.state = QueueSlot::State::parked;
    deadline_ns = supervisor->step();
  }
  void all_work() {
    for (QueueSlot* slot : supervisor->slots()) slot->worked = true;
    supervisor->step();
  }
  /// Time from now until the supervisor wants to act, ms.
  uint64_t wait_ms() const { return (deadline_ns - clock.now_ns) / kNsPerMs; }
  void turn_to_deadline() {
    clock.now_ns = deadline_ns;
    deadline_ns = supervisor->step();
  }

  HandClock clock;
  ToldBackend::Log log;
  int wakes = 0;
  std::vector<Event> events;
  std::unique_ptr<Supervisor> supervisor;
  uint64_t deadline_ns = 0;
};

TEST_F(SupervisorTest, WhatIsWrongAtStartIsAnErrorAtOnceAndNotRetried) {
  log.opens = {kMissing};
  make();
  const Result<void> started = supervisor->start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, Code::not_found);
  EXPECT_EQ(log.opened, 0);
  EXPECT_TRUE(events.empty());
}

TEST_F(SupervisorTest, WaitsDoubleFromAQuarterSecondToThirtySeconds) {
  run();
  log.opens.assign(12, kMissing);
  queue_fails(kGone);
  for (const uint64_t expected :
       {250U, 500U, 1000U, 2000U, 4000U, 8000U, 16000U, 30000U, 30000U, 30000U}) {
    EXPECT_EQ(wait_ms(), expected);
    EXPECT_EQ(events.back().wait_ms, expected);
    turn_to_deadline();
  }
  EXPECT_EQ(events.size(), 11U);
  EXPECT_EQ(events.front().reason, "it disappeared");
  EXPECT_EQ(events.back().attempt, 11U);
  EXPECT_EQ(supervisor->status().state, CaptureSummary::State::waiting);
  EXPECT_EQ(supervisor->status().restarts, 0U);
}

TEST_F(SupervisorTest, NothingIsTriedBeforeTheWaitIsOver) {
  run();
  queue_fails(kGone);
  clock.now_ns = deadline_ns - 1;
  EXPECT_EQ(supervisor->step(), deadline_ns);
  EXPECT_EQ(log.opened, 1);
  turn_to_deadline();
  EXPECT_EQ(log.opened, 2);
}

TEST_F(SupervisorTest, OpeningAloneDoesNotResetTheWait) {
  run();
  queue_fails(kGone);
  EXPECT_EQ(wait_ms(), 250U);
  for (const uint64_t expected : {500U, 1000U, 2000U}) {
    turn_to_deadline();
    queue_fails(kGone);
    EXPECT_EQ(wait_ms(), expected);
  }
  EXPECT_EQ(supervisor->status().restarts, 3U);
}

TEST_F(SupervisorTest, AReopenedCaptureThatWorkedStartsFromAQuarterSecondAgain) {
  run();
  queue_fails(kGone);
  turn_to_deadline();
  queue_fails(kGone);
  turn_to_deadline();
  clock.now_ns += kNsPerSecond;
  all_work();
  ASSERT_EQ(events.back().kind, Event::Kind::resumed);
  EXPECT_EQ(events.back().gap_ns, 1750 * kNsPerMs);
  EXPECT_EQ(supervisor->status().gap_ns, 1750 * kNsPerMs);
  queue_fails(kGone);
  EXPECT_EQ(wait_ms(), 250U);
  EXPECT_EQ(events.back().attempt, 1U);
}

TEST_F(SupervisorTest, TheGapBeginsWhenTheSourceLastWorked) {
  run();
  Status failure = kGone;
  failure.worked_ns = clock.now_ns;
  clock.now_ns += 60 * kNsPerMs;
  queue_fails(failure);
  EXPECT_EQ(supervisor->status().gap_ns, 60 * kNsPerMs);
  turn_to_deadline();
  all_work();
  EXPECT_EQ(events.back().gap_ns, 310 * kNsPerMs);
}

TEST_F(SupervisorTest, AFailureOfTheFutureHasNoGapYet) {
  run();
  Status failure = kGone;
  failure.worked_ns = clock.now_ns + kNsPerSecond;
  queue_fails(failure);
  EXPECT_EQ(supervisor->status().gap_ns, 0U);
}

TEST_F(SupervisorTest, WhatIsDifferentAfterARestartIsTold) {
  log.notes = {"native mode"};
  run();
  ASSERT_EQ(events.size(), 1U);
  queue_fails(kGone);
  turn_to_deadline();
  EXPECT_EQ(events.back().kind, Event::Kind::restart) << "the same is not told again";
  log.notes = {"generic mode"};
  queue_fails(kGone);
  turn_to_deadline();
  EXPECT_EQ(events.back().kind, Event::Kind::note);
  EXPECT_EQ(events.back().reason, "generic mode");
}

TEST_F(SupervisorTest, ClosesOnlyAfterEveryWorkerHasLeft) {
  run();
  QueueSlot& failed = *supervisor->slots()[0];
  QueueSlot& other = *supervisor->slots()[1];
  failed.failure = kGone;
  failed.state = QueueSlot::State::failed;
  supervisor->step();
  EXPECT_EQ(other.state, QueueSlot::State::leaving);
  EXPECT_EQ(log.closed, 0);
  EXPECT_GT(wakes, 0);
  other.state = QueueSlot::State::parked;
  supervisor->step();
  EXPECT_EQ(log.closed, 1);
}

TEST_F(SupervisorTest, AFailureThatCannotBeMendedEndsThatCapture) {
  run();
  queue_fails({Code::io, Recovery::give_up, 5, "told0", "input/output error"});
  EXPECT_TRUE(supervisor->finished());
  ASSERT_TRUE(supervisor->error().has_value());
  EXPECT_EQ(supervisor->error()->message, "input/output error");
  EXPECT_EQ(supervisor->status().state, CaptureSummary::State::failed);
}

TEST_F(SupervisorTest, EndsWhenAllQueuesHaveEnded) {
  run();
  supervisor->slots()[0]->state = QueueSlot::State::ended;
  supervisor->step();
  EXPECT_FALSE(supervisor->finished());
  supervisor->slots()[1]->state = QueueSlot::State::ended;
  supervisor->step();
  EXPECT_TRUE(supervisor->finished());
  EXPECT_FALSE(supervisor->error().has_value());
  EXPECT_EQ(log.closed, 1);
}

TEST_F(SupervisorTest, ADeviceThatComesBackWithFewerQueuesUsesThose) {
  run();
  queue_fails(kGone);
  log.queues = 1;
  turn_to_deadline();
  EXPECT_EQ(supervisor->slots()[0]->state, QueueSlot::State::open);
  EXPECT_EQ(supervisor->slots()[1]->state, QueueSlot::State::closed);
}

TEST(RestartWait, IsBoundedForAnyAttempt) {
  EXPECT_EQ(restart_wait_ns(1), 250 * kNsPerMs);
  EXPECT_EQ(restart_wait_ns(7), 16'000 * kNsPerMs);
  EXPECT_EQ(restart_wait_ns(8), 30 * kNsPerSecond);
  EXPECT_EQ(restart_wait_ns(UINT32_MAX), 30 * kNsPerSecond);
}

constexpr auto kNetlink = static_cast<LinkType>(253);

TEST_F(SupervisorTest, ALiveLinkWithoutIpIsRefusedAtTheStartAndClosed) {
  log.link_type = kNetlink;
  make();
  const Result<void> started = supervisor->start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, Code::usage);
  EXPECT_EQ(started.error().where, "told0");
  EXPECT_NE(started.error().message.find("link type 253, Linux netlink"), std::string::npos);
  EXPECT_EQ(log.closed, 1);
}

TEST_F(SupervisorTest, AFileWithoutIpIsRead) {
  log.link_type = kNetlink;
  log.realtime = false;
  make();
  EXPECT_TRUE(supervisor->start());
}

// What only other options can cure would be tried for ever.
TEST_F(SupervisorTest, AnInterfaceThatComesBackWithoutIpEndsTheCapture) {
  run();
  queue_fails(kGone);
  log.link_type = kNetlink;
  for (int i = 0; i < 10 && !supervisor->finished(); ++i) {
    clock.now_ns =
        std::max(clock.now_ns + 1, std::min(supervisor->step(), clock.now_ns + kNsPerSecond));
    for (QueueSlot* slot : supervisor->slots()) {
      if (slot->state == QueueSlot::State::leaving) slot->state = QueueSlot::State::closed;
    }
  }
  ASSERT_TRUE(supervisor->finished());
  ASSERT_TRUE(supervisor->error());
  EXPECT_EQ(supervisor->error()->code, Code::usage);
}

}  // namespace
}  // namespace weir
