#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <memory>
#include <utility>
#include <vector>

#include "tests/property/engine_run.h"
#include "tests/property/model.h"
#include "tests/property/traffic.h"
#include "tests/support/checking_sink.h"
#include "tests/support/scripted_backend.h"
#include "tests/support/snapshot_text.h"

namespace weir::testing {
namespace {

using Packets = std::vector<ScriptedPacket>;

/// Everything about a run that may not change its figures.
struct Spread {
  uint32_t workers = 1;
  uint32_t batch = 256;
  uint32_t queue_depth = 8192;
  uint32_t report_depth = 1U << 16;
  uint64_t hash_seed = 1;
  bool ticks = false;
  std::vector<uint32_t> turns;  ///< empty: whichever queue asks first
  uint32_t turn_packets = 1;
};

void showValue(const Spread& spread, std::ostream& out) {
  out << spread.workers << " workers, batch " << spread.batch << ", ring " << spread.queue_depth
      << ", report ring " << spread.report_depth << ", seed " << spread.hash_seed
      << (spread.ticks ? ", ticks" : "") << ", " << spread.turns.size() << " turns of "
      << spread.turn_packets;
}

Spread any_spread(uint32_t workers) {
  Spread spread;
  spread.workers = workers;
  spread.batch = *rc::gen::elementOf(std::vector<uint32_t>{1, 3, 17, 256, 4096});
  spread.queue_depth = *rc::gen::elementOf(std::vector<uint32_t>{1, 8, 300, 8192});
  spread.report_depth = *rc::gen::elementOf(std::vector<uint32_t>{1, 40, 1U << 16});
  spread.hash_seed = *rc::gen::arbitrary<uint64_t>();
  spread.ticks = *rc::gen::arbitrary<bool>();
  spread.turns = *rc::gen::container<std::vector<uint32_t>>(rc::gen::inRange<uint32_t>(0, 10));
  spread.turn_packets = *rc::gen::inRange<uint32_t>(8, 80);
  return spread;
}

EngineConfig config_of(const Spread& spread) {
  EngineConfig config;
  config.workers = spread.workers;
  config.batch = spread.batch;
  config.queue_depth = spread.queue_depth;
  config.report_depth = spread.report_depth;
  config.hash_seed = spread.hash_seed;
  config.max_flows = 4096;  // more than there are, and quick to set up
  config.interval_ns = spread.ticks ? 1 : 0;
  config.local_networks = ten_slash_eight();
  return config;
}

std::vector<std::unique_ptr<Backend>> captures_of(const std::vector<Packets>& captures,
                                                  const Spread& spread, bool lossless = true) {
  std::vector<std::unique_ptr<Backend>> backends;
  for (const Packets& packets : captures) {
    auto backend = std::make_unique<ScriptedBackend>(packets, lossless);
    if (!spread.turns.empty()) backend->take_turns(spread.turns, spread.turn_packets);
    backends.push_back(std::move(backend));
  }
  return backends;
}

/// One to three captures: with more than one there are more queues than workers.
std::vector<Packets> any_captures(TrafficShape shape) {
  std::vector<Packets> captures;
  const auto count = *rc::gen::inRange<uint32_t>(1, 4);
  for (uint32_t i = 0; i < count; ++i) {
    captures.push_back(frames_of(*traffic_steps(shape), *rc::gen::inRange<uint32_t>(1, 8)));
  }
  return captures;
}

Snapshot expected_of(const std::vector<Packets>& captures, uint64_t timeout_ns = 0,
                     size_t capacity = SIZE_MAX) {
  Model model({timeout_ns, capacity, ten_slash_eight()});
  for (const Packets& packets : captures) model.add_capture(packets);
  return model.final_snapshot();
}

// 1 = 2 = 5 workers, any batch, any ring, any seed, with ticks and without: every figure is the one
// that the definition gives.
RC_GTEST_PROP(EngineProperty, EveryFigureIsTheDefinitionsForAnyWorkersAndBatch, ()) {
  const std::vector<Packets> captures = any_captures({});
  const std::vector<std::string> expected = figures_of(expected_of(captures));
  for (const uint32_t workers : {1U, 2U, 5U}) {
    const Spread spread = any_spread(workers);
    RC_LOG() << rc::toString(spread) << '\n';
    CheckingSink sink;
    run_engine(config_of(spread), captures_of(captures, spread), sink);
    RC_ASSERT(sink.faults().empty());
    RC_ASSERT(sink.last().final);
    expect_none(difference(figures_of(sink.last()), expected));
  }
}

// With a full table which flows found room depends on the number of shards, and with it the sides
// of those that go by who spoke first; what may not: sums over both sides, peaks of all, the law.
// One worker's table is exact: who comes first is tracked.
RC_GTEST_PROP(EngineProperty, AFullTableLosesNoPacketAndNoByte, ()) {
  const std::vector<Packets> captures{
      frames_of(*traffic_steps({200, false}), *rc::gen::inRange<uint32_t>(1, 8))};
  const auto capacity = *rc::gen::inRange<uint32_t>(1, 20);
  const Snapshot exact = expected_of(captures, 0, capacity);
  for (const uint32_t workers : {1U, 2U, 5U}) {
    const Spread spread = any_spread(workers);
    RC_LOG() << rc::toString(spread) << '\n';
    EngineConfig config = config_of(spread);
    config.max_flows = capacity;
    CheckingSink sink;
    run_engine(std::move(config), captures_of(captures, spread), sink);
    RC_ASSERT(sink.faults().empty());
    const Snapshot& found = sink.last();
    if (workers == 1) {
      expect_none(difference(figures_of(found), figures_of(exact)));
      continue;
    }
    RC_ASSERT(text_of(found.accounting.packets) == text_of(exact.accounting.packets));
    RC_ASSERT(found.both.ip_bytes == exact.both.ip_bytes);
    RC_ASSERT(found.both.wire_bytes == exact.both.wire_bytes);
    // What found no room is one flow for the shares of a window, so the 2-second mean may differ.
    if (exact.both.rate_peak > exact.both.rate_2s) {
      RC_ASSERT(found.both.rate_peak == exact.both.rate_peak ||
                found.both.rate_peak == found.both.rate_2s);
    }
    RC_ASSERT(found.flow_count <= (capacity + workers - 1) / workers * workers);
  }
}

// Expiry goes by packet time: the engine of one worker against the model, for any order of time
// stamps, with a table that is large enough and with one that has to be swept.
RC_GTEST_PROP(EngineProperty, IdleFlowsEndAsTheModelEndsThem, ()) {
  const std::vector<Packets> captures{
      frames_of(*traffic_steps({40, false}), *rc::gen::inRange<uint32_t>(1, 20))};
  const auto timeout_ns = *rc::gen::inRange<uint64_t>(1, 60 * kNsPerSecond);
  const auto capacity = *rc::gen::elementOf(std::vector<uint32_t>{1, 3, 10, 1000});
  Spread spread = any_spread(1);
  // A tick ends idle flows earlier than their next packet would; in between a packet from the past
  // may come. So it is exact without ticks, and with them for ordered traffic, see below.
  spread.ticks = false;
  RC_LOG() << rc::toString(spread) << '\n';
  EngineConfig config = config_of(spread);
  config.max_flows = capacity;
  config.flow_timeout_ns = timeout_ns;
  CheckingSink sink;
  run_engine(std::move(config), captures_of(captures, spread), sink);
  RC_ASSERT(sink.faults().empty());
  const Snapshot exact = expected_of(captures, timeout_ns, capacity);
  expect_none(difference(figures_of(sink.last()), figures_of(exact)));
}

/// The last snapshot of a run with a flow time-out of a second.
Snapshot after_a_second_idle(const std::vector<TrafficStep>& steps) {
  const std::vector<Packets> captures{frames_of(steps, 1)};
  const Spread spread;
  EngineConfig config = config_of(spread);
  config.flow_timeout_ns = kNsPerSecond;
  CheckingSink sink;
  run_engine(std::move(config), captures_of(captures, spread), sink);
  const Snapshot exact = expected_of(captures, kNsPerSecond);
  EXPECT_EQ(difference(figures_of(sink.last()), figures_of(exact)), "");
  return sink.last();
}

TEST(IdleFlows, EndByTheTimeOfAPacketOfNoFlow) {
  const TrafficStep arp_two_seconds_later{0, 10, 12, 2, false};
  const Snapshot last = after_a_second_idle({TrafficStep{}, arp_two_seconds_later});
  EXPECT_EQ(last.flow_count, 0U);
  EXPECT_EQ(last.expired_flows, 1U);
}

// Two in one second, which is counted quickly, and then one in another, which is not.
TEST(IdleFlows, DoNotEndByAPacketOutOfOrder) {
  const TrafficStep other_after_two_seconds{1, 0, 12, 2, false};
  const TrafficStep two_seconds_back{0, 0, 14, 70, false};
  const TrafficStep three_seconds_back{0, 0, 14, 107, false};
  const Snapshot last =
      after_a_second_idle({TrafficStep{}, other_after_two_seconds, two_seconds_back,
                           two_seconds_back, three_seconds_back, two_seconds_back});
  EXPECT_EQ(last.expired_flows, 1U);
}

RC_GTEST_PROP(EngineProperty, TicksChangeNothingAboutIdleFlowsOfOrderedTraffic, ()) {
  const std::vector<Packets> captures{
      frames_of(*traffic_steps({40, true}), *rc::gen::inRange<uint32_t>(1, 20))};
  const auto timeout_ns = *rc::gen::inRange<uint64_t>(1, 60 * kNsPerSecond);
  Spread spread = any_spread(1);
  spread.ticks = true;
  EngineConfig config = config_of(spread);
  config.flow_timeout_ns = timeout_ns;
  CheckingSink sink;
  run_engine(std::move(config), captures_of(captures, spread), sink);
  RC_ASSERT(sink.faults().empty());
  expect_none(difference(figures_of(sink.last()), figures_of(expected_of(captures, timeout_ns))));
}

RC_GTEST_PROP(EngineProperty, CountEndsAfterExactlySoManyPackets, ()) {
  const std::vector<Packets> captures = any_captures({});
  uint64_t there = 0;
  for (const Packets& packets : captures) there += packets.size();
  const auto count = *rc::gen::inRange<uint64_t>(1, 300);
  const Spread spread = any_spread(*rc::gen::elementOf(std::vector<uint32_t>{1, 2, 5}));
  EngineConfig config = config_of(spread);
  config.count = count;
  CheckingSink sink;
  run_engine(std::move(config), captures_of(captures, spread), sink);
  RC_ASSERT(sink.faults().empty());
  RC_ASSERT(sink.last().accounting.packets.received == std::min(count, there));
}

RC_GTEST_PROP(EngineProperty, ALiveCaptureCountsWhatItsRingsLose, ()) {
  const std::vector<Packets> captures = any_captures({});
  const Spread spread = any_spread(*rc::gen::elementOf(std::vector<uint32_t>{1, 2, 5}));
  CheckingSink sink;
  run_engine(config_of(spread), captures_of(captures, spread, false), sink);
  RC_ASSERT(sink.faults().empty());
  const Snapshot exact = expected_of(captures);
  const Accounting& account = sink.last().accounting;
  RC_ASSERT(account.packets.received == exact.accounting.packets.received);
  RC_ASSERT(account.packets.verdicts == exact.accounting.packets.verdicts);
  RC_ASSERT(account.tracked + account.untracked + account.packets.dropped_queue ==
            exact.accounting.tracked);
}

}  // namespace
}  // namespace weir::testing
