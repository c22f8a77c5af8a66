// MPLS (RFC 3032), PPPoE (RFC 2516), PPP (RFC 1661, RFC 1662), Cisco HDLC.

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
using frames::some_ipv4;
using frames::some_ipv6;
using frames::tcp;
using frames::zeros;

// Label 100, traffic class 0, TTL 64; without and with the bottom-of-stack bit.
constexpr std::string_view kLabel = "00064040";
constexpr std::string_view kBottom = "00064140";

constexpr Expected stopped(Verdict verdict, Reason reason, std::string_view layers) {
  return {.verdict = verdict, .reason = reason, .layers = layers};
}

TEST(Mpls, OneLabel) {
  expect({.bytes = ethernet(0x8847, cat(kBottom, some_ipv4()))},
         some_ipv4_through("ethernet/mpls/ipv4/udp"));
  expect({.bytes = ethernet(0x8848, cat(kBottom, some_ipv6()))},
         some_ipv6_through("ethernet/mpls/ipv6/udp"));
}

TEST(Mpls, StackBehindAVlan) {
  Expected expected = some_ipv4_through("ethernet/vlan/mpls/mpls/mpls/ipv4/udp");
  expected.vlans = {9};
  expect({.bytes =
              ethernet(0x8100, frames::vlan(9, 0x8847, cat(kLabel, kLabel, kBottom, some_ipv4())))},
         expected);
}

TEST(Mpls, TrafficClassIsNotTheBottom) {
  // Traffic class 7, not the bottom; then 7 and the bottom.
  expect({.bytes = ethernet(0x8847, cat("00064e40 00064f40", some_ipv4()))},
         some_ipv4_through("ethernet/mpls/mpls/ipv4/udp"));
}

TEST(Mpls, SixteenLabelsAndNoMore) {
  Bytes labels;
  for (int i = 0; i < 15; ++i) frames::append(labels, kLabel);
  expect({.bytes = ethernet(0x8847, cat(labels, kBottom, some_ipv4()))},
         some_ipv4_through("ethernet/mpls/mpls/mpls/mpls/mpls/mpls/mpls/mpls/mpls/mpls/mpls/mpls/"
                           "mpls/mpls/mpls/mpls/ipv4/udp"));
  expect({.bytes = ethernet(0x8847, cat(labels, kLabel, kBottom, some_ipv4()))},
         stopped(Verdict::unsupported, Reason::too_many_layers,
                 "ethernet/mpls/mpls/mpls/mpls/mpls/mpls/mpls/mpls/mpls/mpls/mpls/mpls/mpls/mpls/"
                 "mpls/mpls"));
}

TEST(Mpls, ControlChannelsAreNotIp) {
  expect({.bytes = ethernet(0x8847, cat(kBottom, "10000021", zeros(8)))},
         stopped(Verdict::non_ip, Reason::mpls_control, "ethernet/mpls"));
}

TEST(Mpls, EndsInTheStack) {
  expect({.bytes = ethernet(0x8847, cat(kLabel, "0006"))},
         stopped(Verdict::malformed, Reason::bad_link_header, "ethernet/mpls"));
  expect({.bytes = ethernet(0x8847, hex(kBottom))},
         stopped(Verdict::malformed, Reason::bad_link_header, "ethernet/mpls"));
}

Bytes pppoe(const Bytes& payload, uint32_t length) {
  return cat("11 00 0007", be16(length), payload);
}
Bytes pppoe(const Bytes& payload) {
  return pppoe(payload, static_cast<uint32_t>(payload.size()));
}

TEST(Pppoe, SessionCarriesIp) {
  expect({.bytes = ethernet(0x8864, pppoe(cat("0021", some_ipv4())))},
         some_ipv4_through("ethernet/pppoe/ppp/ipv4/udp"));
  expect({.bytes = ethernet(0x8864, pppoe(cat("0057", some_ipv6())))},
         some_ipv6_through("ethernet/pppoe/ppp/ipv6/udp"));
}

TEST(Pppoe, LengthEndsThePayload) {
  const Bytes payload = cat("0021", ipv4({.proto = 6, .total_length = 0}, tcp(5, 6)));
  expect({.bytes = cat(ethernet(0x8864, pppoe(payload)), zeros(6))},
         {.src = "10.1.2.3",
          .dst = "192.0.2.77",
          .proto = 6,
          .src_port = 5,
          .dst_port = 6,
          .ip_bytes = 40,
          .tcp_flags = 0x10,
          .layers = "ethernet/pppoe/ppp/ipv4/tcp"});
  expect({.bytes = ethernet(0x8864, pppoe(cat("0021", some_ipv4()), 12))},
         stopped(Verdict::malformed, Reason::bad_ipv4_header_length, "ethernet/pppoe/ppp"));
  expect({.bytes = ethernet(0x8864, pppoe(cat("0021", some_ipv4()), 0))},
         stopped(Verdict::malformed, Reason::bad_link_header, "ethernet/pppoe"));
}

TEST(Pppoe, DiscoveryAndControl) {
  expect({.bytes = ethernet(0x8863, hex("11 09 0000 0004 01010000"))},
         stopped(Verdict::non_ip, Reason::ppp_control, "ethernet/pppoe"));
  expect({.bytes = ethernet(0x8864, pppoe(hex("c021 01 01 0004")))},
         stopped(Verdict::non_ip, Reason::ppp_control, "ethernet/pppoe/ppp"));
}

