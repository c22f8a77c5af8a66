// Tunnels over UDP: VXLAN (RFC 7348), VXLAN-GPE, GENEVE (RFC 8926), GTP-U (3GPP TS 29.281); and
// tunnels inside one another.

#include <gtest/gtest.h>

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
using frames::vlan;
using frames::zeros;

constexpr uint16_t kVxlan = 4789;
constexpr uint16_t kVxlanLinux = 8472;
constexpr uint16_t kVxlanGpe = 4790;
constexpr uint16_t kGeneve = 6081;
constexpr uint16_t kGtpu = 2152;

/// From 172.16.0.1:50000 to 172.16.0.2:`port`.
Bytes carrier(uint16_t port, const Bytes& payload) {
  return ipv4({.src = "172.16.0.1", .dst = "172.16.0.2"}, udp(50000, port, payload));
}

Given over_udp(uint16_t port, const Bytes& payload) {
  return {.bytes = ethernet(0x0800, carrier(port, payload)), .decap = true};
}

/// The flow that carries the tunnel; `payload` bytes behind the UDP header.
Expected carrier_flow(uint16_t port, uint32_t payload, std::string_view layers) {
  return {.src = "172.16.0.1",
          .dst = "172.16.0.2",
          .proto = 17,
          .src_port = 50000,
          .dst_port = port,
          .ip_bytes = 28 + payload,
          .layers = layers};
}

constexpr std::string_view kVxlanHeader = "08000000 00007b00";  // VNI 123

TEST(Vxlan, EitherPort) {
  for (const uint16_t port : {kVxlan, kVxlanLinux}) {
    expect(over_udp(port, cat(kVxlanHeader, ethernet(0x0800, some_ipv4()))),
           some_ipv4_through("ethernet/ipv4/udp/vxlan/ethernet/ipv4/udp"));
  }
  Expected expected = some_ipv6_through("ethernet/ipv4/udp/vxlan/ethernet/vlan/ipv6/udp");
  expected.vlans = {7};
  expect(over_udp(kVxlan, cat(kVxlanHeader, ethernet(0x8100, vlan(7, 0x86DD, some_ipv6())))),
         expected);
}

TEST(Vxlan, OverIpv6) {
  expect(
      {.bytes = ethernet(
           0x86DD, ipv6({}, udp(50000, kVxlan, cat(kVxlanHeader, ethernet(0x0800, some_ipv4()))))),
       .decap = true},
      some_ipv4_through("ethernet/ipv6/udp/vxlan/ethernet/ipv4/udp"));
}

TEST(Vxlan, TheSourcePortAnnouncesNothing) {
  const Bytes payload = cat(kVxlanHeader, ethernet(0x0800, some_ipv4()));
  expect({.bytes = ethernet(0x0800, ipv4({}, udp(kVxlan, 53, payload))), .decap = true},
         {.src = "10.1.2.3",
          .dst = "192.0.2.77",
          .proto = 17,
          .src_port = kVxlan,
          .dst_port = 53,
          .ip_bytes = 78,
          .layers = "ethernet/ipv4/udp"});
}

TEST(Vxlan, WithoutDecapItIsUdp) {
  Given given = over_udp(kVxlan, cat(kVxlanHeader, ethernet(0x0800, some_ipv4())));
  given.decap = false;
  expect(given, carrier_flow(kVxlan, 50, "ethernet/ipv4/udp"));
}

TEST(Vxlan, WhatIsNotATunnelBelongsToTheCarrier) {
  // No VNI flag; too short; ARP inside; nothing inside.
  expect(over_udp(kVxlan, cat("00000000 00007b00", ethernet(0x0800, some_ipv4()))),
         carrier_flow(kVxlan, 50, "ethernet/ipv4/udp"));
  expect(over_udp(kVxlan, hex("08000000 0000")), carrier_flow(kVxlan, 6, "ethernet/ipv4/udp"));
  expect(over_udp(kVxlan, cat(kVxlanHeader, ethernet(0x0806, zeros(28)))),
         carrier_flow(kVxlan, 50, "ethernet/ipv4/udp/vxlan/ethernet/arp"));
  expect(over_udp(kVxlan, hex(kVxlanHeader)), carrier_flow(kVxlan, 8, "ethernet/ipv4/udp/vxlan"));
}

