#include <gtest/gtest.h>

#include "engine/core/clock.h"
#include "engine/pipeline/merger.h"
#include "tests/unit/flow/keys.h"

namespace weir {
namespace {

using testing::v4_key;

constexpr uint32_t kSecond = 1'700'000'000;
constexpr uint64_t kStart = kSecond * kNsPerSecond;

Delta opened(uint32_t entry, const FlowKey& key) {
  Delta delta;
  delta.kind = Delta::Kind::opened;
  delta.entry = entry;
  delta.key = key;
  return delta;
}

Delta traffic(uint32_t entry, uint32_t second, uint32_t sent, uint32_t received) {
  Delta delta;
  delta.kind = Delta::Kind::traffic;
  delta.entry = entry;
  delta.traffic = {second, 0, 0, {SlotCounts{1, sent, sent}, SlotCounts{1, received, received}}, 0};
  return delta;
}

TEST(MergerPeaks, LiveAPeakThatWasShownStays) {
  Merger merger({.shards = 1, .shard_capacity = 10, .live = true});
  merger.apply(0, opened(0, v4_key(1)));
  for (uint32_t second = 0; second < 3; ++second) {
    merger.apply(0, traffic(0, kSecond + second, 300, 0));
  }
  for (const uint64_t seconds : {2, 9}) {
    merger.complete();
    Snapshot snapshot;
    merger.fill(snapshot, kStart, kStart + seconds * kNsPerSecond, {.limit = 0});
    EXPECT_EQ(snapshot.flows[0].sent.rate_peak, 900U * 8 / 2) << seconds;
    EXPECT_EQ(snapshot.both.rate_peak, 900U * 8 / 2) << seconds;
  }
}

TEST(MergerPeaks, TheListByPeaksIsSortedByWhatItShows) {
  Merger merger({.shards = 1, .shard_capacity = 10});
  merger.apply(0, opened(0, v4_key(1)));
  merger.apply(0, opened(1, v4_key(2)));
  for (uint32_t second = 0; second < 3; ++second) {
    Delta delta = traffic(0, kSecond + second, 300, 0);
    if (second == 0) delta.traffic.first_ns = delta.traffic.last_ns = 1000;
    merger.apply(0, delta);
  }
  merger.apply(0, traffic(1, kSecond, 400, 0));
  merger.complete();
  Snapshot snapshot;
  merger.fill(snapshot, kStart - kNsPerSecond, kStart + 2 * kNsPerSecond,
              {.order = FlowOrder::peak, .limit = 1});
  ASSERT_EQ(snapshot.flows.size(), 1U);
  EXPECT_EQ(snapshot.flows[0].key, v4_key(1));
  EXPECT_EQ(snapshot.flows[0].sent.rate_peak, 450U * 8);
}

// Packets of one second in two parts, with all that a memory limit may do in between.
TEST(MergerPeaks, ALatePacketCountsInItsSecondAsLongAsThatIsKept) {
  for (const uint32_t late_by : {50U, 3600U, 86'400U}) {
    for (const size_t keep : {size_t{1} << 30, size_t{0}}) {
      Merger merger({.shards = 1, .shard_capacity = 10});
      merger.apply(0, opened(0, v4_key(1)));
      merger.apply(0, traffic(0, kSecond, 500, 10));
      merger.apply(0, traffic(0, kSecond + late_by, 100, 0));
      const uint64_t now = kStart + late_by * kNsPerSecond;
      merger.complete();
      merger.forget(now, now, keep);
      merger.apply(0, traffic(0, kSecond, 600, 10));
      merger.apply(0, traffic(0, kSecond, 100, 0));
      merger.complete();
      Snapshot snapshot;
      merger.fill(snapshot, kStart, now, {.limit = 0});
      EXPECT_EQ(snapshot.flows[0].sent.rate_peak, (keep == 0 ? 700U : 1200U) * 8) << late_by;
      EXPECT_EQ(snapshot.sent.rate_peak, 1200U * 8) << "sums of all flows are kept longer";
      EXPECT_EQ(snapshot.both.rate_peak, 1220U * 8);
      EXPECT_EQ(snapshot.late_packets, keep == 0 ? 4U : 0U);
    }
  }
}

}  // namespace
}  // namespace weir
