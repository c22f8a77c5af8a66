#include "engine/pipeline/make_update.h"

#include <gtest/gtest.h>

#include "tests/support/scripted_backend.h"

namespace weir {
namespace {

constexpr uint32_t kLocalHost = 0x0a000001;   // 10.0.0.1
constexpr uint32_t kOtherLocal = 0x0a000002;  // 10.0.0.2
constexpr uint32_t kRemote = 0x01010101;      // 1.1.1.1, lower than the local ones

FlowUpdate update_of(uint32_t source, uint32_t destination, uint16_t source_port,
                     uint16_t destination_port, const LocalSide& local) {
  const auto frame = testing::udp_frame(source, destination, source_port, destination_port);
  PacketView packet;
  packet.data = frame.data();
  packet.cap_len = packet.wire_len = static_cast<uint32_t>(frame.size());
  parsers::ParsedPacket parsed;
  parsers::parse(packet, {}, parsed);
  FlowUpdate update;
  make_update(packet, parsed, false, local, 1, update);
  return update;
}

bool sent(const FlowUpdate& update) {
  return update.has(FlowUpdate::from_high) == update.has(FlowUpdate::shown_high);
}

LocalSide ten_slash_eight() {
  IpPrefix prefix;
  prefix.address[0] = 10;
  prefix.length = 8;
  return LocalSide(std::vector<IpPrefix>{prefix});
}

TEST(MakeUpdate, BothDirectionsAreOneFlow) {
  const LocalSide local = ten_slash_eight();
  const FlowUpdate out = update_of(kLocalHost, kRemote, 5000, 53, local);
  const FlowUpdate back = update_of(kRemote, kLocalHost, 53, 5000, local);
  EXPECT_EQ(out.flow.key(), back.flow.key());
  EXPECT_EQ(out.flow.hash, back.flow.hash);
  EXPECT_NE(out.has(FlowUpdate::from_high), back.has(FlowUpdate::from_high));
}

TEST(MakeUpdate, TheLocalSideIsShownFirstAndSends) {
  const LocalSide local = ten_slash_eight();
  const FlowUpdate out = update_of(kLocalHost, kRemote, 5000, 53, local);
  const FlowUpdate back = update_of(kRemote, kLocalHost, 53, 5000, local);
  EXPECT_TRUE(out.has(FlowUpdate::shown_high)) << "10.0.0.1 is the higher address";
  EXPECT_TRUE(sent(out));
  EXPECT_FALSE(sent(back));
}

TEST(MakeUpdate, WhereLocalNetworksCannotTellTheLowerEndIsShownFirst) {
  const LocalSide none(std::vector<IpPrefix>{});
  EXPECT_TRUE(sent(update_of(kRemote, kLocalHost, 53, 5000, none)));
  EXPECT_FALSE(sent(update_of(kLocalHost, kRemote, 5000, 53, none)));
  const LocalSide local = ten_slash_eight();
  EXPECT_TRUE(sent(update_of(kLocalHost, kOtherLocal, 9, 1, local)));
  EXPECT_FALSE(sent(update_of(kOtherLocal, kLocalHost, 1, 9, local)));
}

TEST(MakeUpdate, OneAddressOnBothSidesIsOrderedByPort) {
  const LocalSide none(std::vector<IpPrefix>{});
  const FlowUpdate a = update_of(kRemote, kRemote, 1000, 2000, none);
  const FlowUpdate b = update_of(kRemote, kRemote, 2000, 1000, none);
  EXPECT_EQ(a.flow.key(), b.flow.key());
  EXPECT_EQ(a.flow.key().low_port, 1000);
  EXPECT_TRUE(sent(a));
  EXPECT_FALSE(sent(b));
}

TEST(LocalSide, KnowsPrefixesOfBothVersions) {
  IpPrefix all;
  all.length = 0;
  IpPrefix six;
  six.ip_version = 6;
  six.address[0] = 0x20;
  six.length = 4;
  const LocalSide local(std::vector<IpPrefix>{all, six});
  IpBytes address{};
  address[0] = 0x2f;
  EXPECT_TRUE(local.contains(4, address));
  EXPECT_TRUE(local.contains(6, address));
  address[0] = 0x30;
  EXPECT_FALSE(local.contains(6, address));
}

}  // namespace
}  // namespace weir
