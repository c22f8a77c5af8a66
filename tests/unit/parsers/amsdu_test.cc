// IEEE 802.11 A-MSDU (IEEE 802.11-2020 clause 9.3.2.2): every subframe is a packet of its own.

#include <gtest/gtest.h>

#include <memory>

#include "parsers/parse.h"
#include "parsers/subframes.h"
#include "tests/unit/parsers/expect.h"

namespace weir::parsers {
namespace {

using frames::be16;
using frames::Bytes;
using frames::cat;
using frames::ipv4;
using frames::snap;
using frames::some_ipv4;
using frames::some_ipv6;
using frames::udp;
using frames::zeros;

Bytes subframe(const Bytes& payload, bool padded = true) {
  Bytes out =
      cat("02000000000a 02000000000b", be16(static_cast<uint32_t>(payload.size())), payload);
  while (padded && out.size() % 4 != 0) out.push_back(0);
  return out;
}

Bytes aggregate(const Bytes& subframes) {
  return cat("8801 2c00 020000000001 020000000002 020000000003 5000 8000", subframes);
}

struct Seen {
  Verdict verdict;
  uint32_t ip_bytes;
  uint32_t wire_bytes;

  bool operator==(const Seen& other) const {
    return verdict == other.verdict && ip_bytes == other.ip_bytes && wire_bytes == other.wire_bytes;
  }
};

std::ostream& operator<<(std::ostream& out, const Seen& seen) {
  return out << to_string(seen.verdict) << " " << seen.ip_bytes << " of " << seen.wire_bytes;
}

std::vector<Seen> frames_of(const Bytes& bytes, size_t cap_len, bool decap = false) {
  const std::unique_ptr<uint8_t[]> exact(new uint8_t[cap_len]);
  std::copy_n(bytes.begin(), cap_len, exact.get());
  PacketView packet;
  packet.data = exact.get();
  packet.cap_len = static_cast<uint32_t>(cap_len);
  packet.wire_len = static_cast<uint32_t>(bytes.size());
  packet.link_type = LinkType::ieee802_11;
  Subframes frames(packet, {decap});
  std::vector<Seen> seen;
  ParsedPacket parsed;
  while (frames.next(parsed))
    seen.push_back({parsed.verdict, parsed.ip_bytes, frames.wire_bytes()});
  ParsedPacket first;
  parse(packet, {decap}, first);
  EXPECT_EQ(first.aggregate, seen.size() > 1);
  EXPECT_EQ(first.verdict, seen.at(0).verdict);
  return seen;
}

std::vector<Seen> frames_of(const Bytes& bytes) {
  return frames_of(bytes, bytes.size());
}

// 14 bytes of header, 8 of SNAP: 28 bytes of IPv4 make 50 and two of padding, 48 of IPv6 make 70.
const Bytes kFirst = subframe(snap(0x0800, some_ipv4()));
const Bytes kSecond = subframe(snap(0x86DD, some_ipv6()));
const Bytes kThird = subframe(snap(0x0800, ipv4({}, udp(1, 2, zeros(101)))), false);

TEST(Amsdu, EverySubframeIsParsed) {
  const Bytes bytes = aggregate(cat(kFirst, kSecond, kThird));
  const std::vector<Seen> expected{
      {Verdict::parsed, 28, 52}, {Verdict::parsed, 48, 72}, {Verdict::parsed, 129, 151}};
  EXPECT_EQ(frames_of(bytes), expected);
}

TEST(Amsdu, OneSubframeIsOneFrame) {
  EXPECT_EQ(frames_of(aggregate(kFirst)).size(), 1U);
  // Padding of the last one, and a frame check sequence.
  EXPECT_EQ(frames_of(aggregate(cat(kThird, zeros(1)))).size(), 1U);
  EXPECT_EQ(frames_of(aggregate(cat(kFirst, zeros(4)))).size(), 1U);
  EXPECT_EQ(frames_of(aggregate(cat(kFirst, kThird, zeros(4)))).size(), 2U);
}

TEST(Amsdu, WhatIsNotIpStaysOne) {
  const Bytes bytes = aggregate(cat(subframe(snap(0x0806, zeros(28))), kSecond));
  EXPECT_EQ(frames_of(bytes),
            (std::vector<Seen>{{Verdict::non_ip, 0, 52}, {Verdict::parsed, 48, 72}}));
}

TEST(Amsdu, BrokenSubframesAreSeen) {
  // A header that does not fit, a length of 0, a length past the frame.
  EXPECT_EQ(frames_of(aggregate(cat(kFirst, zeros(9)))),
            (std::vector<Seen>{{Verdict::parsed, 28, 52}, {Verdict::malformed, 0, 9}}));
  EXPECT_EQ(
      frames_of(aggregate(cat(kFirst, zeros(16), kSecond))),
      (std::vector<Seen>{
          {Verdict::parsed, 28, 52}, {Verdict::malformed, 0, 16}, {Verdict::parsed, 48, 72}}));
  Bytes longer = cat(kFirst, kSecond);
  longer[kFirst.size() + 12] = 0xFF;
  EXPECT_EQ(frames_of(aggregate(longer)),
            (std::vector<Seen>{{Verdict::parsed, 28, 52}, {Verdict::parsed, 48, 72}}));
}

TEST(Amsdu, CutAtEveryLength) {
  const Bytes bytes = aggregate(cat(kFirst, kSecond, kThird));
  const std::vector<Seen> whole = frames_of(bytes);
  for (size_t cap_len = 0; cap_len < bytes.size(); ++cap_len) {
    SCOPED_TRACE(cap_len);
    const std::vector<Seen> cut = frames_of(bytes, cap_len);
    ASSERT_LE(cut.size(), whole.size());
    for (size_t i = 0; i < cut.size(); ++i) {
      if (cut[i].verdict != Verdict::short_capture) {
        EXPECT_EQ(cut[i], whole[i]);
      }
    }
    // What is missing was announced: the last one that is seen is cut.
    if (cut.size() < whole.size()) {
      EXPECT_EQ(cut.back().verdict, Verdict::short_capture);
    }
  }
}

TEST(Amsdu, ManySubframesEnd) {
  Bytes many;
  for (int i = 0; i < 10000; ++i) frames::append(many, zeros(16));
  EXPECT_EQ(frames_of(aggregate(many)).size(), 10000U);
}

TEST(Amsdu, OtherPacketsAreOneFrame) {
  const Bytes bytes = frames::ethernet(0x0800, some_ipv4());
  PacketView packet;
  packet.data = bytes.data();
  packet.cap_len = packet.wire_len = static_cast<uint32_t>(bytes.size());
  Subframes frames(packet, {});
  ParsedPacket parsed;
  EXPECT_TRUE(frames.next(parsed));
  EXPECT_EQ(parsed.verdict, Verdict::parsed);
  EXPECT_FALSE(frames.next(parsed));
}

}  // namespace
}  // namespace weir::parsers
