// The straight path of parse(), which only long enough frames of the common kind take. expect()
// holds it to the general path in every field; here are the frames at its edges.

#include <gtest/gtest.h>

#include "tests/unit/parsers/expect.h"

namespace weir::parsers {
namespace {

using frames::Bytes;
using frames::ethernet;
using frames::ipv4;
using frames::tcp;
using frames::udp;
using frames::vlan;
using frames::zeros;

/// 60 bytes of IP: enough for the straight path with every tag.
Bytes web() {
  return ipv4({.proto = 6}, tcp(4000, 443, 0x12, zeros(20)));
}
Bytes dns(uint16_t dst_port = 53) {
  return ipv4({.proto = 17}, udp(4000, dst_port, zeros(32)));
}

Expected flow(uint8_t proto, std::string_view layers) {
  return {.src = "10.1.2.3",
          .dst = "192.0.2.77",
          .proto = proto,
          .src_port = 4000,
          .dst_port = static_cast<uint16_t>(proto == 6 ? 443 : 53),
          .ip_bytes = 60,
          .tcp_flags = static_cast<uint8_t>(proto == 6 ? 0x12 : 0),
          .layers = layers};
}

Expected with_vlans(Expected expected, std::vector<uint16_t> vlans) {
  expected.vlans = std::move(vlans);
  return expected;
}

TEST(StraightPath, TcpAndUdp) {
  expect({.bytes = ethernet(0x0800, web())}, flow(6, "ethernet/ipv4/tcp"));
  expect({.bytes = ethernet(0x0800, dns())}, flow(17, "ethernet/ipv4/udp"));
}

TEST(StraightPath, OneTagInTheFrame) {
  for (const uint16_t tci : {0x0005, 0xF005}) {
    expect({.bytes = ethernet(0x8100, vlan(tci, 0x0800, web()))},
           with_vlans(flow(6, "ethernet/vlan/ipv4/tcp"), {5}));
  }
}

TEST(StraightPath, OneTagThatWasStripped) {
  for (const uint16_t tpid : {0x8100, 0x88A8, 0x9100}) {
    for (const uint16_t tci : {0x0005, 0xF005}) {
      expect({.bytes = ethernet(0x0800, dns()), .stripped_tpid = tpid, .stripped_tci = tci},
             with_vlans(flow(17, "ethernet/vlan/ipv4/udp"), {5}));
    }
  }
}

TEST(StraightPath, TwoTags) {
  expect({.bytes = ethernet(0x8100, vlan(6, 0x8100, vlan(5, 0x0800, web())))},
         with_vlans(flow(6, "ethernet/vlan/vlan/ipv4/tcp"), {6, 5}));
  expect({.bytes = ethernet(0x8100, vlan(5, 0x0800, web())),
          .stripped_tpid = 0x8100,
          .stripped_tci = 6},
         with_vlans(flow(6, "ethernet/vlan/vlan/ipv4/tcp"), {6, 5}));
}

TEST(StraightPath, OtherLinkTypesWithTheSameBytes) {
  // What is an Ethernet header there is none here: 02 is no version.
  expect({.link_type = LinkType::raw, .bytes = ethernet(0x0800, web())},
         {.verdict = Verdict::malformed, .reason = Reason::bad_ip_version});
}

TEST(StraightPath, Fragments) {
  Expected expected = flow(6, "ethernet/ipv4/tcp");
  expected.fragment = true;
  const Bytes segment = tcp(4000, 443, 0x12, zeros(20));
  expect({.bytes = ethernet(0x0800, ipv4({.proto = 6, .flags_offset = 0x2000}, segment))},
         expected);
  expected.reason = Reason::fragment;
  expected.layers = "ethernet/ipv4";
  expected.src_port = 0;
  expected.dst_port = 0;
  expected.tcp_flags = 0;
  for (const uint16_t flags_offset : {0x0001, 0x1000, 0x3000}) {
    expect({.bytes = ethernet(0x0800, ipv4({.proto = 6, .flags_offset = flags_offset}, segment))},
           expected);
  }
}

TEST(StraightPath, TotalLengthAtItsEdge) {
  // 34 bytes hold everything up to the TCP flags, 33 do not.
  Expected expected = flow(6, "ethernet/ipv4/tcp");
  const Bytes segment = tcp(4000, 443, 0x12, zeros(20));
  expected.ip_bytes = 34;
  expect({.bytes = ethernet(0x0800, ipv4({.proto = 6, .total_length = 34}, segment))}, expected);
  expected.ip_bytes = 33;
  expected.tcp_flags = 0;
  expect({.bytes = ethernet(0x0800, ipv4({.proto = 6, .total_length = 33}, segment))}, expected);
}

TEST(StraightPath, ProtocolsThatItLeavesToTheOther) {
  Expected expected = flow(17, "ethernet/ipv4/udplite");
  expected.proto = 136;
  expect({.bytes = ethernet(0x0800, ipv4({.proto = 136}, udp(4000, 53, zeros(32))))}, expected);
  expected = flow(17, "ethernet/ipv4/udp");
  expected.ip_bytes = 64;
  expect({.bytes = ethernet(0x0800, ipv4({.options = zeros(4)}, udp(4000, 53, zeros(32))))},
         expected);
}

// Zeros are no tunnel header, so the carrying flow is the answer of the general path as well; the
// tunnels themselves are in udp_tunnel_test.cc.
TEST(StraightPath, TunnelPorts) {
  for (const uint16_t port : {2152, 4789, 4790, 8472}) {
    Expected expected = flow(17, "ethernet/ipv4/udp");
    expected.dst_port = port;
    expect({.bytes = ethernet(0x0800, dns(port))}, expected);
    expect({.bytes = ethernet(0x0800, dns(port)), .decap = true}, expected);
  }
}

}  // namespace
}  // namespace weir::parsers
