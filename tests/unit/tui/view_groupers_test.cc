#include "report/tui/view_groupers.h"

#include <gtest/gtest.h>

#include <map>

#include "report/groupers.h"
#include "tests/unit/tui/fake_engine.h"

namespace weir::tui {
namespace {

using test::make_flow;

std::vector<GroupMember> groups(const Grouper& grouper, const FlowRow& row) {
  std::array<GroupMember, 2> members;
  const uint32_t count = grouper.groups_of(row.key, row.shown_high, members);
  return {members.begin(), members.begin() + count};
}

IpBytes v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d) {
  return {a, b, c, d};
}

TEST(PartsGrouper, KeepsWhatIsShownWithTheLocalSideLow) {
  // The local address is the greater one: the key has it as its high end.
  const FlowRow row = make_flow({"192.168.1.1", 5000, "10.0.0.1", 443, 6, 1, 1, 9});
  ASSERT_TRUE(row.shown_high);
  const auto all = groups(*make_parts_grouper({}), row);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].group.low_addr, v4(192, 168, 1, 1));
  EXPECT_EQ(all[0].group.high_addr, v4(10, 0, 0, 1));
  EXPECT_EQ(all[0].group.low_port, 5000);
  EXPECT_EQ(all[0].group.high_port, 443);
  EXPECT_EQ(all[0].group.proto, 6);
  EXPECT_EQ(all[0].group.vlan_count, 0);
  EXPECT_FALSE(all[0].reversed);
  const FlowKey pair = groups(*make_parts_grouper({true, true, false, false}), row)[0].group;
  EXPECT_EQ(pair.low_port, 0);
  EXPECT_EQ(pair.high_port, 0);
  EXPECT_EQ(pair.proto, 0);
  const FlowKey remote = groups(*make_parts_grouper({false, true, false, true}), row)[0].group;
  EXPECT_EQ(remote.low_addr, IpBytes{});
  EXPECT_EQ(remote.high_port, 443);
  EXPECT_EQ(groups(*make_parts_grouper({false, false, false, false}), row)[0].group, FlowKey{});
}

TEST(NetworkGrouper, LongestNameThenPrefixLength) {
  const NetworkGrouper networks({{"site", {v4(10, 0, 0, 0), 4, 8}},
                                 {"lab", {v4(10, 1, 2, 0), 4, 23}},
                                 {"v6", {{0x20, 1}, 6, 16}}},
                                24, 64);
  const auto label = [&](const FlowRow& row, bool second) {
    return networks.label(
        networks.network_of(row.key.ip_version, second ? row.dst_addr() : row.src_addr()));
  };
  const FlowRow row = make_flow({"10.1.3.4", 1, "10.200.1.1", 2});
  EXPECT_EQ(label(row, false), "lab 10.1.2.0/23");
  EXPECT_EQ(label(row, true), "site 10.0.0.0/8");
  const FlowRow other = make_flow({"192.168.7.4", 1, "203.0.113.200", 2});
  EXPECT_EQ(label(other, false), "192.168.7.0/24");
  const FlowRow six = make_flow({"2001:db8::1", 1, "fd00:0:0:5::9", 2});
  EXPECT_EQ(label(six, false), "v6 2001::/16");
  EXPECT_EQ(label(six, true), "fd00:0:0:5::/64");
}

TEST(NetworkGrouper, AFlowWithinOneNetworkCountsOnce) {
  const NetworkGrouper networks({}, 24, 64);
  EXPECT_EQ(groups(networks, make_flow({"10.0.0.1", 1, "10.0.0.2", 2})).size(), 1U);
  const auto two = groups(networks, make_flow({"10.0.0.1", 1, "10.0.1.2", 2}));
  ASSERT_EQ(two.size(), 2U);
  EXPECT_FALSE(two[0].reversed);
  EXPECT_TRUE(two[1].reversed);
}

TEST(NetworkGrouper, PrefixLengthsOutOfRangeAreWhole) {
  const NetworkGrouper networks({}, 200, 255);
  EXPECT_EQ(networks.label(networks.network_of(4, v4(1, 2, 3, 4))), "1.2.3.4/32");
  const NetworkGrouper everything({}, 0, 0);
  EXPECT_EQ(everything.label(everything.network_of(4, v4(1, 2, 3, 4))), "0.0.0.0/0");
}

TEST(NetworkHostGrouper, HasTheHostsOfTheNetworkOnly) {
  auto networks = std::make_shared<const NetworkGrouper>(std::vector<NamedNetwork>{}, 24, 64);
  const FlowKey network = networks->network_of(4, v4(10, 0, 0, 0));
  const auto grouper = make_network_host_grouper(networks, network);
  const auto out = groups(*grouper, make_flow({"192.168.1.1", 1, "10.0.0.2", 2}));
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(out[0].group.low_addr, v4(10, 0, 0, 2));
  EXPECT_TRUE(out[0].reversed);
  EXPECT_EQ(groups(*grouper, make_flow({"10.0.0.1", 1, "10.0.0.2", 2})).size(), 2U);
  EXPECT_EQ(groups(*grouper, make_flow({"10.0.0.1", 1, "10.0.0.1", 2})).size(), 1U);
  EXPECT_TRUE(groups(*grouper, make_flow({"10.0.1.1", 1, "10.0.2.1", 2})).empty());
}

