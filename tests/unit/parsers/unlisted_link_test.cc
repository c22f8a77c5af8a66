// Link types that weir has no rule for: only what proves itself to be raw IP is counted.

#include <gtest/gtest.h>

#include "tests/unit/parsers/expect.h"

namespace weir::parsers {
namespace {

using frames::Bytes;
using frames::cat;
using frames::extension;
using frames::hex;
using frames::ipv4;
using frames::ipv6;
using frames::some_ipv4;
using frames::some_ipv6;
using frames::udp;
using frames::zeros;

constexpr Expected kUnsupported{
    .verdict = Verdict::unsupported, .reason = Reason::unknown_link_type, .layers = ""};

// LINKTYPE_USER0, IEEE 802.15.4, nobody's.
constexpr uint16_t kUnlisted[] = {147, 195, 65535};

void expect_all(const Bytes& bytes, const Expected& expected) {
  for (const uint16_t type : kUnlisted) {
    expect({.link_type = static_cast<LinkType>(type), .bytes = bytes}, expected);
  }
}

Bytes changed(Bytes bytes, size_t at) {
  bytes.at(at) ^= 0x01;
  return bytes;
}

TEST(UnlistedLinkType, RawIpThatProvesItself) {
  expect_all(some_ipv4(), some_ipv4_through("ipv4/udp"));
  expect_all(some_ipv6(), some_ipv6_through("ipv6/udp"));
  expect_all(ipv6({.next = 0}, cat(extension(59))), {.reason = Reason::no_ports,
                                                     .src = frames::kSource6,
                                                     .dst = frames::kDestination6,
                                                     .proto = 59,
                                                     .ip_bytes = 48,
                                                     .layers = "ipv6/ipv6_hopopts"});
  // Cut by the snaplen behind the header.
  Given cut{.link_type = static_cast<LinkType>(195), .bytes = some_ipv4(), .wire_len = 28};
  expect(cut, some_ipv4_through("ipv4/udp"));
}

TEST(UnlistedLinkType, Ipv4NeedsChecksumAndLength) {
  expect_all(changed(some_ipv4(), 10), kUnsupported);
  expect_all(changed(some_ipv4(), 12), kUnsupported);
  // A trailer, a cut, no length, a header that ends too early or too late.
  expect_all(cat(some_ipv4(), zeros(4)), kUnsupported);
  expect_all(ipv4({.total_length = 29}, udp(1111, 53)), kUnsupported);
  expect_all(ipv4({.total_length = 0}, udp(1111, 53)), kUnsupported);
  expect_all(ipv4({.ihl = 4}, udp(1111, 53)), kUnsupported);
  expect_all(ipv4({.ihl = 15}, udp(1111, 53)), kUnsupported);
  expect_all(ipv4({}, hex("0457")), kUnsupported);
}

TEST(UnlistedLinkType, Ipv6NeedsLengthAndProtocol) {
  expect_all(cat(some_ipv6(), zeros(1)), kUnsupported);
  expect_all(ipv6({.payload_length = 9}, udp(2222, 53)), kUnsupported);
  expect_all(ipv6({.payload_length = 7}, udp(2222, 53)), kUnsupported);
  expect_all(ipv6({.payload_length = 0}, udp(2222, 53)), kUnsupported);
  for (const uint8_t next : {2U + 1U, 61U, 255U}) {
    expect_all(ipv6({.next = static_cast<uint8_t>(next)}, udp(2222, 53)), kUnsupported);
  }
  // The chain of extension headers leaves the packet.
  expect_all(ipv6({.next = 60}, cat("1105", zeros(6))), kUnsupported);
}

TEST(UnlistedLinkType, OtherBytes) {
  for (const Bytes& bytes :
       {hex("0f000800"), zeros(60), cat("45", zeros(59)), cat("60", zeros(20)),
        cat("6188 01cd ab00 0001 00", zeros(60)), cat("6c", zeros(107), some_ipv4())}) {
    expect_all(bytes, kUnsupported);
  }
}

}  // namespace
}  // namespace weir::parsers
