// The fanout program on frames made by hand, in weir's own BPF machine: both directions and all
// fragments of two hosts' traffic get one number, wherever the kernel's packet begins.

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/if_packet.h>

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "backends/af_packet/bpf_assembler.h"
#include "backends/af_packet/fanout_program.h"
#include "backends/bpf/bpf_machine.h"

namespace weir::testing {
namespace {

using backends::BpfInstruction;
using backends::BpfPacket;
using Bytes = std::vector<uint8_t>;

Bytes operator+(Bytes left, const Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

Bytes be16(uint32_t value) {
  return {static_cast<uint8_t>(value >> 8), static_cast<uint8_t>(value)};
}

Bytes be32(uint32_t value) {
  return be16(value >> 16) + be16(value & 0xffff);
}

struct Pair {
  uint32_t from;
  uint32_t to;
  Pair back() const { return {to, from}; }
};

constexpr Pair kHosts{0x0a4d0002, 0xc6120002};
constexpr Pair kOthers{0x0a4d0003, 0xc6120002};

Bytes ports(uint32_t from, uint32_t to) {
  return be16(from) + be16(to) + be16(8) + be16(0);
}

Bytes ipv4(Pair hosts, uint8_t protocol, const Bytes& payload, uint32_t fragment = 0,
           uint32_t option_words = 0) {
  const auto size = static_cast<uint32_t>(20 + 4 * option_words + payload.size());
  return Bytes{static_cast<uint8_t>(0x45 + option_words), 0} + be16(size) + be16(7) +
         be16(fragment) + Bytes{64, protocol} + be16(0) + be32(hosts.from) + be32(hosts.to) +
         Bytes(4 * option_words, 1) + payload;
}

Bytes address6(uint32_t host) {
  return be32(0x20010db8) + be32(host) + be32(host * 7) + be32(host);
}

Bytes ipv6(Pair hosts, uint8_t protocol, const Bytes& payload) {
  return be32(0x60000000) + be16(static_cast<uint32_t>(payload.size())) + Bytes{protocol, 64} +
         address6(hosts.from) + address6(hosts.to) + payload;
}

Bytes ethernet(uint32_t type, const Bytes& payload) {
  return Bytes{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2} + be16(type) + payload;
}

Bytes tags(uint32_t count, uint32_t type, const Bytes& payload) {
  Bytes bytes;
  for (uint32_t i = 0; i < count; ++i) {
    bytes = std::move(bytes) + be16(5 + i) + be16(i + 1 == count ? type : 0x8100);
  }
  return bytes + payload;
}

Bytes snap(uint32_t type, const Bytes& payload) {
  return Bytes{0xaa, 0xaa, 3, 0, 0, 0} + be16(type) + payload;
}

struct Program {
  std::vector<BpfInstruction> code;

  explicit Program(bool decap, LinkType type = LinkType::en10mb)
      : code(backends::make_fanout_program(type, decap)) {}

  /// As the kernel runs it on a frame that leaves.
  uint32_t leaving(const Bytes& frame) const {
    return run({.data = frame.data(),
                .cap_len = static_cast<uint32_t>(frame.size()),
                .packet_type = PACKET_OUTGOING});
  }
  /// And on one that arrives: the link header is behind, and its type what the driver made of it.
  uint32_t arriving(const Bytes& frame) const {
    const auto type = static_cast<uint16_t>(frame[12] << 8 | frame[13]);
    return run({.data = frame.data() + 14,
                .cap_len = static_cast<uint32_t>(frame.size() - 14),
                .protocol = type >= 0x600 ? type : uint16_t{4}});
  }
  uint32_t run(const BpfPacket& packet) const { return backends::run_bpf(code, packet); }
};

/// The number of two hosts' frame, which is the same for what arrives and what leaves.
uint32_t number_of(const Program& program, const Bytes& frame) {
  const uint32_t number = program.arriving(frame);
  EXPECT_EQ(program.leaving(frame), number);
  return number;
}

const Bytes kUdp = ports(10000, 53);

uint32_t plain(const Program& program, Pair hosts) {
  return number_of(program, ethernet(0x0800, ipv4(hosts, 17, kUdp)));
}

TEST(FanoutProgram, FitsTheKernel) {
  EXPECT_LE(Program(false).code.size(), static_cast<size_t>(BPF_MAXINSNS));
  EXPECT_LE(Program(true).code.size(), static_cast<size_t>(BPF_MAXINSNS));
}

TEST(FanoutProgram, DirectionsAreEqualAndHostsAreNot) {
  const Program program(false);
  EXPECT_NE(plain(program, kHosts), 0U);
  EXPECT_EQ(plain(program, kHosts), plain(program, kHosts.back()));
  EXPECT_NE(plain(program, kHosts), plain(program, kOthers));
  const auto six = [&](Pair hosts) {
    return number_of(program, ethernet(0x86dd, ipv6(hosts, 6, kUdp)));
  };
  EXPECT_EQ(six(kHosts), six(kHosts.back()));
  EXPECT_NE(six(kHosts), six(kOthers));
}

// A thousand pairs of hosts whose addresses differ in few bits, over two to five sockets.
TEST(FanoutProgram, SpreadsEvenly) {
  const Program program(false);
  for (const uint32_t sockets : {2U, 3U, 4U, 5U}) {
    std::vector<uint32_t> load(sockets);
    for (uint32_t i = 0; i < 1000; ++i) {
      const Pair hosts{0x0a4d0000 + i, 0xc6120000 + i};
      ++load[plain(program, hosts) % sockets];
      ++load[number_of(program, ethernet(0x86dd, ipv6(hosts, 6, kUdp))) % sockets];
    }
    for (const uint32_t packets : load) {
      EXPECT_GT(packets, 2000 / sockets * 7 / 10) << sockets;
    }
  }
}

TEST(FanoutProgram, FragmentsAndUpperLayersGoWithTheirHosts) {
  const Program program(false);
  const uint32_t want = plain(program, kHosts);
  for (const uint32_t fragment : {0x2000U, 0x2001U, 0x00b9U}) {
    const Bytes frame = ethernet(0x0800, ipv4(kHosts, 17, Bytes(40, 0xff), fragment));
    EXPECT_EQ(number_of(program, frame), want) << fragment;
  }
  EXPECT_EQ(number_of(program, ethernet(0x0800, ipv4(kHosts, 1, kUdp, 0, 10))), want);
  const uint32_t six = number_of(program, ethernet(0x86dd, ipv6(kHosts, 17, kUdp)));
  const Bytes later = Bytes{17, 0} + be16(1480) + be32(9) + Bytes(64, 0xff);
  EXPECT_EQ(number_of(program, ethernet(0x86dd, ipv6(kHosts.back(), 44, later))), six);
  const Bytes hops = Bytes{44, 0, 1, 4, 0, 0, 0, 0} + later;
  EXPECT_EQ(number_of(program, ethernet(0x86dd, ipv6(kHosts, 0, hops))), six);
}

// Everything that the parser skips before IP.
TEST(FanoutProgram, LinkHeadersAreSkipped) {
  const Program program(false);
  const uint32_t want = plain(program, kHosts);
  const Bytes ip = ipv4(kHosts.back(), 17, kUdp);
  for (uint32_t count = 1; count <= 24; ++count) {
    for (const uint32_t tpid : {0x8100U, 0x88a8U, 0x9100U}) {
      EXPECT_EQ(number_of(program, ethernet(tpid, tags(count, 0x0800, ip))), want) << count;
    }
  }
  const Bytes label = be32(0x00010000 | 64);
  const Bytes bottom = be32(0x00010100 | 64);
  const Bytes one_byte_ppp = Bytes{0x11, 0, 0, 1, 0, 50, 0x21} + ip;
  const Bytes two_byte_ppp = Bytes{0x11, 0, 0, 1, 0, 50, 0x00, 0x21} + ip;
  const std::vector<std::pair<std::string, Bytes>> frames{
      {"SNAP", ethernet(50, snap(0x0800, ip))},
      {"a tag behind SNAP", ethernet(50, snap(0x8100, tags(1, 0x0800, ip)))},
      {"SNAP behind a tag", ethernet(0x8100, tags(1, 50, snap(0x0800, ip)))},
      {"MPLS", ethernet(0x8847, bottom + ip)},
      {"MPLS, three labels", ethernet(0x8848, label + label + bottom + ip)},
      {"MPLS behind a tag", ethernet(0x8100, tags(1, 0x8847, bottom + ip))},
      {"PPPoE", ethernet(0x8864, two_byte_ppp)},
      {"PPPoE, compressed protocol", ethernet(0x8864, one_byte_ppp)},
      {"MPLS in PPPoE", ethernet(0x8864, Bytes{0x11, 0, 0, 1, 0, 50, 0x02, 0x81} + bottom + ip)}};
  for (const auto& [what, frame] : frames) EXPECT_EQ(number_of(program, frame), want) << what;
}

// Each tag with a SNAP header behind it: what the longest chain that the parser follows looks like.
TEST(FanoutProgram, TheLongestChainIsFollowed) {
  const Program program(false);
  Bytes frame = snap(0x0800, ipv4(kHosts, 17, kUdp));
  for (uint32_t i = 0; i < 24; ++i) {
    frame = snap(0x8100, be16(5) + be16(1400) + frame);
  }
  EXPECT_EQ(number_of(program, ethernet(1400, frame)), plain(program, kHosts));
}

TEST(FanoutProgram, RawIpHasNoLinkHeader) {
  const Program program(false, LinkType::raw_bsd);
  const auto run = [&](const Bytes& packet) {
    return program.run({.data = packet.data(), .cap_len = static_cast<uint32_t>(packet.size())});
  };
  EXPECT_EQ(run(ipv4(kHosts, 17, kUdp)), plain(Program(false), kHosts));
  EXPECT_EQ(run(ipv6(kHosts, 17, kUdp)), run(ipv6(kHosts.back(), 6, kUdp)));
  EXPECT_EQ(run(Bytes(40, 0)), 0U);
}

TEST(FanoutProgram, CutOrForeignPacketsGiveZeroOrTheSameNumber) {
  for (const bool decap : {false, true}) {
    const Program program(decap);
    const Bytes inner = ethernet(0x0800, ipv4(kOthers, 17, kUdp));
    const Bytes whole = ethernet(
        0x8100,
        tags(2, 0x0800, ipv4(kHosts, 17, ports(1, 4789) + Bytes{8, 0, 0, 0, 0, 0, 0, 0} + inner)));
    const std::set<uint32_t> valid{0, plain(program, kHosts), plain(program, kOthers)};
    for (size_t size = 14; size <= whole.size(); ++size) {
      const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      EXPECT_TRUE(valid.contains(number_of(program, cut))) << size;
    }
    EXPECT_EQ(number_of(program, ethernet(0x0806, Bytes(28, 1))), 0U);
    EXPECT_EQ(number_of(program, ethernet(50, Bytes(50, 0x42))), 0U);
  }
}

std::vector<std::pair<std::string, Bytes>> tunnels_around(const Bytes& ip) {
  const Bytes frame = ethernet(0x0800, ip);
  const Bytes vni{8, 0, 0, 0, 0, 0, 7, 0};
  const auto udp = [](uint32_t port, const Bytes& payload) {
    return ipv4(kOthers, 17, ports(777, port) + payload);
  };
  const auto gre = [](uint32_t flags, uint32_t type, const Bytes& payload) {
    return ipv4(kOthers, 47, be16(flags) + be16(type) + payload);
  };
  return {
      {"IPIP", ipv4(kOthers, 4, ip)},
      {"IPIP behind options", ipv4(kOthers, 4, ip, 0, 3)},
      {"GRE", gre(0, 0x0800, ip)},
      {"GRE with all fields", gre(0xb000, 0x0800, Bytes(12, 9) + ip)},
      {"GRE, version 1 with an acknowledgment", gre(0x2081, 0x0800, Bytes(8, 9) + ip)},
      {"Ethernet in GRE", gre(0x2000, 0x6558, Bytes(4, 9) + frame)},
      {"ERSPAN I", gre(0, 0x88be, frame)},
      {"ERSPAN II", gre(0x1000, 0x88be, Bytes(4, 9) + Bytes(8, 0x10) + frame)},
      {"ERSPAN III", gre(0x1000, 0x22eb, Bytes(4, 9) + Bytes(12, 0x20) + frame)},
      {"VXLAN", udp(4789, vni + frame)},
      {"VXLAN with a tag inside", udp(8472, vni + ethernet(0x8100, tags(1, 0x0800, ip)))},
      {"VXLAN GPE", udp(4790, Bytes{0x0c, 0, 0, 1, 0, 0, 7, 0} + ip)},
      {"GENEVE", udp(6081, Bytes{2, 0, 0x65, 0x58, 0, 0, 7, 0} + Bytes(8, 1) + frame)},
      {"GENEVE with IP", udp(6081, Bytes{0, 0, 0x08, 0x00, 0, 0, 7, 0} + ip)},
      {"GTP-U", udp(2152, Bytes{0x30, 255, 0, 40, 0, 0, 0, 1} + ip)},
      {"GTP-U with an extension",
       udp(2152, Bytes{0x34, 255, 0, 40, 0, 0, 0, 1, 0, 0, 0, 0x85} + Bytes{1, 2, 3, 0} + ip)},
      {"IPIP in VXLAN", udp(4789, vni + ethernet(0x0800, ipv4(kOthers, 4, ip)))},
      {"IPv4 in IPv6 behind options", ipv6(kOthers, 60, Bytes{4, 0, 1, 4, 0, 0, 0, 0} + ip)},
  };
}

uint32_t number_of_ip(const Program& program, const Bytes& ip) {
  return number_of(program, ethernet(ip[0] >> 4 == 4 ? 0x0800 : 0x86dd, ip));
}

TEST(FanoutProgram, WithDecapTheInnermostHostsCount) {
  const Program program(true);
  const uint32_t want = plain(program, kHosts);
  for (const auto& [what, packet] : tunnels_around(ipv4(kHosts, 6, kUdp))) {
    EXPECT_EQ(number_of_ip(program, packet), want) << what;
  }
  const uint32_t six = number_of_ip(program, ipv6(kHosts, 6, kUdp));
  EXPECT_EQ(number_of_ip(program, ipv4(kOthers, 41, ipv6(kHosts.back(), 6, kUdp))), six);
}

TEST(FanoutProgram, WithoutDecapTheTunnelsEndsCount) {
  const Program program(false);
  for (const auto& [what, packet] : tunnels_around(ipv4(kHosts, 6, kUdp))) {
    const Bytes outer = packet[0] >> 4 == 4 ? ipv4(kOthers, 1, kUdp) : ipv6(kOthers, 1, kUdp);
    EXPECT_EQ(number_of_ip(program, packet), number_of_ip(program, outer)) << what;
  }
}

TEST(FanoutProgram, WhatIsNoTunnelGoesWithItsCarrier) {
  const Program program(true);
  const uint32_t want = plain(program, kHosts);
  const Bytes arp_inside = ethernet(0x0806, Bytes(28, 0));
  for (const Bytes& packet :
       {ipv4(kHosts, 6, ports(1, 4789)), ipv4(kHosts, 17, ports(4789, 1)),
        ipv4(kHosts, 4, ipv4(kOthers, 6, kUdp), 0x2000),
        ipv4(kHosts, 17, ports(1, 4789) + Bytes{8, 0, 0, 0, 0, 0, 7, 0} + arp_inside),
        ipv4(kHosts, 17, ports(1, 4789) + Bytes(60, 0)),
        ipv4(kHosts, 47, be16(0x4000) + be16(0x0800) + Bytes(40, 0x45))}) {
    EXPECT_EQ(number_of_ip(program, packet), want);
  }
}

TEST(BpfMachine, ComputesAsTheKernelDoes) {
  const Bytes data{1, 2, 3, 4, 5, 6, 7, 0x4f};
  const BpfPacket packet{.data = data.data(),
                         .cap_len = 8,
                         .len = 1000,
                         .protocol = 0x800,
                         .packet_type = 3,
                         .interface_index = 9,
                         .vlan_tci = 5,
                         .vlan_tpid = 0x88a8};
  const auto value = [&](std::vector<BpfInstruction> code) {
    code.push_back({BPF_RET | BPF_A, 0, 0, 0});
    return backends::run_bpf(code, packet);
  };
  EXPECT_EQ(value({{BPF_LD | BPF_W | BPF_ABS, 0, 0, 1}}), 0x02030405U);
  EXPECT_EQ(value({{BPF_LD | BPF_H | BPF_ABS, 0, 0, 6}}), 0x074fU);
  EXPECT_EQ(value({{BPF_LD | BPF_W | BPF_ABS, 0, 0, 5}}), 0U) << "beyond the end";
  EXPECT_EQ(value({{BPF_LD | BPF_W | BPF_LEN, 0, 0, 0}}), 1000U);
  EXPECT_EQ(value({{BPF_LDX | BPF_B | BPF_MSH, 0, 0, 7}, {BPF_MISC | BPF_TXA, 0, 0, 0}}), 60U);
  EXPECT_EQ(value({{BPF_LDX | BPF_W | BPF_IMM, 0, 0, 3}, {BPF_LD | BPF_B | BPF_IND, 0, 0, 1}}), 5U);
  EXPECT_EQ(value({{BPF_LD | BPF_IMM, 0, 0, 7}, {BPF_ALU | BPF_DIV | BPF_K, 0, 0, 0}}), 0U);
  EXPECT_EQ(value({{BPF_LD | BPF_IMM, 0, 0, 7}, {BPF_JMP | BPF_JA, 0, 0, 0xffffffff}}), 0U);
  const std::vector<std::pair<uint32_t, uint32_t>> ancillary{
      {SKF_AD_PROTOCOL, 0x800}, {SKF_AD_PKTTYPE, 3},          {SKF_AD_IFINDEX, 9},
      {SKF_AD_VLAN_TAG, 5},     {SKF_AD_VLAN_TAG_PRESENT, 1}, {SKF_AD_VLAN_TPID, 0x88a8},
      {SKF_AD_CPU, 0}};
  for (const auto& [what, want] : ancillary) {
    const auto at = static_cast<uint32_t>(SKF_AD_OFF) + what;
    EXPECT_EQ(value({{BPF_LD | BPF_W | BPF_ABS, 0, 0, at}}), want) << what;
  }
}

}  // namespace
}  // namespace weir::testing