TEST(Pppoe, DiscoveryIsNoSessionWhateverItsCode) {
  expect({.bytes = ethernet(0x8863, pppoe(cat("0021", some_ipv4())))},
         stopped(Verdict::non_ip, Reason::ppp_control, "ethernet/pppoe"));
}

TEST(Pppoe, WrongVersionOrTooShort) {
  expect({.bytes = ethernet(0x8864, cat("21 00 0007 001e 0021", some_ipv4()))},
         stopped(Verdict::malformed, Reason::bad_link_header, "ethernet"));
  expect({.bytes = ethernet(0x8864, hex("11 00 0007 00"))},
         stopped(Verdict::malformed, Reason::bad_link_header, "ethernet"));
}

TEST(PppEther, StartsWithThePppoeHeader) {
  expect({.link_type = LinkType::ppp_ether, .bytes = pppoe(cat("0021", some_ipv4()))},
         some_ipv4_through("pppoe/ppp/ipv4/udp"));
}

TEST(Ppp, WithAndWithoutAddressAndControl) {
  for (const LinkType type : {LinkType::ppp, LinkType::ppp_serial}) {
    expect({.link_type = type, .bytes = cat("ff03 0021", some_ipv4())},
           some_ipv4_through("ppp/ipv4/udp"));
    expect({.link_type = type, .bytes = cat("0021", some_ipv4())},
           some_ipv4_through("ppp/ipv4/udp"));
    expect({.link_type = type, .bytes = cat("ff03 0057", some_ipv6())},
           some_ipv6_through("ppp/ipv6/udp"));
  }
}

TEST(Ppp, CompressedProtocolField) {
  expect({.link_type = LinkType::ppp, .bytes = cat("21", some_ipv4())},
         some_ipv4_through("ppp/ipv4/udp"));
  expect({.link_type = LinkType::ppp, .bytes = cat("ff03 57", some_ipv6())},
         some_ipv6_through("ppp/ipv6/udp"));
}

TEST(Ppp, CarriesMpls) {
  expect({.link_type = LinkType::ppp, .bytes = cat("ff03 0281", kBottom, some_ipv4())},
         some_ipv4_through("ppp/mpls/ipv4/udp"));
  expect({.link_type = LinkType::ppp, .bytes = cat("ff03 0283", kBottom, some_ipv6())},
         some_ipv6_through("ppp/mpls/ipv6/udp"));
}

TEST(Ppp, WhatMayCarryIpInAWayThatIsNotFollowed) {
  for (const std::string_view protocol : {"002d", "002f", "00fb", "00fd"}) {
    expect({.link_type = LinkType::ppp, .bytes = cat("ff03", protocol, some_ipv4())},
           stopped(Verdict::unsupported, Reason::compressed, "ppp"));
  }
  for (const std::string_view protocol : {"0053", "0055"}) {
    expect({.link_type = LinkType::ppp, .bytes = cat("ff03", protocol, some_ipv4())},
           stopped(Verdict::unsupported, Reason::encrypted, "ppp"));
  }
  expect({.link_type = LinkType::ppp, .bytes = cat("ff03 003d c0000001", some_ipv4())},
         stopped(Verdict::unsupported, Reason::unknown_link_type, "ppp"));
}

TEST(Ppp, ControlAndOtherProtocols) {
  for (const std::string_view protocol : {"8021", "c021", "c023", "c223"}) {
    expect({.link_type = LinkType::ppp, .bytes = cat("ff03", protocol, zeros(4))},
           stopped(Verdict::non_ip, Reason::ppp_control, "ppp"));
  }
  expect({.link_type = LinkType::ppp, .bytes = cat("ff03 002b", zeros(30))},
         stopped(Verdict::non_ip, Reason::other_protocol, "ppp"));
}

TEST(Ppp, TooShortOrWrong) {
  expect({.link_type = LinkType::ppp, .bytes = hex("ff")},
         stopped(Verdict::malformed, Reason::bad_link_header, ""));
  expect({.link_type = LinkType::ppp, .bytes = hex("ff03 00")},
         stopped(Verdict::malformed, Reason::bad_link_header, ""));
  expect({.link_type = LinkType::ppp, .bytes = cat("ff13 0021", some_ipv4())},
         stopped(Verdict::malformed, Reason::bad_link_header, ""));
}

TEST(CiscoHdlc, HasAnEtherType) {
  for (const LinkType type : {LinkType::ppp, LinkType::ppp_serial}) {
    expect({.link_type = type, .bytes = cat("0f00 0800", some_ipv4())},
           some_ipv4_through("chdlc/ipv4/udp"));
    expect({.link_type = type, .bytes = cat("8f00 86dd", some_ipv6())},
           some_ipv6_through("chdlc/ipv6/udp"));
  }
  // SLARP.
  Expected slarp = stopped(Verdict::non_ip, Reason::other_ethertype, "chdlc");
  slarp.ether_type = 0x8035;
  expect({.link_type = LinkType::ppp_serial, .bytes = cat("8f00 8035", zeros(14))}, slarp);
  expect({.link_type = LinkType::ppp_serial, .bytes = hex("0f00 08")},
         stopped(Verdict::malformed, Reason::bad_link_header, ""));
}

}  // namespace
}  // namespace weir::parsers
