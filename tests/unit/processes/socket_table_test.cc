#include "report/processes/socket_table.h"

#include <gtest/gtest.h>

#include "tests/unit/processes/fake_host.h"

namespace weir::processes {
namespace {

using Owners = std::array<uint32_t, 2>;

constexpr uint32_t kRemote = report::ProcessTable::kRemote;
constexpr uint32_t kUnknown = report::ProcessTable::kUnknown;
constexpr uint32_t kForwarded = report::ProcessTable::kForwarded;
constexpr uint32_t kKernel = report::ProcessTable::kKernel;
constexpr uint8_t kIcmp = 1;
constexpr uint8_t kOspf = 89;

class SocketTableTest : public testing::Test {
 protected:
  SocketTableTest() {
    for (const char* text : {"10.0.0.1", "fd00::1", "10.0.0.9"}) home(text, 0);
    homes_.push_back({{ip("10.0.0.255"), 4, true}, 0});
  }
  void home(const std::string& text, uint16_t net) {
    homes_.push_back({{ip(text), version_of(text), false}, net});
  }
  void add(uint32_t owner, uint8_t proto, const std::string& local, uint16_t port,
           const std::string& peer = "", uint16_t peer_port = 0, uint16_t net = 0) {
    SocketKey key = socket_record(proto, local, port, 1, peer, peer_port).key;
    key.net = net;
    sockets_.emplace_back(key, owner);
  }
  /// Owners at `here` and `there`.
  Owners ask(uint8_t proto, const std::string& here, uint16_t port, const std::string& there,
             uint16_t there_port) const {
    SocketTable table(sockets_.size(), homes_, 42, nullptr);
    for (const auto& [key, owner] : sockets_) table.add(key, owner);
    const Flow flow(proto, here, port, there, there_port);
    Owners owners = table.owners_of(flow.key);
    if (!flow.here_is_low) std::swap(owners[0], owners[1]);
    return owners;
  }