TEST(VxlanGpe, NextProtocol) {
  expect(over_udp(kVxlanGpe, cat("0c000001 00007b00", some_ipv4())),
         some_ipv4_through("ethernet/ipv4/udp/vxlan/ipv4/udp"));
  expect(over_udp(kVxlanGpe, cat("0c000002 00007b00", some_ipv6())),
         some_ipv6_through("ethernet/ipv4/udp/vxlan/ipv6/udp"));
  expect(over_udp(kVxlanGpe, cat("0c000003 00007b00", ethernet(0x0800, some_ipv4()))),
         some_ipv4_through("ethernet/ipv4/udp/vxlan/ethernet/ipv4/udp"));
  // Without the P bit it is VXLAN.
  expect(over_udp(kVxlanGpe, cat(kVxlanHeader, ethernet(0x0800, some_ipv4()))),
         some_ipv4_through("ethernet/ipv4/udp/vxlan/ethernet/ipv4/udp"));
  // A network service header.
  expect(over_udp(kVxlanGpe, cat("0c000004 00007b00", zeros(24))),
         carrier_flow(kVxlanGpe, 32, "ethernet/ipv4/udp/vxlan"));
}

TEST(Geneve, EtherTypes) {
  expect(over_udp(kGeneve, cat("0000 6558 00007b00", ethernet(0x0800, some_ipv4()))),
         some_ipv4_through("ethernet/ipv4/udp/geneve/ethernet/ipv4/udp"));
  expect(over_udp(kGeneve, cat("0000 0800 00007b00", some_ipv4())),
         some_ipv4_through("ethernet/ipv4/udp/geneve/ipv4/udp"));
  expect(over_udp(kGeneve, cat("0000 86dd 00007b00", some_ipv6())),
         some_ipv6_through("ethernet/ipv4/udp/geneve/ipv6/udp"));
}

TEST(Geneve, OptionsAreSkipped) {
  // One option of 4 bytes of data: 2 words. Then as many as there can be: 63 words.
  expect(over_udp(kGeneve, cat("0240 0800 00007b00", "0102 80 01 deadbeef", some_ipv4())),
         some_ipv4_through("ethernet/ipv4/udp/geneve/ipv4/udp"));
  expect(over_udp(kGeneve, cat("3f00 0800 00007b00", zeros(252), some_ipv4())),
         some_ipv4_through("ethernet/ipv4/udp/geneve/ipv4/udp"));
}

TEST(Geneve, WhatIsNotIpBelongsToTheCarrier) {
  // Version 1; options past the end; ARP.
  expect(over_udp(kGeneve, cat("4000 0800 00007b00", some_ipv4())),
         carrier_flow(kGeneve, 36, "ethernet/ipv4/udp"));
  expect(over_udp(kGeneve, cat("3f00 0800 00007b00", some_ipv4())),
         carrier_flow(kGeneve, 36, "ethernet/ipv4/udp"));
  expect(over_udp(kGeneve, cat("0000 0806 00007b00", zeros(28))),
         carrier_flow(kGeneve, 36, "ethernet/ipv4/udp/geneve/arp"));
}

/// A message of `type` with `flags` in the low bits; the length counts what follows 8 bytes.
Bytes gtp(uint8_t flags, uint8_t type, const Bytes& rest) {
  return cat(Bytes{static_cast<uint8_t>(0x30 | flags), type},
             be16(static_cast<uint32_t>(rest.size())), "00001234", rest);
}

