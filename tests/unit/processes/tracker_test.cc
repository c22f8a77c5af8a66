#include "report/processes/tracker.h"

#include <gtest/gtest.h>

#include "tests/unit/processes/fake_host.h"

namespace weir::processes {
namespace {

constexpr uint32_t kRemote = report::ProcessTable::kRemote;
constexpr uint32_t kUnknown = report::ProcessTable::kUnknown;
constexpr uint64_t kSecond = 1'000'000'000;
constexpr uint64_t kPlenty = 100 * kSecond;
constexpr uint64_t kOther = 4026532001;

class TrackerTest : public testing::Test {
 protected:
  TrackerTest() { host_.add_address(FakeHost::kOwn, "10.0.0.1"); }

  std::vector<SocketRecord>& sockets() { return host_.nets[FakeHost::kOwn].sockets; }
  void poll(uint64_t search_ns = kPlenty) {
    host_.now += 2 * kSecond;
    tracker_.poll(search_ns);
  }
  /// The owner at this host's end of a TCP flow with 192.0.2.1.
  uint32_t owner(uint16_t port, uint16_t peer_port = 9, const std::string& here = "10.0.0.1") {
    const Flow flow(kTcp, here, port, "192.0.2.1", peer_port);
    const auto owners = tracker_.table()->owners_of(flow.key);
    EXPECT_EQ(owners[flow.here_is_low ? 1 : 0], kRemote);
    return owners[flow.here_is_low ? 0 : 1];
  }
  /// The pid of the owner; 0 when it is no process.
  uint32_t pid(uint16_t port, uint16_t peer_port = 9, const std::string& here = "10.0.0.1") {
    const report::Process* process = tracker_.table()->process(owner(port, peer_port, here));
    return process == nullptr ? 0 : process->pid;
  }
  const report::Process& facts(uint16_t port) {
    static const report::Process kNone;
    const report::Process* process = tracker_.table()->process(owner(port));
    return process == nullptr ? kNone : *process;
  }

