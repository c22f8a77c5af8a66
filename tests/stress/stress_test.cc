#include <gtest/gtest.h>

#include <cerrno>
#include <chrono>
#include <memory>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "backends/fault/fault_backend.h"
#include "engine/core/clock.h"
#include "engine/pipeline/engine.h"
#include "tests/stress/busy_backend.h"
#include "tests/support/checking_sink.h"
#include "tests/support/leaping_clock.h"

namespace weir::testing {
namespace {

using namespace std::chrono_literals;
using backends::FaultBackend;
using backends::FaultPlan;

/// Takes its time with every snapshot, so that rings fill behind it.
class SlowSink final : public CheckingSink {
 public:
  Result<void> report(const Snapshot& snapshot) override {
    std::this_thread::sleep_for(2ms);
    if (fails_with != 0 && snapshots.size() == fails_after) {
      return fail({Code::io, Recovery::give_up, fails_with, "output", "write failed"});
    }
    return CheckingSink::report(snapshot);
  }
  int fails_with = 0;
  size_t fails_after = 3;
};

class StressTest : public ::testing::Test {
 protected:
  void add(BusyBackend::Options options) {
    captures.push_back(std::make_unique<BusyBackend>(options, truth));
  }
  void add(BusyBackend::Options options, FaultPlan plan) {
    captures.push_back(std::make_unique<FaultBackend>(std::make_unique<BusyBackend>(options, truth),
                                                      std::move(plan)));
  }
  /// Rings of the least size, ticks without pause, more threads than cores.
  static EngineConfig tight(uint32_t workers) {
    EngineConfig config;
    config.workers = workers;
    config.batch = 64;
    config.queue_depth = 300;
    config.report_depth = 256;
    config.interval_ns = kNsPerMs;
    config.max_flows = 100;  // some are untracked
    config.query.limit = 5;
    return config;
  }
  RunResult run(EngineConfig config, const Clock& clock) {
    Engine engine(std::move(config), std::move(captures), {}, clock);
    const Result<void> started = engine.start();
    EXPECT_TRUE(started) << to_string(started.error());
    return engine.run({&sink});
  }
  /// Runs until `after` has passed, and is then stopped from another thread.
  RunResult run_and_stop(EngineConfig config, const Clock& clock, std::chrono::microseconds after) {
    Engine engine(std::move(config), std::move(captures), {}, clock);
    EXPECT_TRUE(engine.start());
    std::thread stopper([&] {
      std::this_thread::sleep_for(after);
      engine.stop();
    });
    const RunResult result = engine.run({&sink});
    stopper.join();
    return result;
  }
  /// Nothing the sources handed out is missing from the account, and nobody misused them.
  void expect_exact() const {
    ASSERT_FALSE(sink.snapshots.empty());
    EXPECT_TRUE(sink.last().final);
    EXPECT_EQ(sink.last().accounting.packets.received, truth.packets.load());
    EXPECT_EQ(sink.last().accounting.packets.wire_bytes, truth.bytes.load());
    EXPECT_EQ(truth.misuses.load(), 0U);
  }

