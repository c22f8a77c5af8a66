// Tunnels over IP and UDP that are entered with --decap: TZSP, L2TP, CAPWAP, Aruba's GRE, Teredo,
// EtherIP, MPLS and GRE in UDP, LISP, NSH, SRv6; and WireGuard, which is named only.
// docs/encapsulations.md has the table.

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/parsers/expect.h"

namespace weir::parsers {
namespace {

using frames::be16;
using frames::Bytes;
using frames::cat;
using frames::ethernet;
using frames::hex;
using frames::ipv4;
using frames::ipv6;
using frames::some_ipv4;
using frames::some_ipv6;
using frames::udp;
using frames::zeros;

Given over_udp(uint16_t src_port, uint16_t dst_port, const Bytes& payload) {
  return {.bytes = ethernet(0x0800, ipv4({.src = "172.16.0.1", .dst = "172.16.0.2"},
                                         udp(src_port, dst_port, payload))),
          .decap = true};
}
Given over_udp(uint16_t port, const Bytes& payload) {
  return over_udp(50000, port, payload);
}

Given over_ip(uint8_t proto, const Bytes& payload) {
  return {.bytes = ethernet(
              0x0800, ipv4({.proto = proto, .src = "172.16.0.1", .dst = "172.16.0.2"}, payload)),
          .decap = true};
}

Given without_decap(Given given) {
  given.decap = false;
  return given;
}

/// The flow that carries the tunnel, with the layers that were seen.
Expected carrier_of(const Given& given, uint16_t src_port, uint16_t dst_port,
                    std::string_view layers) {
  return {.src = "172.16.0.1",
          .dst = "172.16.0.2",
          .proto = 17,
          .src_port = src_port,
          .dst_port = dst_port,
          .ip_bytes = static_cast<uint32_t>(given.bytes.size()) - 14,
          .layers = layers};
}

Expected carrier_of(const Given& given, uint8_t proto, std::string_view layers) {
  Expected expected = carrier_of(given, 0, 0, layers);
  expected.reason = Reason::no_ports;
  expected.proto = proto;
  return expected;
}

void expect_carrier(uint16_t port, const Bytes& payload, std::string_view layers) {
  const Given given = over_udp(port, payload);
  expect(given, carrier_of(given, 50000, port, layers));
}

const Bytes& frame() {
  static const Bytes bytes = ethernet(0x0800, some_ipv4());
  return bytes;
}

/// A data frame of a station, with LLC and SNAP.
Bytes wireless_frame() {
  return cat("0801 0000", zeros(20), frames::snap(0x0800, some_ipv4()));
}

TEST(Tzsp, EachFrameType) {
  expect(over_udp(37008, cat("01 00 0001 01", frame())),
         some_ipv4_through("ethernet/ipv4/udp/tzsp/ethernet/ipv4/udp"));
  // Padding, signal strength, time; then the frame.
  expect(over_udp(37008, cat("01 01 0012 00 0a01c4 0d0400000001 01", wireless_frame())),
         some_ipv4_through("ethernet/ipv4/udp/tzsp/ieee802_11/llc/snap/ipv4/udp"));
  const Given given = over_udp(37008, cat("01 00 0001 01", frame()));
  expect(without_decap(given), carrier_of(given, 50000, 37008, "ethernet/ipv4/udp"));
}

TEST(Tzsp, WrongHeaders) {
  expect_carrier(37008, cat("02 00 0001 01", frame()), "ethernet/ipv4/udp");
  expect_carrier(37008, cat("01 04 0001 01", frame()), "ethernet/ipv4/udp");
  expect_carrier(37008, cat("01 00 0007 01", frame()), "ethernet/ipv4/udp/tzsp");
  expect_carrier(37008, hex("01 00 0001 0aff00"), "ethernet/ipv4/udp/tzsp");
  expect_carrier(37008, cat("01 00 0001", zeros(40)), "ethernet/ipv4/udp/tzsp");
  expect_carrier(37008, hex("01 00 0001"), "ethernet/ipv4/udp/tzsp");
}

TEST(L2tpV2, DataEitherWay) {
  const Bytes ppp = cat("ff03 0021", some_ipv4());
  const std::string_view layers = "ethernet/ipv4/udp/l2tp/ppp/ipv4/udp";
  expect(over_udp(1701, cat("0002 0001 0002", ppp)), some_ipv4_through(layers));
  expect(over_udp(1701, 50000, cat("0002 0001 0002", ppp)), some_ipv4_through(layers));
  // Length, sequence numbers, offset of two bytes.
  expect(over_udp(1701, cat("4002", be16(8 + 32), "0001 0002", ppp)), some_ipv4_through(layers));
  expect(over_udp(1701, cat("0a02 0001 0002 00000000 0002 0000", ppp)), some_ipv4_through(layers));
}

TEST(L2tpV2, WhatIsNoDataStaysTheCarrier) {
  const Bytes ppp = cat("ff03 0021", some_ipv4());
  expect_carrier(1701, cat("c802 0014 00000000 00000000", zeros(8)), "ethernet/ipv4/udp");
  expect_carrier(1701, cat("4002 0027 0001 0002", ppp), "ethernet/ipv4/udp");  // one byte less
  expect_carrier(1701, cat("1002 0001 0002", ppp), "ethernet/ipv4/udp");       // reserved bit
  expect_carrier(1701, cat("0001 0001 0002", ppp), "ethernet/ipv4/udp");       // version 1
  expect_carrier(1701, cat("0202 0001 0002 ffff", ppp), "ethernet/ipv4/udp");
  expect_carrier(1701, cat("0002 0001 0002 ff03c021", zeros(8)), "ethernet/ipv4/udp/l2tp/ppp");
}

TEST(L2tpV3, TheFrameIsLookedForBehindCookieAndSublayer) {
  for (const size_t more : {0U, 4U, 8U, 12U}) {
    expect(over_ip(115, cat("00000007", zeros(more), frame())),
           some_ipv4_through("ethernet/ipv4/l2tp/ethernet/ipv4/udp"));
    expect(over_udp(1701, cat("0003 0000 00000007", zeros(more), frame())),
           some_ipv4_through("ethernet/ipv4/udp/l2tp/ethernet/ipv4/udp"));
  }
  const Given control = over_ip(115, cat("00000000 c803 0014", zeros(12)));
  expect(control, carrier_of(control, 115, "ethernet/ipv4/l2tp"));
  const Given other = over_ip(115, cat("00000007", zeros(16), frame()));
  expect(other, carrier_of(other, 115, "ethernet/ipv4/l2tp"));
  expect(without_decap(other), carrier_of(other, 115, "ethernet/ipv4"));
}

TEST(Capwap, EthernetAndWireless) {
  expect(over_udp(5247, cat("00100000 00000000", frame())),
         some_ipv4_through("ethernet/ipv4/udp/capwap/ethernet/ipv4/udp"));
  // Towards the access point, binding IEEE 802.11, native frame; with 8 bytes of radio information.
  expect(over_udp(5247, 40000, cat("00100300 00000000", wireless_frame())),
         some_ipv4_through("ethernet/ipv4/udp/capwap/ieee802_11/llc/snap/ipv4/udp"));
  expect(over_udp(5247, cat("00200320 00000000", zeros(8), wireless_frame())),
         some_ipv4_through("ethernet/ipv4/udp/capwap/ieee802_11/llc/snap/ipv4/udp"));
}

TEST(Capwap, WhatIsNotEntered) {
  const Given dtls = over_udp(5247, cat("01000000 17fefd 0001", zeros(40)));
  Expected expected = carrier_of(dtls, 50000, 5247, "ethernet/ipv4/udp/capwap");
  expected.reason = Reason::encrypted_tunnel;
  expect(dtls, expected);
  expect_carrier(5247, cat("01000000 00000000", zeros(40)), "ethernet/ipv4/udp");
  expect_carrier(5247, cat("00100080 00000000", frame()), "ethernet/ipv4/udp/capwap");  // piece
  expect_carrier(5247, cat("00100008 00000000", frame()), "ethernet/ipv4/udp/capwap");  // alive
  expect_carrier(5247, cat("00100001 00000000", frame()), "ethernet/ipv4/udp");   // reserved bit
  expect_carrier(5247, cat("00080000 00000000", frame()), "ethernet/ipv4/udp");   // too short
  expect_carrier(5247, cat("00f80000 00000000", zeros(8)), "ethernet/ipv4/udp");  // too long
  expect_carrier(5247, cat("00100500 00000000", frame()), "ethernet/ipv4/udp/capwap");
}

TEST(Gre, Aruba) {
  for (const std::string_view type : {"8200", "8210", "8370"}) {
    expect(over_ip(47, cat("0000", type, wireless_frame())),
           some_ipv4_through("ethernet/ipv4/gre/ieee802_11/llc/snap/ipv4/udp"));
  }
  const Given wrong = over_ip(47, cat("0000 8201", wireless_frame()));
  expect(wrong, carrier_of(wrong, 47, "ethernet/ipv4/gre"));
}

TEST(Gre, WccpNshAndEthernetOverIp) {
  expect(over_ip(47, cat("0000 883e 05590048", some_ipv4())),
         some_ipv4_through("ethernet/ipv4/gre/wccp/ipv4/udp"));
  expect(over_ip(47, cat("0000 883e", some_ipv4())),
         some_ipv4_through("ethernet/ipv4/gre/wccp/ipv4/udp"));
  expect(over_ip(47, cat("0000 894f 0002 01 01 00030907", some_ipv4())),
         some_ipv4_through("ethernet/ipv4/gre/nsh/ipv4/udp"));
  expect(over_ip(47, cat("2001 6400 002a 0700", frame())),
         some_ipv4_through("ethernet/ipv4/gre/ethernet/ipv4/udp"));
  for (const Bytes& payload : {cat("0000 883e 05590048", some_ipv4(), "00"), hex("0000 883e 00")}) {
    const Given wrong = over_ip(47, payload);
    expect(wrong, carrier_of(wrong, 47, "ethernet/ipv4/gre"));
  }
}

TEST(Teredo, WithEachIndication) {
  const std::string_view layers = "ethernet/ipv4/udp/teredo/ipv6/udp";
  const std::string_view origin = "0000 63bf c0a80101";
  const std::string_view authentication = "0001 02 03 aaaa bbbbbb 0102030405060708 00";
  expect(over_udp(3544, some_ipv6()), some_ipv6_through(layers));
  expect(over_udp(3544, 50000, some_ipv6()), some_ipv6_through(layers));
  expect(over_udp(3544, cat(origin, some_ipv6())), some_ipv6_through(layers));
  expect(over_udp(3544, cat(authentication, some_ipv6())), some_ipv6_through(layers));
  expect(over_udp(3544, cat(authentication, origin, some_ipv6())), some_ipv6_through(layers));
}

TEST(Teredo, HasToBeExactlyOneIpv6Packet) {
  expect_carrier(3544, cat(some_ipv6(), "00"), "ethernet/ipv4/udp");
  expect_carrier(3544, ipv6({.payload_length = 9}, udp(2222, 53)), "ethernet/ipv4/udp");
  expect_carrier(3544, ipv6({.next = 200}, udp(2222, 53)), "ethernet/ipv4/udp");
  expect_carrier(3544, hex("0001 ffff 00"), "ethernet/ipv4/udp");
  expect_carrier(3544, {}, "ethernet/ipv4/udp");
}

TEST(IpProtocols, EtherIpMplsAndEthernet) {
  expect(over_ip(97, cat("3000", frame())),
         some_ipv4_through("ethernet/ipv4/etherip/ethernet/ipv4/udp"));
  expect(over_ip(137, cat("00064140", some_ipv4())),
         some_ipv4_through("ethernet/ipv4/mpls/ipv4/udp"));
  expect(over_ip(143, frame()), some_ipv4_through("ethernet/ipv4/ethernet/ipv4/udp"));
  const Given version = over_ip(97, cat("2000", frame()));
  expect(version, carrier_of(version, 97, "ethernet/ipv4"));
  for (const uint8_t proto : {97, 115, 137, 143}) {
    const Given cut = over_ip(proto, hex("30"));
    expect(cut, carrier_of(cut, proto, "ethernet/ipv4"));
  }
}

TEST(Srv6, BehindTheRoutingHeader) {
  // Segment routing header with one segment: next, length 2, type 4, left 0.
  const auto routed = [](std::string_view next, const Bytes& payload) {
    return Given{
        .bytes = ethernet(0x86DD, ipv6({.next = 43, .src = "2001:db8:f::1", .dst = "2001:db8:f::2"},
                                       cat(next, "02 04 00 00 00 0000", zeros(16), payload))),
        .decap = true};
  };
  expect(routed("04", some_ipv4()), some_ipv4_through("ethernet/ipv6/ipv6_routing/ipv4/udp"));
  expect(routed("29", some_ipv6()), some_ipv6_through("ethernet/ipv6/ipv6_routing/ipv6/udp"));
  expect(routed("8f", frame()), some_ipv4_through("ethernet/ipv6/ipv6_routing/ethernet/ipv4/udp"));
}

TEST(MplsInUdp, HasToProveItself) {
  expect(over_udp(6635, cat("00064040 00064140", some_ipv4())),
         some_ipv4_through("ethernet/ipv4/udp/mpls/mpls/ipv4/udp"));
  expect(over_udp(6635, cat("00064140 00000000", frame())),
         some_ipv4_through("ethernet/ipv4/udp/mpls/pseudowire/ethernet/ipv4/udp"));
  expect_carrier(6635, cat("00064140", some_ipv4(), "00"), "ethernet/ipv4/udp");
  expect_carrier(6635, cat("00064040", some_ipv4()), "ethernet/ipv4/udp");
  expect_carrier(6635, zeros(100), "ethernet/ipv4/udp");
  expect_carrier(6635, hex("000641"), "ethernet/ipv4/udp");
}

TEST(GreInUdp, NoFlagButTheDefinedOnes) {
  expect(over_udp(4754, cat("0000 0800", some_ipv4())),
         some_ipv4_through("ethernet/ipv4/udp/gre/ipv4/udp"));
  expect(over_udp(4754, cat("2000 6558 00000007", frame())),
         some_ipv4_through("ethernet/ipv4/udp/gre/ethernet/ipv4/udp"));
  expect_carrier(4754, cat("0008 0800", some_ipv4()), "ethernet/ipv4/udp");
  expect_carrier(4754, cat("0001 0800", some_ipv4()), "ethernet/ipv4/udp");
  expect_carrier(4754, cat("0000 1234", some_ipv4()), "ethernet/ipv4/udp/gre");
}

TEST(Lisp, HasToProveItself) {
  expect(over_udp(4341, cat("c0123456 00000001", some_ipv4())),
         some_ipv4_through("ethernet/ipv4/udp/lisp/ipv4/udp"));
  expect(over_udp(4341, cat("08000000 00000701", some_ipv6())),
         some_ipv6_through("ethernet/ipv4/udp/lisp/ipv6/udp"));
  expect_carrier(4341, cat("c0123456 00000001", some_ipv4(), "00"), "ethernet/ipv4/udp");
  expect_carrier(4341, zeros(60), "ethernet/ipv4/udp");
  expect_carrier(4341, hex("c0123456 000000"), "ethernet/ipv4/udp");
}

TEST(VxlanGpe, ServiceHeaderAndMpls) {
  expect(over_udp(4790, cat("0c000004 00007b00 0002 01 03 00030907", frame())),
         some_ipv4_through("ethernet/ipv4/udp/vxlan/nsh/ethernet/ipv4/udp"));
  expect(over_udp(4790, cat("0c000005 00007b00 00064140", some_ipv4())),
         some_ipv4_through("ethernet/ipv4/udp/vxlan/mpls/ipv4/udp"));
  expect_carrier(4790, cat("0c000004 00007b00 0001 01 03 00030907", frame()),
                 "ethernet/ipv4/udp/vxlan");
}

TEST(Wireguard, IsNamedAndStaysTheCarrier) {
  const auto message = [](std::string_view type, size_t size) {
    return cat(type, zeros(size - 4));
  };
  const std::pair<std::string_view, size_t> kMessages[] = {
      {"01000000", 148}, {"02000000", 92}, {"03000000", 64}, {"04000000", 32}, {"04000000", 128}};
  for (const auto& [type, size] : kMessages) {
    for (const bool to : {true, false}) {
      const uint16_t src = to ? 50000 : 51820;
      const uint16_t dst = to ? 51820 : 50000;
      const Given given = over_udp(src, dst, message(type, size));
      Expected expected = carrier_of(given, src, dst, "ethernet/ipv4/udp/wireguard");
      expected.reason = Reason::encrypted_tunnel;
      expect(given, expected);
      expect(without_decap(given), carrier_of(given, src, dst, "ethernet/ipv4/udp"));
    }
  }
  for (const auto& [type, size] : {std::pair{"01000000", 147},
                                   {"02000000", 148},
                                   {"04000000", 33},
                                   {"04000000", 16},
                                   {"05000000", 64},
                                   {"01000001", 148}}) {
    expect_carrier(51820, message(type, static_cast<size_t>(size)), "ethernet/ipv4/udp");
  }
}

TEST(Ports, OfAClientThatHappensToBeATunnels) {
  // A DNS answer to a client whose port is CAPWAP's, and one from Teredo's port.
  for (const auto& [src, dst] : {std::pair{53, 5247}, {3544, 53}, {1701, 53}, {53, 6635}}) {
    const Given given = over_udp(static_cast<uint16_t>(src), static_cast<uint16_t>(dst),
                                 hex("a1b2 8180 0001 0001 0000 0000 0361 6263 0000 0100 01"));
    expect(given, carrier_of(given, static_cast<uint16_t>(src), static_cast<uint16_t>(dst),
                             "ethernet/ipv4/udp"));
  }
}

}  // namespace
}  // namespace weir::parsers
