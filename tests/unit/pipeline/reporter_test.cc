#include "engine/pipeline/reporter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/checking_sink.h"
#include "tests/support/scripted_backend.h"

namespace weir {
namespace {

using testing::CheckingSink;

/// One capture, one worker and the reporter, put together by hand as the engine does it, so that a
/// test can falsify a counter between them.
class ReporterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::vector<testing::ScriptedPacket> packets;
    for (uint64_t i = 0; i < 100; ++i) {
      packets.push_back({i * kNsPerMs, testing::udp_frame(1, 2, 3, 4), 0});
    }
    CaptureOptions options;
    options.queues = 1;
    supervisor = std::make_unique<Supervisor>(
        0, std::make_unique<testing::ScriptedBackend>(std::move(packets)), options, clock, [] {},
        [](const Event&) {});
    ASSERT_TRUE(supervisor->start());
    WorkerConfig worker_config;
    worker_config.shard.capacity = kFlows;
    worker = std::make_unique<Worker>(worker_config, sides, orders, control, reporter_waker);
    worker->add_queue(slot());
    worker->set_peers({worker.get()});
  }
  QueueSlot& slot() { return *supervisor->slots()[0]; }

  /// Reads the capture to its end and reports the final snapshot.
  void run() {
    Reporter::Parts parts;
    parts.query = &query;
    parts.workers = {worker.get()};
    parts.captures = {supervisor.get()};
    parts.sinks = {&sink};
    parts.orders = &orders;
    parts.waker = &reporter_waker;
    parts.control = &control;
    Reporter reporter(config, {1, kFlows, 0, 0}, parts, true, clock);
    supervisor->release_queues();
    std::thread working([&] { worker->run(); });
    std::thread reporting([&] { reporter.run(); });
    while (!supervisor->finished()) {
      supervisor->step();
      std::this_thread::yield();
    }
    reporter.finish();
    reporting.join();
    orders.exit = true;
    worker->waker().wake();
    working.join();
  }
  size_t complaints() const {
    return static_cast<size_t>(
        std::count_if(sink.events.begin(), sink.events.end(), [](const Event& event) {
          return event.capture == "weir" &&
                 event.reason.find("law of conservation") != std::string::npos;
        }));
  }

  static constexpr uint32_t kFlows = 100;
  SystemClock clock;
  const LocalSides sides;
  WorkerOrders orders;
  QueryBox query;
  Waker control;
  Waker reporter_waker;
  EngineConfig config;
  std::unique_ptr<Supervisor> supervisor;
  std::unique_ptr<Worker> worker;
  CheckingSink sink;
};

TEST_F(ReporterTest, AnHonestAccountIsNoViolation) {
  run();
  EXPECT_EQ(sink.last().accounting.packets.received, 100U);
  EXPECT_EQ(sink.last().law_violations, 0U);
  EXPECT_EQ(complaints(), 0U);
}

// The counter of production, the event that every sink shows, and the error in tests.
TEST_F(ReporterTest, AReceivedPacketWithoutAVerdictIsSaidLoudly) {
  slot().packets.received = 1;
  run();
  EXPECT_EQ(sink.last().law_violations, 1U);
  EXPECT_EQ(complaints(), 1U);
  EXPECT_EQ(sink.take_faults().size(), 2U) << "the snapshot's own sum, and the engine's count";
}

TEST_F(ReporterTest, AParsedPacketThatNoFlowHasIsSaidLoudly) {
  slot().packets.received = 1;
  slot().packets.verdicts[static_cast<size_t>(Verdict::parsed)] = 1;
  run();
  EXPECT_EQ(sink.last().law_violations, 1U);
  EXPECT_EQ(complaints(), 1U);
  EXPECT_EQ(sink.take_faults().size(), 2U);
}

}  // namespace
}  // namespace weir