  FakeHost host_;
  Tracker tracker_{host_, 42};
};

TEST_F(TrackerTest, FindsTheProcessOfASocket) {
  host_.processes[50].fds = {{0, 0}, {3, 7}};
  host_.processes[60].fds = {{4, 8}};
  sockets() = {socket_record(kTcp, "0.0.0.0", 80, 7),
               socket_record(kTcp, "10.0.0.1", 1000, 8, "192.0.2.1", 443)};
  poll();
  EXPECT_EQ(pid(80), 50U);
  EXPECT_EQ(pid(1000, 443), 60U);
  EXPECT_EQ(owner(1000, 444), kUnknown);
  EXPECT_EQ(tracker_.stats().pending, 0U);
}

TEST_F(TrackerTest, ASharedSocketIsTheLowestPidsButNotSystemds) {
  host_.processes[1].fds = {{3, 7}, {4, 8}};
  host_.processes[70].fds = {{3, 7}};
  host_.processes[60].fds = {{5, 7}};
  sockets() = {socket_record(kTcp, "0.0.0.0", 80, 7), socket_record(kTcp, "0.0.0.0", 81, 8)};
  poll();
  EXPECT_EQ(pid(80), 60U);
  EXPECT_EQ(pid(81), 1U);
  // It is activated: from now on the service has it too.
  host_.processes[90].fds = {{3, 8}};
  poll();
  EXPECT_EQ(pid(81), 90U);
  // The parent ends, the child goes on.
  host_.processes.erase(60);
  poll();
  EXPECT_EQ(pid(80), 70U);
}

TEST_F(TrackerTest, AClosedConnectionIsRememberedForAMinute) {
  host_.processes[50].fds = {{3, 7}};
  sockets() = {socket_record(kTcp, "10.0.0.1", 1000, 7, "192.0.2.1", 443)};
  poll();
  const uint32_t number = owner(1000, 443);
  sockets() = {};
  host_.processes.erase(50);
  poll();
  EXPECT_EQ(owner(1000, 443), number);
  EXPECT_EQ(pid(1000, 443), 50U);
  EXPECT_EQ(tracker_.stats().remembered, 1U);
  host_.now += 50 * kSecond;
  poll();
  EXPECT_EQ(owner(1000, 443), number);
  host_.now += 10 * kSecond;
  poll();
  EXPECT_EQ(owner(1000, 443), kUnknown);
  EXPECT_EQ(tracker_.stats().remembered, 0U);
  // Whoever still shows its number can say what it was.
  ASSERT_NE(tracker_.table()->process(number), nullptr);
}

TEST_F(TrackerTest, AConnectionIsRememberedAsLongAsTheKernelIsClosingIt) {
  host_.processes[50].fds = {{3, 7}};
  sockets() = {socket_record(kTcp, "10.0.0.1", 1000, 7, "192.0.2.1", 443)};
  poll();
  sockets()[0].inode = 0;  // FIN_WAIT, TIME_WAIT
  for (int i = 0; i < 100; ++i) poll();
  EXPECT_EQ(pid(1000, 443), 50U);
}

TEST_F(TrackerTest, ConnectionsNobodyHasYetAreTheListeners) {
  host_.processes[50].fds = {{3, 7}};
  sockets() = {socket_record(kTcp, "0.0.0.0", 80, 7),
               socket_record(kTcp, "10.0.0.1", 80, 0, "192.0.2.1", 5)};  // SYN_RECV
  poll();
  EXPECT_EQ(pid(80, 5), 50U);
}

TEST_F(TrackerTest, AnInodeThatComesAgainIsAnotherSocket) {
  host_.processes[50].fds = {{3, 7}};
  sockets() = {socket_record(kTcp, "10.0.0.1", 1000, 7, "192.0.2.1", 443)};
  poll();
  EXPECT_EQ(pid(1000, 443), 50U);
  // Between two polls: closed, and the number given to a socket of another process.
  host_.processes[50].fds = {};
  host_.processes[60].fds = {{3, 7}};
  sockets() = {socket_record(kTcp, "10.0.0.1", 2000, 7, "192.0.2.1", 443)};
  sockets()[0].cookie = 99;
  poll();
  EXPECT_EQ(pid(2000, 443), 60U);
  EXPECT_EQ(pid(1000, 443), 50U);  // remembered
  // The same, with the same addresses: the new socket has them now.
  host_.processes[60].fds = {};
  host_.processes[70].fds = {{3, 7}};
  sockets()[0].cookie = 100;
  poll();
  EXPECT_EQ(pid(2000, 443), 70U);
}

TEST_F(TrackerTest, APidThatComesAgainIsAnotherProcess) {
  host_.processes[50].fds = {{3, 7}};
  sockets() = {socket_record(kTcp, "10.0.0.1", 1000, 7, "192.0.2.1", 443)};
  poll();
  const uint32_t first = owner(1000, 443);
  host_.processes[50] = {};
  host_.processes[50].command = "other";
  host_.processes[50].start_time = 200;
  host_.processes[50].fds = {{3, 9}};
  sockets() = {socket_record(kTcp, "10.0.0.1", 2000, 9, "192.0.2.1", 443)};
  poll();
  const uint32_t second = owner(2000, 443);
  EXPECT_NE(first, second);
  EXPECT_EQ(owner(1000, 443), first);
  EXPECT_EQ(tracker_.table()->process(first)->command, "program");
  EXPECT_EQ(tracker_.table()->process(second)->command, "other");
}

TEST_F(TrackerTest, AnUnconnectedSocketThatConnects) {
  host_.processes[50].fds = {{3, 7}};
  sockets() = {socket_record(kTcp, "0.0.0.0", 1000, 7)};
  poll();
  const uint32_t number = owner(1000, 443);
  sockets() = {socket_record(kTcp, "10.0.0.1", 1000, 7, "192.0.2.1", 443)};
  poll();
  EXPECT_EQ(owner(1000, 443), number);
}

TEST_F(TrackerTest, DualStackAndIpv4BeforeIt) {
  host_.processes[50].fds = {{3, 7}};
  host_.processes[60].fds = {{3, 8}};
  sockets() = {socket_record(kTcp, "::", 80, 7)};
  poll();
  EXPECT_EQ(pid(80), 50U);
  sockets().push_back(socket_record(kTcp, "0.0.0.0", 80, 8));
  poll();
  EXPECT_EQ(pid(80), 60U);
}

TEST_F(TrackerTest, HostileNamesAreClean) {
  host_.processes[50].fds = {{3, 7}};
  host_.processes[50].command = "a\x1b]0;b\n)";
  host_.processes[50].cgroup = "0::/x\x1b.service\n";
  sockets() = {socket_record(kTcp, "0.0.0.0", 80, 7)};
  poll();
  EXPECT_EQ(facts(80).command, "a?]0;b?)");
  EXPECT_EQ(facts(80).user, "us?[31mer");
  EXPECT_EQ(facts(80).unit, "x?.service");
  EXPECT_EQ(facts(80).namespace_of, "");
}

TEST_F(TrackerTest, ANameThatTheKernelCutIsTheProgramsAndAnExecIsSeen) {
  host_.processes[50].fds = {{3, 7}};
  host_.processes[50].command = "systemd-resolve";
  host_.program_name = "systemd-resolved";
  sockets() = {socket_record(kTcp, "0.0.0.0", 80, 7)};
  poll();
  EXPECT_EQ(facts(80).command, "systemd-resolved");
  const uint32_t number = owner(80);
  host_.processes[50].command = "server";
  poll();  // the sweep is at its end, and begins again
  poll();
  EXPECT_EQ(facts(80).command, "server");
  EXPECT_EQ(owner(80), number);
}

TEST_F(TrackerTest, OtherNamespaces) {
  host_.processes[50].fds = {{3, 7}};
  host_.processes[50].net = kOther;
  host_.names[kOther] = "blue\n";
  host_.add_address(kOther, "172.17.0.2");
  host_.nets[kOther].sockets = {socket_record(kTcp, "0.0.0.0", 80, 7)};
  poll();
  EXPECT_EQ(pid(80, 9, "172.17.0.2"), 50U);
  EXPECT_EQ(owner(80), kUnknown);
  EXPECT_EQ(tracker_.table()->process(owner(80, 9, "172.17.0.2"))->namespace_of, "blue?");
  tracker_.rest();
  EXPECT_FALSE(host_.nets[kOther].is_open);
  poll();
  EXPECT_TRUE(host_.nets[kOther].is_open);
  host_.processes.clear();
  poll();
  EXPECT_FALSE(host_.nets[kOther].is_open);
  const Flow flow(kTcp, "172.17.0.2", 80, "192.0.2.1", 9);
  EXPECT_EQ(tracker_.table()->owners_of(flow.key)[0], report::ProcessTable::kForwarded);
}

TEST_F(TrackerTest, NamespacesAreBounded) {
  for (uint32_t i = 0; i < 300; ++i) host_.processes[100 + i].net = kOther + i;
  poll();
  size_t open = 0;
  for (const auto& [inode, net] : host_.nets) open += net.is_open ? 1 : 0;
  EXPECT_EQ(open, Tracker::kMaxNamespaces + 1);
  EXPECT_EQ(tracker_.limits(), "only 256 other network namespaces are looked into");
}

TEST_F(TrackerTest, SaysWhatItMayNotSee) {
  host_.processes[50].fds = {{3, 7}};
  sockets() = {socket_record(kTcp, "0.0.0.0", 80, 7)};
  poll();
  EXPECT_EQ(tracker_.limits(), "");
  host_.processes[60].refused = true;
  host_.processes[61].net = kOther;
  host_.may_enter = false;
  poll();
  EXPECT_EQ(tracker_.limits(),
            "not root: only your own processes; other network namespaces need CAP_SYS_ADMIN");
  EXPECT_EQ(pid(80), 50U);
  host_.processes.erase(60);
  host_.processes.erase(61);
  poll();
  EXPECT_EQ(tracker_.limits(), "");
}

SocketRecord closed(uint16_t port, uint64_t cookie, uint8_t proto = kTcp,
                    const std::string& here = "10.0.0.1", const std::string& there = "192.0.2.1") {
  SocketRecord record = socket_record(proto, here, port, 0, there, there.empty() ? 0 : 443);
  record.cookie = cookie;
  return record;
}

/// A client that connects, sends and ends between two polls.
TEST_F(TrackerTest, AProcessThatWasNeverSeenIsKnownByHowItsSocketEnded) {
  poll();
  host_.end_socket(FakeHost::kOwn, closed(1000, 7), {7, 50, 33, "cu\x1b[rl"});
  poll();
  EXPECT_EQ(pid(1000, 443), 50U);
  const report::Process* process = tracker_.table()->process(owner(1000, 443));
  ASSERT_NE(process, nullptr);
  EXPECT_EQ(process->command, "cu?[rl");
  EXPECT_EQ(process->user, "user33");
  host_.now += 61 * kSecond;
  poll();
  EXPECT_EQ(owner(1000, 443), kUnknown);
}

TEST_F(TrackerTest, AnUnconnectedSocketThatEndedHasItsPort) {
  poll();
  host_.end_socket(FakeHost::kOwn, closed(5000, 7, kUdp, "0.0.0.0", ""), {7, 50, 0, "dig"});
  host_.end_socket(FakeHost::kOwn, closed(5001, 8, kUdp, "::", ""), {8, 51, 0, "dig"});
  poll();
  for (const uint16_t port : {uint16_t{5000}, uint16_t{5001}}) {
    const Flow flow(kUdp, "10.0.0.1", port, "192.0.2.1", 53);
    const auto owners = tracker_.table()->owners_of(flow.key);
    const report::Process* process = tracker_.table()->process(owners[flow.here_is_low ? 0 : 1]);
    ASSERT_NE(process, nullptr) << port;
    EXPECT_EQ(process->pid, port - 4950U);
  }
}

TEST_F(TrackerTest, ACloserThatIsAliveIsTheProcessItIs) {
  host_.processes[50].fds = {{3, 7}};
  sockets() = {socket_record(kTcp, "0.0.0.0", 80, 7)};
  poll();
  host_.end_socket(FakeHost::kOwn, closed(1000, 9), {9, 50, 0, "its thread"});
  poll();
  EXPECT_EQ(owner(1000, 443), owner(80));
  // One that came and is still there without a socket, and one that has ended by now.
  host_.processes[51].command = "fresh";
  host_.end_socket(FakeHost::kOwn, closed(1001, 10), {10, 51, 0, "fresh"});
  host_.processes.erase(50);
  host_.end_socket(FakeHost::kOwn, closed(1002, 11), {11, 50, 0, "its thread"});
  poll();
  EXPECT_EQ(pid(1001, 443), 51U);
  EXPECT_EQ(owner(1002, 443), owner(80));
}

TEST_F(TrackerTest, AClosingConnectionIsKnownByItsCookie) {
  poll();
  host_.released = {{7, 50, 0, "curl"}};
  poll();
  EXPECT_EQ(owner(1000, 443), kUnknown);
  sockets() = {closed(1000, 7)};  // FIN_WAIT: no inode, the same cookie
  poll();
  EXPECT_EQ(pid(1000, 443), 50U);
}

TEST_F(TrackerTest, AnotherNamespacesProcessIsNamedWithIt) {
  host_.processes[90].net = kOther;
  host_.add_address(kOther, "10.9.0.1");
  poll();
  host_.end_socket(kOther, closed(1000, 7, kTcp, "10.9.0.1"), {7, 50, 0, "curl"});
  poll();
  const report::Process* process = tracker_.table()->process(owner(1000, 443, "10.9.0.1"));
  ASSERT_NE(process, nullptr);
  EXPECT_EQ(process->namespace_of, std::to_string(kOther));
}

TEST_F(TrackerTest, EndsAreFollowedOnlyWhileSomebodyLooks) {
  EXPECT_FALSE(host_.following);
  poll();
  EXPECT_TRUE(host_.following);
  tracker_.rest();
  EXPECT_FALSE(host_.following);
  poll();
  EXPECT_TRUE(host_.following);
}

TEST_F(TrackerTest, SaysWhenEndsAreNotFollowed) {
  host_.may_follow = Access::refused;
  poll();
  EXPECT_EQ(tracker_.limits(), "connections shorter than a second need CAP_BPF and CAP_NET_ADMIN");
  tracker_.rest();
  host_.may_follow = Access::gone;
  poll();
  EXPECT_EQ(tracker_.limits(),
            "this kernel cannot tell whose connections shorter than a second are");
  tracker_.rest();
  host_.may_follow = Access::ok;
  poll();
  EXPECT_EQ(tracker_.limits(), "");
  host_.lost_ends = true;
  poll();
  EXPECT_EQ(tracker_.limits(), "too many sockets are closed to follow them all");
}

TEST_F(TrackerTest, ClosersAreBounded) {
  poll();
  for (uint32_t i = 0; i < Tracker::kMaxClosers + 10; ++i) {
    host_.released.push_back({i + 1, 50, 0, "flood"});
  }
  poll();
  EXPECT_EQ(tracker_.limits(), "too many sockets are closed to follow them all");
}

TEST_F(TrackerTest, ADumpThatFailedSaysNothing) {
  host_.processes[50].fds = {{3, 7}};
  sockets() = {socket_record(kTcp, "0.0.0.0", 80, 7)};
  poll();
  host_.nets[FakeHost::kOwn].unreadable = true;
  sockets() = {};
  poll();
  EXPECT_EQ(pid(80), 50U);
}

TEST_F(TrackerTest, ANamespaceThatCouldNotBeReadIsEnteredAnew) {
  host_.processes[50].fds = {{3, 7}};
  host_.processes[50].net = kOther;
  host_.add_address(kOther, "172.17.0.2");
  host_.nets[kOther].sockets = {socket_record(kTcp, "0.0.0.0", 80, 7)};
  poll();
  host_.nets[kOther].unreadable = true;
  poll();
  EXPECT_FALSE(host_.nets[kOther].is_open);
  EXPECT_EQ(pid(80, 9, "172.17.0.2"), 50U);
  host_.nets[kOther].unreadable = false;
  host_.nets[kOther].sockets[0].key.local_port = 81;
  poll();
  EXPECT_EQ(pid(81, 9, "172.17.0.2"), 50U);
}

TEST_F(TrackerTest, NothingIsReadAgainThatIsKnown) {
  auto& fds = host_.processes[50].fds;
  for (uint32_t i = 0; i < 1000; ++i) {
    fds[i + 3] = i + 10;
    sockets().push_back(
        socket_record(kTcp, "10.0.0.1", static_cast<uint16_t>(i + 1), i + 10, "192.0.2.1", 443));
  }
  host_.processes[60].fds = {};
  poll();
  poll();
  poll(4000);  // too little for a sweep to come far
  host_.links = 0;
  host_.fd_lists = 0;
  poll(1);
  EXPECT_EQ(host_.links, 0U);
  // One is closed and another one takes its descriptor: only that is read.
  fds[5] = 5000;
  sockets()[2] = socket_record(kTcp, "10.0.0.1", 3, 5000, "192.0.2.1", 444);
  host_.links = 0;
  poll(100'000);
  EXPECT_EQ(pid(3, 444), 50U);
  EXPECT_EQ(pid(3, 443), 50U);
  EXPECT_LE(host_.links, 1010U);
}

TEST_F(TrackerTest, ASocketThatSoonClosesIsNotLookedForEverywhere) {
  for (uint32_t i = 0; i < 500; ++i) host_.processes[100 + i].fds = {{3, 0}};
  host_.processes[50].fds = {{3, 7}};
  sockets() = {socket_record(kTcp, "0.0.0.0", 80, 7)};
  poll();
  host_.fd_lists = 0;
  for (uint32_t i = 0; i < 10; ++i) {  // each is gone before it could be found
    sockets() = {socket_record(kTcp, "0.0.0.0", 80, 7),
                 socket_record(kTcp, "10.0.0.1", 1000, 100 + i, "192.0.2.1", 443)};
    poll();
  }
  EXPECT_LT(host_.fd_lists, 500U);  // the sweep's share
  // One that stays is found, by whomever it is.
  host_.processes[400].fds = {{3, 109}};
  poll();
  EXPECT_EQ(pid(1000, 443), 400U);
}

TEST_F(TrackerTest, ASocketThatNobodyHasIsNotLookedForForever) {
  for (uint32_t i = 0; i < 500; ++i) host_.processes[100 + i].fds = {{3, 0}};
  sockets() = {socket_record(kTcp, "0.0.0.0", 80, 7)};  // of the kernel: NFS, WireGuard
  for (int i = 0; i < 4; ++i) poll();
  EXPECT_EQ(tracker_.stats().pending, 0U);
  host_.fd_lists = 0;
  poll();
  EXPECT_LT(host_.fd_lists, 100U);  // the sweep's share
  EXPECT_EQ(owner(80), kUnknown);
}

TEST_F(TrackerTest, WhatDidNotFitIntoOnePollComesInTheNext) {
  for (uint32_t i = 0; i < 500; ++i) host_.processes[100 + i].fds = {{3, 1000 + i}};
  for (uint32_t i = 0; i < 500; ++i) {
    sockets().push_back(socket_record(kTcp, "10.0.0.1", static_cast<uint16_t>(i + 1), 1000 + i));
  }
  uint32_t polls = 0;
  uint64_t most = 0;
  do {
    poll(200'000);
    most = std::max(most, tracker_.stats().cpu_ns);
  } while (tracker_.stats().pending != 0 && ++polls < 100);
  EXPECT_GT(polls, 2U);
  EXPECT_LT(polls, 100U);
  EXPECT_LT(most, 400'000U);
  EXPECT_EQ(pid(1), 100U);
  EXPECT_EQ(pid(500), 599U);
}

TEST_F(TrackerTest, ATableStaysAsItWas) {
  host_.processes[50].fds = {{3, 7}};
  sockets() = {socket_record(kTcp, "0.0.0.0", 80, 7)};
  poll();
  const auto before = tracker_.table();
  const Flow flow(kTcp, "10.0.0.1", 80, "192.0.2.1", 9);
  const auto owners = before->owners_of(flow.key);
  sockets() = {};
  host_.processes.clear();
  host_.now += 100 * kSecond;
  poll();
  host_.now += 100 * kSecond;
  poll();
  EXPECT_EQ(before->owners_of(flow.key), owners);
  EXPECT_NE(before->process(owners[0]), nullptr);
  EXPECT_EQ(owner(80), kUnknown);
}

}  // namespace
}  // namespace weir::processes
