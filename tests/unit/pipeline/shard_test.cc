#include "engine/pipeline/shard.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <thread>
#include <vector>

#include "engine/core/clock.h"
#include "engine/flow/hash.h"
#include "tests/unit/flow/keys.h"

namespace weir {
namespace {

using testing::v4_key;

constexpr uint64_t kStart = 1'700'000'000 * kNsPerSecond;

FlowUpdate update_of(uint32_t flow, uint64_t ts_ns, uint8_t flags = 0) {
  FlowUpdate update;
  update.flow.assign(v4_key(flow), symmetric_hash(v4_key(flow), 0));
  update.ts_ns = ts_ns;
  update.ip_bytes = 100;
  update.wire_bytes = 114;
  update.flags = flags;
  return update;
}

/// `last_ns`: of the packets before it.
FlowUpdate marker(uint64_t epoch, uint16_t producer = 0, uint64_t last_ns = UINT64_MAX) {
  FlowUpdate update;
  update.flags = FlowUpdate::marker;
  update.flow.hash = epoch;
  update.ts_ns = last_ns;
  update.producer = producer;
  return update;
}

class ShardTest : public ::testing::Test {
 protected:
  void make(uint32_t capacity, uint64_t timeout_ns = 0, uint32_t report_depth = 1U << 16,
            uint32_t producers = 1) {
    Shard::Config config;
    config.capacity = capacity;
    config.producers = producers;
    config.flow_timeout_ns = timeout_ns;
    config.report_depth = report_depth;
    shard = std::make_unique<Shard>(config, waker);
  }
  void apply(const FlowUpdate& update) { shard->apply({&update, 1}); }
  std::vector<Delta> take_all() {
    std::vector<Delta> all;
    Delta delta;
    while (shard->ring().take(&delta, 1) != 0) all.push_back(delta);
    return all;
  }
  /// Ends an epoch and returns all that was told, epoch_end last.
  std::vector<Delta> end_epoch(uint64_t epoch) {
    apply(marker(epoch));
    return finish_epoch();
  }
  std::vector<Delta> finish_epoch() {
    std::vector<Delta> all;
    for (int i = 0; i < 1000; ++i) {
      const bool more = shard->step();
      for (const Delta& delta : take_all()) all.push_back(delta);
      if (!more && !all.empty() && all.back().kind == Delta::Kind::epoch_end) break;
    }
    return all;
  }
  static uint64_t packets_in(const std::vector<Delta>& deltas) {
    uint64_t packets = 0;
    for (const Delta& delta : deltas) {
      if (delta.kind != Delta::Kind::traffic) continue;
      packets += delta.traffic.counts[0].packets + delta.traffic.counts[1].packets;
    }
    return packets;
  }

