// Linux cooked captures, BSD loopback, bare IP, and link types that weir has no rule for.

#include <gtest/gtest.h>

#include "tests/unit/parsers/expect.h"

namespace weir::parsers {
namespace {

using frames::be16;
using frames::be32;
using frames::Bytes;
using frames::cat;
using frames::hex;
using frames::ipv4;
using frames::le32;
using frames::snap;
using frames::some_ipv4;
using frames::some_ipv6;
using frames::udp;
using frames::vlan;
using frames::zeros;

constexpr Expected stopped(Verdict verdict, Reason reason, std::string_view layers) {
  return {.verdict = verdict, .reason = reason, .layers = layers};
}

/// Unicast to us, Ethernet, 6-byte address, protocol at 14.
Bytes sll(uint16_t protocol, const Bytes& payload) {
  return cat("0000 0001 0006 0200000000010000", be16(protocol), payload);
}

/// Protocol at 0, interface 3, Ethernet, unicast to us, 6-byte address.
Bytes sll2(uint16_t protocol, const Bytes& payload) {
  return cat(be16(protocol), "0000 00000003 0001 00 06 0200000000010000", payload);
}

Expected with_type(Expected expected, uint16_t ether_type) {
  expected.ether_type = ether_type;
  return expected;
}

TEST(Sll, CarriesIp) {
  expect({.link_type = LinkType::linux_sll, .bytes = sll(0x0800, some_ipv4())},
         some_ipv4_through("sll/ipv4/udp"));
  expect({.link_type = LinkType::linux_sll, .bytes = sll(0x86DD, some_ipv6())},
         some_ipv6_through("sll/ipv6/udp"));
}

TEST(Sll2, CarriesIp) {
  expect({.link_type = LinkType::linux_sll2, .bytes = sll2(0x0800, some_ipv4())},
         some_ipv4_through("sll2/ipv4/udp"));
  expect({.link_type = LinkType::linux_sll2, .bytes = sll2(0x86DD, some_ipv6())},
         some_ipv6_through("sll2/ipv6/udp"));
}

TEST(Sll, Tags) {
  Expected expected = some_ipv4_through("sll/vlan/ipv4/udp");
  expected.vlans = {5};
  expect({.link_type = LinkType::linux_sll, .bytes = sll(0x8100, vlan(5, 0x0800, some_ipv4()))},
         expected);
  expect({.link_type = LinkType::linux_sll,
          .bytes = sll(0x0800, some_ipv4()),
          .stripped_tpid = 0x8100,
          .stripped_tci = 5},
         expected);
  expected.layers = "sll2/vlan/vlan/ipv4/udp";
  expected.vlans = {6, 5};
  expect({.link_type = LinkType::linux_sll2,
          .bytes = sll2(0x8100, vlan(5, 0x0800, some_ipv4())),
          .stripped_tpid = 0x88A8,
          .stripped_tci = 6},
         expected);
}

TEST(Sll, LlcAndWhatIsNotIp) {
  expect({.link_type = LinkType::linux_sll, .bytes = sll(0x0004, snap(0x0800, some_ipv4()))},
         some_ipv4_through("sll/llc/snap/ipv4/udp"));
  expect({.link_type = LinkType::linux_sll2, .bytes = sll2(0x0004, snap(0x0800, some_ipv4()))},
         some_ipv4_through("sll2/llc/snap/ipv4/udp"));
  expect({.link_type = LinkType::linux_sll, .bytes = sll(0x0806, zeros(28))},
         stopped(Verdict::non_ip, Reason::arp, "sll/arp"));
  // ETH_P_802_3 and ETH_P_CAN are the kernel's own numbers.
  expect({.link_type = LinkType::linux_sll, .bytes = sll(0x0001, zeros(28))},
         with_type(stopped(Verdict::non_ip, Reason::other_ethertype, "sll"), 0x0001));
  expect({.link_type = LinkType::linux_sll2, .bytes = sll2(0x000C, zeros(28))},
         with_type(stopped(Verdict::non_ip, Reason::other_ethertype, "sll2"), 0x000C));
}

TEST(Sll, TooShort) {
  expect({.link_type = LinkType::linux_sll, .bytes = zeros(15)},
         stopped(Verdict::malformed, Reason::bad_link_header, ""));
  expect({.link_type = LinkType::linux_sll2, .bytes = zeros(19)},
         stopped(Verdict::malformed, Reason::bad_link_header, ""));
}

TEST(NullLoop, EveryFamilyInEitherByteOrder) {
  for (const auto& [type, name4, name6] :
       {std::tuple(LinkType::null, "null/ipv4/udp", "null/ipv6/udp"),
        std::tuple(LinkType::loop, "loop/ipv4/udp", "loop/ipv6/udp")}) {
    expect({.link_type = type, .bytes = cat(le32(2), some_ipv4())}, some_ipv4_through(name4));
    expect({.link_type = type, .bytes = cat(be32(2), some_ipv4())}, some_ipv4_through(name4));
    for (const uint32_t family : {10U, 24U, 28U, 30U}) {
      expect({.link_type = type, .bytes = cat(le32(family), some_ipv6())},
             some_ipv6_through(name6));
      expect({.link_type = type, .bytes = cat(be32(family), some_ipv6())},
             some_ipv6_through(name6));
    }
  }
}

TEST(NullLoop, OtherFamilies) {
  // AppleTalk, OSI; 2 in a middle byte is in no order a family.
  for (const Bytes& family : {le32(16), be32(16), be32(7), hex("00020000"), zeros(4)}) {
    expect({.link_type = LinkType::null, .bytes = cat(family, some_ipv4())},
           stopped(Verdict::non_ip, Reason::other_protocol, "null"));
  }
  expect({.link_type = LinkType::loop, .bytes = hex("000000")},
         stopped(Verdict::malformed, Reason::bad_link_header, ""));
}

TEST(NullLoop, FamilyAndVersionHaveToAgree) {
  expect({.link_type = LinkType::null, .bytes = cat(le32(2), some_ipv6())},
         stopped(Verdict::malformed, Reason::bad_ip_version, "null"));
  expect({.link_type = LinkType::null, .bytes = cat(le32(30), some_ipv4())},
         stopped(Verdict::malformed, Reason::bad_ip_version, "null"));
}

TEST(Raw, FirstNibbleDecides) {
  for (const uint16_t type : {12, 14, 101}) {
    const auto link_type = static_cast<LinkType>(type);
    expect({.link_type = link_type, .bytes = some_ipv4()}, some_ipv4_through("ipv4/udp"));
    expect({.link_type = link_type, .bytes = some_ipv6()}, some_ipv6_through("ipv6/udp"));
    expect({.link_type = link_type, .bytes = cat("50", zeros(40))},
           stopped(Verdict::malformed, Reason::bad_ip_version, ""));
  }
}

TEST(Raw, StrippedTag) {
  Expected expected = some_ipv4_through("vlan/ipv4/udp");
  expected.vlans = {5};
  expect({.link_type = LinkType::raw,
          .bytes = some_ipv4(),
          .stripped_tpid = 0x8100,
          .stripped_tci = 5},
         expected);
}

TEST(BareIp, TheLinkTypeNamesTheVersion) {
  expect({.link_type = LinkType::ipv4, .bytes = some_ipv4()}, some_ipv4_through("ipv4/udp"));
  expect({.link_type = LinkType::ipv6, .bytes = some_ipv6()}, some_ipv6_through("ipv6/udp"));
  expect({.link_type = LinkType::ipv4, .bytes = some_ipv6()},
         stopped(Verdict::malformed, Reason::bad_ip_version, ""));
  expect({.link_type = LinkType::ipv6, .bytes = some_ipv4()},
         stopped(Verdict::malformed, Reason::bad_ip_version, ""));
}

}  // namespace
}  // namespace weir::parsers
