#include "report/processes/netlink_messages.h"

#include <gtest/gtest.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "tests/unit/processes/fake_host.h"

namespace weir::processes {
namespace {

using Bytes = std::vector<uint8_t>;

constexpr uint32_t kSequence = 7;

template <class T>
void append(Bytes& bytes, const T& value) {
  const auto* at = reinterpret_cast<const uint8_t*>(&value);
  bytes.insert(bytes.end(), at, at + sizeof value);
}

void append_attribute(Bytes& bytes, uint16_t type, const Bytes& value) {
  append(bytes, static_cast<uint16_t>(4 + value.size()));
  append(bytes, type);
  bytes.insert(bytes.end(), value.begin(), value.end());
  while (bytes.size() % 4 != 0) bytes.push_back(0);
}

Bytes message(uint16_t type, const Bytes& payload, uint32_t sequence = kSequence) {
  nlmsghdr header{};
  header.nlmsg_len = static_cast<uint32_t>(sizeof header + payload.size());
  header.nlmsg_type = type;
  header.nlmsg_seq = sequence;
  Bytes bytes;
  append(bytes, header);
  bytes.insert(bytes.end(), payload.begin(), payload.end());
  return bytes;
}

/// As the kernel writes it, with its own struct.
Bytes socket_payload(const std::string& local, uint16_t port, const std::string& peer,
                     uint16_t peer_port, uint32_t inode, int v6_only = -1) {
  inet_diag_msg diag{};
  diag.idiag_family = version_of(local) == 4 ? AF_INET : AF_INET6;
  diag.id.idiag_sport = htobe16(port);
  diag.id.idiag_dport = htobe16(peer_port);
  std::memcpy(diag.id.idiag_src, ip(local).data(), 16);
  std::memcpy(diag.id.idiag_dst, ip(peer).data(), 16);
  diag.id.idiag_cookie[0] = 0x11;
  diag.id.idiag_cookie[1] = 0x22;
  diag.idiag_inode = inode;
  Bytes bytes;
  append(bytes, diag);
  if (v6_only >= 0) append_attribute(bytes, INET_DIAG_SKV6ONLY, {static_cast<uint8_t>(v6_only)});
  return bytes;
}

Bytes operator+(Bytes one, const Bytes& other) {
  one.insert(one.end(), other.begin(), other.end());
  return one;
}

TEST(NetlinkSockets, ReadsBothVersionsInTheKernelsStruct) {
  const Bytes bytes =
      message(SOCK_DIAG_BY_FAMILY, socket_payload("10.0.0.1", 80, "10.0.0.2", 1234, 5)) +
      message(SOCK_DIAG_BY_FAMILY, socket_payload("fd00::1", 443, "fd00::2", 99, 6)) +
      message(NLMSG_DONE, Bytes(4));
  std::vector<SocketRecord> sockets;
  const DumpProgress progress = parse_sockets(bytes, kSequence, kTcp, sockets);
  EXPECT_TRUE(progress.done);
  EXPECT_FALSE(progress.damaged);
  EXPECT_EQ(progress.sys_errno, 0);
  ASSERT_EQ(sockets.size(), 2U);
  EXPECT_EQ(sockets[0].key, socket_record(kTcp, "10.0.0.1", 80, 5, "10.0.0.2", 1234).key);
  EXPECT_EQ(sockets[0].inode, 5U);
  EXPECT_EQ(sockets[0].cookie, 0x2200000011U);
  EXPECT_EQ(sockets[1].key, socket_record(kTcp, "fd00::1", 443, 6, "fd00::2", 99).key);
}

TEST(NetlinkSockets, MappedAddressesAreIpv4) {
  std::vector<SocketRecord> sockets;
  parse_sockets(
      message(SOCK_DIAG_BY_FAMILY, socket_payload("::ffff:10.0.0.1", 80, "::ffff:10.0.0.2", 9, 5)),
      kSequence, kTcp, sockets);
  ASSERT_EQ(sockets.size(), 1U);
  EXPECT_EQ(sockets[0].key, socket_record(kTcp, "10.0.0.1", 80, 5, "10.0.0.2", 9).key);
}

TEST(NetlinkSockets, TellsDualStackFromIpv6Alone) {
  std::vector<SocketRecord> sockets;
  for (const int v6_only : {0, 1}) {
    parse_sockets(message(SOCK_DIAG_BY_FAMILY, socket_payload("::", 80, "::", 0, 5, v6_only)),
                  kSequence, kTcp, sockets);
  }
  parse_sockets(message(SOCK_DIAG_BY_FAMILY, socket_payload("fd00::1", 80, "::", 0, 5, 0)),
                kSequence, kTcp, sockets);
  ASSERT_EQ(sockets.size(), 3U);
  EXPECT_TRUE(sockets[0].serves_ipv4);
  EXPECT_FALSE(sockets[1].serves_ipv4);
  EXPECT_FALSE(sockets[2].serves_ipv4);
}

TEST(NetlinkSockets, ARawSocketsPortIsItsProtocol) {
  std::vector<SocketRecord> sockets;
  parse_sockets(message(SOCK_DIAG_BY_FAMILY, socket_payload("0.0.0.0", 89, "0.0.0.0", 0, 5)),
                kSequence, kRaw, sockets);
  ASSERT_EQ(sockets.size(), 1U);
  EXPECT_EQ(sockets[0].key.proto, 89);
  EXPECT_EQ(sockets[0].key.local_port, 0);
}

TEST(NetlinkSockets, ARefusalIsItsErrno) {
  for (const uint16_t type : {NLMSG_ERROR, NLMSG_DONE}) {
    Bytes payload;
    append(payload, -ENOENT);
    std::vector<SocketRecord> sockets;
    const DumpProgress progress = parse_sockets(message(type, payload), kSequence, kTcp, sockets);
    EXPECT_TRUE(progress.done);
    EXPECT_EQ(progress.sys_errno, ENOENT);
  }
}

TEST(NetlinkSockets, AnotherDumpsMessagesArePassedOver) {
  const Bytes bytes =
      message(SOCK_DIAG_BY_FAMILY, socket_payload("10.0.0.1", 80, "", 0, 5), kSequence - 1) +
      message(NLMSG_DONE, Bytes(4), kSequence - 1);
  std::vector<SocketRecord> sockets;
  const DumpProgress progress = parse_sockets(bytes, kSequence, kTcp, sockets);
  EXPECT_FALSE(progress.done);
  EXPECT_TRUE(sockets.empty());
}

TEST(NetlinkSockets, CutAtAnyLengthIsDamagedAndHarmless) {
  const Bytes first = message(SOCK_DIAG_BY_FAMILY, socket_payload("::", 80, "::", 0, 5, 1));
  const Bytes whole = first + message(NLMSG_DONE, Bytes(4));
  for (size_t length = 1; length < whole.size(); ++length) {
    const Bytes cut(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(length));
    std::vector<SocketRecord> sockets;
    const DumpProgress progress = parse_sockets(cut, kSequence, kTcp, sockets);
    EXPECT_EQ(progress.damaged, length != first.size()) << length;
    EXPECT_EQ(sockets.size(), length < first.size() ? 0U : 1U) << length;
    EXPECT_FALSE(progress.done) << length;
  }
}

TEST(NetlinkSockets, LyingLengthsAreDamaged) {
  Bytes payload = socket_payload("::", 80, "::", 0, 5, 1);
  for (const uint8_t lie : {0, 3, 200}) {
    Bytes bytes = message(SOCK_DIAG_BY_FAMILY, payload);
    bytes[sizeof(nlmsghdr) + sizeof(inet_diag_msg)] = lie;  // the attribute's length
    std::vector<SocketRecord> sockets;
    EXPECT_TRUE(parse_sockets(bytes, kSequence, kTcp, sockets).damaged) << int{lie};
    EXPECT_TRUE(sockets.empty());
  }
  for (const uint8_t lie : {0, 15, 255}) {
    Bytes bytes = message(SOCK_DIAG_BY_FAMILY, payload);
    bytes[0] = lie;
    std::vector<SocketRecord> sockets;
    EXPECT_TRUE(parse_sockets(bytes, kSequence, kTcp, sockets).damaged) << int{lie};
  }
}

TEST(NetlinkDestroyed, TheMessageNamesItsProtocol) {
  for (const uint8_t proto : {kTcp, kUdp}) {
    Bytes payload = socket_payload("10.0.0.1", 1000, "192.0.2.1", 443, 0);
    append_attribute(payload, INET_DIAG_PROTOCOL, {proto});
    std::vector<SocketRecord> records;
    EXPECT_TRUE(parse_destroyed(message(SOCK_DIAG_BY_FAMILY, payload, 0), records));
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0].key.proto, proto);
    EXPECT_EQ(records[0].key.local_port, 1000);
    EXPECT_EQ(records[0].cookie, 0x2200000011U);
  }
}

