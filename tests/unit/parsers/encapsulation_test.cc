// What may stand between Ethernet and IP: tags, frames in frames, MACsec, NSH, pseudowires. Each is
// followed without --decap. docs/encapsulations.md has the table.

#include <gtest/gtest.h>

#include <string>

#include "parsers/walk.h"
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
using frames::udp;
using frames::vlan;
using frames::zeros;

Expected with_vlans(Expected expected, std::vector<uint16_t> vlans) {
  expected.vlans = std::move(vlans);
  return expected;
}

constexpr Expected stopped(Verdict verdict, Reason reason, std::string_view layers) {
  return {.verdict = verdict, .reason = reason, .layers = layers};
}

/// A version or kind that weir does not follow.
constexpr Expected foreign(uint16_t type, std::string_view layers = "ethernet") {
  return {.verdict = Verdict::unsupported,
          .reason = Reason::unknown_ethertype,
          .layers = layers,
          .ether_type = type};
}

TEST(VlanTag, EveryTypeThatSwitchesUse) {
  for (const uint16_t type : {0x8100, 0x88A8, 0x9100, 0x9200, 0x9300, 0x8200}) {
    expect({.bytes = ethernet(type, vlan(5, 0x0800, some_ipv4()))},
           with_vlans(some_ipv4_through("ethernet/vlan/ipv4/udp"), {5}));
    expect({.bytes = ethernet(type, vlan(5, 0x8100, vlan(7, 0x86DD, some_ipv6())))},
           with_vlans(some_ipv6_through("ethernet/vlan/vlan/ipv6/udp"), {5, 7}));
  }
}

struct Shim {
  uint16_t type;
  std::string_view header;
  std::string_view layer;
};
constexpr Shim kShims[] = {
    {0x8926, "00010002", "vntag"},
    {0x893F, "000100020003", "etag"},
    {0x892F, "002c0007", "hsr"},
    {0xF1C1, "00000007", "rtag"},
    {0x8909, "0101 0001 0064", "cmd"},
    {0x8909, "0102 0001 0064 0002 0001", "cmd"},
    {0xD28B, "0001 0010 5ceeed57 384f59c8", "arista"},
    {0xD28B, "0001 0120 ed57 384f59c8", "arista"},
};

TEST(Shim, EachIsFollowedByAnEtherType) {
  for (const Shim& shim : kShims) {
    SCOPED_TRACE(shim.layer);
    const std::string layers = "ethernet/" + std::string(shim.layer);
    expect({.bytes = ethernet(shim.type, cat(shim.header, "0800", some_ipv4()))},
           some_ipv4_through(layers + "/ipv4/udp"));
    expect({.bytes = ethernet(shim.type, cat(shim.header, "8100", vlan(9, 0x86DD, some_ipv6())))},
           with_vlans(some_ipv6_through(layers + "/vlan/ipv6/udp"), {9}));
    expect({.bytes = ethernet(0x8100, vlan(9, shim.type, cat(shim.header, "0806", zeros(28))))},
           with_vlans(stopped(Verdict::non_ip, Reason::arp,
                              "ethernet/vlan/" + std::string(shim.layer) + "/arp"),
                      {9}));
    expect({.bytes = ethernet(shim.type, cat(shim.header, "08"))},
           stopped(Verdict::malformed, Reason::bad_link_header, "ethernet"));
  }
}

TEST(Shim, VersionsThatAreNotKnown) {
  expect({.bytes = ethernet(0x8909, cat("0201 0001 0064 0800", some_ipv4()))}, foreign(0x8909));
  expect({.bytes = ethernet(0xD28B, cat("0002 0010 00000000 00000000 0800", some_ipv4()))},
         foreign(0xD28B));
  expect({.bytes = ethernet(0xD28B, cat("0001 0030 00000000 00000000 0800", some_ipv4()))},
         foreign(0xD28B));
}

TEST(Shim, SixteenAndNoMore) {
  Bytes payload = cat("0800", some_ipv4());
  std::string layers = "ethernet";
  for (int i = 0; i < kMaxShims; ++i) {
    payload = i == 0 ? cat("00010002", payload) : cat("00010002 8926", payload);
    layers += "/vntag";
  }
  expect({.bytes = ethernet(0x8926, payload)}, some_ipv4_through(layers + "/ipv4/udp"));
  expect({.bytes = ethernet(0x8926, cat("00010002 8926", payload))},
         stopped(Verdict::unsupported, Reason::too_many_layers, layers));
}

