// After its warm-up a worker asks for no memory, however many packets come.

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "backends/registry.h"
#include "engine/core/clock.h"
#include "engine/core/large_array.h"
#include "engine/pipeline/engine.h"
#include "tests/stress/counted_allocations.h"
#include "tests/support/checking_sink.h"

namespace weir::testing {
namespace {

/// What the workers asked for between their warm-up and the end of their queue, and where they got
/// to; written at the end of each queue.
struct WorkerAllocations {
  std::atomic<uint64_t> after_warm_up{0};
  std::atomic<uint64_t> before{0};
  std::atomic<uint64_t> packets{0};  ///< after the warm-up
};

struct Watch {
  uint64_t warm_up = 0;         ///< packets a queue
  bool asymmetric = false;      ///< as if the two ways of a flow came by different queues
  uint64_t allocate_every = 0;  ///< batches: the source itself asks for memory; 0: never
};

/// Frees what the compiler must not leave out.
void free_seen(void* memory) {
  asm volatile("" : : "r"(memory) : "memory");
  std::free(memory);
}

/// Reads the counter of the worker that calls receive(), which is the worker's own thread.
class WatchingQueue final : public CaptureQueue {
 public:
  WatchingQueue(CaptureQueue& inner, const Watch& watch, WorkerAllocations& seen)
      : inner_(inner), watch_(watch), seen_(seen) {}

  Result<PacketBatch> receive(uint32_t max_packets) override {
    const uint64_t so_far = allocations_of_this_thread();
    if (packets_ < watch_.warm_up) warmed_up_at_ = so_far;
    ++batches_;
    if (watch_.allocate_every != 0 && batches_ % watch_.allocate_every == 0) allocate();
    Result<PacketBatch> batch = inner_.receive(max_packets);
    packets_ += batch ? batch->packets().size() : 0;
    if (batch && batch->state() == PacketBatch::State::end) {
      seen_.after_warm_up += so_far - warmed_up_at_;
      seen_.before += warmed_up_at_;
      seen_.packets += packets_ - watch_.warm_up;
    }
    return batch;
  }
  int wait_fd() const noexcept override { return inner_.wait_fd(); }
  DropCounts drops() noexcept override { return inner_.drops(); }
  void release(uint64_t token) noexcept override { inner_.release(token); }

 private:
  /// One way after the other, so that each is shown to be counted.
  void allocate() {
    switch (batches_ / watch_.allocate_every % 3) {
      case 0: kept_ = std::make_unique<std::vector<uint8_t>>(100); break;
      case 1: free_seen(std::malloc(100)); break;
      default: {
        void* memory =
            mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory != MAP_FAILED) munmap(memory, 4096);
      }
    }
  }

  CaptureQueue& inner_;
  const Watch watch_;
  WorkerAllocations& seen_;
  uint64_t packets_ = 0;
  uint64_t batches_ = 0;
  uint64_t warmed_up_at_ = 0;
  std::unique_ptr<std::vector<uint8_t>> kept_;
};

class WatchingBackend final : public Backend {
 public:
  WatchingBackend(std::unique_ptr<Backend> inner, Watch watch, WorkerAllocations& seen)
      : inner_(std::move(inner)), watch_(watch), seen_(seen) {}

  std::string name() const override { return inner_->name(); }
  Result<CaptureInfo> open(const CaptureOptions& options) override {
    Result<CaptureInfo> info = inner_->open(options);
    if (!info) return info;
    if (watch_.asymmetric) info->symmetric = false;
    for (uint32_t i = 0; i < info->queues; ++i) {
      queues_.push_back(std::make_unique<WatchingQueue>(inner_->queue(i), watch_, seen_));
    }
    return info;
  }
  CaptureQueue& queue(uint32_t index) override { return *queues_[index]; }
  void close() noexcept override {
    queues_.clear();
    inner_->close();
  }

