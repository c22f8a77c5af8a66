// IPv6 and its extension headers (RFC 8200), jumbograms (RFC 2675), atomic fragments (RFC 6946).

#include <gtest/gtest.h>

#include "tests/unit/parsers/expect.h"

namespace weir::parsers {
namespace {

using frames::Bytes;
using frames::cat;
using frames::ethernet;
using frames::extension;
using frames::fragment_header;
using frames::hex;
using frames::Ipv6;
using frames::ipv6;
using frames::udp;
using frames::zeros;

/// A UDP packet from [2001:db8::1]:2222 to [fe80::5:6]:53.
Expected dns(uint32_t ip_bytes, std::string_view layers) {
  Expected expected = some_ipv6_through(layers);
  expected.ip_bytes = ip_bytes;
  return expected;
}

/// Addresses and protocol, and no ports.
Expected portless(Reason reason, uint8_t proto, uint32_t ip_bytes, std::string_view layers) {
  return {.reason = reason,
          .src = "2001:db8::1",
          .dst = "fe80::5:6",
          .proto = proto,
          .ip_bytes = ip_bytes,
          .layers = layers};
}

Expected wrong(Reason reason, uint8_t proto, uint32_t ip_bytes, std::string_view layers) {
  Expected expected = portless(reason, proto, ip_bytes, layers);
  expected.verdict = Verdict::malformed;
  return expected;
}

Given framed(const Ipv6& header, const Bytes& payload) {
  return {.bytes = ethernet(0x86DD, ipv6(header, payload))};
}

TEST(Ipv6, Plain) {
  expect(framed({.next = 17}, udp(2222, 53)), dns(48, "ethernet/ipv6/udp"));
}

TEST(Ipv6, VersionIsChecked) {
  expect(framed({.version = 4}, udp(1, 2)),
         {.verdict = Verdict::malformed, .reason = Reason::bad_ip_version, .layers = "ethernet"});
}

TEST(Ipv6, FrameEndsInTheHeader) {
  Bytes bytes = ethernet(0x86DD, ipv6({}, {}));
  bytes.resize(14 + 39);
  expect({.bytes = bytes},
         {.verdict = Verdict::malformed, .reason = Reason::bad_ipv6_header, .layers = "ethernet"});
}

TEST(Ipv6, PayloadLength) {
  // Padding is not part of it; a length past the frame is counted as it stands.
  expect({.bytes = cat(ethernet(0x86DD, ipv6({}, udp(2222, 53))), zeros(6))},
         dns(48, "ethernet/ipv6/udp"));
  expect(framed({.payload_length = 1400}, udp(2222, 53)), dns(1440, "ethernet/ipv6/udp"));
  // It ends the transport header.
  expect(framed({.payload_length = 3}, udp(2222, 53)),
         wrong(Reason::bad_transport_header, 17, 43, "ethernet/ipv6"));
}

TEST(Ipv6, NoNextHeader) {
  expect(framed({.next = 59}, {}), portless(Reason::no_ports, 59, 40, "ethernet/ipv6"));
}

TEST(Ipv6Extension, EachOne) {
  struct Case {
    uint8_t number;
    std::string_view layers;
  };
  for (const Case& c :
       {Case{0, "ethernet/ipv6/ipv6_hopopts/udp"}, Case{43, "ethernet/ipv6/ipv6_routing/udp"},
        Case{60, "ethernet/ipv6/ipv6_dstopts/udp"}, Case{135, "ethernet/ipv6/mobility/udp"},
        Case{139, "ethernet/ipv6/hip/udp"}, Case{140, "ethernet/ipv6/shim6/udp"}}) {
    expect(framed({.next = c.number}, cat(extension(17), udp(2222, 53))), dns(56, c.layers));
    // 24 bytes: the length counts units of 8 after the first.
    expect(framed({.next = c.number}, cat("1102", zeros(22), udp(2222, 53))), dns(72, c.layers));
  }
}

TEST(Ipv6Extension, AuthenticationHeaderCountsInWords) {
  // 24 bytes are 6 words less 2 (RFC 4302 section 2.2).
  expect(framed({.next = 51}, cat("1104 0000", zeros(20), udp(2222, 53))),
         dns(72, "ethernet/ipv6/ah/udp"));
}

TEST(Ipv6Extension, EncryptedPayloadEndsTheWalk) {
  expect(framed({.next = 0}, cat(extension(50), zeros(16))),
         portless(Reason::no_ports, 50, 64, "ethernet/ipv6/ipv6_hopopts/esp"));
}

TEST(Ipv6Extension, AllInTheRecommendedOrder) {
  expect(framed({.next = 0}, cat(extension(60), extension(43), extension(44),
                                 fragment_header(51, 0), "3c01 0000", zeros(8), extension(135),
                                 extension(139), extension(140), extension(17), udp(2222, 53))),
         dns(40 + 8 * 8 + 12 + 8,
             "ethernet/ipv6/ipv6_hopopts/ipv6_dstopts/ipv6_routing/"
             "ipv6_fragment/ah/ipv6_dstopts/mobility/hip/shim6/udp"));
}

TEST(Ipv6Extension, SixteenAndNoMore) {
  Bytes headers;
  std::string layers = "ethernet/ipv6";
  for (int i = 0; i < 15; ++i) {
    frames::append(headers, extension(60));
    layers += "/ipv6_dstopts";
  }
  layers += "/ipv6_dstopts";
  const std::string with_udp = layers + "/udp";
  expect(framed({.next = 60}, cat(headers, extension(17), udp(2222, 53))), dns(176, with_udp));
  Expected expected = portless(Reason::too_many_layers, 60, 184, layers);
  expected.verdict = Verdict::unsupported;
  expect(framed({.next = 60}, cat(headers, extension(60), extension(17), udp(2222, 53))), expected);
}

TEST(Ipv6Extension, LongerThanThePacket) {
  expect(framed({.next = 60}, cat("1105", zeros(6), udp(2222, 53))),
         wrong(Reason::bad_ipv6_extension, 60, 56, "ethernet/ipv6"));
  expect(framed({.next = 43}, hex("1100 0000")),
         wrong(Reason::bad_ipv6_extension, 43, 44, "ethernet/ipv6"));
}

TEST(Ipv6Fragment, FirstHasPorts) {
  Expected expected = dns(56, "ethernet/ipv6/ipv6_fragment/udp");
  expected.fragment = true;
  expect(framed({.next = 44}, cat(fragment_header(17, 0x0001), udp(2222, 53))), expected);
}

TEST(Ipv6Fragment, LaterHasNone) {
  Expected expected = portless(Reason::fragment, 17, 56, "ethernet/ipv6/ipv6_fragment");
  expected.fragment = true;
  expect(framed({.next = 44}, cat(fragment_header(17, 0x05A9), udp(2222, 53))), expected);
  expect(framed({.next = 44}, cat(fragment_header(17, 0x05A8), udp(2222, 53))), expected);
  // What follows the extension headers of the first fragment is not known here.
  expected.proto = 60;
  expect(framed({.next = 44}, cat(fragment_header(60, 0x05A9), udp(2222, 53))), expected);
}

TEST(Ipv6Fragment, AtomicIsAWholePacket) {
  expect(framed({.next = 44}, cat(fragment_header(17, 0), udp(2222, 53))),
         dns(56, "ethernet/ipv6/ipv6_fragment/udp"));
  // The two reserved bits are no offset.
  expect(framed({.next = 44}, cat(fragment_header(17, 0x0006), udp(2222, 53))),
         dns(56, "ethernet/ipv6/ipv6_fragment/udp"));
}

/// A hop-by-hop header with a jumbo payload option.
Bytes jumbo(uint8_t next, uint32_t length) {
  return cat(Bytes{next, 0}, "c204", frames::be32(length));
}

TEST(Ipv6Jumbogram, CountsTheFrame) {
  Given given = framed({.next = 0, .payload_length = 0}, cat(jumbo(17, 70016), udp(2222, 53)));
  given.wire_len = 14 + 40 + 70016;
  expect(given, dns(70056, "ethernet/ipv6/ipv6_hopopts/udp"));
  // By the frame also where the option says otherwise.
  given = framed({.next = 0, .payload_length = 0}, cat(jumbo(17, 99999), udp(2222, 53)));
  expect(given, dns(56, "ethernet/ipv6/ipv6_hopopts/udp"));
}

TEST(Ipv6Jumbogram, OptionBehindPadding) {
  for (const std::string_view padding :
       {"00000000 000000 00", "0106 00000000 0000", "0101 00 0103 000000"}) {
    expect(framed({.next = 0, .payload_length = 0},
                  cat("1101", padding, "c204 00000018", udp(2222, 53))),
           dns(64, "ethernet/ipv6/ipv6_hopopts/udp"));
  }
}

TEST(Ipv6Jumbogram, OptionWinsWhereTheFrameHasATrailer) {
  Given given = framed({.next = 0, .payload_length = 0}, cat(jumbo(17, 70016), udp(2222, 53)));
  given.wire_len = 14 + 40 + 70016 + 4;  // a frame check sequence
  expect(given, dns(70056, "ethernet/ipv6/ipv6_hopopts/udp"));
  // RFC 2675 section 3: a jumbogram is longer than 65,535 bytes. The frame tells.
  given = framed({.next = 0, .payload_length = 0}, cat(jumbo(17, 65535), udp(2222, 53)));
  given.wire_len = 14 + 40 + 70016;
  expect(given, dns(70056, "ethernet/ipv6/ipv6_hopopts/udp"));
}

TEST(Ipv6Jumbogram, WithoutTheOptionTheFrameTells) {
  // Padding only; the option with a wrong length; past the header's end.
  for (const std::string_view header :
       {"1100 0104 00000000", "1100 c203 00000018", "1100 000000 c204 00"}) {
    expect(framed({.next = 0, .payload_length = 0}, cat(header, udp(2222, 53))),
           dns(56, "ethernet/ipv6/ipv6_hopopts/udp"));
  }
  // The header itself past the frame.
  expect(framed({.next = 0, .payload_length = 0}, cat("1105 c204 00000018", udp(2222, 53))),
         wrong(Reason::bad_ipv6_extension, 0, 40, "ethernet/ipv6"));
}

TEST(Ipv6Jumbogram, OrdinaryLengthWins) {
  expect(framed({.next = 0}, cat(jumbo(17, 99999), udp(2222, 53))),
         dns(56, "ethernet/ipv6/ipv6_hopopts/udp"));
}

}  // namespace
}  // namespace weir::parsers
