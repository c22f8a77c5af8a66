#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <tuple>

#include "engine/core/clock.h"
#include "engine/pipeline/merger.h"
#include "tests/unit/flow/keys.h"

namespace weir {
namespace {

using testing::v4_key;

constexpr uint32_t kSecond = 1'700'000'000;
constexpr uint64_t kStart = kSecond * kNsPerSecond;

/// Every flow alone.
class EachFlow final : public Grouper {
 public:
  uint32_t groups_of(const FlowKey& key, bool /*shown_high*/,
                     std::array<GroupMember, 2>& members) const override {
    members[0] = {key, false};
    return 1;
  }
};

/// Both ends of a flow, some ends more often than others: the second one sent what it received.
class EachEnd final : public Grouper {
 public:
  uint32_t groups_of(const FlowKey& key, bool /*shown_high*/,
                     std::array<GroupMember, 2>& members) const override {
    const uint32_t number = key.low_port;
    members[0] = {v4_key(number % 17), false};
    members[1] = {v4_key(100 + number % 11 * (number % 3)), true};
    return 2;
  }
};

/// All flows together, as they are and the other way round.
class AllFlows final : public Grouper {
 public:
  uint32_t groups_of(const FlowKey& /*key*/, bool /*shown_high*/,
                     std::array<GroupMember, 2>& members) const override {
    members[0] = {FlowKey{}, false};
    members[1] = {v4_key(1), true};
    return 2;
  }
};

/// By the low port's parity; flows with port 0 are in no group.
class ByParity final : public Grouper {
 public:
  uint32_t groups_of(const FlowKey& key, bool /*shown_high*/,
                     std::array<GroupMember, 2>& members) const override {
    if (key.low_port == 0) return 0;
    FlowKey group;
    group.low_port = key.low_port % 2;
    members[0] = {group, false};
    return 1;
  }
};

class OddPorts final : public FlowFilter {
 public:
  bool shows(const FlowKey& key, bool /*shown_high*/) const override {
    return key.low_port % 2 == 1;
  }
};

auto fields(const Traffic& traffic) {
  return std::tuple(traffic.packets, traffic.ip_bytes, traffic.wire_bytes, traffic.rate_2s,
                    traffic.rate_10s, traffic.rate_40s, traffic.rate_peak);
}

/// A merger that knows 300 flows with traffic in the last 38 seconds, so that every peak is recent.
class GroupsTest : public ::testing::Test {
 protected:
  GroupsTest() {
    std::mt19937 random(3);
    for (uint32_t entry = 0; entry < kFlows; ++entry) {
      Delta delta;
      delta.kind = Delta::Kind::opened;
      delta.entry = entry;
      delta.key = v4_key(entry);
      merger.apply(0, delta);
    }
    for (uint32_t i = 0; i < 20'000; ++i) add(random);
    merger.complete();
  }

  void add(std::mt19937& random) {
    const auto below = [&](uint32_t end) { return static_cast<uint32_t>(random() % end); };
    const uint32_t first_ns = below(900'000'000);
    const uint32_t packets = 2 + below(5);
    Delta delta;
    delta.kind = Delta::Kind::traffic;
    delta.entry = below(kFlows);
    delta.traffic.second = kSecond + below(38);
    delta.traffic.first_ns = first_ns;
    delta.traffic.last_ns = first_ns + below(100'000'000);
    delta.traffic.counts = {SlotCounts{packets, 100 + below(9000), 200 + below(9000)},
                            SlotCounts{packets, 100 + below(9000), 200 + below(9000)}};
    merger.apply(0, delta);
  }

  Snapshot fill(FlowQuery query) {
    Snapshot snapshot;
    merger.fill(snapshot, kStart, kNow, query, [&] { ++breaths; });
    return snapshot;
  }
  GroupTable table(std::shared_ptr<const Grouper> grouper, FlowOrder order = FlowOrder::rate_10s,
                   uint64_t limit = 0, std::shared_ptr<const FlowFilter> filter = nullptr) {
    FlowQuery query;
    query.groups.push_back({std::move(grouper), std::move(filter), order, limit});
    return fill(query).groups.at(0);
  }

  static constexpr uint32_t kFlows = 300;
  static constexpr uint64_t kNow = kStart + 38 * kNsPerSecond + 345'678'901;
  Merger merger{{.shards = 1, .shard_capacity = kFlows, .flows_in_one_shard = true}};
  int breaths = 0;
};

/// The order must be that of the rows' own figures, also where a group sends what its flows
/// receive.
TEST_F(GroupsTest, OneDirectionRanksByWhatTheGroupItselfSentOrReceived) {
  const auto figure = [](const GroupRow& row, FlowOrder order, OrderSide side) {
    const Traffic& traffic = side == OrderSide::sent ? row.sent : row.received;
    switch (order) {
      case FlowOrder::rate_2s: return traffic.rate_2s;
      case FlowOrder::rate_10s: return traffic.rate_10s;
      case FlowOrder::rate_40s: return traffic.rate_40s;
      case FlowOrder::packets: return traffic.packets;
      case FlowOrder::peak: return traffic.rate_peak;
      default: return traffic.ip_bytes;
    }
  };
  for (const OrderSide side : {OrderSide::sent, OrderSide::received}) {
    for (const FlowOrder order : {FlowOrder::rate_2s, FlowOrder::rate_10s, FlowOrder::rate_40s,
                                  FlowOrder::bytes, FlowOrder::packets, FlowOrder::peak}) {
      for (const uint64_t limit : {0U, 7U}) {
        FlowQuery query;
        query.groups.push_back({std::make_shared<EachEnd>(), nullptr, order, limit, 0, side});
        const GroupTable groups = fill(query).groups.at(0);
        SCOPED_TRACE(::testing::Message() << "order " << int(order) << ", side " << int(side));
        ASSERT_EQ(groups.rows.size(), limit == 0 ? groups.group_count : limit);
        ASSERT_GT(figure(groups.rows[0], order, side), 0U);
        for (size_t i = 1; i < groups.rows.size(); ++i) {
          ASSERT_GE(figure(groups.rows[i - 1], order, side), figure(groups.rows[i], order, side));
        }
      }
    }
  }
}

TEST_F(GroupsTest, GroupsAreSortedByHowManyFlowsLive) {
  const GroupTable groups = table(std::make_shared<EachEnd>(), FlowOrder::flows);
  ASSERT_GT(groups.rows.size(), 2U);
  EXPECT_GT(groups.rows.front().flows, groups.rows.back().flows);
  for (size_t i = 1; i < groups.rows.size(); ++i) {
    ASSERT_GE(groups.rows[i - 1].flows, groups.rows[i].flows);
  }
}

TEST_F(GroupsTest, AGroupOfOneFlowIsThatFlow) {
  for (const FlowOrder order :
       {FlowOrder::rate_2s, FlowOrder::rate_10s, FlowOrder::rate_40s, FlowOrder::bytes,
        FlowOrder::packets, FlowOrder::peak, FlowOrder::duration, FlowOrder::sent,
        FlowOrder::received, FlowOrder::flows, FlowOrder::protocol}) {
    FlowQuery query;
    query.order = order;
    query.limit = 0;
    query.groups.push_back({std::make_shared<EachFlow>(), nullptr, order, 0});
    const Snapshot snapshot = fill(query);
    const GroupTable& groups = snapshot.groups.at(0);
    ASSERT_EQ(snapshot.flows.size(), kFlows);
    ASSERT_EQ(groups.rows.size(), kFlows);
    EXPECT_EQ(groups.group_count, kFlows);
    for (size_t i = 0; i < kFlows; ++i) {
      SCOPED_TRACE(::testing::Message() << "order " << int(order) << ", row " << i);
      const FlowRow& flow = snapshot.flows[i];
      const GroupRow& group = groups.rows[i];
      ASSERT_EQ(group.group, flow.key);
      ASSERT_EQ(fields(group.sent), fields(flow.sent));
      ASSERT_EQ(fields(group.received), fields(flow.received));
      ASSERT_EQ(std::tuple(group.first_ns, group.last_ns, group.flows),
                std::tuple(flow.first_ns, flow.last_ns, 1U));
    }
  }
}

TEST_F(GroupsTest, TheGroupOfAllFlowsIsTheTotalEitherWayRound) {
  FlowQuery query;
  query.groups.push_back({std::make_shared<AllFlows>(), nullptr, FlowOrder::bytes, 0});
  const Snapshot snapshot = fill(query);
  const GroupTable& groups = snapshot.groups.at(0);
  ASSERT_EQ(groups.rows.size(), 2U);
  const bool straight_first = groups.rows[0].group == FlowKey{};
  const GroupRow& straight = groups.rows[straight_first ? 0 : 1];
  const GroupRow& reversed = groups.rows[straight_first ? 1 : 0];
  EXPECT_GT(straight.sent.rate_2s, 0U);
  EXPECT_NE(straight.sent.ip_bytes, straight.received.ip_bytes);
  EXPECT_EQ(fields(straight.sent), fields(snapshot.sent));
  EXPECT_EQ(fields(straight.received), fields(snapshot.received));
  EXPECT_EQ(fields(reversed.received), fields(snapshot.sent));
  EXPECT_EQ(fields(reversed.sent), fields(snapshot.received));
  EXPECT_EQ(straight.flows, kFlows);
}

TEST_F(GroupsTest, FiltersChooseFlowsAndLeaveTotalsAlone) {
  FlowQuery query;
  query.limit = 0;
  query.filter = std::make_shared<OddPorts>();
  query.groups.push_back({std::make_shared<ByParity>(), query.filter, FlowOrder::bytes, 0});
  const Snapshot filtered = fill(query);
  const Snapshot whole = fill({});
  EXPECT_EQ(filtered.flow_count, kFlows);
  EXPECT_EQ(filtered.shown_flows, kFlows / 2);
  EXPECT_EQ(filtered.flows.size(), kFlows / 2);
  EXPECT_TRUE(std::all_of(filtered.flows.begin(), filtered.flows.end(),
                          [](const FlowRow& row) { return row.key.low_port % 2 == 1; }));
  EXPECT_EQ(fields(filtered.both), fields(whole.both));
  ASSERT_EQ(filtered.groups[0].rows.size(), 1U) << "no even ports";
  uint64_t bytes = 0;
  for (const FlowRow& row : filtered.flows) bytes += row.sent.ip_bytes;
  EXPECT_EQ(filtered.groups[0].rows[0].sent.ip_bytes, bytes);
}

TEST_F(GroupsTest, AreLeftOutWithMoreFlowsThanTheyAreAskedForWith) {
  FlowQuery query;
  query.groups.push_back({std::make_shared<EachFlow>(), nullptr, FlowOrder::bytes, 0});
  query.groups.push_back(query.groups[0]);
  query.groups[0].most_flows = kFlows - 1;
  query.groups[1].most_flows = kFlows;
  const std::vector<GroupTable> tables = fill(query).groups;
  ASSERT_EQ(tables.size(), 2U);
  EXPECT_TRUE(tables[0].left_out && tables[0].rows.empty());
  EXPECT_TRUE(!tables[1].left_out && tables[1].rows.size() == kFlows);
}

TEST_F(GroupsTest, FlowsMayBeInNoGroup) {
  const GroupTable groups = table(std::make_shared<ByParity>());
  ASSERT_EQ(groups.rows.size(), 2U);
  EXPECT_EQ(groups.rows[0].flows + groups.rows[1].flows, kFlows - 1) << "one has port 0";
}

TEST_F(GroupsTest, ListsTheBestAndCountsAll) {
  const auto grouper = std::make_shared<EachFlow>();
  const GroupTable all = table(grouper, FlowOrder::rate_2s);
  const GroupTable cut = table(grouper, FlowOrder::rate_2s, 7);
  EXPECT_EQ(cut.group_count, kFlows);
  ASSERT_EQ(cut.rows.size(), 7U);
  for (size_t i = 0; i < cut.rows.size(); ++i) EXPECT_EQ(cut.rows[i].group, all.rows[i].group);
  const GroupTable by_address = table(grouper, FlowOrder::source);
  EXPECT_TRUE(std::is_sorted(by_address.rows.begin(), by_address.rows.end(),
                             [](const GroupRow& left, const GroupRow& right) {
                               return left.group.low_addr < right.group.low_addr;
                             }));
}

TEST_F(GroupsTest, PinnedFlowsComeFirstAndAreNotCutOff) {
  FlowQuery query;
  query.order = FlowOrder::bytes;
  query.limit = 0;
  const std::vector<FlowRow> rows = fill(query).flows;
  query.pinned = {rows.back().key, rows[100].key};
  query.limit = 3;
  const std::vector<FlowRow> pinned = fill(query).flows;
  ASSERT_EQ(pinned.size(), 3U);
  EXPECT_EQ(pinned[0].key, rows[100].key);
  EXPECT_EQ(pinned[1].key, rows.back().key);
  EXPECT_EQ(pinned[2].key, rows[0].key);
}

TEST_F(GroupsTest, ClosedFlowsStayUntilTheirWindowsHavePassed) {
  const GroupTable before = table(std::make_shared<AllFlows>());
  Delta closed;
  closed.kind = Delta::Kind::closed;
  for (uint32_t entry = 0; entry < kFlows; ++entry) {
    closed.entry = entry;
    merger.apply(0, closed);
  }
  const GroupTable after = table(std::make_shared<AllFlows>());
  EXPECT_EQ(fields(after.rows[0].sent), fields(before.rows[0].sent));
  EXPECT_EQ(after.rows[0].flows, 0U);
  for (const size_t keep : {SIZE_MAX, size_t{0}}) {
    merger.forget(kNow + 60 * kNsPerSecond, kNow + 60 * kNsPerSecond, keep);
    EXPECT_EQ(table(std::make_shared<AllFlows>()).rows.size(), 0U) << keep;
  }
}

// Two flows of 100 bytes a second whose busiest second, together, is forgotten.
TEST(GroupPeaks, AreOfTheLastSecondsAndOfEachFlow) {
  Merger merger({.shards = 1, .shard_capacity = 10});
  const auto add = [&](uint32_t entry, uint32_t second, uint32_t sent) {
    Delta delta;
    delta.kind = Delta::Kind::traffic;
    delta.entry = entry;
    delta.traffic = {second, 0, 0, {SlotCounts{1, sent, sent}, SlotCounts{}}};
    merger.apply(0, delta);
  };
  for (uint32_t entry = 0; entry < 2; ++entry) {
    Delta delta;
    delta.kind = Delta::Kind::opened;
    delta.entry = entry;
    delta.key = v4_key(entry);
    merger.apply(0, delta);
    add(entry, kSecond, 100);
    add(entry, kSecond + 100, 30);
  }
  const auto peak = [&](uint64_t now_ns) {
    merger.complete();
    Snapshot snapshot;
    merger.fill(snapshot, kStart, now_ns,
                {.groups = {{.grouper = std::make_shared<AllFlows>(), .order = FlowOrder::peak}}});
    return snapshot.groups[0].rows[0].sent.rate_peak;
  };
  EXPECT_EQ(peak(kStart + 41 * kNsPerSecond), 200U * 8);
  EXPECT_EQ(peak(kStart + 100 * kNsPerSecond), 100U * 8) << "what one flow had at least";
  add(0, kSecond + 100, 90);
  EXPECT_EQ(peak(kStart + 100 * kNsPerSecond), 150U * 8) << "the last second, not over";
}

TEST_F(GroupsTest, ItBreathesDuringLongWork) {
  (void)fill({});
  const int without_groups = breaths;
  (void)table(std::make_shared<AllFlows>());
  EXPECT_GT(without_groups, 0);
  EXPECT_GT(breaths, 2 * without_groups);
}

}  // namespace
}  // namespace weir
