#include "engine/pipeline/engine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <random>
#include <tuple>
#include <vector>

#include "backends/fault/fault_backend.h"
#include "engine/core/cpu.h"
#include "tests/support/checking_sink.h"
#include "tests/support/scripted_backend.h"

namespace weir {
namespace {

using testing::arp_frame;
using testing::ScriptedBackend;
using testing::ScriptedPacket;
using testing::udp_frame;

constexpr uint64_t kStart = 1'700'000'000 * kNsPerSecond;

/// Keeps and checks all it is told; `fails_with` makes it a sink that cannot write.
class KeepingSink final : public testing::CheckingSink {
 public:
  Result<void> report(const Snapshot& snapshot) override {
    (void)CheckingSink::report(snapshot);
    return answer();
  }
  Result<void> event(const Event& event) override {
    (void)CheckingSink::event(event);
    return answer();
  }

  int fails_with = 0;  ///< errno, 0: works

 private:
  Result<void> answer() const {
    if (fails_with == 0) return {};
    return fail({Code::io, Recovery::give_up, fails_with, "output", "write failed"});
  }
};

/// 90 s of packets between few hosts, bursty, partly out of order, with ARP between them.
std::vector<ScriptedPacket> mixed_packets(uint32_t count) {
  std::mt19937 random(5);
  const auto below = [&](uint32_t end) { return static_cast<uint32_t>(random() % end); };
  std::vector<ScriptedPacket> packets;
  uint64_t ts_ns = kStart + 123'456'789;
  for (uint32_t i = 0; i < count; ++i) {
    ts_ns += below(2'000) * (90ULL * kNsPerSecond / count) / 1000;
    ScriptedPacket packet;
    packet.ts_ns = ts_ns;
    if (below(50) == 0) packet.ts_ns -= below(3'000) * kNsPerMs;
    if (below(997) == 0) packet.ts_ns -= 50 * kNsPerSecond;
    if (below(20) == 0) {
      packet.bytes = arp_frame();
    } else {
      const uint32_t a = 0x0a000000 + below(12);
      const uint32_t b = 0xc6120000 + below(12);
      const bool back = below(2) == 0;
      packet.bytes = udp_frame(back ? b : a, back ? a : b, back ? 53 : 4000, back ? 4000 : 53,
                               static_cast<uint16_t>(18 + below(1000)));
    }
    packets.push_back(std::move(packet));
  }
  return packets;
}

RunResult run(std::vector<ScriptedPacket> packets, EngineConfig config, Sink& sink,
              bool lossless = true) {
  std::vector<std::unique_ptr<Backend>> captures;
  captures.push_back(std::make_unique<ScriptedBackend>(std::move(packets), lossless));
  static const SystemClock clock;
  config.hash_seed = config.hash_seed.value_or(1);
  Engine engine(std::move(config), std::move(captures), {}, clock);
  const Result<void> started = engine.start();
  EXPECT_TRUE(started) << to_string(started.error());
  return engine.run({&sink});
}

EngineConfig with(uint32_t workers, uint32_t batch, uint64_t flow_limit = 0) {
  EngineConfig config;
  config.workers = workers;
  config.batch = batch;
  config.query.limit = flow_limit;
  return config;
}

auto fields(const Traffic& traffic) {
  return std::tuple(traffic.packets, traffic.ip_bytes, traffic.wire_bytes, traffic.rate_2s,
                    traffic.rate_10s, traffic.rate_40s, traffic.rate_peak);
}

void expect_same(const Snapshot& a, const Snapshot& b) {
  EXPECT_EQ(a.time_ns, b.time_ns);
  EXPECT_EQ(a.elapsed_ns, b.elapsed_ns);
  EXPECT_EQ(a.accounting.packets.received, b.accounting.packets.received);
  EXPECT_EQ(a.accounting.packets.verdicts, b.accounting.packets.verdicts);
  EXPECT_EQ(a.accounting.packets.reasons, b.accounting.packets.reasons);
  EXPECT_EQ(a.accounting.tracked, b.accounting.tracked);
  EXPECT_EQ(a.flow_count, b.flow_count);
  EXPECT_EQ(fields(a.sent), fields(b.sent));
  EXPECT_EQ(fields(a.received), fields(b.received));
  EXPECT_EQ(fields(a.both), fields(b.both));
  ASSERT_EQ(a.flows.size(), b.flows.size());
  for (size_t i = 0; i < a.flows.size(); ++i) {
    EXPECT_EQ(a.flows[i].key, b.flows[i].key) << "row " << i;
    EXPECT_EQ(fields(a.flows[i].sent), fields(b.flows[i].sent)) << "row " << i;
    EXPECT_EQ(fields(a.flows[i].received), fields(b.flows[i].received)) << "row " << i;
    EXPECT_EQ(a.flows[i].first_ns, b.flows[i].first_ns);
    EXPECT_EQ(a.flows[i].last_ns, b.flows[i].last_ns);
  }
}

TEST(Engine, FiguresDoNotDependOnWorkersBatchOrSeed) {
  const auto packets = mixed_packets(30'000);
  KeepingSink reference;
  run(packets, with(1, 256), reference);
  EXPECT_EQ(reference.last().accounting.packets.received, packets.size());
  EXPECT_EQ(reference.last().flow_count, 144U);
  EXPECT_GT(reference.last().both.rate_2s, 0U);
  EXPECT_TRUE(reference.last().accounting.conserved());
  for (const uint32_t workers : {1U, 2U, 5U}) {
    for (const uint32_t batch : {1U, 7U, 64U, 4096U}) {
      SCOPED_TRACE(::testing::Message() << workers << " workers, batch " << batch);
      EngineConfig config = with(workers, batch);
      config.hash_seed = workers * 1000 + batch;
      KeepingSink sink;
      run(packets, std::move(config), sink);
      EXPECT_EQ(sink.last().direct, workers == 1);
      expect_same(sink.last(), reference.last());
    }
  }
}

TEST(Engine, IntermediateSnapshotsChangeNothingAndObeyTheLaw) {
  const auto packets = mixed_packets(200'000);
  KeepingSink reference;
  run(packets, with(1, 256), reference);
  for (const uint32_t workers : {1U, 3U}) {
    EngineConfig config = with(workers, 32);
    config.interval_ns = kNsPerMs;
    KeepingSink sink;
    run(packets, std::move(config), sink);
    EXPECT_GT(sink.snapshots.size(), 1U);
    for (const Snapshot& snapshot : sink.snapshots) {
      EXPECT_TRUE(snapshot.accounting.conserved());
      EXPECT_EQ(snapshot.law_violations, 0U);
    }
    expect_same(sink.last(), reference.last());
  }
}

TEST(Engine, TotalsAreExactWhateverTheTableHolds) {
  const auto packets = mixed_packets(20'000);
  KeepingSink reference;
  run(packets, with(1, 256), reference);
  EngineConfig config = with(2, 64);
  config.max_flows = 10;
  KeepingSink sink;
  run(packets, std::move(config), sink);
  const Snapshot& snapshot = sink.last();
  EXPECT_EQ(snapshot.flow_count, 10U);
  EXPECT_GT(snapshot.accounting.untracked, 0U);
  EXPECT_TRUE(snapshot.accounting.conserved());
  EXPECT_EQ(snapshot.sent.ip_bytes, reference.last().sent.ip_bytes);
  EXPECT_EQ(snapshot.received.ip_bytes, reference.last().received.ip_bytes);
  EXPECT_EQ(snapshot.both.rate_peak, reference.last().both.rate_peak);
}

TEST(Engine, CountsExactlyAsManyPacketsAsAsked) {
  const auto packets = mixed_packets(5'000);
  for (const uint32_t workers : {1U, 2U}) {
    EngineConfig config = with(workers, 100);
    config.count = 1234;
    KeepingSink sink;
    run(packets, std::move(config), sink);
    EXPECT_EQ(sink.last().accounting.packets.received, 1234U);
    EXPECT_EQ(sink.last().accounting.packets.wire_bytes, [&] {
      uint64_t bytes = 0;
      for (size_t i = 0; i < 1234; ++i) bytes += packets[i].bytes.size();
      return bytes;
    }());
  }
}

TEST(Engine, ALiveCaptureCountsWhatAFullRingLoses) {
  EngineConfig config = with(4, 4096);
  config.queue_depth = 1;  // nothing larger than one update fits
  KeepingSink sink;
  run(mixed_packets(50'000), std::move(config), sink, false);
  const Accounting& accounting = sink.last().accounting;
  EXPECT_GT(accounting.packets.dropped_queue, 0U);
  EXPECT_TRUE(accounting.conserved());
  EXPECT_EQ(accounting.missed(), accounting.packets.dropped_queue);
  EXPECT_FALSE(accounting.dropped_nic.has_value()) << "unknown is not zero";
  EXPECT_EQ(accounting.dropped_kernel, 0U);
}

// A ring that holds less than what is sent at once made a file wait for ever.
TEST(Engine, ALosslessSourceGetsThroughRingsOfAnyDepth) {
  const auto packets = mixed_packets(5'000);
  for (const uint32_t depth : {1U, 255U, 256U, 257U}) {
    EngineConfig config = with(3, 300);
    config.queue_depth = depth;
    config.report_depth = depth;
    KeepingSink sink;
    run(packets, std::move(config), sink);
    EXPECT_EQ(sink.last().accounting.packets.received, packets.size()) << "depth " << depth;
    EXPECT_EQ(sink.last().accounting.packets.dropped_queue, 0U);
  }
}

TEST(Engine, ASinkThatFailsIsNotCalledAgainAndTheRunGoesOn) {
  KeepingSink broken;
  broken.fails_with = ENOSPC;
  KeepingSink good;
  std::vector<std::unique_ptr<Backend>> captures;
  captures.push_back(std::make_unique<ScriptedBackend>(mixed_packets(100'000)));
  const SystemClock clock;
  EngineConfig config = with(1, 16);
  config.interval_ns = kNsPerMs;
  Engine engine(config, std::move(captures), {}, clock);
  ASSERT_TRUE(engine.start());
  const RunResult result = engine.run({&broken, &good});
  EXPECT_EQ(broken.snapshots.size(), 1U);
  EXPECT_EQ(good.last().accounting.packets.received, 100'000U);
  ASSERT_TRUE(result.error.has_value());
  EXPECT_EQ(result.error->sys_errno, ENOSPC);
  EXPECT_EQ(std::count_if(good.events.begin(), good.events.end(),
                          [](const Event& event) { return event.reason == "write failed"; }),
            1);
}

TEST(Engine, AClosedPipeEndsTheRunQuietly) {
  KeepingSink sink;
  sink.fails_with = EPIPE;
  EngineConfig config = with(1, 1);
  config.interval_ns = kNsPerMs;
  const RunResult result = run(mixed_packets(300'000), std::move(config), sink);
  EXPECT_FALSE(result.error.has_value());
  EXPECT_EQ(sink.snapshots.size(), 1U);
}

TEST(Engine, ACpuThatCannotBeUsedIsAnErrorAtStart) {
  std::vector<std::unique_ptr<Backend>> captures;
  captures.push_back(std::make_unique<ScriptedBackend>(mixed_packets(10)));
  const SystemClock clock;
  EngineConfig config = with(1, 1);
  config.cpus = {1000};
  Engine engine(config, std::move(captures), {}, clock);
  const Result<void> started = engine.start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, Code::usage);
}

TEST(Engine, HowWorkersWaitChangesNoFigure) {
  const auto packets = mixed_packets(20'000);
  KeepingSink expected;
  run(packets, with(2, 64), expected);
  for (const IdlePolicy idle : {IdlePolicy::yield, IdlePolicy::spin}) {
    EngineConfig config = with(2, 64);
    config.idle = idle;
    KeepingSink sink;
    const RunResult result = run(packets, config, sink);
    EXPECT_FALSE(result.error.has_value());
    expect_same(expected.last(), sink.last());
  }
}

TEST(Engine, RealTimeWorkersThatNeverSleepMustLeaveACpu) {
  EngineConfig config = with(static_cast<uint32_t>(usable_cpus().size()), 64);
  config.priority = {ThreadPriority::Kind::realtime, 1};
  config.idle = IdlePolicy::spin;
  std::vector<std::unique_ptr<Backend>> captures;
  captures.push_back(std::make_unique<ScriptedBackend>(mixed_packets(10), true));
  static const SystemClock clock;
  Engine engine(config, std::move(captures), {}, clock);
  const Result<void> started = engine.start();
  ASSERT_FALSE(started);
  if (started.error().code == Code::not_permitted) GTEST_SKIP() << "needs CAP_SYS_NICE";
  EXPECT_EQ(started.error().code, Code::usage);
}

// What a live source holds when the run is stopped was captured; no clock but the host's says when.
TEST(Engine, AStopCountsWhatALiveSourceHoldsWhateverItsClock) {
  std::vector<std::unique_ptr<Backend>> captures;
  captures.push_back(std::make_unique<ScriptedBackend>(mixed_packets(1000), false));
  static const SystemClock clock;
  Engine engine(with(1, 64), std::move(captures), {}, clock);
  ASSERT_TRUE(engine.start());
  engine.stop();
  KeepingSink sink;
  EXPECT_FALSE(engine.run({&sink}).error.has_value());
  EXPECT_EQ(sink.last().accounting.packets.received, 1000U);
}

TEST(Engine, NoPacketsIsAValidRun) {
  KeepingSink sink;
  run({}, with(2, 10), sink);
  EXPECT_EQ(sink.snapshots.size(), 1U);
  EXPECT_TRUE(sink.last().final);
  EXPECT_EQ(sink.last().elapsed_ns, 0U);
  EXPECT_TRUE(sink.last().accounting.conserved());
}

// While a capture waits to be opened again, ticks must not close the seconds it was in.
TEST(Engine, ARestartDoesNotLoseTheSecondsOfACaptureBehindTheOthers) {
  std::vector<ScriptedPacket> behind;
  for (uint64_t i = 0; i < 10; ++i) {
    behind.push_back({kStart + i * kNsPerMs, udp_frame(1, 2, 10, 20), 0});
  }
  behind.push_back({kStart + 2 * kNsPerSecond, arp_frame(), 0});
  backends::FaultPlan plan;
  plan.receive_failures.push_back(
      {5, {Code::device_gone, Recovery::restart_backend, 0, "script", "gone"}, 1});
  std::vector<std::unique_ptr<Backend>> captures;
  captures.push_back(std::make_unique<backends::FaultBackend>(
      std::make_unique<ScriptedBackend>(std::move(behind)), plan));
  captures.push_back(std::make_unique<ScriptedBackend>(mixed_packets(200'000)));
  static const SystemClock clock;
  EngineConfig config = with(1, 16);
  config.interval_ns = kNsPerMs;
  Engine engine(std::move(config), std::move(captures), {}, clock);
  ASSERT_TRUE(engine.start());
  KeepingSink sink;
  engine.run({&sink});
  const auto& flows = sink.last().flows;
  const auto row = std::find_if(flows.begin(), flows.end(),
                                [](const FlowRow& flow) { return flow.key.low_port == 10; });
  ASSERT_NE(row, flows.end());
  EXPECT_EQ(row->sent.packets, 10U);
  EXPECT_EQ(row->sent.rate_peak, 10 * (28 + 18) * 8U);
  EXPECT_EQ(sink.count(Event::Kind::restart), 1U);
  EXPECT_EQ(sink.count(Event::Kind::resumed), 1U);
  EXPECT_GE(sink.last().captures[0].gap_ns, 250 * kNsPerMs);
}

// Rates against their definition, computed here from the packets themselves.
TEST(Engine, RatesAreMeansOverPacketTime) {
  std::vector<ScriptedPacket> packets;
  for (uint64_t i = 0; i <= 600; ++i) {
    packets.push_back({kStart + i * 100 * kNsPerMs, udp_frame(1, 2, 10, 20), 0});
  }
  const uint64_t ip_bytes = 28 + 18;
  KeepingSink sink;
  run(packets, with(1, 64), sink);
  const FlowRow& row = sink.last().flows.at(0);
  EXPECT_EQ(row.sent.rate_2s, 20 * ip_bytes * 8 / 2);
  EXPECT_EQ(row.sent.rate_10s, 100 * ip_bytes * 8 / 10);
  EXPECT_EQ(row.sent.rate_40s, 400 * ip_bytes * 8 / 40);
  EXPECT_EQ(row.sent.rate_peak, 10 * ip_bytes * 8);
  EXPECT_EQ(sink.last().both.rate_40s, row.sent.rate_40s);
  EXPECT_EQ(sink.last().elapsed_ns, 60 * kNsPerSecond);
}

/// Asks for something else at the first snapshot, and stops at the answer.
class AskingSink final : public testing::CheckingSink {
 public:
  Result<void> report(const Snapshot& snapshot) override {
    (void)CheckingSink::report(snapshot);
    if (snapshot.final) return {};
    if (!asked_) {
      asked_ = true;
      asked_at = std::chrono::steady_clock::now();
      FlowQuery query;
      query.number = 7;
      query.limit = 3;
      engine->set_query(std::move(query));
    } else if (snapshot.query == 7) {
      answered_after = std::chrono::steady_clock::now() - asked_at;
      listed = snapshot.flows.size();
      engine->stop();
    }
    return {};
  }

  Engine* engine = nullptr;
  size_t listed = 0;
  std::chrono::steady_clock::time_point asked_at;
  std::chrono::steady_clock::duration answered_after{};

 private:
  bool asked_ = false;
};

TEST(Engine, AnswersANewQueryAheadOfTheTick) {
  std::vector<std::unique_ptr<Backend>> captures;
  auto backend = std::make_unique<ScriptedBackend>(mixed_packets(2'000), true);
  backend->never_end();
  captures.push_back(std::move(backend));
  static const SystemClock clock;
  EngineConfig config = with(2, 64, 10);
  config.interval_ns = kNsPerSecond;
  Engine engine(std::move(config), std::move(captures), {}, clock);
  ASSERT_TRUE(engine.start());
  AskingSink sink;
  sink.engine = &engine;
  const RunResult result = engine.run({&sink});
  EXPECT_FALSE(result.error);
  EXPECT_EQ(sink.listed, 3U);
  EXPECT_LT(sink.answered_after, std::chrono::milliseconds(600));
}

TEST(Engine, TellsOfItsQueuesAndWorkers) {
  KeepingSink sink;
  const auto packets = mixed_packets(5'000);
  run(packets, with(3, 64), sink);
  const Snapshot& last = sink.last();
  ASSERT_EQ(last.threads.size(), 3U);
  uint64_t flows = 0;
  uint64_t tracked = 0;
  for (const WorkerSummary& worker : last.threads) {
    flows += worker.flows;
    tracked += worker.tracked;
    EXPECT_GT(worker.flow_capacity, worker.flows);
    EXPECT_GT(worker.cpu_ns, 0U);
  }
  EXPECT_EQ(tracked, last.accounting.tracked);
  EXPECT_GE(flows, last.flow_count);
  uint64_t received = 0;
  for (const QueueSummary& queue : last.queues) received += queue.packets.received;
  EXPECT_EQ(received, packets.size());
  ASSERT_FALSE(last.seconds.empty());
  EXPECT_TRUE(std::is_sorted(last.seconds.begin(), last.seconds.end(),
                             [](const SecondBytes& left, const SecondBytes& right) {
                               return left.second < right.second;
                             }));
}

}  // namespace
}  // namespace weir