TEST(VlanGrouper, ByStack) {
  const auto grouper = make_vlan_grouper();
  FlowRow row = make_flow({"10.0.0.1", 1, "10.0.0.2", 2, 6, 1, 1, 5});
  const FlowKey one = groups(*grouper, row)[0].group;
  row.key.vlan_count = 2;
  row.key.vlans[1] = 7;
  const FlowKey two = groups(*grouper, row)[0].group;
  EXPECT_FALSE(one == two);
  EXPECT_EQ(two.vlans[1], 7);
  EXPECT_EQ(two.low_port, 0);
}

TEST(ProcessGrouper, LocalEndsOnlyAndBothOfThem) {
  test::OfficeProcesses processes;
  const auto grouper = make_process_grouper(processes.table());
  const auto one = groups(*grouper, make_flow({"192.168.1.1", 51000, "10.0.0.1", 443}));
  ASSERT_EQ(one.size(), 1U);
  EXPECT_EQ(process_number(one[0].group), report::ProcessTable::kFirstProcess);
  EXPECT_FALSE(one[0].reversed);
  const auto two = groups(*grouper, make_flow({"192.168.1.1", 51000, "192.168.1.2", 22}));
  ASSERT_EQ(two.size(), 2U);
  EXPECT_EQ(process_number(two[1].group), report::ProcessTable::kFirstProcess + 1);
  EXPECT_TRUE(two[1].reversed);
}

/// Twice what there is where both ends are here, less what one process has with itself.
TEST(ProcessGrouper, TotalsAddUpAndAFlowBetweenTwoProcessesIsOnceInEach) {
  test::OfficeProcesses processes;
  const auto table = processes.table();
  test::FakeEngine engine;
  engine.flows = {make_flow({"192.168.1.1", 51000, "10.0.0.1", 443}),
                  make_flow({"192.168.1.1", 51000, "192.168.1.2", 22}),
                  make_flow({"192.168.1.2", 22, "192.168.1.1", 22}),
                  make_flow({"10.0.0.1", 443, "10.0.0.2", 443})};
  uint64_t bytes = 1;
  uint64_t wanted = 0;
  for (FlowRow& flow : engine.flows) {
    flow.sent.ip_bytes = bytes *= 10;
    flow.received.ip_bytes = bytes *= 10;
    uint64_t ends = 0;
    const auto owners = table->owners_of(flow.key);
    for (const uint32_t owner : owners) ends += owner != report::ProcessTable::kRemote ? 1 : 0;
    if (owners[0] == owners[1]) ends = 1;
    wanted += ends * (flow.sent.ip_bytes + flow.received.ip_bytes);
  }
  FlowQuery query;
  query.groups.push_back({make_process_grouper(table), nullptr, FlowOrder::bytes, 100});
  const auto snapshot = engine.answer(query);
  std::map<uint32_t, GroupRow> rows;
  uint64_t sum = 0;
  for (const GroupRow& row : snapshot->groups.front().rows) {
    rows[process_number(row.group)] = row;
    sum += row.sent.ip_bytes + row.received.ip_bytes;
  }
  EXPECT_EQ(sum, wanted);
  using Table = report::ProcessTable;
  const GroupRow& client = rows[Table::kFirstProcess];
  const GroupRow& server = rows[Table::kFirstProcess + 1];
  EXPECT_EQ(client.flows, 2U);
  EXPECT_EQ(client.sent.ip_bytes, 1'010U);
  EXPECT_EQ(client.received.ip_bytes, 10'100U);
  // What one sent the other received; what it has with itself it sent as the side shown first.
  EXPECT_EQ(server.flows, 2U);
  EXPECT_EQ(server.sent.ip_bytes, 10'000U + 100'000U);
  EXPECT_EQ(server.received.ip_bytes, 1'000U + 1'000'000U);
  EXPECT_EQ(rows[Table::kForwarded].flows, 1U);
  EXPECT_EQ(rows[Table::kForwarded].sent.ip_bytes, 10'000'000U);
}

TEST(ProcessGrouper, NumbersAreGroupsAndBack) {
  for (const uint32_t number : {0U, 1U, 16U, 0x12345678U, UINT32_MAX}) {
    EXPECT_EQ(process_number(process_group(number)), number);
  }
}

TEST(MemberFilter, ShowsTheFlowsOfAGroup) {
  const auto hosts = report::make_host_grouper();
  const FlowRow row = make_flow({"192.168.1.1", 1, "10.0.0.1", 2});
  FlowKey host;
  host.low_addr = v4(10, 0, 0, 1);
  host.ip_version = 4;
  const auto filter = make_member_filter(hosts, host);
  EXPECT_TRUE(filter->shows(row.key, row.shown_high));
  const FlowRow other = make_flow({"192.168.1.1", 1, "10.0.0.2", 2});
  EXPECT_FALSE(filter->shows(other.key, other.shown_high));
}

TEST(AllOf, NullsAreLeftOut) {
  EXPECT_EQ(all_of({}), nullptr);
  EXPECT_EQ(all_of({nullptr, nullptr}), nullptr);
  const auto hosts = report::make_host_grouper();
  const FlowRow row = make_flow({"192.168.1.1", 1, "10.0.0.1", 2});
  const auto members = groups(*hosts, row);
  const auto one = make_member_filter(hosts, members[0].group);
  EXPECT_EQ(all_of({nullptr, one}), one);
  const auto both = all_of({one, make_member_filter(hosts, FlowKey{})});
  EXPECT_FALSE(both->shows(row.key, row.shown_high));
}

}  // namespace
}  // namespace weir::tui
