#include "engine/pipeline/merger.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/core/clock.h"
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

Delta closed(uint32_t entry) {
  Delta delta;
  delta.kind = Delta::Kind::closed;
  delta.entry = entry;
  return delta;
}

class MergerTest : public ::testing::Test {
 protected:
  Merger merger{{.shards = 2, .shard_capacity = 100}};
  Snapshot fill(uint64_t now_ns, FlowOrder order = FlowOrder::rate_10s, uint64_t limit = 0,
                OrderSide side = OrderSide::both) {
    merger.complete();
    Snapshot snapshot;
    merger.fill(snapshot, kStart, now_ns, {.order = order, .side = side, .limit = limit});
    return snapshot;
  }
};

TEST_F(MergerTest, ProtocolsAreInTheOrderOfTheirNumbers) {
  FlowKey icmp = v4_key(1);
  FlowKey udp = v4_key(2);
  icmp.proto = 1;
  udp.proto = 17;
  merger.apply(0, opened(0, udp));
  merger.apply(0, opened(1, v4_key(3)));
  merger.apply(0, opened(2, icmp));
  merger.apply(0, opened(3, v4_key(4)));
  for (const uint32_t flow : {0U, 1U, 2U, 3U}) {
    merger.apply(0, traffic(flow, kSecond, 1000 + flow, 0));
  }
  const Snapshot snapshot = fill(kStart + kNsPerSecond, FlowOrder::protocol);
  std::vector<FlowKey> keys;
  for (const FlowRow& row : snapshot.flows) keys.push_back(row.key);
  EXPECT_EQ(keys, (std::vector<FlowKey>{icmp, v4_key(4), v4_key(3), udp}));
}

TEST_F(MergerTest, OneDirectionRanksByItsOwnFigures) {
  for (const uint32_t flow : {0U, 1U, 2U}) merger.apply(0, opened(flow, v4_key(flow + 1)));
  merger.apply(0, traffic(0, kSecond, 5000, 10));       // sent most, long ago
  merger.apply(0, traffic(1, kSecond + 39, 100, 900));  // received most just now
  merger.apply(0, traffic(2, kSecond + 38, 200, 20));
  merger.apply(0, traffic(2, kSecond + 38, 200, 20));
  const auto order_of = [&](FlowOrder order, OrderSide side) {
    std::vector<FlowKey> keys;
    for (const FlowRow& row : fill(kStart + 39 * kNsPerSecond + 1, order, 0, side).flows) {
      keys.push_back(row.key);
    }
    return keys;
  };
  const std::vector<FlowKey> sent_now{v4_key(3), v4_key(2), v4_key(1)};
  const std::vector<FlowKey> received_now{v4_key(2), v4_key(3), v4_key(1)};
  const std::vector<FlowKey> sent_in_all{v4_key(1), v4_key(3), v4_key(2)};
  EXPECT_EQ(order_of(FlowOrder::rate_2s, OrderSide::sent), sent_now);
  EXPECT_EQ(order_of(FlowOrder::rate_2s, OrderSide::received), received_now);
  EXPECT_EQ(order_of(FlowOrder::rate_40s, OrderSide::sent), sent_in_all);
  EXPECT_EQ(order_of(FlowOrder::rate_40s, OrderSide::received), received_now);
  EXPECT_EQ(order_of(FlowOrder::bytes, OrderSide::sent), sent_in_all);
  EXPECT_EQ(order_of(FlowOrder::bytes, OrderSide::received), received_now);
  EXPECT_EQ(order_of(FlowOrder::sent, OrderSide::both), sent_in_all);
  EXPECT_EQ(order_of(FlowOrder::received, OrderSide::both), received_now);
  EXPECT_EQ(order_of(FlowOrder::sent, OrderSide::received), sent_in_all) << "it says which itself";
  EXPECT_EQ(order_of(FlowOrder::peak, OrderSide::sent), sent_in_all);
  EXPECT_EQ(order_of(FlowOrder::packets, OrderSide::sent).front(), v4_key(3));
}

