#include "engine/pipeline/shard.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <thread>
#include <tuple>
#include <utility>
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
    shard = std::make_unique<Shard>(config, sides, waker);
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

  LocalSides sides;
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

constexpr uint8_t kSyn = 2;
constexpr uint8_t kAck = 16;

TEST_F(ShardTest, AFlowIsOpenedWithItsLocalSideAndTheRuleThatToldIt) {
  LocalSide::Config config;  // the keys' high ends are 198.0.0.0
  config.given = {{{198}, 4, 8}};
  sides.set(0, std::make_shared<const LocalSide>(config));
  make(10);
  apply(update_of(1, kStart));
  std::vector<Delta> told = end_epoch(1);
  EXPECT_EQ(told[0].rule, SideRule::given);
  EXPECT_EQ(told[0].flags, Delta::shown_high);
  sides.set(0, std::make_shared<const LocalSide>());
  apply(update_of(2, kStart));
  EXPECT_EQ(end_epoch(2)[0].rule, SideRule::given) << "until it looks";
  shard->refresh_sides();
  apply(update_of(3, kStart, FlowUpdate::link_received));
  told = end_epoch(3);
  EXPECT_EQ(told[0].rule, SideRule::link);
  EXPECT_EQ(told[0].flags, Delta::shown_high);
  apply(update_of(10, kStart));
  told = end_epoch(4);
  EXPECT_EQ(told[0].rule, SideRule::private_range) << "10.0.0.0";
  EXPECT_EQ(told[0].flags, 0);
}

TEST_F(ShardTest, TheFirstPacketOfAnOpenedFlowTellsWhoSpoke) {
  make(10);
  for (const auto& [flags, tcp_flags, high] : {std::tuple{0, 0, false},
                                               {1, 0, true},
                                               {0, kSyn, false},
                                               {1, kSyn, true},
                                               {0, kSyn | kAck, true},
                                               {1, kSyn | kAck, false},
                                               {1, int{kAck}, true}}) {
    const auto flow = static_cast<uint32_t>(1 + flags + 2 * tcp_flags + 100);
    FlowUpdate update = update_of(flow, kStart, static_cast<uint8_t>(flags));
    update.tcp_flags = static_cast<uint8_t>(tcp_flags);
    apply(update);
    const std::vector<Delta> told = end_epoch(flow);
    EXPECT_EQ(told[0].rule, SideRule::spoke_first);
    EXPECT_EQ(told[0].flags != 0, high) << flags << " " << tcp_flags;
  }
}

TEST_F(ShardTest, TellsTheEarliestPacketOfASecondAndItsSender) {
  make(10);
  const auto first_of = [&](std::vector<std::pair<uint64_t, uint8_t>> packets, uint32_t flow) {
    for (const auto& [offset_ns, flags] : packets) {
      apply(update_of(flow, kStart + offset_ns, flags));
    }
    const Delta delta = end_epoch(flow)[1];
    return std::pair(delta.traffic.first_ns, (delta.flags & Delta::first_high) != 0);
  };
  constexpr uint8_t kHigh = FlowUpdate::from_high;
  EXPECT_EQ(first_of({{5, 0}, {7, kHigh}}, 1), std::pair(5U, false));
  EXPECT_EQ(first_of({{7, 0}, {5, kHigh}}, 2), std::pair(5U, true));
  EXPECT_EQ(first_of({{5, kHigh}, {5, 0}}, 3), std::pair(5U, false));
  EXPECT_EQ(first_of({{999'999'999, kHigh}}, 4), std::pair(999'999'999U, true));
}

TEST_F(ShardTest, TellsTheBestHandshakeOfASecond) {
  make(10);
  struct Packet {
    uint64_t offset_ns;
    uint8_t flags;
    int tcp_flags;
  };
  const auto handshake_of = [&](const std::vector<Packet>& packets, uint32_t flow) {
    for (const Packet& packet : packets) {
      FlowUpdate update = update_of(flow, kStart + packet.offset_ns, packet.flags);
      update.tcp_flags = static_cast<uint8_t>(packet.tcp_flags);
      apply(update);
    }
    return end_epoch(flow)[1].traffic.handshake;
  };
  constexpr uint8_t kHigh = FlowUpdate::from_high;
  const auto best = [](bool answer, uint32_t offset_ns, bool high) {
    return FlowEntry::handshake_of(answer, offset_ns, high);
  };
  EXPECT_EQ(handshake_of({{1, 0, kAck}, {2, kHigh, kAck}}, 1), 0U);
  EXPECT_EQ(handshake_of({{1, 0, kAck}, {9, kHigh, kSyn}}, 2), best(false, 9, true));
  EXPECT_EQ(handshake_of({{9, kHigh, kSyn}, {3, kHigh, kSyn | kAck}}, 3), best(false, 9, true));
  EXPECT_EQ(handshake_of({{3, kHigh, kSyn | kAck}}, 4), best(true, 3, false));
  EXPECT_EQ(handshake_of({{9, 0, kSyn}, {8, kHigh, kSyn}}, 5), best(false, 8, true));
  EXPECT_EQ(handshake_of({{8, kHigh, kSyn}, {8, 0, kSyn}}, 6), best(false, 8, false));
  EXPECT_GT(best(false, 999'999'999, true), best(true, 0, false));
  EXPECT_GT(best(true, 999'999'999, true), 0U);
}

TEST_F(ShardTest, UntrackedPacketsHaveTheSidesOfTheirOwnAddresses) {
  make(1);
  apply(update_of(1, kStart));
  apply(update_of(2, kStart, FlowUpdate::from_high));                          // the low end's
  apply(update_of(10, kStart, FlowUpdate::from_high));                         // 10.0.0.0's
  apply(update_of(3, kStart, FlowUpdate::from_high | FlowUpdate::link_sent));  // the high end's
  const std::vector<Delta> told = end_epoch(1);
  const Delta& untracked = told[told.size() - 2];
  ASSERT_EQ(untracked.entry, Delta::kUntracked);
  EXPECT_EQ(untracked.traffic.counts[0].packets, 1U) << "sent";
  EXPECT_EQ(untracked.traffic.counts[1].packets, 2U) << "received";
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
  shard = std::make_unique<Shard>(config, sides, waker);
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
  shard = std::make_unique<Shard>(config, sides, waker);
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
