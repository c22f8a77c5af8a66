#include "report/groupers.h"

#include <gtest/gtest.h>

#include "tests/unit/report/sample.h"

namespace weir::report {
namespace {

using test::flow_row;

FlowRow between(uint16_t local_port, uint16_t remote_port, uint8_t proto = 6) {
  return flow_row({"192.168.1.10", local_port}, {"10.0.0.1", remote_port}, proto, {}, {});
}

uint16_t service(uint16_t local_port, uint16_t remote_port) {
  const FlowRow row = between(local_port, remote_port);
  return service_port(row.key, row.shown_high);
}

TEST(Groupers, AServiceIsThePortThatIsNoClientsOrElseTheRemotePort) {
  EXPECT_EQ(service(51234, 443), 443);
  EXPECT_EQ(service(443, 51234), 443) << "a server here";
  EXPECT_EQ(service(1023, 51234), 1023);
  EXPECT_EQ(service(51234, 8080), 8080);
  EXPECT_EQ(service(8080, 51234), 8080) << "a server here, of a port above 1023";
  EXPECT_EQ(service(32767, 32768), 32767);
  EXPECT_EQ(service(1024, 32767), 32767) << "either may be: the side shown second";
  EXPECT_EQ(service(32767, 1024), 1024);
  EXPECT_EQ(service(32768, 60999), 60999);
  EXPECT_EQ(service(123, 53), 53);
  EXPECT_EQ(service(0, 0), 0);
}

TEST(Groupers, BothHostsOfAFlow) {
  const FlowRow row = between(51234, 443);
  ASSERT_TRUE(row.shown_high) << "10.0.0.1 is the lower address and the remote side";
  std::array<GroupMember, 2> members;
  ASSERT_EQ(make_host_grouper()->groups_of(row.key, row.shown_high, members), 2U);
  FlowKey remote;
  remote.ip_version = 4;
  remote.low_addr = {10, 0, 0, 1};
  EXPECT_EQ(members[0].group, remote);
  EXPECT_TRUE(members[0].reversed) << "it received what the flow sent";
  FlowKey local = remote;
  local.low_addr = {192, 168, 1, 10};
  EXPECT_EQ(members[1].group, local);
  EXPECT_FALSE(members[1].reversed);
}

TEST(Groupers, AHostThatTalksToItselfIsOneGroup) {
  const FlowRow row = flow_row({"::1", 5000}, {"::1", 80}, 6, {}, {});
  std::array<GroupMember, 2> members;
  ASSERT_EQ(make_host_grouper()->groups_of(row.key, row.shown_high, members), 1U);
  EXPECT_EQ(members[0].group.ip_version, 6);
}

TEST(Groupers, ServicesAndProtocolsHaveNothingElseInCommon) {
  const FlowRow row = between(51234, 53, 17);
  std::array<GroupMember, 2> members;
  FlowKey expected;
  expected.proto = 17;
  ASSERT_EQ(make_protocol_grouper()->groups_of(row.key, row.shown_high, members), 1U);
  EXPECT_EQ(members[0].group, expected);
  EXPECT_FALSE(members[0].reversed);
  expected.low_port = 53;
  ASSERT_EQ(make_service_grouper()->groups_of(row.key, row.shown_high, members), 1U);
  EXPECT_EQ(members[0].group, expected);
}

}  // namespace
}  // namespace weir::report