TEST_F(MergerTest, AFlowThatTwoShardsTellOfIsOneFlow) {
  merger.apply(0, opened(3, v4_key(1)));
  merger.apply(1, opened(9, v4_key(1)));
  merger.apply(0, traffic(3, kSecond, 100, 10));
  merger.apply(1, traffic(9, kSecond, 200, 20));
  Snapshot snapshot = fill(kStart + kNsPerSecond);
  ASSERT_EQ(snapshot.flows.size(), 1U);
  EXPECT_EQ(snapshot.flows[0].sent.ip_bytes, 300U);
  EXPECT_EQ(snapshot.flows[0].received.ip_bytes, 30U);
  EXPECT_EQ(snapshot.flows[0].sent.rate_peak, 300U * 8);
  merger.apply(0, closed(3));
  EXPECT_EQ(fill(kStart + kNsPerSecond).flow_count, 1U) << "one shard still has it";
  merger.apply(1, closed(9));
  snapshot = fill(kStart + kNsPerSecond);
  EXPECT_EQ(snapshot.flow_count, 0U);
  EXPECT_EQ(snapshot.expired_flows, 1U);
  EXPECT_EQ(snapshot.sent.ip_bytes, 300U) << "totals stay";
  EXPECT_EQ(snapshot.sent.rate_10s, 300U * 8) << "so do rates, until the window has passed";
}

/// A flow whose side goes by who spoke first; `high` is what the first packet told.
Delta opened_by_speech(uint32_t entry, const FlowKey& key, bool high) {
  Delta delta = opened(entry, key);
  delta.rule = SideRule::spoke_first;
  delta.flags = high ? Delta::shown_high : 0;
  return delta;
}

/// `low` and `high` bytes of the ends; the earliest packet is the high end's or the low one's.
Delta speech(uint32_t entry, uint32_t second, uint32_t low, uint32_t high, bool first_high,
             uint32_t handshake = 0) {
  Delta delta = traffic(entry, second, low, high);
  delta.flags = first_high ? Delta::first_high : 0;
  delta.traffic.handshake = handshake;
  return delta;
}

/// All that a snapshot says of one flow and of all of them.
std::string whole(const Snapshot& snapshot) {
  std::string text;
  const auto add = [&](const Traffic& at) {
    for (const uint64_t value : {at.packets, at.ip_bytes, at.wire_bytes, at.rate_2s, at.rate_10s,
                                 at.rate_40s, at.rate_peak}) {
      text += std::to_string(value) + " ";
    }
  };
  for (const FlowRow& row : snapshot.flows) {
    text += row.shown_high ? "high " : "low ";
    add(row.sent);
    add(row.received);
  }
  add(snapshot.sent);
  add(snapshot.received);
  add(snapshot.both);
  for (const SecondBytes& second : snapshot.seconds) {
    text += std::to_string(second.sent) + "/" + std::to_string(second.received) + " ";
  }
  return text;
}

/// What a file says in the end of one flow told of by `deltas`, in this order; with a snapshot
/// after each of them, or without.
std::string told_in_order(const std::vector<Delta>& deltas, bool first_high, bool snapshots) {
  Merger merger({.shards = 1, .shard_capacity = 10, .flows_in_one_shard = true});
  Snapshot snapshot;
  const auto fill = [&] {
    merger.complete();
    merger.fill(snapshot, kStart, kStart + 60 * kNsPerSecond, {.limit = 0});
  };
  merger.apply(0, opened_by_speech(0, v4_key(1), first_high));
  merger.apply(0, opened(1, v4_key(2)));
  merger.apply(0, traffic(1, kSecond + 30, 5, 6));
  for (const Delta& delta : deltas) {
    merger.apply(0, delta);
    if (snapshots) fill();
  }
  fill();
  return whole(snapshot);
}