 private:
  std::unique_ptr<Backend> inner_;
  const Watch watch_;
  WorkerAllocations& seen_;
  std::vector<std::unique_ptr<CaptureQueue>> queues_;
};

constexpr uint64_t kPackets = 4'000'000;
constexpr uint32_t kFlows = 20'000;
/// A queue's; every flow has been seen several times then, each way.
constexpr uint64_t kWarmUp = 300'000;

class AllocationTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!allocations_are_counted()) GTEST_SKIP() << "a sanitizer is in malloc's place";
  }

  /// Four seconds of packet time in all, with ticks, so that deltas, epochs and snapshots are
  /// there.
  void run(uint32_t workers, Watch watch, uint32_t ring_depth) {
    backends::SyntheticOptions link;
    link.packets = kPackets;
    link.flows = kFlows;
    link.gap_ns = 1000;
    EngineConfig config;
    config.workers = workers;
    config.max_flows = uint64_t{kFlows} * 4;
    config.interval_ns = 20 * kNsPerMs;
    config.queue_depth = config.report_depth = ring_depth;
    watch.warm_up = kWarmUp;
    std::vector<std::unique_ptr<Backend>> captures;
    captures.push_back(
        std::make_unique<WatchingBackend>(backends::make_synthetic(link), watch, seen));
    const SystemClock clock;
    Engine engine(config, std::move(captures), {}, clock);
    ASSERT_TRUE(engine.start());
    CheckingSink sink;
    engine.run({&sink});
    EXPECT_EQ(sink.last().accounting.packets.received, kPackets);
    EXPECT_EQ(sink.last().flow_count, kFlows);
    EXPECT_EQ(sink.last().direct, workers == 1 || !watch.asymmetric);
    EXPECT_EQ(seen.packets, kPackets - workers * kWarmUp);
    RecordProperty("before", std::to_string(seen.before));
    RecordProperty("after", std::to_string(seen.after_warm_up));
  }

  /// Room for so many is made when a ring is (BoundedRing): it can never need more.
  static constexpr uint32_t kRoomFromTheStart = 1024;

  WorkerAllocations seen;
};

TEST_F(AllocationTest, NoneByOneWorkerThatIsItsOwnShard) {
  run(1, {}, kRoomFromTheStart);
  EXPECT_EQ(seen.after_warm_up, 0U);
}

TEST_F(AllocationTest, NoneByTwoWorkersThatAreTheirOwnShards) {
  run(2, {}, kRoomFromTheStart);
  EXPECT_EQ(seen.after_warm_up, 0U);
}

TEST_F(AllocationTest, NoneByWorkersThatSendToOneAnother) {
  run(2, {.asymmetric = true}, kRoomFromTheStart);
  EXPECT_EQ(seen.after_warm_up, 0U);
}

/// A deeper ring makes its room when it first is as full as that, which may be late. It is made in
/// blocks of 32 items, up to the depth and once, so its number does not grow with the packets.
TEST_F(AllocationTest, DeepRingsMakeTheirRoomOnce) {
  constexpr uint32_t kDepth = 1U << 14;
  run(2, {.asymmetric = true}, kDepth);
  constexpr uint64_t kRings = 2 * 2 + 2;  // a producer of each worker's ring; report rings
  EXPECT_LE(seen.before + seen.after_warm_up, kRings * kDepth / 32 + 100);
}

TEST_F(AllocationTest, WhatAsksForMemoryIsCounted) {
  run(2, {.allocate_every = 10}, kRoomFromTheStart);
  const uint64_t batches = (kPackets - 2 * kWarmUp) / 256;
  EXPECT_GE(seen.after_warm_up, batches / 10 - 10);
}

TEST_F(AllocationTest, EachWayToAskIsCounted) {
  const auto counted = [](auto&& ask) {
    const uint64_t before = allocations_of_this_thread();
    ask();
    return allocations_of_this_thread() - before;
  };
  const std::align_val_t line{64};
  EXPECT_EQ(counted([] {}), 0U);
  EXPECT_EQ(counted([] { ::operator delete(::operator new(100)); }), 1U);
  EXPECT_EQ(counted([&] { ::operator delete(::operator new(128, line), line); }), 1U);
  EXPECT_EQ(counted([] { free_seen(std::malloc(15)); }), 1U);
  EXPECT_EQ(counted([] { free_seen(std::calloc(3, 5)); }), 1U);
  EXPECT_EQ(counted([] { free_seen(std::realloc(nullptr, 1000)); }), 1U);
  EXPECT_EQ(counted([] { free_seen(std::aligned_alloc(64, 128)); }), 1U);
  EXPECT_EQ(counted([] { LargeArray<uint64_t> array(100); }), 1U);
}

}  // namespace
}  // namespace weir::testing
