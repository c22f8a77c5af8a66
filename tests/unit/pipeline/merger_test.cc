#include "engine/pipeline/merger.h"

#include <gtest/gtest.h>

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
  delta.traffic = {second, 0, 0, {SlotCounts{1, sent, sent}, SlotCounts{1, received, received}}};
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
    merger.complete(now_ns);
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

TEST(MergerRoom, AFlowWhoseFirstPacketsAreOfTheNextEpochIsNotThereYet) {
  for (const uint64_t timeout_ns : {uint64_t{0}, 60 * kNsPerSecond}) {
    Merger merger({.shards = 1, .shard_capacity = 10, .flow_timeout_ns = timeout_ns});
    const auto fill = [&] {
      merger.complete(kStart + kNsPerSecond);
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

TEST_F(MergerTest, PeaksAreOfCompletedSecondsAndGrowWithWhatComesLate) {
  merger.apply(0, opened(0, v4_key(1)));
  merger.apply(0, traffic(0, kSecond, 300, 0));
  merger.apply(0, traffic(0, kSecond + 1, 900, 0));
  Snapshot snapshot = fill(kStart + kNsPerSecond);
  EXPECT_EQ(snapshot.flows[0].sent.rate_peak, 300U * 8)
      << "the second that is not over does not count";
  EXPECT_EQ(snapshot.both.rate_peak, 300U * 8);
  merger.apply(0, traffic(0, kSecond, 700, 5));  // older than the flow's newest second
  merger.apply(0, traffic(0, kSecond + 1, 50, 0));
  snapshot = fill(kStart + kNsPerSecond);
  EXPECT_EQ(snapshot.flows[0].sent.rate_peak, 1000U * 8);
  EXPECT_EQ(snapshot.flows[0].received.rate_peak, 5U * 8);
  snapshot = fill(kStart + 3 * kNsPerSecond);
  EXPECT_EQ(snapshot.flows[0].sent.rate_peak, 1000U * 8) << "950 in the second one";
  merger.apply(0, traffic(0, kSecond + 1, 100, 0));
  snapshot = fill(kStart + 3 * kNsPerSecond);
  EXPECT_EQ(snapshot.flows[0].sent.rate_peak, 1050U * 8);
  EXPECT_EQ(snapshot.sent.rate_peak, 1050U * 8);
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
  merger.complete(now);
  merger.forget(now);
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
  merger.complete(kStart);
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
  merger.complete(kStart);
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
  merger.complete(kStart);
  Snapshot snapshot;
  merger.fill(snapshot, kStart, kStart, {.order = FlowOrder::bytes, .limit = 0});
  EXPECT_EQ(snapshot.sent.ip_bytes, 5 * 10U + 4 * 100U);
  EXPECT_EQ(snapshot.received.ip_bytes, 5 * 100U + 4 * 10U);
  EXPECT_EQ(snapshot.flow_count, 0U);
}

}  // namespace
}  // namespace weir
