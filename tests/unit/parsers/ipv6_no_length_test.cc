// IPv6 with a payload length of 0 and no jumbo payload option, which is how a host sees packets of
// more than 65,535 bytes that segmentation offload splits or receive offload has joined.

#include <gtest/gtest.h>

#include "tests/unit/parsers/expect.h"

namespace weir::parsers {
namespace {

using frames::be16;
using frames::Bytes;
using frames::cat;
using frames::ethernet;
using frames::extension;
using frames::fragment_header;
using frames::hex;
using frames::ieee802_3;
using frames::ipv4;
using frames::ipv6;
using frames::snap;
using frames::some_ipv4;
using frames::some_ipv6;
using frames::tcp;
using frames::udp;
using frames::vlan;
using frames::zeros;

Bytes no_length(uint8_t next, const Bytes& payload) {
  return ipv6({.next = next, .payload_length = 0}, payload);
}

/// TCP from 40000 to 443 between the usual two hosts.
Expected segment(uint32_t ip_bytes, std::string_view layers) {
  return {.src = frames::kSource6,
          .dst = frames::kDestination6,
          .proto = 6,
          .src_port = 40000,
          .dst_port = 443,
          .ip_bytes = ip_bytes,
          .tcp_flags = 0x10,
          .layers = layers};
}

Bytes big_segment() {
  return no_length(6, tcp(40000, 443, 0x10, zeros(100)));
}

TEST(Ipv6NoLength, TheFrameTells) {
  expect({.bytes = ethernet(0x86DD, big_segment())}, segment(160, "ethernet/ipv6/tcp"));
  // As it is captured: the snaplen keeps the headers of 180,000 bytes.
  expect({.bytes = ethernet(0x86DD, big_segment()), .wire_len = 14 + 180000},
         segment(180000, "ethernet/ipv6/tcp"));
  // An acknowledgment without data.
  expect({.bytes = ethernet(0x86DD, no_length(6, tcp(40000, 443)))},
         segment(60, "ethernet/ipv6/tcp"));
}

TEST(Ipv6NoLength, BehindTagsInEveryForm) {
  Expected expected = segment(160, "ethernet/vlan/ipv6/tcp");
  expected.vlans = {5};
  expect({.bytes = ethernet(0x8100, vlan(5, 0x86DD, big_segment()))}, expected);
  expect({.bytes = ethernet(0x86DD, big_segment()),
          .stripped_tpid = 0x8100,
          .stripped_tci = 5,
          .wire_len = 14 + 4 + 160},  // the tag was on the wire
         expected);
  expected = segment(160, "ethernet/vlan/vlan/ipv6/tcp");
  expected.vlans = {6, 5};
  expect({.bytes = ethernet(0x88A8, vlan(6, 0x8100, vlan(5, 0x86DD, big_segment())))}, expected);
}

TEST(Ipv6NoLength, EveryLinkType) {
  expect({.link_type = LinkType::raw, .bytes = big_segment()}, segment(160, "ipv6/tcp"));
  expect({.link_type = LinkType::ipv6, .bytes = big_segment()}, segment(160, "ipv6/tcp"));
  expect({.link_type = LinkType::null, .bytes = cat("1e000000", big_segment())},
         segment(160, "null/ipv6/tcp"));
  expect({.link_type = LinkType::linux_sll, .bytes = cat(zeros(14), "86dd", big_segment())},
         segment(160, "sll/ipv6/tcp"));
  expect({.link_type = LinkType::linux_sll2, .bytes = cat("86dd", zeros(18), big_segment())},
         segment(160, "sll2/ipv6/tcp"));
}

TEST(Ipv6NoLength, AnEnclosingLengthEndsIt) {
  // IEEE 802.3 says where the payload ends; behind it is padding.
  expect({.bytes = cat(ieee802_3(snap(0x86DD, big_segment())), zeros(9))},
         segment(160, "ethernet/llc/snap/ipv6/tcp"));
}

TEST(Ipv6NoLength, BehindExtensionHeaders) {
  expect({.bytes = ethernet(0x86DD, no_length(0, cat(extension(6), tcp(40000, 443))))},
         segment(68, "ethernet/ipv6/ipv6_hopopts/tcp"));
  expect(
      {.bytes = ethernet(0x86DD, no_length(43, cat(extension(60), extension(6), tcp(40000, 443))))},
      segment(76, "ethernet/ipv6/ipv6_routing/ipv6_dstopts/tcp"));
  Expected fragment = segment(68, "ethernet/ipv6/ipv6_fragment/tcp");
  fragment.fragment = true;
  expect({.bytes = ethernet(0x86DD, no_length(44, cat(fragment_header(6, 1), tcp(40000, 443))))},
         fragment);
}

TEST(Ipv6NoLength, UdpWithoutALength) {
  Bytes datagram = udp(2222, 53, zeros(100));
  datagram[4] = datagram[5] = 0;
  Expected expected = some_ipv6_through("ethernet/ipv6/udp");
  expected.ip_bytes = 70048;
  expect({.bytes = ethernet(0x86DD, no_length(17, datagram)), .wire_len = 14 + 70048}, expected);
}

TEST(Ipv6NoLength, InsideATunnel) {
  const Bytes inner = ethernet(0x86DD, big_segment());
  Bytes vxlan = udp(1111, 4789, cat("08000000 00000700", inner));
  vxlan[4] = vxlan[5] = 0;
  const Bytes outer4 = ipv4({.total_length = 0}, vxlan);
  const Bytes outer6 = no_length(17, vxlan);
  expect({.bytes = ethernet(0x0800, outer4), .decap = true},
         segment(160, "ethernet/ipv4/udp/vxlan/ethernet/ipv6/tcp"));
  expect({.bytes = ethernet(0x86DD, outer6), .decap = true},
         segment(160, "ethernet/ipv6/udp/vxlan/ethernet/ipv6/tcp"));
  expect({.bytes = ethernet(0x86DD, outer6), .decap = true, .wire_len = 14 + 40 + 16 + 14 + 90000},
         segment(90000, "ethernet/ipv6/udp/vxlan/ethernet/ipv6/tcp"));
  // The carrier's own length.
  Expected carrier = some_ipv6_through("ethernet/ipv6/udp");
  carrier.src_port = 1111;
  carrier.dst_port = 4789;
  carrier.ip_bytes = 40 + 16 + 14 + 90000;
  expect({.bytes = ethernet(0x86DD, outer6), .wire_len = 14 + 40 + 16 + 14 + 90000}, carrier);
  expect({.bytes = ethernet(0x86DD, no_length(41, big_segment())), .decap = true},
         segment(160, "ethernet/ipv6/ipv6/tcp"));
  expect({.bytes = ethernet(0x86DD, no_length(47, cat("0000 86dd", big_segment()))), .decap = true},
         segment(160, "ethernet/ipv6/gre/ipv6/tcp"));
}

TEST(Ipv6NoLength, EmptyPacketsStayEmpty) {
  Expected expected{.reason = Reason::no_ports,
                    .src = frames::kSource6,
                    .dst = frames::kDestination6,
                    .proto = 59,
                    .ip_bytes = 40,
                    .layers = "ethernet/ipv6"};
  // No next header, in a frame padded to 60 bytes, to more, and not padded.
  for (const size_t padding : {0, 6, 46}) {
    expect({.bytes = ethernet(0x86DD, cat(no_length(59, {}), zeros(padding)))}, expected);
  }
  // A protocol without a rule, in the shortest Ethernet frame.
  expected.proto = 253;
  expect({.bytes = ethernet(0x86DD, cat(no_length(253, {}), zeros(6)))}, expected);
  // ICMPv6 with a wrong length.
  expected.proto = 58;
  expected.layers = "ethernet/ipv6/icmpv6";
  expect({.bytes = ethernet(0x86DD, no_length(58, zeros(32)))}, expected);
  // What needs a header and has none does not find it in the padding.
  expected = {.verdict = Verdict::malformed,
              .reason = Reason::bad_transport_header,
              .src = frames::kSource6,
              .dst = frames::kDestination6,
              .proto = 6,
              .ip_bytes = 40,
              .layers = "ethernet/ipv6"};
  expect({.bytes = ethernet(0x86DD, cat(no_length(6, {}), zeros(6)))}, expected);
  expected.proto = 0;
  expected.reason = Reason::bad_ipv6_extension;
  expect({.bytes = ethernet(0x86DD, cat(no_length(0, {}), zeros(6)))}, expected);
}

}  // namespace
}  // namespace weir::parsers