// Whoever of the two ends spoke first by the time stamps is local, in whatever order it is told.
TEST(MergerSides, OfAFileAreThoseOfTheBestEvidenceInAnyOrder) {
  constexpr bool kLow = false;
  constexpr bool kHigh = true;
  const auto handshake = [](bool answer, uint32_t offset_ns, bool opener_high) {
    return FlowEntry::handshake_of(answer, offset_ns, opener_high);
  };
  struct Case {
    const char* name;
    std::vector<Delta> deltas;
    bool high;
  };
  const Case cases[] = {
      {"the earlier second",
       {speech(0, kSecond + 20, 100, 1, kHigh), speech(0, kSecond + 30, 900, 2, kLow)},
       true},
      {"a tie: the low end",
       {speech(0, kSecond + 20, 100, 1, kHigh), speech(0, kSecond + 20, 900, 2, kLow)},
       false},
      {"a late SYN before an early packet",
       {speech(0, kSecond, 100, 1, kHigh),
        speech(0, kSecond + 30, 900, 2, kHigh, handshake(false, 5, kLow))},
       false},
      {"a SYN before a SYN-ACK that is earlier",
       {speech(0, kSecond, 100, 1, kLow, handshake(true, 5, kLow)),
        speech(0, kSecond + 30, 900, 2, kLow, handshake(false, 5, kHigh))},
       true},
      {"the earlier of two SYNs",
       {speech(0, kSecond + 3, 100, 1, kLow, handshake(false, 5, kLow)),
        speech(0, kSecond + 3, 900, 2, kLow, handshake(false, 4, kHigh)),
        speech(0, kSecond + 55, 900, 2, kLow, handshake(false, 3, kLow))},
       true},
      {"a SYN-ACK alone",
       {speech(0, kSecond, 100, 1, kLow),
        speech(0, kSecond + 1, 9, 9, kHigh, handshake(true, 1, kHigh))},
       true},
  };
  for (const Case& at : cases) {
    std::vector<Delta> turned(at.deltas.rbegin(), at.deltas.rend());
    const std::string expected = told_in_order(at.deltas, at.high, false);
    EXPECT_EQ(expected.find("high ") != std::string::npos, at.high) << at.name << expected;
    for (const bool first_high : {false, true}) {
      for (const bool snapshots : {false, true}) {
        EXPECT_EQ(told_in_order(at.deltas, first_high, snapshots), expected) << at.name;
        EXPECT_EQ(told_in_order(turned, first_high, snapshots), expected) << at.name;
      }
    }
  }
}

TEST(MergerSides, LiveTheFirstDecisionHolds) {
  Merger merger({.shards = 1, .shard_capacity = 10, .flows_in_one_shard = true, .live = true});
  merger.apply(0, opened_by_speech(0, v4_key(1), false));
  merger.apply(0, speech(0, kSecond + 1, 100, 1, false));
  merger.apply(0, speech(0, kSecond, 1, 1, true, FlowEntry::handshake_of(false, 0, true)));
  merger.complete();
  Snapshot snapshot;
  merger.fill(snapshot, kStart, kStart + 2 * kNsPerSecond, {.limit = 0});
  ASSERT_EQ(snapshot.flows.size(), 1U);
  EXPECT_FALSE(snapshot.flows[0].shown_high);
  EXPECT_EQ(snapshot.sent.ip_bytes, 101U);
}

TEST(MergerSides, WhatABetterRuleDecidedStays) {
  Merger merger({.shards = 1, .shard_capacity = 10, .flows_in_one_shard = true});
  merger.apply(0, opened(0, v4_key(1)));
  merger.apply(0, speech(0, kSecond, 100, 1, true, FlowEntry::handshake_of(false, 0, true)));
  merger.complete();
  Snapshot snapshot;
  merger.fill(snapshot, kStart, kStart + 2 * kNsPerSecond, {.limit = 0});
  EXPECT_FALSE(snapshot.flows[0].shown_high);
}

// A view that is used again has nothing of the flow before.
TEST(MergerSides, AReusedViewHasEvidenceOfItsOwn) {
  Merger merger({.shards = 1, .shard_capacity = 1, .flows_in_one_shard = true, .spare_views = 0});
  for (uint32_t flow = 0; flow < 9; ++flow) {
    const uint32_t second = kSecond + flow * 100;
    const bool high = flow % 2 == 0;
    merger.apply(0, opened_by_speech(0, v4_key(flow), high));
    merger.apply(0, speech(0, second, 100, 10, high,
                           flow % 3 == 0 ? FlowEntry::handshake_of(false, 0, high) : 0));
    const uint64_t now_ns = second * kNsPerSecond;
    merger.complete();
    Snapshot snapshot;
    merger.fill(snapshot, kStart, now_ns, {.limit = 0});
    ASSERT_EQ(snapshot.flows.size(), 1U);
    EXPECT_EQ(snapshot.flows[0].shown_high, high) << flow;
    merger.apply(0, closed(0));
    merger.forget(now_ns + 60 * kNsPerSecond, now_ns + 60 * kNsPerSecond, 0);
  }
}

