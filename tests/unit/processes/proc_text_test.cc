#include "report/processes/proc_text.h"

#include <gtest/gtest.h>

#include "tests/unit/processes/fake_host.h"

namespace weir::processes {
namespace {

const std::string kRest = " S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4242 20 21\n";

TEST(ProcStatText, TheNameMayHoldAnything) {
  for (const char* name :
       {"sshd", "a b", ") S 1 (", "((", "))", "x\ny", "\x1b[31m", "tmux: server"}) {
    const auto stat = parse_stat("12 (" + std::string(name) + ")" + kRest);
    ASSERT_TRUE(stat.has_value()) << name;
    EXPECT_EQ(stat->command, name);
    EXPECT_EQ(stat->start_time, 4242U);
  }
}

TEST(ProcStatText, WhatIsCutIsNothing) {
  const std::string whole = "12 (sshd)" + kRest;
  const size_t told = whole.find("4242");
  for (size_t length = 0; length <= told; ++length) {
    EXPECT_FALSE(parse_stat(whole.substr(0, length)).has_value()) << length;
  }
  EXPECT_FALSE(parse_stat(")( 1 2 3").has_value());
}

TEST(ProcStatusText, TheEffectiveUserCounts) {
  EXPECT_EQ(parse_uid("Name:\tx\nUid:\t1000\t1001\t1002\t1003\nGid:\t7\t7\n"), 1001U);
  EXPECT_FALSE(parse_uid("Name:\tUid:\n").has_value());
  EXPECT_FALSE(parse_uid("Uid:\tx\ty\n").has_value());
  EXPECT_FALSE(parse_uid("").has_value());
}

TEST(ProcLinks, OnlyTheKindAskedFor) {
  EXPECT_EQ(inode_of_link("socket:[1234]", "socket"), 1234U);
  EXPECT_EQ(inode_of_link("net:[4026531840]", "net"), 4026531840U);
  for (const char* link : {"pipe:[1234]", "socket:[12", "socket:[]", "socket:[-1]", "socket:[1x]",
                           "/tmp/socket:[7]", "socket:", "", "socket:[99999999999999999999999]"}) {
    EXPECT_EQ(inode_of_link(link, "socket"), 0U) << link;
  }
}

TEST(CleanText, NothingThatDrivesATerminalStays) {
  EXPECT_EQ(clean("nginx: worker"), "nginx: worker");
  EXPECT_EQ(clean("\x1b]0;x\x07\n\r\t\x7f"), "?]0;x?????");
  EXPECT_EQ(clean("\xc2\x9b"
                  "31m"),
            "?31m");  // C1's CSI
  EXPECT_EQ(clean("a\xe2\x80\xae"
                  "b"),
            "a?b");                         // right-to-left override
  EXPECT_EQ(clean("\xff\xc3"), "??");       // not UTF-8
  EXPECT_EQ(clean("\xc0\xaf"), "??");       // overlong
  EXPECT_EQ(clean("\xed\xa0\x80"), "???");  // a surrogate
  EXPECT_EQ(clean("caf\xc3\xa9"), "caf\xc3\xa9");
}

TEST(CleanText, IsBoundedAndCutBetweenCharacters) {
  EXPECT_EQ(clean(std::string(200, 'x')).size(), kMaxTextBytes);
  std::string text(kMaxTextBytes - 1, 'x');
  EXPECT_EQ(clean(text + "\xc3\xa9"), text);
}

// Lines of a real /proc/net/tcp and tcp6.
const std::string kTcpText =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
    "inode                                                     \n"
    "   0: 00000000:07E8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 "
    "1150 1 00000000f3a1b2c4 100 0 0 10 0                        \n"
    "   1: 0100000A:0050 0200000A:04D2 01 00000000:00000000 00:00000000 00000000     0        0 "
    "77 1 0000000000000000 20 4 30 10 -1\n"
    "   2: 0100000A:0050 0300000A:04D2 06 00000000:00000000 03:00000F00 00000000     0        0 0 "
    "3 0000000000000000\n";

TEST(ProcNetText, ReadsTcp) {
  std::vector<SocketRecord> sockets;
  EXPECT_EQ(parse_proc_net(kTcpText, 4, kTcp, false, sockets), 0U);
  ASSERT_EQ(sockets.size(), 3U);
  EXPECT_EQ(sockets[0].key, socket_record(kTcp, "0.0.0.0", 2024, 1150).key);
  EXPECT_EQ(sockets[0].inode, 1150U);
  EXPECT_EQ(sockets[1].key, socket_record(kTcp, "10.0.0.1", 80, 77, "10.0.0.2", 1234).key);
  EXPECT_EQ(sockets[2].inode, 0U);
}

TEST(ProcNetText, ReadsIpv6AndMappedAddresses) {
  const std::string end = " 07 00000000:00000000 00:00000000 00000000 0 0 9 2 0 0\n";
  const std::string text =
      "heading\n"
      " 0: 000000FD000000000000000001000000:0035 00000000000000000000000000000000:0000" +
      end + " 1: 0000000000000000FFFF00000100000A:0035 0000000000000000FFFF00000200000A:0009" +
      end + " 2: 00000000000000000000000000000000:0035 00000000000000000000000000000000:0000" + end;
  std::vector<SocketRecord> sockets;
  EXPECT_EQ(parse_proc_net(text, 6, kUdp, false, sockets), 0U);
  ASSERT_EQ(sockets.size(), 3U);
  EXPECT_EQ(sockets[0].key, socket_record(kUdp, "fd00::1", 53, 9).key);
  EXPECT_EQ(sockets[1].key, socket_record(kUdp, "10.0.0.1", 53, 9, "10.0.0.2", 9).key);
  EXPECT_TRUE(sockets[2].serves_ipv4);
}

TEST(ProcNetText, CutLinesAreCountedAndPassedOver) {
  for (size_t length = 0; length < kTcpText.size(); ++length) {
    std::vector<SocketRecord> sockets;
    parse_proc_net(std::string_view(kTcpText).substr(0, length), 4, kTcp, false, sockets);
    EXPECT_LE(sockets.size(), 3U);
  }
  std::vector<SocketRecord> sockets;
  const std::string bad = "heading\n 0: XX00000A:0050 0200000A:04D2 01 a b c d e 7\n\n 1: :: ::\n";
  EXPECT_EQ(parse_proc_net(bad, 4, kTcp, false, sockets), 3U);
  EXPECT_TRUE(sockets.empty());
  // IPv4 lines read as IPv6.
  EXPECT_EQ(parse_proc_net(kTcpText, 6, kTcp, false, sockets), 3U);
}

TEST(ProcNetText, WhichProtocolsThereAre) {
  const std::string text = "protocol  size sockets\nUDP-Lite  1344  0\nTCP  2304 1\n";
  EXPECT_TRUE(lists_protocol(text, "UDP-Lite"));
  EXPECT_TRUE(lists_protocol(text, "TCP"));
  EXPECT_FALSE(lists_protocol(text, "UDP"));
  EXPECT_FALSE(lists_protocol("", "TCP"));
}

}  // namespace
}  // namespace weir::processes
