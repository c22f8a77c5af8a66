// What IP carries: ports of TCP, UDP, UDP-Lite, SCTP and DCCP, and protocols without ports.

#include <gtest/gtest.h>

#include "tests/unit/parsers/expect.h"

namespace weir::parsers {
namespace {

using frames::Bytes;
using frames::cat;
using frames::ethernet;
using frames::hex;
using frames::ipv4;
using frames::ipv6;
using frames::tcp;
using frames::zeros;

struct Protocol {
  uint8_t number;
  std::string_view name;
};

Expected packet4(uint8_t proto, uint32_t ip_bytes, std::string_view layers) {
  return {.src = "10.1.2.3",
          .dst = "192.0.2.77",
          .proto = proto,
          .ip_bytes = ip_bytes,
          .layers = layers};
}

Expected packet6(uint8_t proto, uint32_t ip_bytes, std::string_view layers) {
  Expected expected = packet4(proto, ip_bytes, layers);
  expected.src = "2001:db8::1";
  expected.dst = "fe80::5:6";
  return expected;
}

/// Ports 0x1234 and 0x8765, then what each protocol puts there.
Bytes ported() {
  return cat("1234 8765", zeros(16));
}

TEST(Transport, PortsOfEachProtocol) {
  for (const Protocol& p : {Protocol{6, "tcp"}, Protocol{17, "udp"}, Protocol{33, "dccp"},
                            Protocol{132, "sctp"}, Protocol{136, "udplite"}}) {
    const std::string layers4 = "ethernet/ipv4/" + std::string(p.name);
    Expected expected = packet4(p.number, 40, layers4);
    expected.src_port = 4660;
    expected.dst_port = 34661;
    expect({.bytes = ethernet(0x0800, ipv4({.proto = p.number}, ported()))}, expected);
    const std::string layers6 = "ethernet/ipv6/" + std::string(p.name);
    expected = packet6(p.number, 60, layers6);
    expected.src_port = 4660;
    expected.dst_port = 34661;
    expect({.bytes = ethernet(0x86DD, ipv6({.next = p.number}, ported()))}, expected);
  }
}

TEST(Transport, FourBytesHoldThePorts) {
  for (const uint8_t proto : {6, 17, 33, 132, 136}) {
    Expected expected = packet4(proto, 23, "ethernet/ipv4");
    expected.verdict = Verdict::malformed;
    expected.reason = Reason::bad_transport_header;
    expect({.bytes = ethernet(0x0800, ipv4({.proto = proto}, hex("1234 87")))}, expected);
  }
  Expected expected = packet4(17, 24, "ethernet/ipv4/udp");
  expected.src_port = 4660;
  expected.dst_port = 34661;
  expect({.bytes = ethernet(0x0800, ipv4({.proto = 17}, hex("1234 8765")))}, expected);
}

TEST(Transport, TcpFlags) {
  for (const uint8_t flags : {0x00, 0x02, 0x12, 0x11, 0x04, 0xFF}) {
    Expected expected = packet4(6, 40, "ethernet/ipv4/tcp");
    expected.src_port = 80;
    expected.dst_port = 81;
    expected.tcp_flags = flags;
    expect({.bytes = ethernet(0x0800, ipv4({.proto = 6}, tcp(80, 81, flags)))}, expected);
    expected = packet6(6, 60, "ethernet/ipv6/tcp");
    expected.src_port = 80;
    expected.dst_port = 81;
    expected.tcp_flags = flags;
    expect({.bytes = ethernet(0x86DD, ipv6({.next = 6}, tcp(80, 81, flags)))}, expected);
  }
}

TEST(Transport, UdpHasNoFlags) {
  // Where TCP has its flags, UDP has data.
  Expected expected = packet4(17, 48, "ethernet/ipv4/udp");
  expected.src_port = 1;
  expected.dst_port = 2;
  expect({.bytes = ethernet(0x0800, ipv4({.proto = 17}, frames::udp(1, 2, Bytes(20, 0xFF))))},
         expected);
}

TEST(Transport, ProtocolsWithoutPorts) {
  for (const Protocol& p :
       {Protocol{1, "/icmp"}, Protocol{2, "/igmp"}, Protocol{47, "/gre"}, Protocol{50, "/esp"},
        Protocol{51, "/ah"}, Protocol{58, "/icmpv6"}, Protocol{4, ""}, Protocol{41, ""},
        Protocol{89, ""}, Protocol{103, ""}, Protocol{255, ""}}) {
    const std::string layers = "ethernet/ipv4" + std::string(p.name);
    Expected expected = packet4(p.number, 40, layers);
    expected.reason = Reason::no_ports;
    expect({.bytes = ethernet(0x0800, ipv4({.proto = p.number}, ported()))}, expected);
    // Nothing behind the IP header is needed.
    expected.ip_bytes = 20;
    expect({.bytes = ethernet(0x0800, ipv4({.proto = p.number}, {}))}, expected);
  }
}

TEST(Transport, WhatAnIcmpErrorQuotesIsNoFlow) {
  Expected expected = packet4(1, 56, "ethernet/ipv4/icmp");
  expected.reason = Reason::no_ports;
  const Bytes error =
      cat("0303 0000 00000000", ipv4({.src = "192.0.2.77", .dst = "10.1.2.3"}, frames::udp(5, 6)));
  for (const bool decap : {false, true}) {
    expect({.bytes = ethernet(0x0800, ipv4({.proto = 1}, error)), .decap = decap}, expected);
  }
}

}  // namespace
}  // namespace weir::parsers