TEST(MergerRoom, AFlowWhoseFirstPacketsAreOfTheNextEpochIsNotThereYet) {
  for (const uint64_t timeout_ns : {uint64_t{0}, 60 * kNsPerSecond}) {
    Merger merger({.shards = 1, .shard_capacity = 10, .flow_timeout_ns = timeout_ns});
    const auto fill = [&] {
      merger.complete();
      Snapshot snapshot;
      merger.fill(snapshot, kStart, kStart + kNsPerSecond, {.limit = 0});
      return snapshot;
    };
    merger.apply(0, opened(0, v4_key(1)));
    merger.apply(0, traffic(0, kSecond, 100, 0));
    merger.apply(0, opened(1, v4_key(2)));
    Snapshot snapshot = fill();
    EXPECT_EQ(snapshot.flow_count, 1U);
    EXPECT_EQ(snapshot.expired_flows, 0U);
    ASSERT_EQ(snapshot.flows.size(), 1U);
    EXPECT_EQ(snapshot.flows[0].key, v4_key(1));
    merger.apply(0, traffic(1, kSecond + 1, 100, 0));
    snapshot = fill();
    EXPECT_EQ(snapshot.flow_count, 2U);
    EXPECT_EQ(snapshot.expired_flows, 0U);
  }
}

TEST_F(MergerTest, AReusedEntryIsAnotherFlow) {
  merger.apply(0, opened(3, v4_key(1)));
  merger.apply(0, traffic(3, kSecond, 100, 0));
  merger.apply(0, closed(3));
  merger.apply(0, opened(3, v4_key(2)));
  merger.apply(0, traffic(3, kSecond, 7, 0));
  const Snapshot snapshot = fill(kStart + kNsPerSecond);
  ASSERT_EQ(snapshot.flows.size(), 1U);
  EXPECT_EQ(snapshot.flows[0].key, v4_key(2));
  EXPECT_EQ(snapshot.flows[0].sent.ip_bytes, 7U);
}

TEST_F(MergerTest, SortsByEveryOrderAndCuts) {
  merger.apply(0, opened(0, v4_key(2)));
  merger.apply(0, opened(1, v4_key(1)));
  merger.apply(0, opened(2, v4_key(3)));
  merger.apply(0, traffic(0, kSecond, 1000, 0));      // much, 39 s ago
  merger.apply(0, traffic(1, kSecond + 31, 300, 0));  // some, 8 s ago
  merger.apply(0, traffic(2, kSecond + 39, 200, 0));  // little, just now
  const auto order_of = [&](FlowOrder order) {
    std::vector<FlowKey> keys;
    for (const FlowRow& row : fill(kStart + 39 * kNsPerSecond + 1, order).flows)
      keys.push_back(row.key);
    return keys;
  };
  using Keys = std::vector<FlowKey>;
  EXPECT_EQ(order_of(FlowOrder::rate_2s), (Keys{v4_key(3), v4_key(2), v4_key(1)}));
  EXPECT_EQ(order_of(FlowOrder::rate_10s), (Keys{v4_key(1), v4_key(3), v4_key(2)}));
  EXPECT_EQ(order_of(FlowOrder::rate_40s), (Keys{v4_key(2), v4_key(1), v4_key(3)}));
  EXPECT_EQ(order_of(FlowOrder::bytes), (Keys{v4_key(2), v4_key(1), v4_key(3)}));
  EXPECT_EQ(order_of(FlowOrder::source), (Keys{v4_key(1), v4_key(2), v4_key(3)}));
  EXPECT_EQ(order_of(FlowOrder::flows), order_of(FlowOrder::bytes)) << "each is one flow";
  const Snapshot cut = fill(kStart + 39 * kNsPerSecond + 1, FlowOrder::rate_10s, 2);
  EXPECT_EQ(cut.flows.size(), 2U);
  EXPECT_EQ(cut.flow_count, 3U);
  EXPECT_EQ(cut.flows[0].key, v4_key(1));
}

