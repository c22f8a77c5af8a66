// IPv4 (RFC 791).

#include <gtest/gtest.h>

#include "tests/unit/parsers/expect.h"

namespace weir::parsers {
namespace {

using frames::Bytes;
using frames::ethernet;
using frames::hex;
using frames::Ipv4;
using frames::ipv4;
using frames::tcp;
using frames::udp;
using frames::zeros;

/// A TCP packet from 10.1.2.3:4000 to 192.0.2.77:443 in an Ethernet frame.
Expected web(uint32_t ip_bytes) {
  return {.src = "10.1.2.3",
          .dst = "192.0.2.77",
          .proto = 6,
          .src_port = 4000,
          .dst_port = 443,
          .ip_bytes = ip_bytes,
          .tcp_flags = 0x18,
          .layers = "ethernet/ipv4/tcp"};
}

Given framed(const Ipv4& header, const Bytes& payload = tcp(4000, 443, 0x18)) {
  return {.bytes = ethernet(0x0800, ipv4(header, payload))};
}

Expected stopped(Verdict verdict, Reason reason) {
  return {.verdict = verdict, .reason = reason, .layers = "ethernet"};
}

TEST(Ipv4, Plain) {
  expect(framed({.proto = 6}), web(40));
}

TEST(Ipv4, OptionsAreSkipped) {
  expect(framed({.proto = 6, .options = hex("94040000")}), web(44));  // router alert
  expect(framed({.proto = 6, .options = zeros(40)}), web(80));        // as many as there can be
  // A source route does not change whom the packet is addressed to now.
  expect(framed({.proto = 6, .options = hex("830704 c6336401 00")}), web(48));
}

TEST(Ipv4, VersionIsChecked) {
  for (const int version : {0, 5, 6, 15}) {
    expect(framed({.proto = 6, .version = version}),
           stopped(Verdict::malformed, Reason::bad_ip_version));
  }
}

TEST(Ipv4, HeaderLengthIsChecked) {
  for (const int ihl : {0, 4}) {
    expect(framed({.proto = 6, .ihl = ihl}),
           stopped(Verdict::malformed, Reason::bad_ipv4_header_length));
  }
  // Past the total length; past the frame.
  expect(framed({.proto = 6, .ihl = 15}),
         stopped(Verdict::malformed, Reason::bad_ipv4_total_length));
  expect(framed({.proto = 6, .ihl = 15, .total_length = 60}),
         stopped(Verdict::malformed, Reason::bad_ipv4_header_length));
  expect({.bytes = ethernet(0x0800, {})},
         stopped(Verdict::malformed, Reason::bad_ipv4_header_length));
}

TEST(Ipv4, TotalLengthIsChecked) {
  expect(framed({.proto = 6, .total_length = 19}),
         stopped(Verdict::malformed, Reason::bad_ipv4_total_length));
  expect(framed({.proto = 6, .options = zeros(8), .total_length = 24}),
         stopped(Verdict::malformed, Reason::bad_ipv4_total_length));
}

TEST(Ipv4, TotalLengthEndsTheTransportHeader) {
  // 20 bytes are a header with nothing in it, though the frame goes on.
  expect(framed({.proto = 6, .total_length = 20}), {.verdict = Verdict::malformed,
                                                    .reason = Reason::bad_transport_header,
                                                    .src = "10.1.2.3",
                                                    .dst = "192.0.2.77",
                                                    .proto = 6,
                                                    .ip_bytes = 20,
                                                    .layers = "ethernet/ipv4"});
  // Four more hold the ports; the flags are past the end and are not read.
  Expected expected = web(24);
  expected.tcp_flags = 0;
  expect(framed({.proto = 6, .total_length = 24}), expected);
}

TEST(Ipv4, TotalLengthPastTheFrameIsCountedAsItStands) {
  expect(framed({.proto = 6, .total_length = 1500}), web(1500));
}

TEST(Ipv4, TotalLengthZeroCountsTheFrame) {
  // Segmentation offload: what the sending host captures of itself.
  expect(framed({.proto = 6, .total_length = 0}, tcp(4000, 443, 0x18, zeros(3000))), web(3040));
  // By the length on the wire, not by what was captured.
  Given given = framed({.proto = 6, .total_length = 0});
  given.wire_len = 65014;
  expect(given, web(65000));
  // A tag that was taken out is in the length on the wire and in front of IP.
  given.stripped_tpid = 0x8100;
  given.stripped_tci = 5;
  given.wire_len = 65018;
  Expected stripped = web(65000);
  stripped.vlans = {5};
  stripped.layers = "ethernet/vlan/ipv4/tcp";
  expect(given, stripped);
  Expected tagged = web(40);
  tagged.vlans = {5};
  tagged.layers = "ethernet/vlan/ipv4/tcp";
  expect({.bytes = ethernet(
              0x8100, frames::vlan(5, 0x0800,
                                   ipv4({.proto = 6, .total_length = 0}, tcp(4000, 443, 0x18))))},
         tagged);
}

TEST(Ipv4, ReservedAndDontFragmentAreNoFragment) {
  expect(framed({.proto = 6, .flags_offset = 0x4000}), web(40));
  expect(framed({.proto = 6, .flags_offset = 0x8000}), web(40));
}

TEST(Ipv4, FirstFragmentHasPorts) {
  Expected expected = web(40);
  expected.fragment = true;
  expect(framed({.proto = 6, .flags_offset = 0x2000}), expected);
}

TEST(Ipv4, LaterFragmentHasNone) {
  for (const uint16_t flags_offset : {0x2001, 0x00B9, 0x1FFF}) {
    expect(framed({.proto = 6, .flags_offset = flags_offset}), {.reason = Reason::fragment,
                                                                .src = "10.1.2.3",
                                                                .dst = "192.0.2.77",
                                                                .proto = 6,
                                                                .ip_bytes = 40,
                                                                .fragment = true,
                                                                .layers = "ethernet/ipv4"});
  }
}

TEST(Ipv4, LaterFragmentMayBeTiny) {
  expect(framed({.proto = 17, .flags_offset = 0x00B9}, hex("ff")), {.reason = Reason::fragment,
                                                                    .src = "10.1.2.3",
                                                                    .dst = "192.0.2.77",
                                                                    .proto = 17,
                                                                    .ip_bytes = 21,
                                                                    .fragment = true,
                                                                    .layers = "ethernet/ipv4"});
}

TEST(Ipv4, SnaplenInTheOptionsMattersOnlyToThePorts) {
  Given given = framed({.proto = 1, .options = zeros(20)}, frames::icmp_echo());
  given.wire_len = static_cast<int>(given.bytes.size());
  given.bytes.resize(14 + 20 + 4);
  expect(given, {.reason = Reason::no_ports,
                 .src = "10.1.2.3",
                 .dst = "192.0.2.77",
                 .proto = 1,
                 .ip_bytes = 48,
                 .layers = "ethernet/ipv4/icmp"});
  given = framed({.proto = 17, .options = zeros(20)}, udp(1, 2));
  given.wire_len = static_cast<int>(given.bytes.size());
  given.bytes.resize(14 + 20 + 4);
  expect(given, {.verdict = Verdict::short_capture,
                 .reason = Reason::cut_transport_header,
                 .src = "10.1.2.3",
                 .dst = "192.0.2.77",
                 .proto = 17,
                 .ip_bytes = 48,
                 .layers = "ethernet/ipv4"});
}

// Where the header is cut says where the verdict comes from.
TEST(Ipv4, WhereTheSnaplenCutsIt) {
  Given given = framed({.proto = 6});
  given.wire_len = static_cast<int>(given.bytes.size());
  given.bytes.resize(14 + 19);
  expect(
      given,
      {.verdict = Verdict::short_capture, .reason = Reason::cut_ip_header, .layers = "ethernet"});
}

}  // namespace
}  // namespace weir::parsers