TEST(MacInMac, ProviderBackboneBridging) {
  const Bytes inner = ethernet(0x0800, some_ipv4());
  expect({.bytes = ethernet(0x88E7, cat("00000064", inner))},
         some_ipv4_through("ethernet/pbb/ethernet/ipv4/udp"));
  expect({.bytes = ethernet(0x88A8, vlan(100, 0x88E7, cat("00000064", inner)))},
         with_vlans(some_ipv4_through("ethernet/vlan/pbb/ethernet/ipv4/udp"), {100}));
  expect({.bytes = ethernet(
              0x88A8,
              vlan(100, 0x88E7, cat("00000064", ethernet(0x8100, vlan(5, 0x86DD, some_ipv6())))))},
         with_vlans(some_ipv6_through("ethernet/vlan/pbb/ethernet/vlan/ipv6/udp"), {100, 5}));
}

TEST(MacInMac, FabricPathTrillAndBridging) {
  const Bytes inner = ethernet(0x0800, some_ipv4());
  expect({.bytes = ethernet(0x8903, cat("0060", inner))},
         some_ipv4_through("ethernet/fabricpath/ethernet/ipv4/udp"));
  expect({.bytes = ethernet(0x22F3, cat("003f 0001 0002", inner))},
         some_ipv4_through("ethernet/trill/ethernet/ipv4/udp"));
  // Two words of options; then what every TRILL switch writes, a tagged frame.
  expect({.bytes = ethernet(0x22F3, cat("00bf 0001 0002", zeros(8),
                                        ethernet(0x8100, vlan(5, 0x86DD, some_ipv6()))))},
         with_vlans(some_ipv6_through("ethernet/trill/ethernet/vlan/ipv6/udp"), {5}));
  expect({.bytes = ethernet(0x6558, inner)},
         some_ipv4_through("ethernet/bridged/ethernet/ipv4/udp"));
}

TEST(MacInMac, WrongOrCut) {
  expect({.bytes = ethernet(0x22F3, cat("403f 0001 0002", ethernet(0x0800, some_ipv4())))},
         foreign(0x22F3));
  expect({.bytes = ethernet(0x22F3, hex("07bf 0001 0002"))},
         stopped(Verdict::malformed, Reason::bad_link_header, "ethernet"));
  expect({.bytes = ethernet(0x88E7, hex("000000"))},
         stopped(Verdict::malformed, Reason::bad_link_header, "ethernet"));
  expect({.bytes = ethernet(0x88E7, cat("00000064", "0200"))},
         stopped(Verdict::malformed, Reason::bad_link_header, "ethernet/pbb"));
  expect({.bytes = ethernet(0x8903, cat("0060", ethernet(0x88CC, zeros(10))))},
         {.verdict = Verdict::non_ip,
          .reason = Reason::other_ethertype,
          .layers = "ethernet/fabricpath/ethernet",
          .ether_type = 0x88CC});
}

TEST(Batman, PacketsThatHoldAFrame) {
  const Bytes inner = ethernet(0x0800, some_ipv4());
  for (const Bytes& header : {cat("400f3201", zeros(6)), cat("420f3201", zeros(12), "0100"),
                              cat("010f3200 00000007", zeros(6)), cat("050f3200 0004", zeros(4))}) {
    expect({.bytes = ethernet(0x4305, cat(header, inner))},
           some_ipv4_through("ethernet/batman/ethernet/ipv4/udp"));
  }
  expect({.bytes = ethernet(0x4305, cat("400f3201", zeros(6), "0200"))},
         stopped(Verdict::malformed, Reason::bad_link_header, "ethernet/batman"));
}