  std::vector<HomeAddress> homes_;
  std::vector<std::pair<SocketKey, uint32_t>> sockets_;
};

TEST_F(SocketTableTest, ConnectedBeforeBoundBeforeWildcard) {
  add(20, kTcp, "0.0.0.0", 80);
  EXPECT_EQ(ask(kTcp, "10.0.0.1", 80, "192.0.2.1", 5), (Owners{20, kRemote}));
  add(21, kTcp, "10.0.0.1", 80);
  EXPECT_EQ(ask(kTcp, "10.0.0.1", 80, "192.0.2.1", 5), (Owners{21, kRemote}));
  EXPECT_EQ(ask(kTcp, "10.0.0.9", 80, "192.0.2.1", 5), (Owners{20, kRemote}));
  add(22, kTcp, "10.0.0.1", 80, "192.0.2.1", 5);
  EXPECT_EQ(ask(kTcp, "10.0.0.1", 80, "192.0.2.1", 5), (Owners{22, kRemote}));
  EXPECT_EQ(ask(kTcp, "10.0.0.1", 80, "192.0.2.1", 6), (Owners{21, kRemote}));
  EXPECT_EQ(ask(kTcp, "10.0.0.1", 80, "192.0.2.2", 5), (Owners{21, kRemote}));
}

TEST_F(SocketTableTest, APortAtTheRemoteEndIsNobodysHere) {
  add(20, kTcp, "0.0.0.0", 80);
  add(21, kUdp, "0.0.0.0", 53);
  EXPECT_EQ(ask(kTcp, "10.0.0.1", 999, "192.0.2.1", 80), (Owners{kUnknown, kRemote}));
  EXPECT_EQ(ask(kUdp, "10.0.0.1", 999, "192.0.2.1", 53), (Owners{kUnknown, kRemote}));
  EXPECT_EQ(ask(kTcp, "192.0.2.2", 999, "192.0.2.1", 80), (Owners{kForwarded, kForwarded}));
  EXPECT_EQ(ask(kTcp, "10.0.0.1", 53, "192.0.2.1", 9), (Owners{kUnknown, kRemote}));  // UDP's port
}

TEST(SocketTable, NothingIsElsewhereBeforeAnyAddressIsKnown) {
  const SocketTable table(0, {}, 1, nullptr);
  FlowKey key;
  key.ip_version = 4;
  key.proto = kTcp;
  const uint32_t unknown = report::ProcessTable::kUnknown;
  EXPECT_EQ(table.owners_of(key), (std::array<uint32_t, 2>{unknown, unknown}));
}

TEST_F(SocketTableTest, BothEndsOfAConnectionWithinTheHost) {
  add(20, kTcp, "127.0.0.1", 80, "127.0.0.1", 5000);
  add(21, kTcp, "127.0.0.1", 5000, "127.0.0.1", 80);
  EXPECT_EQ(ask(kTcp, "127.0.0.1", 80, "127.0.0.1", 5000), (Owners{20, 21}));
  add(22, kTcp, "10.0.0.1", 80, "10.0.0.9", 5000);
  EXPECT_EQ(ask(kTcp, "10.0.0.1", 80, "10.0.0.9", 5000), (Owners{22, kUnknown}));
  EXPECT_EQ(ask(kTcp, "127.0.0.53", 1, "127.0.0.1", 2), (Owners{kUnknown, kUnknown}));
}

TEST_F(SocketTableTest, ProtocolsWithoutPorts) {
  EXPECT_EQ(ask(kIcmp, "10.0.0.1", 0, "192.0.2.1", 0), (Owners{kKernel, kRemote}));
  EXPECT_EQ(ask(kIcmp, "192.0.2.2", 0, "192.0.2.1", 0), (Owners{kForwarded, kForwarded}));
  sockets_.emplace_back(SocketKey{{}, {}, 0, 0, 0, kOspf, 4}, 20);
  sockets_.emplace_back(SocketKey{{}, {}, 0, 0, 0, kIcmp, 4}, 21);
  EXPECT_EQ(ask(kOspf, "10.0.0.1", 0, "192.0.2.1", 0), (Owners{20, kRemote}));
  // Who takes every ICMP packet is no owner of them; who speaks to one peer is.
  EXPECT_EQ(ask(kIcmp, "10.0.0.1", 0, "192.0.2.1", 0), (Owners{kKernel, kRemote}));
  sockets_.emplace_back(SocketKey{ip("10.0.0.1"), ip("192.0.2.1"), 0, 0, 0, kIcmp, 4}, 22);
  EXPECT_EQ(ask(kIcmp, "10.0.0.1", 0, "192.0.2.1", 0), (Owners{22, kRemote}));
}

TEST_F(SocketTableTest, FamiliesAreApart) {
  add(20, kTcp, "::", 80);
  EXPECT_EQ(ask(kTcp, "fd00::1", 80, "fd00::2", 5), (Owners{20, kRemote}));
  EXPECT_EQ(ask(kTcp, "10.0.0.1", 80, "192.0.2.1", 5), (Owners{kUnknown, kRemote}));
  EXPECT_EQ(ask(kTcp, "::1", 80, "::1", 5), (Owners{20, kUnknown}));
}

TEST_F(SocketTableTest, GroupsAreForThisHostWhenTheyComeFromElsewhere) {
  add(20, kUdp, "0.0.0.0", 5353);
  add(21, kUdp, "224.0.0.9", 520);
  EXPECT_EQ(ask(kUdp, "224.0.0.251", 5353, "192.0.2.1", 5353), (Owners{20, kRemote}));
  EXPECT_EQ(ask(kUdp, "224.0.0.9", 520, "192.0.2.1", 520), (Owners{21, kRemote}));
  EXPECT_EQ(ask(kUdp, "10.0.0.255", 5353, "10.0.0.7", 1), (Owners{20, kRemote}));
  EXPECT_EQ(ask(kUdp, "255.255.255.255", 67, "0.0.0.0", 68), (Owners{kUnknown, kRemote}));
  EXPECT_EQ(ask(2, "224.0.0.1", 0, "192.0.2.1", 0), (Owners{kKernel, kRemote}));
  // What this host sends to a group is its sender's.
  EXPECT_EQ(ask(kUdp, "10.0.0.1", 5353, "224.0.0.251", 5353), (Owners{20, kRemote}));
}

TEST_F(SocketTableTest, NamespacesHaveTheirOwnAddresses) {
  home("172.17.0.2", 1);
  home("127.0.0.1", 1);
  home("10.0.0.1", 1);  // the same as weir's own: not this one's packets
  add(20, kTcp, "0.0.0.0", 80, "", 0, 1);
  add(21, kTcp, "0.0.0.0", 81);
  EXPECT_EQ(ask(kTcp, "172.17.0.2", 80, "192.0.2.1", 5), (Owners{20, kRemote}));
  EXPECT_EQ(ask(kTcp, "172.17.0.2", 81, "192.0.2.1", 5), (Owners{kUnknown, kRemote}));
  EXPECT_EQ(ask(kTcp, "10.0.0.1", 80, "192.0.2.1", 5), (Owners{kUnknown, kRemote}));
  EXPECT_EQ(ask(kTcp, "127.0.0.1", 80, "127.0.0.1", 5), (Owners{kUnknown, kUnknown}));
}

TEST_F(SocketTableTest, AnAddressThatTwoNamespacesHave) {
  home("10.0.2.100", 1);
  home("10.0.2.100", 2);
  add(20, kTcp, "0.0.0.0", 80, "", 0, 1);
  add(21, kTcp, "10.0.2.100", 80, "192.0.2.1", 5, 2);
  EXPECT_EQ(ask(kTcp, "10.0.2.100", 80, "192.0.2.1", 5), (Owners{21, kRemote}));
  EXPECT_EQ(ask(kTcp, "10.0.2.100", 80, "192.0.2.1", 6), (Owners{20, kRemote}));
}

TEST(SocketTableFacts, ByNumber) {
  const auto process = std::make_shared<const report::Process>();
  const auto list = std::make_shared<const ProcessList>(
      ProcessList{{16, process}, {18, std::make_shared<const report::Process>()}});
  const SocketTable table(0, {}, 1, list);
  EXPECT_EQ(table.process(16), process.get());
  EXPECT_EQ(table.process(17), nullptr);
  EXPECT_EQ(table.process(19), nullptr);
  EXPECT_EQ(table.process(kUnknown), nullptr);
}

TEST(FlatIndex, FindsAllOfManyAndNothingElse) {
  constexpr uint16_t kCount = 20000;
  FlatIndex<SocketKey> index(kCount, 9);
  const auto key = [](uint16_t i) { return socket_record(kTcp, "10.0.0.1", i, 1).key; };
  for (uint16_t i = 1; i <= kCount; ++i) ASSERT_TRUE(index.add(key(i), i));
  EXPECT_FALSE(index.add(key(7), 8));
  for (uint16_t i = 1; i <= kCount; ++i) {
    const uint32_t* found = index.find(key(i));
    ASSERT_NE(found, nullptr) << i;
    EXPECT_EQ(*found, i);
  }
  EXPECT_EQ(index.find(key(kCount + 1)), nullptr);
}

}  // namespace
}  // namespace weir::processes
