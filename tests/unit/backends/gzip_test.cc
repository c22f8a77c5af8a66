#include <gtest/gtest.h>

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "tests/unit/backends/capture_bytes.h"
#include "tests/unit/backends/reading.h"

namespace weir::testing {
namespace {

using Strings = std::vector<std::string>;

constexpr size_t kPackets = 3000;  // more than one chunk and one compressed buffer hold

std::vector<uint8_t> long_pcap() {
  CaptureBytes file = pcap_header({});
  uint32_t state = 1;
  for (uint32_t i = 0; i < kPackets; ++i) {
    std::vector<uint8_t> data(60 + i % 700);
    for (uint8_t& byte : data) {
      state = state * 1664525 + 1013904223;  // does not compress
      byte = static_cast<uint8_t>(state >> 24);
    }
    add_record(file, 1'700'000'000 + i, 0, data);
  }
  return file.bytes();
}

void append(std::vector<uint8_t>& to, std::span<const uint8_t> more) {
  to.insert(to.end(), more.begin(), more.end());
}

class Gzip : public ::testing::Test {
 protected:
  const std::vector<uint8_t> plain_ = long_pcap();
  const Reading expected_ = read_bytes(plain_);

  void expect_all(const Reading& reading) const {
    ASSERT_EQ(expected_.packets.size(), kPackets);
    EXPECT_EQ(reading.notices, Strings{});
    EXPECT_TRUE(reading.packets == expected_.packets);
  }
  /// The first packets, in order, and no others.
  void expect_start(const Reading& reading) const {
    ASSERT_LE(reading.packets.size(), kPackets);
    EXPECT_TRUE(
        std::equal(reading.packets.begin(), reading.packets.end(), expected_.packets.begin()));
  }
};

TEST_F(Gzip, OneMember) {
  const Reading reading = read_bytes(gzip(plain_));
  EXPECT_EQ(reading.info.link_type, LinkType::en10mb);
  expect_all(reading);
}

TEST_F(Gzip, ManyMembersCutAnywhere) {
  for (const size_t step : {size_t{1000}, size_t{65536}, size_t{300'001}}) {
    std::vector<uint8_t> packed;
    for (size_t at = 0; at < plain_.size(); at += step) {
      append(packed, gzip(std::span(plain_).subspan(at, std::min(step, plain_.size() - at))));
    }
    expect_all(read_bytes(packed));
  }
}

TEST_F(Gzip, EmptyMembersAndTrailingZeros) {
  std::vector<uint8_t> packed = gzip({});
  append(packed, gzip(plain_));
  append(packed, gzip({}));
  packed.resize(packed.size() + 100'000);
  expect_all(read_bytes(packed));
}

TEST_F(Gzip, Pcapng) {
  PcapngBytes file;
  file.interface(1).enhanced(0, 1, payload(60, 1)).enhanced(0, 2, payload(60, 2));
  const Reading reading = read_bytes(gzip(file.bytes()));
  EXPECT_EQ(reading.notices, Strings{});
  EXPECT_EQ(reading.packets.size(), 2U);
}

TEST_F(Gzip, Cut) {
  const std::vector<uint8_t> packed = gzip(plain_);
  size_t before = 0;
  for (size_t cut = 3; cut < packed.size(); cut += packed.size() / 41) {
    const Reading reading = read_bytes(std::span(packed).first(cut));
    expect_start(reading);
    EXPECT_GE(reading.packets.size(), before);
    before = reading.packets.size();
    EXPECT_EQ(reading.notices,
              Strings{"FILE: compressed data cut short at byte " + std::to_string(cut) +
                      ", after " + std::to_string(before) + " packets"});
    EXPECT_EQ(reading.notice_codes, std::vector{Code::damaged});
  }
  // Data that do not compress: nearly all of it is there at the last cut.
  EXPECT_GT(before, kPackets * 9 / 10);
}

// The checksum and the length behind the data are cut: every packet is there all the same.
TEST_F(Gzip, CutInTheTrailer) {
  const std::vector<uint8_t> packed = gzip(plain_);
  for (size_t cut = packed.size() - 8; cut < packed.size(); ++cut) {
    const Reading reading = read_bytes(std::span(packed).first(cut));
    EXPECT_TRUE(reading.packets == expected_.packets);
    EXPECT_EQ(reading.notices, Strings{"FILE: compressed data cut short at byte " +
                                       std::to_string(cut) + ", after 3000 packets"});
  }
}

TEST_F(Gzip, GarbledInTheMiddle) {
  std::vector<uint8_t> packed = gzip(plain_);
  const size_t place = packed.size() / 2;
  std::fill_n(packed.begin() + static_cast<std::ptrdiff_t>(place), 64, uint8_t{0xff});
  const Reading reading = read_bytes(packed);
  ASSERT_EQ(reading.notices.size(), 1U);
  EXPECT_EQ(reading.notice_codes, std::vector{Code::damaged});
  // Data that do not compress are stored as they are, so here it is the capture that is garbled.
  EXPECT_NE(reading.notices[0].find("garbled at byte "), std::string::npos) << reading.notices[0];
  EXPECT_GE(reading.packets.size(), kPackets / 3);
}

TEST_F(Gzip, AWrongChecksumIsSaidAfterAllPackets) {
  std::vector<uint8_t> packed = gzip(plain_);
  packed[packed.size() - 6] ^= 1;
  const Reading reading = read_bytes(packed);
  EXPECT_TRUE(reading.packets == expected_.packets);
  ASSERT_EQ(reading.notices.size(), 1U);
  EXPECT_TRUE(reading.notices[0].ends_with(", after 3000 packets")) << reading.notices[0];
  EXPECT_EQ(reading.notice_codes, std::vector{Code::damaged});
}

TEST_F(Gzip, SomethingElseBehindAMember) {
  std::vector<uint8_t> packed = gzip(plain_);
  const size_t end = packed.size();
  append(packed, std::vector<uint8_t>{0, 0, 'x', 'y'});
  const Reading reading = read_bytes(packed);
  EXPECT_TRUE(reading.packets == expected_.packets);
  EXPECT_EQ(reading.notices, Strings{"FILE: compressed data garbled at byte " +
                                     std::to_string(end + 2) + ", after 3000 packets"});
}

// The capture inside is cut or is none; the offsets are then those of the capture.
TEST_F(Gzip, DamageInside) {
  const std::span<const uint8_t> cut = std::span(plain_).first(24 + 16 + 60 + 10);
  EXPECT_EQ(read_bytes(gzip(cut)).notices, Strings{"FILE: cut short at byte 110, after 1 packet"});
  EXPECT_EQ(read_bytes(gzip(payload(500, 3))).notices, Strings{"FILE: not a capture file"});
  EXPECT_EQ(read_bytes(gzip({})).notices, Strings{"FILE: empty"});
  // Compressed twice is not a capture either.
  EXPECT_EQ(read_bytes(gzip(gzip(cut))).notices,
            Strings{"FILE: not a capture file but gzip data within compressed data: unpack it "
                    "first"});
}

}  // namespace
}  // namespace weir::testing