TEST(Batman, ControlPiecesAndOtherVersions) {
  // OGM, ELP, OGM2, ICMP, TVLV; a fragment and a coded packet.
  for (const std::string_view type : {"00", "03", "04", "43", "44"}) {
    expect({.bytes = ethernet(0x4305, cat(type, "0f", zeros(40)))},
           stopped(Verdict::non_ip, Reason::link_control, "ethernet/batman"));
  }
  for (const std::string_view type : {"41", "02"}) {
    expect({.bytes = ethernet(0x4305, cat(type, "0f", zeros(40)))},
           stopped(Verdict::unsupported, Reason::link_fragment, "ethernet/batman"));
  }
  expect({.bytes = ethernet(0x4305, cat("400e3201", zeros(60)))}, foreign(0x4305));
}

TEST(JumboLlc, HasNoLength) {
  expect({.bytes = ethernet(0x8870, frames::snap(0x0800, some_ipv4()))},
         some_ipv4_through("ethernet/llc/snap/ipv4/udp"));
  expect({.bytes = ethernet(0x8870, cat("fefe03", zeros(1600)))},
         stopped(Verdict::non_ip, Reason::llc, "ethernet/llc"));
}

TEST(Ppp, RightAboveEthernet) {
  expect({.bytes = ethernet(0x880B, cat("ff03 0021", some_ipv4()))},
         some_ipv4_through("ethernet/ppp/ipv4/udp"));
  expect({.bytes = ethernet(0x876B, some_ipv4())},
         stopped(Verdict::unsupported, Reason::compressed, "ethernet"));
}

constexpr std::string_view kPlainTag = "2000 00000044 2eb73f3995c30001";

TEST(Macsec, IntegrityOnly) {
  expect({.bytes = ethernet(0x88E5, cat(kPlainTag, "0800", some_ipv4(), zeros(16)))},
         some_ipv4_through("ethernet/macsec/ipv4/udp"));
  expect({.bytes = ethernet(0x88E5, cat("0000 00000044", "86dd", some_ipv6(), zeros(16)))},
         some_ipv6_through("ethernet/macsec/ipv6/udp"));
  // The check value is not IP where a total length of 0 leaves the count to the frame.
  const Bytes offloaded = ipv4({.total_length = 0}, udp(1111, 53));
  expect({.bytes = ethernet(0x88E5, cat(kPlainTag, "0800", offloaded, zeros(16)))},
         some_ipv4_through("ethernet/macsec/ipv4/udp"));
  // 30 bytes of secure data, then padding.
  expect({.bytes = ethernet(0x88E5, cat("001e 00000044 0800", offloaded, zeros(16 + 6)))},
         some_ipv4_through("ethernet/macsec/ipv4/udp"));
  // Longer than what there is: believed as far as the frame goes.
  expect({.bytes = ethernet(0x88E5, cat("002f 00000044 0800", some_ipv4(), zeros(16)))},
         some_ipv4_through("ethernet/macsec/ipv4/udp"));
}

TEST(Macsec, WhatCannotBeRead) {
  for (const std::string_view flags : {"08", "04", "0c", "2c"}) {
    expect({.bytes = ethernet(0x88E5, cat(flags, "00 00000044", zeros(60)))},
           stopped(Verdict::unsupported, Reason::encrypted, "ethernet/macsec"));
  }
  expect({.bytes = ethernet(0x88E5, cat("8000 00000044", zeros(60)))}, foreign(0x88E5));
  expect({.bytes = ethernet(0x88E5, cat("0000 00000044 0800", zeros(15)))},
         stopped(Verdict::malformed, Reason::bad_link_header, "ethernet/macsec"));
  expect({.bytes = ethernet(0x88E5, cat("0001 00000044 0800", zeros(40)))},
         stopped(Verdict::malformed, Reason::bad_link_header, "ethernet/macsec"));
}

Bytes nsh(std::string_view first, std::string_view next, const Bytes& payload) {
  return cat(first, "01", next, "00030907", payload);
}