TEST(NetlinkDestroyed, WithoutAProtocolItIsNone) {
  std::vector<SocketRecord> records;
  const Bytes payload = socket_payload("10.0.0.1", 1000, "192.0.2.1", 443, 0);
  EXPECT_TRUE(parse_destroyed(message(SOCK_DIAG_BY_FAMILY, payload, 0), records));
  EXPECT_TRUE(records.empty());
}

TEST(NetlinkDestroyed, CutAtAnyLengthIsDamagedAndHarmless) {
  Bytes payload = socket_payload("fd00::1", 1000, "fd00::2", 443, 0);
  append_attribute(payload, INET_DIAG_PROTOCOL, {kTcp});
  const Bytes whole = message(SOCK_DIAG_BY_FAMILY, payload, 0);
  for (size_t length = 1; length < whole.size(); ++length) {
    std::vector<SocketRecord> records;
    EXPECT_FALSE(parse_destroyed({whole.data(), length}, records)) << length;
    EXPECT_TRUE(records.empty()) << length;
  }
}

TEST(NetlinkAddresses, ReadsOwnAndBroadcastButNotTheOtherEnd) {
  ifaddrmsg info{};
  info.ifa_family = AF_INET;
  Bytes payload;
  append(payload, info);
  append_attribute(payload, IFA_ADDRESS, {10, 0, 0, 2});  // of a tunnel: the other end
  append_attribute(payload, IFA_LOCAL, {10, 0, 0, 1});
  append_attribute(payload, IFA_BROADCAST, {10, 0, 0, 255});
  info.ifa_family = AF_INET6;
  Bytes ipv6;
  append(ipv6, info);
  const IpBytes address = ip("fd00::1");
  append_attribute(ipv6, IFA_ADDRESS, {address.begin(), address.end()});
  const Bytes bytes = message(RTM_NEWADDR, payload) + message(RTM_NEWADDR, ipv6);
  std::vector<LocalAddress> addresses;
  EXPECT_FALSE(parse_addresses(bytes, kSequence, addresses).damaged);
  ASSERT_EQ(addresses.size(), 3U);
  EXPECT_EQ(addresses[0], (LocalAddress{ip("10.0.0.1"), 4, false}));
  EXPECT_EQ(addresses[1], (LocalAddress{ip("10.0.0.255"), 4, true}));
  EXPECT_EQ(addresses[2], (LocalAddress{ip("fd00::1"), 6, false}));
}

TEST(NetlinkAddresses, AnAddressOfAnotherLengthIsNone) {
  ifaddrmsg info{};
  info.ifa_family = AF_INET;
  Bytes payload;
  append(payload, info);
  append_attribute(payload, IFA_LOCAL, {10, 0, 0});
  std::vector<LocalAddress> addresses;
  EXPECT_FALSE(parse_addresses(message(RTM_NEWADDR, payload), kSequence, addresses).damaged);
  EXPECT_TRUE(addresses.empty());
  EXPECT_TRUE(parse_addresses(message(RTM_NEWADDR, {2, 0, 0}), kSequence, addresses).damaged);
}

}  // namespace
}  // namespace weir::processes