TEST_F(MergerTest, PeaksHoldTheLastSecondAndGrowWithWhatComesLate) {
  merger.apply(0, opened(0, v4_key(1)));
  merger.apply(0, traffic(0, kSecond, 300, 0));
  merger.apply(0, traffic(0, kSecond + 1, 200, 20));
  Snapshot snapshot = fill(kStart + kNsPerSecond);
  EXPECT_EQ(snapshot.flows[0].sent.rate_peak, 300U * 8);
  EXPECT_EQ(snapshot.flows[0].received.rate_peak, 20U * 8) << "the last second is not over";
  EXPECT_EQ(snapshot.both.rate_peak, 300U * 8);
  merger.apply(0, traffic(0, kSecond, 700, 5));  // older than the flow's newest second
  merger.apply(0, traffic(0, kSecond + 1, 750, 0));
  snapshot = fill(kStart + kNsPerSecond);
  EXPECT_EQ(snapshot.flows[0].sent.rate_peak, 1000U * 8);
  EXPECT_EQ(snapshot.flows[0].received.rate_peak, 20U * 8);
  snapshot = fill(kStart + 3 * kNsPerSecond);
  EXPECT_EQ(snapshot.flows[0].sent.rate_peak, 1000U * 8) << "950 in the second one";
  merger.apply(0, traffic(0, kSecond + 1, 100, 0));
  snapshot = fill(kStart + 3 * kNsPerSecond);
  EXPECT_EQ(snapshot.flows[0].sent.rate_peak, 1050U * 8);
  EXPECT_EQ(snapshot.sent.rate_peak, 1050U * 8);
}

// 300 bytes a second, evenly; the window of 2 s covers one second and parts of two.
TEST_F(MergerTest, APeakIsNeverBelowTheTwoSecondMean) {
  merger.apply(0, opened(0, v4_key(1)));
  Delta delta = traffic(0, kSecond, 300, 0);
  merger.apply(0, delta);
  delta = traffic(0, kSecond + 1, 300, 30);
  merger.apply(0, delta);
  delta = traffic(0, kSecond + 2, 300, 0);
  delta.traffic.first_ns = delta.traffic.last_ns = 1000;
  merger.apply(0, delta);
  for (const FlowOrder order : {FlowOrder::bytes, FlowOrder::peak}) {
    Snapshot snapshot = fill(kStart + 2 * kNsPerSecond - 1, order);
    EXPECT_EQ(snapshot.flows[0].sent.rate_peak, 300U * 8) << "two seconds are not covered";
    snapshot = fill(kStart + 2 * kNsPerSecond, order);
    EXPECT_EQ(snapshot.flows[0].sent.rate_2s, 900U * 8 / 2);
    EXPECT_EQ(snapshot.flows[0].sent.rate_peak, 900U * 8 / 2);
    EXPECT_EQ(snapshot.flows[0].received.rate_peak, 30U * 8);
    EXPECT_EQ(snapshot.sent.rate_peak, 900U * 8 / 2);
    EXPECT_EQ(snapshot.both.rate_peak, 930U * 8 / 2);
    snapshot = fill(kStart + 9 * kNsPerSecond, order);
    EXPECT_EQ(snapshot.flows[0].sent.rate_peak, 300U * 8) << "of this snapshot, not of another";
  }
}

// A shard that found no room told of several seconds as of one: see Shard.
TEST_F(MergerTest, SecondsToldAsOneAreNoPeakOfTheFlow) {
  merger.apply(0, opened(0, v4_key(1)));
  merger.apply(0, traffic(0, kSecond, 100, 0));
  Delta smeared = traffic(0, kSecond + 1, 900, 0);
  smeared.flags = Delta::smeared;
  merger.apply(0, smeared);
  const Snapshot snapshot = fill(kStart + kNsPerSecond);
  EXPECT_EQ(snapshot.flows[0].sent.rate_peak, 100U * 8);
  EXPECT_EQ(snapshot.flows[0].sent.ip_bytes, 1000U);
}

