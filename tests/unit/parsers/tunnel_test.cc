// Tunnels right above IP: IP in IP (RFC 2003, RFC 2473, RFC 4213), GRE (RFC 2784, RFC 2890, RFC
// 2637), NVGRE (RFC 7637), ERSPAN (draft-foschiano-erspan-03).

#include <gtest/gtest.h>

#include "parsers/parse.h"
#include "parsers/walk.h"
#include "tests/unit/parsers/expect.h"

namespace weir::parsers {
namespace {

using frames::Bytes;
using frames::cat;
using frames::ethernet;
using frames::hex;
using frames::ipv4;
using frames::ipv6;
using frames::some_ipv4;
using frames::some_ipv6;
using frames::udp;
using frames::vlan;
using frames::zeros;

/// An Ethernet frame whose IPv4 header goes from 172.16.0.1 to 172.16.0.2.
Given outer4(uint8_t proto, const Bytes& payload) {
  return {.bytes = ethernet(
              0x0800, ipv4({.proto = proto, .src = "172.16.0.1", .dst = "172.16.0.2"}, payload)),
          .decap = true};
}

Given outer6(uint8_t proto, const Bytes& payload) {
  return {
      .bytes = ethernet(
          0x86DD, ipv6({.next = proto, .src = "2001:db8:f::1", .dst = "2001:db8:f::2"}, payload)),
      .decap = true};
}

/// The flow that carries the tunnel; `payload` bytes behind the IPv4 header.
Expected carrier4(uint8_t proto, uint32_t payload, std::string_view layers) {
  return {.reason = Reason::no_ports,
          .src = "172.16.0.1",
          .dst = "172.16.0.2",
          .proto = proto,
          .ip_bytes = 20 + payload,
          .layers = layers};
}

Expected with_vlans(Expected expected, std::vector<uint16_t> vlans) {
  expected.vlans = std::move(vlans);
  return expected;
}

TEST(IpInIp, EachPairOfVersions) {
  expect(outer4(4, some_ipv4()), some_ipv4_through("ethernet/ipv4/ipv4/udp"));
  expect(outer4(41, some_ipv6()), some_ipv6_through("ethernet/ipv4/ipv6/udp"));
  expect(outer6(4, some_ipv4()), some_ipv4_through("ethernet/ipv6/ipv4/udp"));
  expect(outer6(41, some_ipv6()), some_ipv6_through("ethernet/ipv6/ipv6/udp"));
  // RFC 2473 puts a destination options header between the two.
  expect(outer6(60, cat("2900 0401 04 01 0000", some_ipv6())),
         some_ipv6_through("ethernet/ipv6/ipv6_dstopts/ipv6/udp"));
}

TEST(IpInIp, WithoutDecapItIsAProtocol) {
  Given given = outer4(4, some_ipv4());
  given.decap = false;
  expect(given, carrier4(4, 28, "ethernet/ipv4"));
}

TEST(IpInIp, WhatIsInsideIsWrong) {
  // Every byte of the tunnel is accounted to the flow that carries it.
  expect(outer4(4, some_ipv6()), carrier4(4, 48, "ethernet/ipv4"));
  expect(outer4(4, ipv4({.ihl = 4}, udp(1, 2))), carrier4(4, 28, "ethernet/ipv4"));
  expect(outer4(41, zeros(10)), carrier4(41, 10, "ethernet/ipv4"));
  expect(outer4(4, {}), carrier4(4, 0, "ethernet/ipv4"));
  expect(outer4(4, ipv4({.proto = 6}, hex("00"))), carrier4(4, 21, "ethernet/ipv4/ipv4"));
}

TEST(IpInIp, FragmentsAreNotEntered) {
  Expected expected = carrier4(4, 28, "ethernet/ipv4");
  expected.fragment = true;
  expect({.bytes = ethernet(
              0x0800,
              ipv4({.proto = 4, .src = "172.16.0.1", .dst = "172.16.0.2", .flags_offset = 0x2000},
                   some_ipv4())),
          .decap = true},
         expected);
  expected.reason = Reason::fragment;
  expect({.bytes = ethernet(
              0x0800,
              ipv4({.proto = 4, .src = "172.16.0.1", .dst = "172.16.0.2", .flags_offset = 0x0010},
                   some_ipv4())),
          .decap = true},
         expected);
}

TEST(IpInIp, InnerFragment) {
  Expected expected = some_ipv4_through("ethernet/ipv4/ipv4");
  expected.reason = Reason::fragment;
  expected.fragment = true;
  expected.src_port = 0;
  expected.dst_port = 0;
  expect(outer4(4, ipv4({.flags_offset = 0x2010}, udp(1111, 53))), expected);
}

TEST(IpInIp, EightTunnelsAndNoDeeper) {
  ASSERT_EQ(kMaxTunnels, 8);
  Bytes packet = some_ipv4();
  for (int i = 0; i < 7; ++i) packet = ipv4({.proto = 4, .src = "10.9.9.9"}, packet);
  expect(outer4(4, packet),
         some_ipv4_through("ethernet/ipv4/ipv4/ipv4/ipv4/ipv4/ipv4/ipv4/ipv4/ipv4/udp"));
  packet = some_ipv4();
  packet = ipv4({.proto = 4, .src = "10.8.8.8", .dst = "10.7.7.7"}, packet);
  for (int i = 0; i < 7; ++i) packet = ipv4({.proto = 4, .src = "10.9.9.9"}, packet);
  expect(outer4(4, packet), {.reason = Reason::no_ports,
                             .src = "10.8.8.8",
                             .dst = "10.7.7.7",
                             .proto = 4,
                             .ip_bytes = 48,
                             .layers = "ethernet/ipv4/ipv4/ipv4/ipv4/ipv4/ipv4/ipv4/ipv4/ipv4"});
}

TEST(Gre, EachVersionOfIp) {
  expect(outer4(47, cat("0000 0800", some_ipv4())),
         some_ipv4_through("ethernet/ipv4/gre/ipv4/udp"));
  expect(outer4(47, cat("0000 86dd", some_ipv6())),
         some_ipv6_through("ethernet/ipv4/gre/ipv6/udp"));
  expect(outer6(47, cat("0000 0800", some_ipv4())),
         some_ipv4_through("ethernet/ipv6/gre/ipv4/udp"));
}

TEST(Gre, OptionalFields) {
  const std::string_view layers = "ethernet/ipv4/gre/ipv4/udp";
  expect(outer4(47, cat("8000 0800 12340000", some_ipv4())), some_ipv4_through(layers));
  expect(outer4(47, cat("2000 0800 00000007", some_ipv4())), some_ipv4_through(layers));
  expect(outer4(47, cat("1000 0800 00000001", some_ipv4())), some_ipv4_through(layers));
  expect(outer4(47, cat("b000 0800 12340000 00000007 00000001", some_ipv4())),
         some_ipv4_through(layers));
}

TEST(Gre, MplsAndTags) {
  expect(outer4(47, cat("0000 8847 00064140", some_ipv4())),
         some_ipv4_through("ethernet/ipv4/gre/mpls/ipv4/udp"));
  expect(outer4(47, cat("0000 8100", vlan(5, 0x0800, some_ipv4()))),
         with_vlans(some_ipv4_through("ethernet/ipv4/gre/vlan/ipv4/udp"), {5}));
}

TEST(Gre, PptpCarriesPpp) {
  // Version 1 with key; sequence; sequence and acknowledgment.
  const std::string_view layers = "ethernet/ipv4/gre/ppp/ipv4/udp";
  expect(outer4(47, cat("2001 880b 00200001", "ff03 0021", some_ipv4())),
         some_ipv4_through(layers));
  expect(outer4(47, cat("3001 880b 00200001 00000005", "0021", some_ipv4())),
         some_ipv4_through(layers));
  expect(outer4(47, cat("3081 880b 00200001 00000005 00000004", "21", some_ipv4())),
         some_ipv4_through(layers));
  // An acknowledgment without payload, and LCP, belong to the carrier.
  expect(outer4(47, hex("2081 880b 00000001 00000005")), carrier4(47, 12, "ethernet/ipv4/gre"));
  expect(outer4(47, hex("2001 880b 00040001 c021 0101")),
         carrier4(47, 12, "ethernet/ipv4/gre/ppp"));
}

TEST(Gre, TheAcknowledgmentBitIsOfVersionOneOnly) {
  expect(outer4(47, cat("0080 0800", some_ipv4())),
         some_ipv4_through("ethernet/ipv4/gre/ipv4/udp"));
}

TEST(Gre, EthernetAndNvgre) {
  const Bytes frame = ethernet(0x0800, some_ipv4());
  const std::string_view layers = "ethernet/ipv4/gre/ethernet/ipv4/udp";
  expect(outer4(47, cat("0000 6558", frame)), some_ipv4_through(layers));
  expect(outer4(47, cat("2000 6558 00123401", frame)), some_ipv4_through(layers));
}

TEST(Gre, WhatIsNotIpBelongsToTheCarrier) {
  expect(outer4(47, hex("0000 0000")), carrier4(47, 4, "ethernet/ipv4/gre"));  // keep-alive
  expect(outer4(47, cat("0000 0806", zeros(28))), carrier4(47, 32, "ethernet/ipv4/gre/arp"));
  // Source routing, though an IPv4 header seems to follow; version 2.
  expect(outer4(47, cat("4000 0800", some_ipv4())), carrier4(47, 32, "ethernet/ipv4/gre"));
  expect(outer4(47, cat("0002 0800", some_ipv4())), carrier4(47, 32, "ethernet/ipv4/gre"));
  expect(outer4(47, hex("b000 0800 1234")), carrier4(47, 6, "ethernet/ipv4/gre"));
  expect(outer4(47, hex("0000")), carrier4(47, 2, "ethernet/ipv4/gre"));
}

TEST(Gre, WithoutDecapOnlyItsNameIsRead) {
  Given given = outer4(47, cat("0000 0800", some_ipv4()));
  given.decap = false;
  expect(given, carrier4(47, 32, "ethernet/ipv4/gre"));
}

TEST(Erspan, TypeOneHasNoHeaderOfItsOwn) {
  expect(outer4(47, cat("0000 88be", ethernet(0x0800, some_ipv4()))),
         some_ipv4_through("ethernet/ipv4/gre/ethernet/ipv4/udp"));
}

TEST(Erspan, TypeTwo) {
  expect(outer4(47, cat("1000 88be 00000001", "1065 0001 00000000", ethernet(0x0800, some_ipv4()))),
         some_ipv4_through("ethernet/ipv4/gre/erspan/ethernet/ipv4/udp"));
  // Another version behind that type.
  expect(outer4(47, cat("1000 88be 00000001", "2065 0001 00000000", ethernet(0x0800, some_ipv4()))),
         carrier4(47, 58, "ethernet/ipv4/gre"));
}

TEST(Erspan, TypeThree) {
  const Bytes frame = ethernet(0x86DD, some_ipv6());
  expect(outer4(47, cat("1000 22eb 00000001", "2065 0001 00000000 0000 0000", frame)),
         some_ipv6_through("ethernet/ipv4/gre/erspan/ethernet/ipv6/udp"));
  // With the platform subheader; with bare IP, frame type 2.
  expect(outer4(47, cat("1000 22eb 00000001", "2065 0001 00000000 0000 0001", zeros(8), frame)),
         some_ipv6_through("ethernet/ipv4/gre/erspan/ethernet/ipv6/udp"));
  expect(outer4(47, cat("1000 22eb 00000001", "2065 0001 00000000 0000 0800", some_ipv4())),
         some_ipv4_through("ethernet/ipv4/gre/erspan/ipv4/udp"));
  // Version II behind that type; an unknown frame type.
  expect(outer4(47, cat("1000 22eb 00000001", "1065 0001 00000000 0000 0000", frame)),
         carrier4(47, 82, "ethernet/ipv4/gre"));
  expect(outer4(47, cat("1000 22eb 00000001", "2065 0001 00000000 0000 0400", frame)),
         carrier4(47, 82, "ethernet/ipv4/gre/erspan"));
}

TEST(Erspan, TagsOfTheMirroredFrameReplaceThoseOfTheCarrier) {
  const Bytes mirrored = cat("0000 88be", ethernet(0x8100, vlan(7, 0x0800, some_ipv4())));
  const Bytes carrier = ipv4({.proto = 47, .src = "172.16.0.1", .dst = "172.16.0.2"}, mirrored);
  expect({.bytes = ethernet(0x8100, vlan(100, 0x0800, carrier)), .decap = true},
         with_vlans(some_ipv4_through("ethernet/vlan/ipv4/gre/ethernet/vlan/ipv4/udp"), {7}));
  // Where the inner frame has none, they are of the nearest frame around it.
  const Bytes untagged = ipv4({.proto = 47}, cat("0000 88be", ethernet(0x0800, some_ipv4())));
  expect({.bytes = ethernet(0x8100, vlan(100, 0x0800, untagged)), .decap = true},
         with_vlans(some_ipv4_through("ethernet/vlan/ipv4/gre/ethernet/ipv4/udp"), {100}));
  // And where the inner frame is not IP, the carrier is reported with its own.
  const Bytes arp = ipv4({.proto = 47, .src = "172.16.0.1", .dst = "172.16.0.2"},
                         cat("0000 88be", ethernet(0x8100, vlan(7, 0x0806, zeros(28)))));
  expect({.bytes = ethernet(0x8100, vlan(100, 0x0800, arp)), .decap = true},
         with_vlans(carrier4(47, 50, "ethernet/vlan/ipv4/gre/ethernet/vlan/arp"), {100}));
}

TEST(Tunnel, StrippedTagIsOfTheOuterFrame) {
  Given given = outer4(47, cat("0000 6558", ethernet(0x0800, some_ipv4())));
  given.stripped_tpid = 0x8100;
  given.stripped_tci = 100;
  expect(given, with_vlans(some_ipv4_through("ethernet/vlan/ipv4/gre/ethernet/ipv4/udp"), {100}));
  given = outer4(47, cat("0000 6558", ethernet(0x8100, vlan(7, 0x0800, some_ipv4()))));
  given.stripped_tpid = 0x8100;
  given.stripped_tci = 100;
  expect(given,
         with_vlans(some_ipv4_through("ethernet/vlan/ipv4/gre/ethernet/vlan/ipv4/udp"), {7}));
}

}  // namespace
}  // namespace weir::parsers
