// IEEE 802.11 data frames (IEEE 802.11-2020 clause 9.3.2), and the capture headers before them.

#include <gtest/gtest.h>

#include "tests/unit/parsers/expect.h"

namespace weir::parsers {
namespace {

using frames::be16;
using frames::be32;
using frames::Bytes;
using frames::cat;
using frames::hex;
using frames::le16;
using frames::le32;
using frames::snap;
using frames::some_ipv4;
using frames::some_ipv6;
using frames::zeros;

constexpr Expected stopped(Verdict verdict, Reason reason, std::string_view layers) {
  return {.verdict = verdict, .reason = reason, .layers = layers};
}

constexpr std::string_view kLayers = "ieee802_11/llc/snap/ipv4/udp";

/// Frame control `control` and `flags`, three addresses, then `rest`; sequence 5, fragment 0.
Bytes mac(std::string_view control_flags, const Bytes& rest) {
  return cat(control_flags, "2c00 020000000001 020000000002 020000000003 5000", rest);
}

Bytes data_frame() {
  return mac("0801", snap(0x0800, some_ipv4()));
}

Given wlan(Bytes bytes) {
  return {.link_type = LinkType::ieee802_11, .bytes = std::move(bytes)};
}

TEST(Ieee80211, DataFrame) {
  expect(wlan(data_frame()), some_ipv4_through(kLayers));  // to the distribution system
  expect(wlan(mac("0802", snap(0x86DD, some_ipv6()))),     // from it
         some_ipv6_through("ieee802_11/llc/snap/ipv6/udp"));
  expect(wlan(mac("0800", snap(0x0800, some_ipv4()))), some_ipv4_through(kLayers));
}

TEST(Ieee80211, FourAddresses) {
  expect(wlan(mac("0803", cat("020000000004", snap(0x0800, some_ipv4())))),
         some_ipv4_through(kLayers));
}

TEST(Ieee80211, QualityOfService) {
  expect(wlan(mac("8801", cat("0000", snap(0x0800, some_ipv4())))), some_ipv4_through(kLayers));
  expect(wlan(mac("8803", cat("020000000004 0000", snap(0x0800, some_ipv4())))),
         some_ipv4_through(kLayers));
  // +HTC: the order bit of a QoS frame.
  expect(wlan(mac("8881", cat("0000 00000000", snap(0x0800, some_ipv4())))),
         some_ipv4_through(kLayers));
}

TEST(Ieee80211, AggregateShowsItsFirstFrame) {
  const Bytes first = snap(0x0800, some_ipv4());
  const Bytes second = snap(0x86DD, some_ipv6());
  expect(wlan(mac("8801",
                  cat("8000", "02000000000a 02000000000b",
                      be16(static_cast<uint32_t>(first.size())), first, "02000000000a 02000000000b",
                      be16(static_cast<uint32_t>(second.size())), second))),
         some_ipv4_through(kLayers));
  expect(wlan(mac("8801", cat("8000", "02000000000a 02000000000b 00"))),
         stopped(Verdict::malformed, Reason::bad_link_header, "ieee802_11"));
}

TEST(Ieee80211, LengthEndsTheAggregatedFrame) {
  // 20 bytes of 36: SNAP and a part of the IP header, though the bytes go on.
  expect(
      wlan(mac("8801", cat("8000", "02000000000a 02000000000b 0014", snap(0x0800, some_ipv4())))),
      stopped(Verdict::malformed, Reason::bad_ipv4_header_length, "ieee802_11/llc/snap"));
}

TEST(Ieee80211, WhatIsNoData) {
  // Beacon, acknowledgment (10 bytes), null data, QoS null.
  expect(wlan(mac("8000", zeros(40))),
         stopped(Verdict::non_ip, Reason::not_a_data_frame, "ieee802_11"));
  expect(wlan(hex("d400 0000 020000000001")),
         stopped(Verdict::non_ip, Reason::not_a_data_frame, "ieee802_11"));
  expect(wlan(mac("4801", {})), stopped(Verdict::non_ip, Reason::not_a_data_frame, "ieee802_11"));
  expect(wlan(mac("c801", hex("0000"))),
         stopped(Verdict::non_ip, Reason::not_a_data_frame, "ieee802_11"));
}

TEST(Ieee80211, ProtectedFrameMayHoldIp) {
  expect(wlan(mac("0841", cat("0000 0020 00000000", zeros(60)))),
         stopped(Verdict::unsupported, Reason::encrypted, "ieee802_11"));
}

TEST(Ieee80211, LaterFragmentHasNoHeader) {
  Bytes bytes = mac("0801", zeros(40));
  bytes[22] = 0x51;
  expect(wlan(bytes), stopped(Verdict::unsupported, Reason::unknown_link_type, "ieee802_11"));
}

TEST(Ieee80211, WrongVersionOrTooShort) {
  expect(wlan(mac("0901", snap(0x0800, some_ipv4()))),
         stopped(Verdict::malformed, Reason::bad_link_header, ""));
  expect(wlan(hex("08")), stopped(Verdict::malformed, Reason::bad_link_header, ""));
  expect(wlan(hex("0801 2c00 0200")),
         stopped(Verdict::malformed, Reason::bad_link_header, "ieee802_11"));
}

Given radiotap(uint32_t length, const Bytes& fields, const Bytes& frame) {
  return {.link_type = LinkType::ieee802_11_radiotap,
          .bytes = cat("0000", le16(length), fields, frame)};
}

TEST(Radiotap, LengthIsItsOwn) {
  const std::string_view layers = "radiotap/ieee802_11/llc/snap/ipv4/udp";
  expect(radiotap(8, le32(0), data_frame()), some_ipv4_through(layers));
  // Channel; and two present words.
  expect(radiotap(12, cat(le32(1U << 3U), "8509c000"), data_frame()), some_ipv4_through(layers));
  expect(radiotap(13, cat(le32(0x80000002), le32(0), "00"), data_frame()),
         some_ipv4_through(layers));
}

TEST(Radiotap, DataPad) {
  const std::string_view layers = "radiotap/ieee802_11/llc/snap/ipv4/udp";
  // A QoS header has 26 bytes and is padded to 28. Flags alone; behind a timestamp (aligned to 8);
  // behind a second present word.
  const Bytes padded = mac("8801", cat("0000 0000", snap(0x0800, some_ipv4())));
  expect(radiotap(9, cat(le32(2), "20"), padded), some_ipv4_through(layers));
  expect(radiotap(17, cat(le32(3), "0102030405060708", "20"), padded), some_ipv4_through(layers));
  expect(radiotap(25, cat(le32(0x80000003), le32(0), "00000000", "0102030405060708", "20"), padded),
         some_ipv4_through(layers));
  // Without the bit the bytes are no LLC header.
  expect(radiotap(9, cat(le32(2), "00"), padded),
         stopped(Verdict::non_ip, Reason::llc, "radiotap/ieee802_11/llc"));
}

TEST(Radiotap, PresentWordsWithoutEnd) {
  expect(radiotap(12, cat(le32(0x80000002), le32(0x80000000)), data_frame()),
         some_ipv4_through("radiotap/ieee802_11/llc/snap/ipv4/udp"));
}

TEST(Radiotap, WrongVersionOrLength) {
  expect({.link_type = LinkType::ieee802_11_radiotap,
          .bytes = cat("0100 0800 00000000", data_frame())},
         stopped(Verdict::malformed, Reason::bad_link_header, ""));
  expect(radiotap(7, le32(0), data_frame()),
         stopped(Verdict::malformed, Reason::bad_link_header, ""));
  expect(radiotap(900, le32(0), data_frame()),
         stopped(Verdict::malformed, Reason::bad_link_header, ""));
}

TEST(Prism, EitherByteOrder) {
  const std::string_view layers = "prism/ieee802_11/llc/snap/ipv4/udp";
  expect({.link_type = LinkType::ieee802_11_prism,
          .bytes = cat(le32(0x44), le32(144), zeros(136), data_frame())},
         some_ipv4_through(layers));
  expect({.link_type = LinkType::ieee802_11_prism,
          .bytes = cat(be32(0x44), be32(144), zeros(136), data_frame())},
         some_ipv4_through(layers));
  expect({.link_type = LinkType::ieee802_11_prism,
          .bytes = cat(le32(0x44), le32(23), zeros(136), data_frame())},
         stopped(Verdict::malformed, Reason::bad_link_header, ""));
}

TEST(Avs, UnderItsOwnLinkTypeAndUnderPrism) {
  const Bytes bytes = cat(be32(0x80211001), be32(64), zeros(56), data_frame());
  for (const LinkType type : {LinkType::ieee802_11_avs, LinkType::ieee802_11_prism}) {
    expect({.link_type = type, .bytes = bytes},
           some_ipv4_through("avs/ieee802_11/llc/snap/ipv4/udp"));
  }
  expect({.link_type = LinkType::ieee802_11_avs,
          .bytes = cat(be32(0x80311001), be32(64), zeros(56), data_frame())},
         stopped(Verdict::malformed, Reason::bad_link_header, ""));
  expect({.link_type = LinkType::ieee802_11_avs,
          .bytes = cat(be32(0x80211001), be32(7), zeros(56), data_frame())},
         stopped(Verdict::malformed, Reason::bad_link_header, ""));
}

}  // namespace
}  // namespace weir::parsers