  BusyTruth truth;
  std::vector<std::unique_ptr<Backend>> captures;
  SlowSink sink;
  SystemClock system_clock;
  LeapingClock leaping_clock;
};

Status gone() {
  return {Code::device_gone, Recovery::restart_backend, 0, "busy", "it disappeared"};
}

FaultPlan failures_every(uint64_t packets, uint32_t how_often) {
  FaultPlan plan;
  for (uint32_t i = 1; i <= how_often; ++i) {
    plan.receive_failures.push_back({i * packets, gone(), 1 + i % 3});
  }
  plan.empty_percent = 20;
  plan.short_percent = 20;
  return plan;
}

TEST_F(StressTest, LosslessRingsPushBackAndLoseNothing) {
  add({.packets = 30'000});
  add({.packets = 30'000, .flows = 50});
  run(tight(6), system_clock);
  expect_exact();
  EXPECT_EQ(truth.packets.load(), 12 * 30'000U);
  EXPECT_EQ(sink.last().accounting.packets.dropped_queue, 0U);
  EXPECT_GT(sink.last().accounting.untracked, 0U);
}

TEST_F(StressTest, LiveRingsOverflowAndCountIt) {
  add({.packets = 30'000, .lossless = false});
  add({.packets = 30'000, .flows = 50, .lossless = false});
  EngineConfig config = tight(6);
  config.queue_depth = 256;
  run(std::move(config), system_clock);
  expect_exact();
  EXPECT_EQ(truth.packets.load(), 12 * 30'000U);
}

TEST_F(StressTest, RestartsDuringTrafficLoseNothing) {
  for (int i = 0; i < 3; ++i) add({.packets = 10'000}, failures_every(1'000, 8));
  run(tight(4), leaping_clock);
  expect_exact();
  EXPECT_EQ(truth.packets.load(), 12 * 10'000U);
  EXPECT_GT(sink.last().accounting.restarts, 3U);
  EXPECT_EQ(sink.count(Event::Kind::restart), sink.last().accounting.restarts);
}

TEST_F(StressTest, RestartsOfSourcesThatAreWaitedFor) {
  for (int i = 0; i < 2; ++i) {
    add({.packets = 5'000, .lossless = false, .waits = true}, failures_every(500, 8));
  }
  run(tight(4), leaping_clock);
  expect_exact();
  EXPECT_EQ(truth.packets.load(), 8 * 5'000U);
}

TEST_F(StressTest, CountIsExactHoweverManyWorkersRaceForIt) {
  for (const uint64_t count : {1U, 63U, 1'000U, 54'321U}) {
    truth.packets = truth.bytes = 0;
    captures.clear();
    SlowSink counted;
    add({.packets = 0});
    add({.packets = 0, .waits = true}, failures_every(300, 5));
    EngineConfig config = tight(5);
    config.count = count;
    Engine engine(std::move(config), std::move(captures), {}, leaping_clock);
    ASSERT_TRUE(engine.start());
    engine.run({&counted});
    EXPECT_EQ(counted.last().accounting.packets.received, count);
    EXPECT_EQ(truth.packets.load(), count);
  }
  EXPECT_EQ(truth.misuses.load(), 0U);
}

// Endless traffic, restarts, ticks, full rings: a stop at any moment ends it with an exact account.
TEST_F(StressTest, AStopAtAnyMomentIsExact) {
  std::mt19937 random(7);
  for (int round = 0; round < 30; ++round) {
    SCOPED_TRACE(round);
    truth.packets = truth.bytes = 0;
    captures.clear();
    sink.snapshots.clear();
    const bool lossless = round % 2 == 0;
    add({.lossless = lossless, .waits = round % 3 == 0}, failures_every(200, 1'000));
    add({.lossless = lossless, .symmetric = round % 4 == 0});
    EngineConfig config = tight(1 + round % 5);
    const Clock& clock = round % 5 == 0 ? static_cast<const Clock&>(system_clock) : leaping_clock;
    const RunResult result =
        run_and_stop(std::move(config), clock, std::chrono::microseconds(random() % 20'000));
    EXPECT_FALSE(result.error.has_value());
    expect_exact();
  }
}

TEST_F(StressTest, AStopBeforeTheRunEndsItAtOnce) {
  add({});
  Engine engine(tight(3), std::move(captures), {}, system_clock);
  ASSERT_TRUE(engine.start());
  engine.stop();
  engine.run({&sink});
  expect_exact();
}

TEST_F(StressTest, ManyThreadsMayStopIt) {
  add({});
  Engine engine(tight(3), std::move(captures), {}, system_clock);
  ASSERT_TRUE(engine.start());
  std::vector<std::thread> stoppers;
  for (int i = 0; i < 8; ++i) {
    stoppers.emplace_back([&] {
      std::this_thread::sleep_for(5ms);
      engine.stop();
    });
  }
  engine.run({&sink});
  for (std::thread& stopper : stoppers) stopper.join();
  expect_exact();
}

TEST_F(StressTest, AClosedPipeEndsEndlessTraffic) {
  add({}, failures_every(500, 100));
  sink.fails_with = EPIPE;
  const RunResult result = run(tight(4), leaping_clock);
  EXPECT_FALSE(result.error.has_value());
  EXPECT_EQ(sink.snapshots.size(), sink.fails_after);
  EXPECT_EQ(truth.misuses.load(), 0U);
}

TEST_F(StressTest, AFullDiskEndsTheSinkAndNotTheRun) {
  add({.packets = 20'000});
  SlowSink broken;
  broken.fails_with = ENOSPC;
  broken.fails_after = 0;
  Engine engine(tight(4), std::move(captures), {}, system_clock);
  ASSERT_TRUE(engine.start());
  const RunResult result = engine.run({&broken, &sink});
  ASSERT_TRUE(result.error.has_value());
  EXPECT_EQ(result.error->sys_errno, ENOSPC);
  expect_exact();
  EXPECT_EQ(truth.packets.load(), 4 * 20'000U);
}

TEST_F(StressTest, DurationEndsEndlessTraffic) {
  add({.lossless = false});
  EngineConfig config = tight(4);
  config.duration_ns = 50 * kNsPerMs;
  run(std::move(config), system_clock);
  expect_exact();
}

// One direction of a flow on each queue, each its own shard: one flow after the merge.
TEST_F(StressTest, DirectShardsAreMergedByKey) {
  add({.packets = 20'000, .symmetric = true});
  EngineConfig config = tight(4);
  config.max_flows = 1U << 16;
  config.query.limit = 0;
  run(std::move(config), system_clock);
  expect_exact();
  EXPECT_TRUE(sink.last().direct);
  EXPECT_EQ(sink.last().flow_count, 450U) << "500 flows, one in ten is ARP";
}

}  // namespace
}  // namespace weir::testing
