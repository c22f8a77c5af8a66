#include "engine/pipeline/make_update.h"

#include <gtest/gtest.h>

#include "tests/support/scripted_backend.h"

namespace weir {
namespace {

constexpr uint32_t kHigh = 0x0a000001;  // 10.0.0.1
constexpr uint32_t kLow = 0x01010101;   // 1.1.1.1

FlowUpdate update_of(uint32_t source, uint32_t destination, uint16_t source_port,
                     uint16_t destination_port, LinkSide side = LinkSide::unknown) {
  const auto frame = testing::udp_frame(source, destination, source_port, destination_port);
  PacketView packet;
  packet.data = frame.data();
  packet.cap_len = packet.wire_len = static_cast<uint32_t>(frame.size());
  packet.side = side;
  parsers::ParsedPacket parsed;
  parsers::parse(packet, {}, parsed);
  FlowUpdate update;
  make_update(packet, parsed, false, 1, update);
  return update;
}

TEST(MakeUpdate, BothDirectionsAreOneFlow) {
  const FlowUpdate out = update_of(kHigh, kLow, 5000, 53);
  const FlowUpdate back = update_of(kLow, kHigh, 53, 5000);
  EXPECT_EQ(out.flow.key(), back.flow.key());
  EXPECT_EQ(out.flow.hash, back.flow.hash);
  EXPECT_TRUE(out.has(FlowUpdate::from_high));
  EXPECT_FALSE(back.has(FlowUpdate::from_high));
}

TEST(MakeUpdate, OneAddressOnBothSidesIsOrderedByPort) {
  const FlowUpdate a = update_of(kLow, kLow, 1000, 2000);
  const FlowUpdate b = update_of(kLow, kLow, 2000, 1000);
  EXPECT_EQ(a.flow.key(), b.flow.key());
  EXPECT_EQ(a.flow.key().low_port, 1000);
  EXPECT_FALSE(a.has(FlowUpdate::from_high));
  EXPECT_TRUE(b.has(FlowUpdate::from_high));
}

TEST(MakeUpdate, CarriesWhatTheLinkSays) {
  for (const LinkSide side : {LinkSide::unknown, LinkSide::sent, LinkSide::received}) {
    EXPECT_EQ(update_of(kHigh, kLow, 1, 2, side).link_side(), side);
    EXPECT_TRUE(update_of(kHigh, kLow, 1, 2, side).has(FlowUpdate::from_high));
  }
}

TEST(PacketView, SetLinkSetsTheSideAndClearsTheRest) {
  PacketView packet;
  packet.vlan_tci = packet.vlan_tpid = 0xffff;
  packet.interface_id = 7;
  packet.side = LinkSide::received;
  packet.set_link(LinkType::linux_sll2, LinkSide::sent);
  EXPECT_EQ(packet.link_type, LinkType::linux_sll2);
  EXPECT_EQ(packet.side, LinkSide::sent);
  EXPECT_EQ(packet.vlan_tci + packet.vlan_tpid + packet.interface_id, 0);
  packet.set_link(LinkType::raw);
  EXPECT_EQ(packet.side, LinkSide::unknown);
}

}  // namespace
}  // namespace weir