TEST(Gtpu, CarriesIp) {
  expect(over_udp(kGtpu, gtp(0, 255, some_ipv4())),
         some_ipv4_through("ethernet/ipv4/udp/gtpu/ipv4/udp"));
  expect(over_udp(kGtpu, gtp(0, 255, some_ipv6())),
         some_ipv6_through("ethernet/ipv4/udp/gtpu/ipv6/udp"));
}

TEST(Gtpu, OptionalFields) {
  const std::string_view layers = "ethernet/ipv4/udp/gtpu/ipv4/udp";
  // Sequence number; N-PDU number; the extension type without its flag means nothing.
  expect(over_udp(kGtpu, gtp(2, 255, cat("0001 00 00", some_ipv4()))), some_ipv4_through(layers));
  expect(over_udp(kGtpu, gtp(1, 255, cat("0000 05 00", some_ipv4()))), some_ipv4_through(layers));
  expect(over_udp(kGtpu, gtp(2, 255, cat("0001 00 85", some_ipv4()))), some_ipv4_through(layers));
}

TEST(Gtpu, ExtensionHeaders) {
  const std::string_view layers = "ethernet/ipv4/udp/gtpu/ipv4/udp";
  // A PDU session container of 4 bytes; then one of 8 and a PDCP number of 4.
  expect(over_udp(kGtpu, gtp(4, 255, cat("0000 00 85", "01 1005 00", some_ipv4()))),
         some_ipv4_through(layers));
  expect(over_udp(kGtpu,
                  gtp(7, 255, cat("0001 02 85", "02 100500000000 c0", "01 0007 00", some_ipv4()))),
         some_ipv4_through(layers));
  // None, though the flag is set.
  expect(over_udp(kGtpu, gtp(4, 255, cat("0000 00 00", some_ipv4()))), some_ipv4_through(layers));
}

TEST(Gtpu, ExtensionHeadersThatDoNotEnd) {
  // A length of 0; past the message's end; seventeen of them.
  expect(over_udp(kGtpu, gtp(4, 255, cat("0000 00 85", "00 1005 00", some_ipv4()))),
         carrier_flow(kGtpu, 44, "ethernet/ipv4/udp/gtpu"));
  expect(over_udp(kGtpu, gtp(4, 255, cat("0000 00 85", "40 1005 00", some_ipv4()))),
         carrier_flow(kGtpu, 44, "ethernet/ipv4/udp/gtpu"));
  Bytes sixteen;
  for (int i = 0; i < 15; ++i) frames::append(sixteen, "01 0007 c0");
  expect(over_udp(kGtpu, gtp(4, 255, cat("0000 00 c0", sixteen, "01 0007 00", some_ipv4()))),
         some_ipv4_through("ethernet/ipv4/udp/gtpu/ipv4/udp"));
  expect(over_udp(kGtpu,
                  gtp(4, 255, cat("0000 00 c0", sixteen, "01 0007 c0", "01 0007 00", some_ipv4()))),
         carrier_flow(kGtpu, 8 + 4 + 17 * 4 + 28, "ethernet/ipv4/udp/gtpu"));
}

TEST(Gtpu, LengthEndsThePayload) {
  Bytes bytes = gtp(0, 255, some_ipv4());
  bytes[3] = 24;  // of 28: up to the ports
  expect(over_udp(kGtpu, bytes), some_ipv4_through("ethernet/ipv4/udp/gtpu/ipv4/udp"));
  bytes[3] = 23;
  expect(over_udp(kGtpu, bytes), carrier_flow(kGtpu, 36, "ethernet/ipv4/udp/gtpu/ipv4"));
}