TEST(Nsh, EachNextProtocol) {
  expect({.bytes = ethernet(0x894F, nsh("0002", "01", some_ipv4()))},
         some_ipv4_through("ethernet/nsh/ipv4/udp"));
  expect({.bytes = ethernet(0x894F, nsh("0006", "02", cat(zeros(16), some_ipv6())))},
         some_ipv6_through("ethernet/nsh/ipv6/udp"));
  expect({.bytes = ethernet(0x894F, nsh("0002", "03", ethernet(0x0800, some_ipv4())))},
         some_ipv4_through("ethernet/nsh/ethernet/ipv4/udp"));
  expect({.bytes = ethernet(0x894F, nsh("0002", "04", nsh("0002", "01", some_ipv4())))},
         some_ipv4_through("ethernet/nsh/nsh/ipv4/udp"));
  expect({.bytes = ethernet(0x894F, nsh("0002", "05", cat("00064140", some_ipv4())))},
         some_ipv4_through("ethernet/nsh/mpls/ipv4/udp"));
  expect({.bytes = ethernet(0x894F, nsh("0002", "06", some_ipv4()))},
         stopped(Verdict::non_ip, Reason::other_protocol, "ethernet/nsh"));
  expect({.bytes = ethernet(0x894F, nsh("0001", "01", some_ipv4()))},
         stopped(Verdict::malformed, Reason::bad_link_header, "ethernet"));
  expect({.bytes = ethernet(0x894F, nsh("003f", "01", some_ipv4()))},
         stopped(Verdict::malformed, Reason::bad_link_header, "ethernet"));
  expect({.bytes = ethernet(0x894F, nsh("4002", "01", some_ipv4()))}, foreign(0x894F));
}

constexpr std::string_view kBottom = "00064140";

TEST(Pseudowire, EthernetWithAndWithoutControlWord) {
  const Bytes inner = ethernet(0x0800, some_ipv4());
  for (const std::string_view word : {"", "00000000", "00000007"}) {
    expect({.bytes = ethernet(0x8847, cat(kBottom, word, inner))},
           some_ipv4_through("ethernet/mpls/pseudowire/ethernet/ipv4/udp"));
    expect({.bytes = ethernet(0x8847,
                              cat(kBottom, word, ethernet(0x8100, vlan(7, 0x86DD, some_ipv6()))))},
           with_vlans(some_ipv6_through("ethernet/mpls/pseudowire/ethernet/vlan/ipv6/udp"), {7}));
  }
  // A frame that was padded to the least length.
  expect({.bytes = ethernet(0x8847, cat(kBottom, "00000000", inner, zeros(60 - inner.size())))},
         some_ipv4_through("ethernet/mpls/pseudowire/ethernet/ipv4/udp"));
}

TEST(Pseudowire, AGuessThatDoesNotProveItself) {
  const Expected not_ip = stopped(Verdict::non_ip, Reason::mpls_control, "ethernet/mpls");
  Bytes wrong_checksum = ethernet(0x0800, some_ipv4());
  wrong_checksum[14 + 8] ^= 1;  // time to live
  const Bytes long_frame = ethernet(0x0800, ipv4({}, udp(1, 2, zeros(40))));
  for (const Bytes& payload :
       {wrong_checksum, cat(long_frame, "00"), ethernet(0x0806, zeros(28)),
        ethernet(0x0800, ipv4({.total_length = 100}, udp(1, 2))), zeros(3)}) {
    expect({.bytes = ethernet(0x8847, cat(kBottom, payload))}, not_ip);
    expect({.bytes = ethernet(0x8847, cat(kBottom, "00000000", payload))}, not_ip);
  }
}

TEST(Encapsulations, FramesOfDifferentKindsGiveTheFlowInside) {
  // The same 78 bytes of IP three times: behind 0x9200, in a backbone frame, behind a VN-Tag.
  const Bytes ip = ipv4({.src = "10.0.0.1", .dst = "192.0.2.7"}, udp(1111, 4000, zeros(50)));
  Expected expected = {.src = "10.0.0.1",
                       .dst = "192.0.2.7",
                       .proto = 17,
                       .src_port = 1111,
                       .dst_port = 4000,
                       .ip_bytes = 78};
  expected.layers = "ethernet/vlan/ipv4/udp";
  expect({.bytes = ethernet(0x9200, vlan(5, 0x0800, ip))}, with_vlans(expected, {5}));
  expected.layers = "ethernet/vlan/pbb/ethernet/ipv4/udp";
  expect({.bytes = ethernet(0x88A8, vlan(5, 0x88E7, cat("00000064", ethernet(0x0800, ip))))},
         with_vlans(expected, {5}));
  expected.layers = "ethernet/vntag/ipv4/udp";
  expect({.bytes = ethernet(0x8926, cat("00000000 0800", ip))}, expected);
}

}  // namespace
}  // namespace weir::parsers