TEST_F(MergerTest, KeysOfEveryKindComeBackAsTheyWere) {
  FlowKey vlan = v4_key(1);
  vlan.vlan_count = 1;
  vlan.vlans[0] = 5;
  const std::vector<FlowKey> keys{v4_key(1), testing::v6_key(1), vlan};
  for (uint32_t i = 0; i < keys.size(); ++i) {
    merger.apply(0, opened(i, keys[i]));
    merger.apply(1, opened(i, keys[i]));
    merger.apply(i % 2, traffic(i, kSecond, 10 - i, 0));
  }
  const Snapshot snapshot = fill(kStart);
  ASSERT_EQ(snapshot.flows.size(), keys.size());
  for (uint32_t i = 0; i < keys.size(); ++i) EXPECT_EQ(snapshot.flows[i].key, keys[i]);
}

TEST_F(MergerTest, ForgettingKeepsTotalsAndPeaks) {
  merger.apply(0, opened(0, v4_key(1)));
  for (uint32_t second = 0; second < 500; ++second) {
    merger.apply(0, traffic(0, kSecond + second, second == 7 ? 5000 : 10, 0));
  }
  const uint64_t now = kStart + 500 * kNsPerSecond;
  merger.complete();
  merger.forget(now, now, 0);
  EXPECT_LE(merger.window_records(), 42U);
  const Snapshot snapshot = fill(now);
  EXPECT_EQ(snapshot.flows[0].sent.ip_bytes, 499U * 10 + 5000);
  EXPECT_EQ(snapshot.flows[0].sent.rate_peak, 5000U * 8);
  EXPECT_EQ(snapshot.both.rate_peak, 5000U * 8);
  EXPECT_EQ(snapshot.sent.rate_40s, 39U * 10 * 8 / 40)
      << "packets at the window's edge are outside";
}

// Flows that come and go faster than the windows pass: a closed one keeps its view for 41 s.
TEST(MergerRoom, MoreClosedFlowsThanLiveOnesHideNone) {
  Merger merger({.shards = 1, .shard_capacity = 10});
  for (uint32_t flow = 0; flow < 1000; ++flow) {
    merger.apply(0, opened(flow % 10, v4_key(flow)));
    merger.apply(0, traffic(flow % 10, kSecond, 100, 10));
    if (flow < 990) merger.apply(0, closed(flow % 10));
  }
  merger.complete();
  Snapshot snapshot;
  merger.fill(snapshot, kStart, kStart, {.order = FlowOrder::bytes, .limit = 0});
  EXPECT_EQ(snapshot.flow_count, 10U);
  EXPECT_EQ(snapshot.expired_flows, 990U);
}

TEST(MergerRoom, ALimitBeyondAllFlowsCutsNone) {
  constexpr uint32_t kFlows = 3000;
  Merger merger({1, kFlows, 0, 0});
  for (uint32_t flow = 0; flow < kFlows; ++flow) {
    merger.apply(0, opened(flow, v4_key(flow)));
    merger.apply(0, traffic(flow, kSecond, kFlows - flow, 0));
  }
  merger.complete();
  for (const uint64_t limit : {uint64_t{kFlows}, uint64_t{1} << 63, UINT64_MAX}) {
    Snapshot snapshot;
    merger.fill(snapshot, kStart, kStart, {.order = FlowOrder::bytes, .limit = limit});
    EXPECT_EQ(snapshot.flows.size(), kFlows) << limit;
  }
}

TEST(MergerRoom, FlowsThatFindNoViewCountInTheTotalsOfTheirSide) {
  Merger merger({.shards = 1, .shard_capacity = 1, .spare_views = 0});
  for (uint32_t flow = 0; flow < 9; ++flow) {
    Delta open = opened(0, v4_key(flow));
    open.flags = flow % 2 == 0 ? Delta::shown_high : 0;
    merger.apply(0, open);
    // From the low end 100, from the high end 10.
    merger.apply(0, traffic(0, kSecond, 100, 10));
    merger.apply(0, closed(0));
  }
  merger.complete();
  Snapshot snapshot;
  merger.fill(snapshot, kStart, kStart, {.order = FlowOrder::bytes, .limit = 0});
  EXPECT_EQ(snapshot.sent.ip_bytes, 5 * 10U + 4 * 100U);
  EXPECT_EQ(snapshot.received.ip_bytes, 5 * 100U + 4 * 10U);
  EXPECT_EQ(snapshot.flow_count, 0U);
}

}  // namespace
}  // namespace weir
