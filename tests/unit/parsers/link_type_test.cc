// Link types beside Ethernet, 802.11, PPP and the loopbacks: each carries IPv4 and IPv6, each names
// what is not IP, and each is cut at every length (see expect()).

#include <gtest/gtest.h>

#include "tests/unit/parsers/expect.h"

namespace weir::parsers {
namespace {

using frames::be16;
using frames::Bytes;
using frames::cat;
using frames::ethernet;
using frames::hex;
using frames::le16;
using frames::le32;
using frames::snap;
using frames::some_ipv4;
using frames::some_ipv6;
using frames::vlan;
using frames::zeros;

constexpr Expected stopped(Verdict verdict, Reason reason, std::string_view layers) {
  return {.verdict = verdict, .reason = reason, .layers = layers};
}

Given of(uint16_t type, Bytes bytes) {
  return {.link_type = static_cast<LinkType>(type), .bytes = std::move(bytes)};
}

const Bytes kMacs = hex("020000000002 020000000001");

/// PKTAP with this length and link type; type 1 is a packet.
Bytes pktap(uint32_t link_type, const Bytes& payload, uint32_t length = 108, uint32_t type = 1) {
  return cat(le32(length), le32(type), le32(link_type), zeros(length - 12), payload);
}

TEST(Pktap, NamesTheLinkType) {
  for (const uint16_t type : {258, 149}) {
    expect(of(type, pktap(1, ethernet(0x0800, some_ipv4()))),
           some_ipv4_through("pktap/ethernet/ipv4/udp"));
    expect(of(type, pktap(0, cat(le32(30), some_ipv6()), 156)),
           some_ipv6_through("pktap/null/ipv6/udp"));
    expect(of(type, pktap(12, some_ipv4())), some_ipv4_through("pktap/ipv4/udp"));
  }
  expect(of(258, pktap(195, some_ipv4())),
         stopped(Verdict::unsupported, Reason::unknown_link_type, "pktap"));
  expect(of(258, pktap(65537, some_ipv4())),
         stopped(Verdict::unsupported, Reason::unknown_link_type, "pktap"));
  expect(of(258, pktap(1, zeros(60), 108, 0)),
         stopped(Verdict::non_ip, Reason::link_control, "pktap"));
}

TEST(Pktap, WrongLength) {
  Bytes bytes = pktap(1, zeros(60));
  bytes[0] = 107;
  expect(of(258, bytes), stopped(Verdict::malformed, Reason::bad_link_header, ""));
  bytes[1] = 0xFF;
  expect(of(258, bytes), stopped(Verdict::malformed, Reason::bad_link_header, ""));
}

TEST(User2, IsPktapOrAnybodys) {
  expect(of(149, some_ipv4()), some_ipv4_through("ipv4/udp"));
  expect(of(149, zeros(200)), stopped(Verdict::unsupported, Reason::unknown_link_type, ""));
}

TEST(CiscoHdlc, CarriesIp) {
  expect(of(104, cat("0f00 0800", some_ipv4())), some_ipv4_through("chdlc/ipv4/udp"));
  expect(of(104, cat("8f00 86dd", some_ipv6())), some_ipv6_through("chdlc/ipv6/udp"));
  expect(of(205, cat("01 0f00 0800", some_ipv4())), some_ipv4_through("direction/chdlc/ipv4/udp"));
  Expected slarp = stopped(Verdict::non_ip, Reason::other_ethertype, "chdlc");
  slarp.ether_type = 0x8035;
  expect(of(104, cat("8f00 8035", zeros(18))), slarp);
}

TEST(PppDirections, CarryIp) {
  expect(of(204, cat("01 ff03 0021", some_ipv4())), some_ipv4_through("direction/ppp/ipv4/udp"));
  expect(of(166, cat("01 03 0057", some_ipv6())), some_ipv6_through("ppp/ipv6/udp"));
}

TEST(FrameRelay, EveryEncapsulation) {
  expect(of(107, cat("1841 03 cc", some_ipv4())), some_ipv4_through("frame_relay/ipv4/udp"));
  expect(of(107, cat("1841 03 8e", some_ipv6())), some_ipv6_through("frame_relay/ipv6/udp"));
  expect(of(107, cat("1841 03 00 80 000000 0800", some_ipv4())),
         some_ipv4_through("frame_relay/snap/ipv4/udp"));
  expect(of(107, cat("1841 03 00 80 0080c2 0007", ethernet(0x0800, some_ipv4()))),
         some_ipv4_through("frame_relay/snap/ethernet/ipv4/udp"));
  expect(of(107, cat("1841 03 cf 0021", some_ipv4())),
         some_ipv4_through("frame_relay/ppp/ipv4/udp"));
  // Cisco's: an EtherType behind the address.
  expect(of(107, cat("1841 86dd", some_ipv6())), some_ipv6_through("frame_relay/ipv6/udp"));
  // Addresses of three and four bytes.
  expect(of(107, cat("1800 41 03 cc", some_ipv4())), some_ipv4_through("frame_relay/ipv4/udp"));
  expect(of(107, cat("1800 0041 03 cc", some_ipv4())), some_ipv4_through("frame_relay/ipv4/udp"));
  expect(of(206, cat("00 1841 03 cc", some_ipv4())),
         some_ipv4_through("direction/frame_relay/ipv4/udp"));
}

TEST(FrameRelay, WhatIsNotIp) {
  expect(of(107, cat("0001 03 08", zeros(9))),
         stopped(Verdict::non_ip, Reason::llc, "frame_relay"));
  expect(of(107, zeros(40)), stopped(Verdict::malformed, Reason::bad_link_header, ""));
  expect(of(182, cat("c000 1841 03 cc", some_ipv4())),
         some_ipv4_through("mfr/frame_relay/ipv4/udp"));
  expect(of(182, cat("4001", zeros(40))),
         stopped(Verdict::unsupported, Reason::link_fragment, "mfr"));
  expect(of(182, cat("e101", zeros(40))), stopped(Verdict::non_ip, Reason::link_control, "mfr"));
}

TEST(BsdLogs, Family) {
  expect(of(117, cat("3d 02", zeros(62), some_ipv4())), some_ipv4_through("pflog/ipv4/udp"));
  for (const std::string_view family : {"18", "1c", "1e"}) {
    expect(of(117, cat("3d", family, zeros(62), some_ipv6())), some_ipv6_through("pflog/ipv6/udp"));
  }
  expect(of(117, cat("64 02", zeros(98), some_ipv4())), some_ipv4_through("pflog/ipv4/udp"));
  expect(of(117, cat("3d 11", zeros(62), some_ipv4())),
         stopped(Verdict::non_ip, Reason::other_protocol, "pflog"));
  expect(of(117, cat("10 02", zeros(90))),
         stopped(Verdict::malformed, Reason::bad_link_header, ""));
  for (const std::string_view family : {"02000000", "00000002"}) {
    expect(of(109, cat(family, zeros(8), some_ipv4())), some_ipv4_through("enc/ipv4/udp"));
  }
  expect(of(109, cat("18000000", zeros(8), some_ipv6())), some_ipv6_through("enc/ipv6/udp"));
  expect(of(109, cat("11000000", zeros(8), some_ipv6())),
         stopped(Verdict::non_ip, Reason::other_protocol, "enc"));
}

TEST(Ppi, NamesTheLinkType) {
  expect(of(192, cat("0000", le16(8), le32(1), ethernet(0x0800, some_ipv4()))),
         some_ipv4_through("ppi/ethernet/ipv4/udp"));
  const Bytes wlan =
      cat("0801 2c00 020000000001 020000000002 020000000003 5000", snap(0x0800, some_ipv4()));
  expect(of(192, cat("0000", le16(32), le32(105), zeros(24), wlan)),
         some_ipv4_through("ppi/ieee802_11/llc/snap/ipv4/udp"));
  expect(of(192, cat("0100", le16(8), le32(1), zeros(60))),
         stopped(Verdict::malformed, Reason::bad_link_header, ""));
  expect(of(192, cat("0000", le16(7), le32(1), zeros(60))),
         stopped(Verdict::malformed, Reason::bad_link_header, ""));
}

TEST(Nflog, PayloadInEitherByteOrder) {
  const Bytes prefix = hex("0500 0a00 00 000000");  // an attribute of five bytes, padded
  expect(of(239, cat("02 00 0000", prefix, le16(32), le16(9), some_ipv4())),
         some_ipv4_through("nflog/ipv4/udp"));
  expect(of(239, cat("0a 00 0000", le16(52), le16(9), some_ipv6())),
         some_ipv6_through("nflog/ipv6/udp"));
  expect(of(239, cat("02 00 0000 0005000a 00000000", be16(32), be16(9), some_ipv4())),
         some_ipv4_through("nflog/ipv4/udp"));
  expect(of(239, cat("07 00 0000", le16(32), le16(9), some_ipv4())),
         some_ipv4_through("nflog/ipv4/udp"));
  expect(of(239, cat("07 00 0000", le16(32), le16(9), zeros(28))),
         stopped(Verdict::non_ip, Reason::other_protocol, "nflog"));
  expect(of(239, cat("02 00 0000", prefix)),
         stopped(Verdict::non_ip, Reason::other_protocol, "nflog"));
  expect(of(239, cat("02 00 0000 0300 0900", zeros(28))),
         stopped(Verdict::malformed, Reason::bad_link_header, "nflog"));
  expect(of(239, cat("02 00 0000 ff00 0a00", zeros(28))),
         stopped(Verdict::malformed, Reason::bad_link_header, "nflog"));
}

TEST(Ipnet, Family) {
  expect(of(226, cat("01 02", zeros(22), some_ipv4())), some_ipv4_through("ipnet/ipv4/udp"));
  expect(of(226, cat("01 1a", zeros(22), some_ipv6())), some_ipv6_through("ipnet/ipv6/udp"));
  expect(of(226, cat("01 03", zeros(22), some_ipv6())),
         stopped(Verdict::non_ip, Reason::other_protocol, "ipnet"));
}

TEST(TypedHeaders, CarryIp) {
  expect(of(242, cat(zeros(40), "0800 0000", some_ipv4())), some_ipv4_through("ipoib/ipv4/udp"));
  expect(of(242, cat(zeros(40), "86dd 0000", some_ipv6())), some_ipv6_through("ipoib/ipv6/udp"));
  expect(of(242, cat(zeros(40), "0806 0000", zeros(28))),
         stopped(Verdict::non_ip, Reason::arp, "ipoib/arp"));
  expect(of(138, cat(zeros(16), "0800", some_ipv4())), some_ipv4_through("ieee1394/ipv4/udp"));
}

TEST(LogicalLinkControl, OfEveryMedium) {
  const Bytes ip4 = snap(0x0800, some_ipv4());
  const Bytes ip6 = snap(0x86DD, some_ipv6());
  for (const uint16_t type : {11, 100}) {
    expect(of(type, ip4), some_ipv4_through("atm/llc/snap/ipv4/udp"));
    expect(of(type, cat("fefe03 cc", some_ipv4())), some_ipv4_through("atm/llc/ipv4/udp"));
    expect(of(type, cat("aaaa03 0080c2 0007 0000", ethernet(0x86DD, some_ipv6()))),
           some_ipv6_through("atm/llc/snap/ethernet/ipv6/udp"));
  }
  expect(of(106, ip4), some_ipv4_through("clip/llc/snap/ipv4/udp"));
  expect(of(106, some_ipv6()), some_ipv6_through("clip/ipv6/udp"));
  expect(of(122, cat(zeros(16), ip6)), some_ipv6_through("ip_over_fc/llc/snap/ipv6/udp"));
  expect(of(10, cat("50", kMacs, ip4)), some_ipv4_through("fddi/llc/snap/ipv4/udp"));
  expect(of(10, cat("41", kMacs, zeros(40))), stopped(Verdict::non_ip, Reason::llc, "fddi"));
  expect(of(123, cat("02 00 0020", ip4)), some_ipv4_through("sunatm/llc/snap/ipv4/udp"));
  expect(of(123, cat("01 00 0020 0007", ethernet(0x0800, some_ipv4()))),
         some_ipv4_through("sunatm/lane/ethernet/ipv4/udp"));
  expect(of(123, cat("05 00 0020", zeros(40))),
         stopped(Verdict::unsupported, Reason::unknown_link_type, "sunatm"));
  // IPv4's own SAP; what has a SAP and is not IP.
  expect(of(10, cat("50", kMacs, "060603", some_ipv4())), some_ipv4_through("fddi/llc/ipv4/udp"));
  expect(of(10, cat("50", kMacs, "e0e003", zeros(40))),
         stopped(Verdict::non_ip, Reason::llc, "fddi/llc"));
}

TEST(TokenRing, SourceRouting) {
  expect(of(6, cat("1040", kMacs, snap(0x0800, some_ipv4()))),
         some_ipv4_through("token_ring/llc/snap/ipv4/udp"));
  expect(of(6, cat("1040 020000000002 820000000001 0630 0011 0020", snap(0x0800, some_ipv4()))),
         some_ipv4_through("token_ring/llc/snap/ipv4/udp"));
  expect(of(6, cat("1000", kMacs, zeros(30))), stopped(Verdict::non_ip, Reason::llc, "token_ring"));
  expect(of(6, cat("1040 020000000002 820000000001 0130", zeros(30))),
         stopped(Verdict::malformed, Reason::bad_link_header, "token_ring"));
}

TEST(Arcnet, BothRfcs) {
  expect(of(7, cat("be00 f0", some_ipv4())), some_ipv4_through("arcnet/ipv4/udp"));
  expect(of(7, cat("be00 d4 00 0001", some_ipv4())), some_ipv4_through("arcnet/ipv4/udp"));
  expect(of(7, cat("be00 c4 ff ffffc4 00 0001", some_ipv6())),
         some_ipv6_through("arcnet/ipv6/udp"));
  expect(of(7, cat("be00 d4 02 0001", zeros(40))),
         stopped(Verdict::unsupported, Reason::link_fragment, "arcnet"));
  expect(of(129, cat("be00 ed08 d4 00 0001", some_ipv4())), some_ipv4_through("arcnet/ipv4/udp"));
  expect(of(129, cat("be00 ed08 f0", some_ipv4())), some_ipv4_through("arcnet/ipv4/udp"));
  expect(of(129, cat("be00 ed08 f1", zeros(18))), stopped(Verdict::non_ip, Reason::arp, "arcnet"));
  expect(of(129, cat("be00 ed08 dd", zeros(18))),
         stopped(Verdict::non_ip, Reason::other_protocol, "arcnet"));
}

TEST(Erf, TypesAndExtensionHeaders) {
  const auto erf = [](std::string_view type, const Bytes& rest) {
    return of(197, cat(zeros(8), type, "00 0040 0000 0030", rest));
  };
  expect(erf("02", cat("0000", ethernet(0x0800, some_ipv4()))),
         some_ipv4_through("erf/ethernet/ipv4/udp"));
  expect(erf("8b", cat("8300000000000000 0400000000000000 0000", ethernet(0x0800, some_ipv4()))),
         some_ipv4_through("erf/ethernet/ipv4/udp"));
  expect(erf("01", cat("0f00 0800", some_ipv4())), some_ipv4_through("erf/chdlc/ipv4/udp"));
  expect(erf("01", cat("ff03 0021", some_ipv4())), some_ipv4_through("erf/ppp/ipv4/udp"));
  expect(erf("05", cat("00000001 ff03 0021", some_ipv4())), some_ipv4_through("erf/ppp/ipv4/udp"));
  expect(erf("16", some_ipv4()), some_ipv4_through("erf/ipv4/udp"));
  expect(erf("17", some_ipv6()), some_ipv6_through("erf/ipv6/udp"));
  expect(erf("1b", zeros(40)), stopped(Verdict::non_ip, Reason::link_control, "erf"));
  expect(erf("15", zeros(40)), stopped(Verdict::unsupported, Reason::unknown_link_type, "erf"));
  Bytes endless;
  for (int i = 0; i < 20; ++i) frames::append(endless, "8300000000000000");
  expect(erf("82", endless), stopped(Verdict::unsupported, Reason::too_many_layers, "erf"));
}

TEST(SwitchTags, DsaAndBroadcom) {
  expect(of(284, cat(kMacs, "00180000 0800", some_ipv4())),
         some_ipv4_through("ethernet/dsa/ipv4/udp"));
  Expected tagged = some_ipv4_through("ethernet/dsa/vlan/ipv4/udp");
  tagged.vlans = {5};
  expect(of(284, cat(kMacs, "20180005 0800", some_ipv4())), tagged);
  expect(of(285, cat(kMacs, "dada0000 00180000 86dd", some_ipv6())),
         some_ipv6_through("ethernet/edsa/ipv6/udp"));
  expect(of(281, cat(kMacs, "00000003 0800", some_ipv4())),
         some_ipv4_through("ethernet/brcm/ipv4/udp"));
  expect(of(282, cat("00000003", ethernet(0x0800, some_ipv4()))),
         some_ipv4_through("brcm/ethernet/ipv4/udp"));
}

TEST(Mpacket, Delimiters) {
  for (const std::string_view delimiter : {"d5", "e6", "4c", "7f", "b3"}) {
    expect(of(274, cat("55555555555555", delimiter, ethernet(0x0800, some_ipv4()))),
           some_ipv4_through("mpacket/ethernet/ipv4/udp"));
  }
  expect(of(274, cat("55555555555555 61", zeros(60))),
         stopped(Verdict::unsupported, Reason::link_fragment, "mpacket"));
  expect(of(274, cat("55555555555555 07", zeros(60))),
         stopped(Verdict::non_ip, Reason::link_control, "mpacket"));
  expect(of(274, cat("55555555555555 00", zeros(60))),
         stopped(Verdict::malformed, Reason::bad_link_header, "mpacket"));
}

TEST(EthernetInside, DocsisNetanalyzerJuniper) {
  const Bytes frame = ethernet(0x0800, some_ipv4());
  expect(of(143, cat("00 00 002a 0000", frame)), some_ipv4_through("docsis/ethernet/ipv4/udp"));
  expect(of(143, cat("01 03 002a 0000 000000", frame)),
         some_ipv4_through("docsis/ethernet/ipv4/udp"));
  expect(of(143, cat("c2 00 002a 0000", zeros(40))),
         stopped(Verdict::non_ip, Reason::link_control, "docsis"));
  expect(of(240, cat("00000000", frame)), some_ipv4_through("netanalyzer/ethernet/ipv4/udp"));
  expect(of(241, cat("00000000 55555555555555d5", frame)),
         some_ipv4_through("netanalyzer/ethernet/ipv4/udp"));
  expect(of(178, cat("4d4743 80 0004 00000000", frame)),
         some_ipv4_through("juniper/ethernet/ipv4/udp"));
  expect(of(178, cat("4d4743 02 00000002", some_ipv4())), some_ipv4_through("juniper/ipv4/udp"));
  expect(of(178, cat("4d4743 02 00000002", zeros(40))),
         stopped(Verdict::unsupported, Reason::unknown_link_type, "juniper"));
  expect(of(179, cat("4d4743 00 ff03 0021", some_ipv4())),
         some_ipv4_through("juniper/ppp/ipv4/udp"));
  expect(of(180, cat("4d4743 00 1841 03 cc", some_ipv4())),
         some_ipv4_through("juniper/frame_relay/ipv4/udp"));
  expect(of(181, cat("4d4743 00 0f00 0800", some_ipv4())),
         some_ipv4_through("juniper/chdlc/ipv4/udp"));
  expect(of(178, zeros(60)), stopped(Verdict::malformed, Reason::bad_link_header, ""));
}

}  // namespace
}  // namespace weir::parsers
