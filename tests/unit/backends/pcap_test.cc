#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "tests/unit/backends/capture_bytes.h"
#include "tests/unit/backends/reading.h"

namespace weir::testing {
namespace {

using Strings = std::vector<std::string>;

/// Three packets of 60, 1 and 90 bytes, the last one cut from 1500.
CaptureBytes small_pcap(const PcapStyle& style) {
  CaptureBytes file = pcap_header(style);
  const bool swapped = style.minor_version < 3;
  add_record(file, 1'700'000'000, 5, payload(60, 1));
  add_record(file, 1'700'000'001, 999'999, payload(1, 2));
  add_record(file, 1'700'000'002, 0, swapped ? 1500 : 90, swapped ? 90 : 1500, payload(90, 3));
  return file;
}
const std::vector<size_t> kSmallEnds{24 + 16 + 60, 24 + 32 + 61, 24 + 48 + 151};

class PcapVariant : public ::testing::TestWithParam<std::tuple<bool, bool, uint16_t>> {
 protected:
  PcapStyle style() const {
    return {std::get<0>(GetParam()), std::get<1>(GetParam()), std::get<2>(GetParam()), 101};
  }
};

TEST_P(PcapVariant, GivesEveryField) {
  const Reading reading = read_bytes(small_pcap(style()).bytes());
  EXPECT_EQ(reading.notices, Strings{});
  EXPECT_TRUE(reading.ended);
  EXPECT_EQ(reading.info.link_type, LinkType::raw);
  EXPECT_EQ(reading.info.backend, "pcap_file");
  EXPECT_TRUE(reading.info.lossless);
  EXPECT_FALSE(reading.info.realtime);
  ASSERT_EQ(reading.packets.size(), 3U);
  const uint64_t unit = style().nanoseconds ? 1 : 1000;
  EXPECT_EQ(reading.packets[0].ts_ns, 1'700'000'000'000'000'000 + 5 * unit);
  EXPECT_EQ(reading.packets[1].ts_ns, 1'700'000'001'000'000'000 + 999'999 * unit);
  EXPECT_EQ(reading.packets[2].ts_ns, 1'700'000'002'000'000'000);
  EXPECT_EQ(reading.packets[0].bytes, payload(60, 1));
  EXPECT_EQ(reading.packets[1].bytes, payload(1, 2));
  EXPECT_EQ(reading.packets[2].bytes, payload(90, 3));
  EXPECT_EQ(reading.packets[2].wire_len, 1500U);
  for (const SeenPacket& packet : reading.packets) EXPECT_EQ(packet.link_type, LinkType::raw);
}

INSTANTIATE_TEST_SUITE_P(Pcap, PcapVariant,
                         ::testing::Combine(::testing::Bool(), ::testing::Bool(),
                                            ::testing::Values(0, 1, 2, 3, 4)),
                         [](const auto& named) {
                           return std::string(std::get<0>(named.param) ? "big" : "little") +
                                  (std::get<1>(named.param) ? "_ns" : "_us") + "_2_" +
                                  std::to_string(std::get<2>(named.param));
                         });

// Some writers of version 2.3 swapped the lengths, some did not: a packet is no longer in the
// capture than on the wire.
TEST(Pcap, Version2Point3WithSwappedLengths) {
  CaptureBytes file = pcap_header({.minor_version = 3});
  add_record(file, 1, 0, 1500, 90, payload(90, 1));
  add_record(file, 2, 0, 70, 1400, payload(70, 2));
  const Reading reading = read_bytes(file.bytes());
  ASSERT_EQ(reading.packets.size(), 2U);
  EXPECT_EQ(reading.packets[0].bytes, payload(90, 1));
  EXPECT_EQ(reading.packets[0].wire_len, 1500U);
  EXPECT_EQ(reading.packets[1].bytes, payload(70, 2));
  EXPECT_EQ(reading.packets[1].wire_len, 1400U);
}

TEST(Pcap, UnknownVersions) {
  for (const uint16_t minor : {uint16_t{5}, uint16_t{65535}}) {
    const Reading reading = read_bytes(small_pcap({.minor_version = minor}).bytes());
    EXPECT_EQ(reading.packets.size(), 0U);
    EXPECT_EQ(reading.notices, Strings{"FILE: garbled at byte 0, after 0 packets: pcap version 2." +
                                       std::to_string(minor) + " is not known"});
    EXPECT_EQ(reading.notice_codes, std::vector{Code::damaged});
  }
}

// The upper half of the word is about the frame check sequence.
TEST(Pcap, LinkTypeIsTheLowerHalf) {
  const Reading reading = read_bytes(small_pcap({.link_type = 0x24000000 | 113}).bytes());
  ASSERT_EQ(reading.packets.size(), 3U);
  EXPECT_EQ(reading.packets[0].link_type, LinkType::linux_sll);
}

TEST(Pcap, AFractionOfMoreThanASecondIsCarried) {
  CaptureBytes file = pcap_header({});
  add_record(file, 10, 3'000'000, payload(4, 1));
  add_record(file, UINT32_MAX, UINT32_MAX, payload(4, 1));
  const Reading reading = read_bytes(file.bytes());
  ASSERT_EQ(reading.packets.size(), 2U);
  EXPECT_EQ(reading.packets[0].ts_ns, 13'000'000'000U);
  EXPECT_EQ(reading.packets[1].ts_ns, 4'294'967'295'000'000'000U + 4'294'967'295'000U);
}

TEST(Pcap, ZeroLengthAndLyingPacketsPassToTheParser) {
  CaptureBytes file = pcap_header({});
  add_record(file, 1, 0, {});
  add_record(file, 2, 0, 60, 20, payload(60, 1));
  const Reading reading = read_bytes(file.bytes());
  EXPECT_EQ(reading.notices, Strings{});
  ASSERT_EQ(reading.packets.size(), 2U);
  EXPECT_EQ(reading.packets[0].bytes.size(), 0U);
  EXPECT_EQ(reading.packets[1].wire_len, 20U);
  EXPECT_EQ(reading.packets[1].bytes, payload(60, 1));
}

// Every place where a copy may have stopped: what is whole is there, and the place is said.
TEST(Pcap, CutAnywhere) {
  for (const bool big_endian : {false, true}) {
    const std::vector<uint8_t> whole = small_pcap({.big_endian = big_endian}).bytes();
    const Reading all = read_bytes(whole);
    ASSERT_EQ(all.packets.size(), 3U);
    for (size_t cut = 1; cut < whole.size(); ++cut) {
      const Reading reading = read_bytes(std::span(whole).first(cut));
      const size_t packets = static_cast<size_t>(std::count_if(
          kSmallEnds.begin(), kSmallEnds.end(), [&](size_t end) { return end <= cut; }));
      ASSERT_EQ(reading.packets.size(), packets) << "cut at " << cut;
      for (size_t i = 0; i < packets; ++i) EXPECT_EQ(reading.packets[i], all.packets[i]);
      const bool at_record = cut == 24 || (packets > 0 && kSmallEnds[packets - 1] == cut);
      const std::string place = "FILE: cut short at byte " + std::to_string(cut);
      const std::string notice = cut < 4 ? place + ", before its kind can be told"
                                         : place + ", after " + std::to_string(packets) +
                                               (packets == 1 ? " packet" : " packets");
      EXPECT_EQ(reading.notices, at_record ? Strings{} : Strings{notice}) << "cut at " << cut;
      EXPECT_EQ(reading.notice_codes, at_record ? std::vector<Code>{} : std::vector{Code::damaged});
      EXPECT_TRUE(reading.ended);
    }
  }
}

TEST(Pcap, AGarbledLengthEndsTheFileThere) {
  CaptureBytes file = small_pcap({});
  file.put32(kSmallEnds[0] + 8, 262145);
  const Reading reading = read_bytes(file.bytes());
  EXPECT_EQ(reading.packets.size(), 1U);
  EXPECT_EQ(reading.notices,
            Strings{"FILE: garbled at byte 100, after 1 packet: a packet of 262145 bytes"});
  EXPECT_EQ(reading.notice_codes, std::vector{Code::damaged});
}

TEST(Pcap, TheLargestPackets) {
  CaptureBytes file = pcap_header({});
  for (int i = 0; i < 8; ++i) add_record(file, 1, 0, payload(262144, static_cast<uint8_t>(i)));
  const Reading reading = read_bytes(file.bytes());
  ASSERT_EQ(reading.packets.size(), 8U);
  EXPECT_EQ(reading.notices, Strings{});
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(reading.packets[static_cast<size_t>(i)].bytes,
              payload(262144, static_cast<uint8_t>(i)));
  }
}

// Link types whose records are no frames: 128 MiB, as libpcap has it.
TEST(Pcap, UsbAndDbusRecordsMayBeLarger) {
  for (const uint32_t link_type : {220U, 231U, 249U, 279U}) {
    CaptureBytes file = pcap_header({.link_type = link_type});
    add_record(file, 1, 0, payload(300'000, 1));
    add_record(file, 1, 0, (128 << 20) + 1, (128 << 20) + 1, {});
    CaptureOptions options;
    options.snaplen = 1 << 20;
    const Reading reading = read_bytes(file.bytes(), options);
    ASSERT_EQ(reading.packets.size(), 1U) << link_type;
    EXPECT_EQ(reading.packets[0].bytes.size(), 300'000U);
    EXPECT_EQ(reading.notices.size(), 1U);
  }
}

}  // namespace
}  // namespace weir::testing