  Waker waker;
  std::unique_ptr<Shard> shard;
};

TEST_F(ShardTest, TellsEachSecondOfAFlowOnce) {
  make(10);
  for (int i = 0; i < 30; ++i)
    apply(update_of(1, kStart + i * 100 * kNsPerMs, i % 3 == 0 ? FlowUpdate::from_high : 0));
  const std::vector<Delta> told = end_epoch(1);
  ASSERT_EQ(told.size(), 5U);
  EXPECT_EQ(told[0].kind, Delta::Kind::opened);
  EXPECT_EQ(told[0].key, v4_key(1));
  for (int second = 0; second < 3; ++second) {
    const Delta& delta = told[1 + second];
    EXPECT_EQ(delta.kind, Delta::Kind::traffic);
    EXPECT_EQ(delta.traffic.second, 1'700'000'000U + second);
    EXPECT_EQ(delta.traffic.first_ns, 0U);
    EXPECT_EQ(delta.traffic.last_ns, 900'000'000U);
    EXPECT_EQ(delta.traffic.counts[0].packets + delta.traffic.counts[1].packets, 10U);
  }
  EXPECT_EQ(told[4].kind, Delta::Kind::epoch_end);
  EXPECT_EQ(shard->report().tracked, 30U);
  EXPECT_EQ(shard->report().flows, 1U);
}

TEST_F(ShardTest, PacketsThatFindTheTableFullAreUntrackedAndTold) {
  make(2);
  for (uint32_t flow = 0; flow < 5; ++flow) apply(update_of(flow, kStart));
  const std::vector<Delta> told = end_epoch(1);
  EXPECT_EQ(shard->report().tracked, 2U);
  EXPECT_EQ(shard->report().untracked, 3U);
  EXPECT_EQ(packets_in(told), 5U);
  const Delta& untracked = told[told.size() - 2];
  EXPECT_EQ(untracked.entry, Delta::kUntracked);
  EXPECT_EQ(untracked.traffic.counts[0].packets, 3U);
}

TEST_F(ShardTest, AnIdleFlowIsClosedAndItsReturnIsANewFlow) {
  make(10, 60 * kNsPerSecond);
  apply(update_of(1, kStart));
  apply(update_of(1, kStart + 61 * kNsPerSecond));
  const std::vector<Delta> told = end_epoch(1);
  std::vector<Delta::Kind> kinds;
  for (const Delta& delta : told) kinds.push_back(delta.kind);
  using Kind = Delta::Kind;
  EXPECT_EQ(kinds, (std::vector<Kind>{Kind::opened, Kind::traffic, Kind::closed, Kind::opened,
                                      Kind::traffic, Kind::epoch_end}));
  EXPECT_EQ(shard->report().flows, 1U);
}

TEST_F(ShardTest, TheEndOfAnEpochClosesIdleFlows) {
  make(10, 60 * kNsPerSecond);
  apply(update_of(1, kStart));
  end_epoch(1);
  apply(update_of(2, kStart + 61 * kNsPerSecond));
  const std::vector<Delta> told = end_epoch(2);
  const auto closed = std::count_if(told.begin(), told.end(), [](const Delta& delta) {
    return delta.kind == Delta::Kind::closed;
  });
  EXPECT_EQ(closed, 1);
  EXPECT_EQ(shard->report().flows, 1U);
}

TEST_F(ShardTest, IdleFlowsMakeRoomInAFullTable) {
  make(3, 10 * kNsPerSecond);
  for (uint32_t flow = 0; flow < 3; ++flow) apply(update_of(flow, kStart + flow * kNsPerSecond));
  apply(update_of(7, kStart + 11 * kNsPerSecond));
  end_epoch(1);
  EXPECT_EQ(shard->report().untracked, 0U);
  EXPECT_EQ(shard->report().flows, 3U) << "one flow was idle, the two others were not";
}

TEST_F(ShardTest, AnEpochEndsWhenAllProducersHaveEndedIt) {
  make(10, 0, 1U << 16, 2);
  FlowUpdate second = update_of(2, kStart);
  second.producer = 1;
  apply(update_of(1, kStart));
  apply(marker(1, 0));
  apply(update_of(1, kStart));  // belongs to the next epoch of producer 0
  apply(second);
  for (int i = 0; i < 10; ++i) shard->step();
  for (const Delta& delta : take_all()) EXPECT_NE(delta.kind, Delta::Kind::epoch_end);
  apply(marker(1, 1));
  shard->step();
  EXPECT_EQ(take_all().back().kind, Delta::Kind::epoch_end);
  EXPECT_EQ(shard->report().tracked, 2U) << "what came after the marker is not in this epoch";
}

TEST_F(ShardTest, WhatCameAfterTheEndOfAnEpochWaitsForTheNext) {
  make(10);
  apply(update_of(1, kStart + 5));
  apply(update_of(2, kStart + 5));
  apply(marker(1, 0, kStart + 5));
  apply(update_of(2, kStart + 6));  // of both epochs: told in the first, as a whole
  apply(update_of(3, kStart + 6));
  apply(update_of(4, kStart + kNsPerSecond));
  EXPECT_EQ(packets_in(finish_epoch()), 3U);
  EXPECT_EQ(shard->report().tracked, 2U);
  EXPECT_EQ(packets_in(end_epoch(2)), 2U);
  EXPECT_EQ(shard->report().tracked, 5U);
}

TEST_F(ShardTest, TheEndOfAnEpochIsTheLatestTimeOfItsProducers) {
  make(10, 0, 1U << 16, 2);
  apply(update_of(1, kStart + 9));
  apply(marker(1, 0, kStart + 9));
  apply(marker(1, 1, kStart));
  EXPECT_EQ(packets_in(finish_epoch()), 1U);
}

// Time stamps beyond 2106 count as the last second that there is, in no order within it.
TEST_F(ShardTest, AGarbledTimeStampDoesNotKeepPacketsFromTheEpoch) {
  make(10);
  apply(update_of(1, uint64_t{1} << 63 | 900));
  apply(update_of(2, (uint64_t{1} << 63) + 7 * kNsPerSecond));
  apply(marker(1, 0, (uint64_t{1} << 63) + 7 * kNsPerSecond));
  EXPECT_EQ(packets_in(finish_epoch()), 2U);
}

// Packets that found the report ring full count a second late, and still in their epoch.
TEST_F(ShardTest, SmearedPacketsAreToldInTheirEpoch) {
  make(400, 0, 300);
  for (uint32_t flow = 0; flow < 400; ++flow) apply(update_of(flow, kStart));
  for (uint32_t flow = 0; flow < 400; ++flow) apply(update_of(flow, kStart + 1));
  apply(marker(1, 0, kStart + 1));
  for (uint32_t flow = 0; flow < 400; ++flow) apply(update_of(flow, kStart + kNsPerSecond));
  const uint64_t told = packets_in(finish_epoch());
  EXPECT_GT(shard->report().smeared, 0U);
  EXPECT_GE(told, 800U);
  apply(marker(2, 0, kStart + kNsPerSecond));
  EXPECT_EQ(told + packets_in(finish_epoch()), 1200U);
  apply(marker(3, 0, kStart + kNsPerSecond));
  for (uint32_t flow = 0; flow < 10; ++flow) apply(update_of(flow, kStart + 2 * kNsPerSecond));
  EXPECT_EQ(packets_in(finish_epoch()), 0U) << "they are like any flow again";
}

TEST_F(ShardTest, PublishingLeavesHalfOfTheReportRingToPacketsForAWhile) {
  Shard::Config config;
  config.capacity = 4000;
  config.lossless = true;
  config.report_depth = 4096;
  config.patience = 100;
  shard = std::make_unique<Shard>(config, waker);
  for (uint32_t flow = 0; flow < 2500; ++flow) apply(update_of(flow, kStart));
  const size_t told_of_opening = shard->ring().waiting();
  ASSERT_GT(told_of_opening, 2048U);
  apply(marker(1));
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(shard->step());
  EXPECT_EQ(shard->ring().waiting(), told_of_opening);
  // Its patience is over: it takes what there is, and would wait for more.
  std::thread worker([&] {
    while (shard->step()) {
    }
  });
  std::vector<Delta> told;
  while (told.empty() || told.back().kind != Delta::Kind::epoch_end) {
    for (const Delta& delta : take_all()) told.push_back(delta);
  }
  worker.join();
  EXPECT_EQ(packets_in(told), 2500U);
}

// Packets that keep the ring full do not keep an epoch from ending.
TEST_F(ShardTest, PacketsDoNotPutOffTheEndOfAnEpochForEver) {
  Shard::Config config;
  config.capacity = 4000;
  config.report_depth = 1024;
  config.patience = 10;
  shard = std::make_unique<Shard>(config, waker);
  for (uint32_t flow = 0; flow < 4000; ++flow) {
    apply(update_of(flow, kStart));
    if (flow % 256 == 255) take_all();
  }
  bool ended = false;
  Delta delta;
  for (int round = 1; round < 1000 && !ended; ++round) {
    // More than is taken out, every packet of another second: the ring is never half empty.
    for (uint32_t flow = 0; flow < 1000; ++flow) {
      apply(update_of(flow, kStart + round * kNsPerSecond));
    }
    if (round == 5) apply(marker(1));
    for (int taken = 0; taken < 256 && shard->ring().take(&delta, 1) != 0; ++taken) {
      ended |= delta.kind == Delta::Kind::epoch_end;
    }
    shard->step();
  }
  EXPECT_TRUE(ended);
}

// A live capture whose reporter does not keep up: every packet is still told, later.
TEST_F(ShardTest, AFullReportRingLosesNothing) {
  make(100, 0, 300);
  uint64_t sent = 0;
  for (int second = 0; second < 200; ++second) {
    for (uint32_t flow = 0; flow < 50; ++flow) {
      apply(update_of(flow, kStart + second * kNsPerSecond));
      ++sent;
    }
  }
  const std::vector<Delta> told = end_epoch(1);
  EXPECT_EQ(packets_in(told), sent);
  EXPECT_EQ(shard->report().tracked + shard->report().untracked, sent);
  EXPECT_GT(shard->report().smeared, 0U);
}

TEST_F(ShardTest, CountersOf32BitsDoNotWrap) {
  make(10);
  uint64_t bytes = 0;
  for (int i = 0; i < 100; ++i) {
    FlowUpdate update = update_of(1, kStart);
    update.ip_bytes = update.wire_bytes = 200'000'000;
    bytes += update.ip_bytes;
    apply(update);
  }
  uint64_t told_bytes = 0;
  for (const Delta& delta : end_epoch(1)) {
    if (delta.kind == Delta::Kind::traffic) told_bytes += delta.traffic.counts[0].ip_bytes;
  }
  EXPECT_EQ(told_bytes, bytes);
}

}  // namespace
}  // namespace weir