TEST(Gtpu, OtherMessagesAndVersionsBelongToTheCarrier) {
  // Echo request, error indication; version 2; GTP'.
  expect(over_udp(kGtpu, gtp(2, 1, hex("0001 0000"))),
         carrier_flow(kGtpu, 12, "ethernet/ipv4/udp/gtpu"));
  expect(over_udp(kGtpu, gtp(2, 26, hex("0001 0000"))),
         carrier_flow(kGtpu, 12, "ethernet/ipv4/udp/gtpu"));
  for (const uint8_t first : {0x48, 0x20}) {
    Bytes bytes = gtp(0, 255, some_ipv4());
    bytes[0] = first;
    expect(over_udp(kGtpu, bytes), carrier_flow(kGtpu, 36, "ethernet/ipv4/udp"));
  }
  // Neither IPv4 nor IPv6.
  expect(over_udp(kGtpu, gtp(0, 255, hex("50000000"))),
         carrier_flow(kGtpu, 12, "ethernet/ipv4/udp/gtpu"));
}

TEST(UdpTunnel, FirstFragmentIsNotEntered) {
  Expected expected = carrier_flow(kVxlan, 50, "ethernet/ipv4/udp");
  expected.fragment = true;
  expect({.bytes = ethernet(
              0x0800, ipv4({.src = "172.16.0.1", .dst = "172.16.0.2", .flags_offset = 0x2000},
                           udp(50000, kVxlan, cat(kVxlanHeader, ethernet(0x0800, some_ipv4()))))),
          .decap = true},
         expected);
}

TEST(UdpTunnel, UdpHeaderEndsBeforeTheTunnel) {
  expect({.bytes =
              ethernet(0x0800, ipv4({.src = "172.16.0.1", .dst = "172.16.0.2"}, hex("c350 12b5"))),
          .decap = true},
         {.src = "172.16.0.1",
          .dst = "172.16.0.2",
          .proto = 17,
          .src_port = 50000,
          .dst_port = kVxlan,
          .ip_bytes = 24,
          .layers = "ethernet/ipv4/udp"});
}

TEST(NestedTunnel, VxlanThenGreThenGtpu) {
  const Bytes user = carrier(kGtpu, gtp(0, 255, some_ipv6()));
  const Bytes gre = ipv4({.proto = 47}, cat("0000 0800", user));
  expect(over_udp(kVxlan, cat(kVxlanHeader, ethernet(0x0800, gre))),
         some_ipv6_through("ethernet/ipv4/udp/vxlan/ethernet/ipv4/gre/ipv4/udp/gtpu/ipv6/udp"));
}

TEST(NestedTunnel, WhatIsWrongInsideIsTheNearestCarriers) {
  // VXLAN holds GRE, and GRE holds no IP: the flow is GRE's, inside VXLAN.
  const Bytes gre = ipv4({.proto = 47}, hex("0000 88cc 0000"));
  Expected expected = some_ipv4_through("ethernet/ipv4/udp/vxlan/ethernet/ipv4/gre");
  expected.reason = Reason::no_ports;
  expected.proto = 47;
  expected.src_port = 0;
  expected.dst_port = 0;
  expected.ip_bytes = 26;
  expect(over_udp(kVxlan, cat(kVxlanHeader, ethernet(0x0800, gre))), expected);
}

TEST(NestedTunnel, TagsAreOfTheInnermostFrameThatHasAny) {
  const Bytes inner = ethernet(0x8100, vlan(3, 0x0800, some_ipv4()));
  const Bytes middle = ethernet(
      0x88A8, vlan(2, 0x8100, vlan(22, 0x0800, carrier(kVxlan, cat(kVxlanHeader, inner)))));
  Expected expected = some_ipv4_through(
      "ethernet/vlan/ipv4/udp/geneve/ethernet/vlan/vlan/ipv4/udp/vxlan/ethernet/vlan/ipv4/udp");
  expected.vlans = {3};
  expect({.bytes = ethernet(0x8100,
                            vlan(1, 0x0800, carrier(kGeneve, cat("0000 6558 00007b00", middle)))),
          .decap = true},
         expected);
}

}  // namespace
}  // namespace weir::parsers
