// Ethernet (IEEE 802.3), LLC and SNAP (IEEE 802.2, RFC 1042), VLAN tags (IEEE 802.1Q).

#include <gtest/gtest.h>

#include "parsers/parse.h"
#include "tests/unit/parsers/expect.h"

namespace weir::parsers {
namespace {

using frames::cat;
using frames::ethernet;
using frames::hex;
using frames::ieee802_3;
using frames::ipv4;
using frames::snap;
using frames::some_ipv4;
using frames::some_ipv6;
using frames::tcp;
using frames::vlan;
using frames::zeros;

constexpr Expected not_ip(Reason reason, std::string_view layers) {
  return {.verdict = Verdict::non_ip, .reason = reason, .layers = layers};
}

Expected with_vlans(Expected expected, std::vector<uint16_t> vlans) {
  expected.vlans = std::move(vlans);
  return expected;
}

TEST(Ethernet, CarriesIpv4) {
  // 14 + 20 + 20 bytes, written out once so that the helpers are held to something.
  expect({.bytes = hex("020000000002 020000000001 0800"
                       "4500 0028 1c46 4000 4006 0000 ac100a63 ac100a0c"
                       "d431 01bb 00000001 00000000 5002 7210 0000 0000")},
         {.src = "172.16.10.99",
          .dst = "172.16.10.12",
          .proto = 6,
          .src_port = 54321,
          .dst_port = 443,
          .ip_bytes = 40,
          .tcp_flags = 0x02,
          .layers = "ethernet/ipv4/tcp"});
}

TEST(Ethernet, CarriesIpv6) {
  expect({.bytes = ethernet(0x86DD, some_ipv6())}, some_ipv6_through("ethernet/ipv6/udp"));
}

TEST(Ethernet, PaddingIsNotIp) {
  expect({.bytes = cat(ethernet(0x0800, some_ipv4()), zeros(18))},
         some_ipv4_through("ethernet/ipv4/udp"));
}

TEST(Ethernet, OtherTypesAreNotIp) {
  expect({.bytes = ethernet(0x0806, zeros(28))}, not_ip(Reason::arp, "ethernet/arp"));
  for (const uint16_t type : {0x88CC, 0x0600, 0x88F7, 0x888E, 0x9000, 0x8809}) {
    Expected expected = not_ip(Reason::other_ethertype, "ethernet");
    expected.ether_type = type;
    expect({.bytes = ethernet(type, zeros(46))}, expected);
  }
}

TEST(Ethernet, TypesWithoutARuleMayCarryIp) {
  for (const uint16_t type : {0x1234, 0x88B5, 0xFFFF}) {
    expect({.bytes = ethernet(type, some_ipv4())}, {.verdict = Verdict::unsupported,
                                                    .reason = Reason::unknown_ethertype,
                                                    .layers = "ethernet",
                                                    .ether_type = type});
  }
}

TEST(Ethernet, NothingIsDefinedBetweenLengthAndType) {
  for (const uint16_t value : {1501, 1535}) {
    expect(
        {.bytes = ethernet(value, some_ipv4())},
        {.verdict = Verdict::malformed, .reason = Reason::bad_link_header, .layers = "ethernet"});
  }
}

TEST(Ethernet, TooShortAndEmpty) {
  expect({.bytes = hex("020000000002 020000000001 08")},
         {.verdict = Verdict::malformed, .reason = Reason::bad_link_header});
  expect({.bytes = {}}, {.verdict = Verdict::malformed, .reason = Reason::empty_packet});
  expect({.bytes = {}, .wire_len = 60},
         {.verdict = Verdict::short_capture, .reason = Reason::cut_link_header});
}

TEST(Ethernet, RecordThatClaimsLessOnTheWireThanCaptured) {
  expect({.bytes = ethernet(0x0800, some_ipv4()), .wire_len = 0},
         some_ipv4_through("ethernet/ipv4/udp"));
}

TEST(Llc, SnapCarriesIp) {
  expect({.bytes = ieee802_3(snap(0x0800, some_ipv4()))},
         some_ipv4_through("ethernet/llc/snap/ipv4/udp"));
  expect({.bytes = ieee802_3(snap(0x86DD, some_ipv6()))},
         some_ipv6_through("ethernet/llc/snap/ipv6/udp"));
  // IEEE 802.1H, bridge tunnel encapsulation.
  expect({.bytes = ieee802_3(cat("aaaa03 0000f8 0800", some_ipv4()))},
         some_ipv4_through("ethernet/llc/snap/ipv4/udp"));
}

TEST(Llc, LengthEndsThePayload) {
  // The padding is not counted where a total length of 0 leaves the count to the frame.
  expect({.bytes = cat(ieee802_3(snap(0x0800, ipv4({.proto = 6, .total_length = 0}, tcp(5, 6)))),
                       zeros(10))},
         {.src = "10.1.2.3",
          .dst = "192.0.2.77",
          .proto = 6,
          .src_port = 5,
          .dst_port = 6,
          .ip_bytes = 40,
          .tcp_flags = 0x10,
          .layers = "ethernet/llc/snap/ipv4/tcp"});
  // One that ends in the IP header.
  expect({.bytes = ethernet(20, snap(0x0800, some_ipv4()))},
         {.verdict = Verdict::malformed,
          .reason = Reason::bad_ipv4_header_length,
          .layers = "ethernet/llc/snap"});
}

TEST(Llc, OtherPayloads) {
  // Spanning tree, CDP's OUI, SNAP in an information frame.
  expect({.bytes = ieee802_3(cat("424203", zeros(35)))}, not_ip(Reason::llc, "ethernet/llc"));
  expect({.bytes = ieee802_3(cat("aaaa03 00000c 2000", zeros(20)))},
         not_ip(Reason::llc, "ethernet/llc/snap"));
  expect({.bytes = ieee802_3(cat("aaaa00 000000 0800", some_ipv4()))},
         not_ip(Reason::llc, "ethernet/llc"));
  expect({.bytes = ieee802_3(snap(0x0806, zeros(28)))},
         not_ip(Reason::arp, "ethernet/llc/snap/arp"));
}

TEST(Llc, TooShort) {
  expect({.bytes = ieee802_3(hex("aaaa"))},
         {.verdict = Verdict::malformed, .reason = Reason::bad_link_header, .layers = "ethernet"});
  expect(
      {.bytes = ieee802_3(hex("aaaa03 000000 08"))},
      {.verdict = Verdict::malformed, .reason = Reason::bad_link_header, .layers = "ethernet/llc"});
}

TEST(Vlan, EveryTpid) {
  for (const uint16_t tpid : {0x8100, 0x88A8, 0x9100}) {
    expect({.bytes = ethernet(tpid, vlan(5, 0x0800, some_ipv4()))},
           with_vlans(some_ipv4_through("ethernet/vlan/ipv4/udp"), {5}));
  }
}

TEST(Vlan, IdentifierIsTwelveBits) {
  // Priority 7 and drop eligible do not show.
  expect({.bytes = ethernet(0x8100, vlan(0xFFFE, 0x0800, some_ipv4()))},
         with_vlans(some_ipv4_through("ethernet/vlan/ipv4/udp"), {4094}));
  // A priority tag has identifier 0 and is a tag.
  expect({.bytes = ethernet(0x8100, vlan(0xE000, 0x0800, some_ipv4()))},
         with_vlans(some_ipv4_through("ethernet/vlan/ipv4/udp"), {0}));
}

TEST(Vlan, QinQIsOutermostFirst) {
  expect({.bytes = ethernet(0x88A8, vlan(100, 0x8100, vlan(7, 0x86DD, some_ipv6())))},
         with_vlans(some_ipv6_through("ethernet/vlan/vlan/ipv6/udp"), {100, 7}));
}

/// some_ipv4() behind tags 1, 2, ... `count`.
frames::Bytes tagged(uint16_t count) {
  frames::Bytes payload = some_ipv4();
  uint16_t type = 0x0800;
  for (uint16_t id = count; id > 0; --id) {
    payload = vlan(id, type, payload);
    type = 0x8100;
  }
  return ethernet(type, payload);
}

/// "ethernet", `count` times "vlan", and the rest.
std::string tagged_layers(int count, const std::string& rest = "") {
  std::string layers = "ethernet";
  for (int i = 0; i < count; ++i) layers += "/vlan";
  return layers + rest;
}

TEST(Vlan, TheOutermostEightTagsAreRecorded) {
  ASSERT_EQ(kMaxVlans, 8);
  for (const uint16_t count : {8, 9, 24}) {
    expect(
        {.bytes = tagged(count)},
        with_vlans(some_ipv4_through(tagged_layers(count, "/ipv4/udp")), {1, 2, 3, 4, 5, 6, 7, 8}));
  }
}

TEST(Vlan, AStackOfMoreThanTwentyFourIsGivenUp) {
  expect({.bytes = tagged(25)}, {.verdict = Verdict::unsupported,
                                 .reason = Reason::too_many_layers,
                                 .vlans = {1, 2, 3, 4, 5, 6, 7, 8},
                                 .layers = tagged_layers(24)});
}

TEST(Vlan, StrippedTagIsTheOutermost) {
  expect({.bytes = ethernet(0x0800, some_ipv4()), .stripped_tpid = 0x8100, .stripped_tci = 0x6007},
         with_vlans(some_ipv4_through("ethernet/vlan/ipv4/udp"), {7}));
  expect({.bytes = ethernet(0x8100, vlan(5, 0x0800, some_ipv4())),
          .stripped_tpid = 0x88A8,
          .stripped_tci = 7},
         with_vlans(some_ipv4_through("ethernet/vlan/vlan/ipv4/udp"), {7, 5}));
  expect({.bytes = ethernet(0x0800, some_ipv4()), .stripped_tpid = 0x8100, .stripped_tci = 0},
         with_vlans(some_ipv4_through("ethernet/vlan/ipv4/udp"), {0}));
  // A TCI without a TPID is no tag.
  expect({.bytes = ethernet(0x0800, some_ipv4()), .stripped_tci = 7},
         some_ipv4_through("ethernet/ipv4/udp"));
}

TEST(Vlan, StrippedTagCountsTowardsTheLimit) {
  expect({.bytes = tagged(24), .stripped_tpid = 0x8100, .stripped_tci = 9},
         {.verdict = Verdict::unsupported,
          .reason = Reason::too_many_layers,
          .vlans = {9, 1, 2, 3, 4, 5, 6, 7},
          .layers = tagged_layers(24)});
}

TEST(Vlan, TagOfWhatIsNotIp) {
  expect({.bytes = ethernet(0x8100, vlan(5, 0x0806, zeros(28)))},
         with_vlans(not_ip(Reason::arp, "ethernet/vlan/arp"), {5}));
  const frames::Bytes payload = snap(0x0800, some_ipv4());
  expect({.bytes = ethernet(0x8100, vlan(5, static_cast<uint16_t>(payload.size()), payload))},
         with_vlans(some_ipv4_through("ethernet/vlan/llc/snap/ipv4/udp"), {5}));
}

TEST(Vlan, TooShort) {
  expect({.bytes = ethernet(0x8100, hex("0005 08"))},
         {.verdict = Verdict::malformed, .reason = Reason::bad_link_header, .layers = "ethernet"});
}

}  // namespace
}  // namespace weir::parsers
