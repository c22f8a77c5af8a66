#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/backends/capture_bytes.h"
#include "tests/unit/backends/reading.h"

namespace weir::testing {
namespace {

using Strings = std::vector<std::string>;

constexpr uint32_t kStandard = 0xa1b2c3d4;
constexpr uint32_t kModified = 0xa1b2cd34;
constexpr uint32_t kIxiaHardware = 0x1c0001ac;
constexpr uint32_t kIxiaSoftware = 0x1c0001ab;

struct Layout {
  uint32_t magic = kStandard;
  bool big_endian = false;
  uint32_t extra_header = 0;  ///< bytes behind the usual record header
  bool ixia = false;
};

CaptureBytes header_of(const Layout& layout, uint16_t major = 2, uint16_t minor = 4,
                       uint32_t link_type = 1) {
  CaptureBytes file(layout.big_endian);
  file.u32(layout.magic).u16(major).u16(minor).u32(0).u32(0).u32(65535).u32(link_type);
  if (layout.ixia) file.u32(12345);
  return file;
}

void add_packet(CaptureBytes& file, const Layout& layout, uint32_t seconds, uint32_t fraction,
                std::span<const uint8_t> data) {
  const auto length = static_cast<uint32_t>(data.size());
  file.u32(seconds).u32(fraction).u32(length).u32(length);
  if (layout.extra_header == 4) file.u32(0x01020304);
  if (layout.extra_header >= 8) file.u32(2).u16(0x0800).raw(std::vector<uint8_t>{0, 0});
  if (layout.extra_header == 12) file.raw(std::vector<uint8_t>{0, 0, 0, 0});
  file.raw(data);
}

/// Reads three packets in the layout and expects them, with the fraction in these units.
void expect_three(const Layout& layout, uint64_t ns_per_fraction) {
  CaptureBytes file = header_of(layout);
  for (uint8_t i = 0; i < 3; ++i) add_packet(file, layout, 100 + i, 7, payload(60 + i, i));
  const Reading reading = read_bytes(file.bytes());
  EXPECT_EQ(reading.notices, Strings{});
  EXPECT_EQ(reading.info.link_type, LinkType::en10mb);
  ASSERT_EQ(reading.packets.size(), 3U);
  for (uint8_t i = 0; i < 3; ++i) {
    EXPECT_EQ(reading.packets[i].bytes, payload(60 + i, i));
    EXPECT_EQ(reading.packets[i].wire_len, 60U + i);
    EXPECT_EQ(reading.packets[i].ts_ns, (100ULL + i) * 1'000'000'000 + 7 * ns_per_fraction);
  }
  // Cut anywhere: whole packets, and never one that is not in the file.
  for (size_t cut = 25; cut < file.size(); cut += 5) {
    const Reading some = read_bytes(std::span(file.bytes()).first(cut));
    ASSERT_LE(some.packets.size(), 3U);
    for (size_t i = 0; i < some.packets.size(); ++i) {
      EXPECT_EQ(some.packets[i].bytes.size(), 60 + i) << cut;
    }
  }
}

TEST(PcapVariants, Patched) {
  for (const bool big_endian : {false, true}) expect_three({kModified, big_endian, 8}, 1000);
}

TEST(PcapVariants, PatchedWithTheCpu) {
  for (const bool big_endian : {false, true}) expect_three({kModified, big_endian, 12}, 1000);
}

TEST(PcapVariants, PatchedUnderTheUsualMagic) {
  for (const bool big_endian : {false, true}) expect_three({kStandard, big_endian, 8}, 1000);
}

TEST(PcapVariants, Nokia) {
  for (const bool big_endian : {false, true}) expect_three({kStandard, big_endian, 4}, 1000);
}

TEST(PcapVariants, Ixia) {
  for (const bool big_endian : {false, true}) {
    expect_three({kIxiaHardware, big_endian, 0, true}, 1);
    expect_three({kIxiaSoftware, big_endian, 0, true}, 1000);
  }
}

// One packet and none are files too.
TEST(PcapVariants, PatchedWithFewPackets) {
  for (const uint32_t extra : {8U, 12U}) {
    const Layout layout{kModified, false, extra};
    CaptureBytes file = header_of(layout);
    Reading reading = read_bytes(file.bytes());
    EXPECT_EQ(reading.notices, Strings{});
    EXPECT_TRUE(reading.packets.empty());
    add_packet(file, layout, 1, 1, payload(60, 1));
    reading = read_bytes(file.bytes());
    EXPECT_EQ(reading.notices, Strings{});
    ASSERT_EQ(reading.packets.size(), 1U);
    EXPECT_EQ(reading.packets[0].bytes, payload(60, 1));
  }
}

// A filter takes the other loop over the records.
TEST(PcapVariants, PatchedWithAFilter) {
  const Layout layout{kModified, true, 8};
  CaptureBytes file = header_of(layout);
  for (uint8_t i = 0; i < 3; ++i) add_packet(file, layout, i, 0, payload(60 + i, i));
  CaptureOptions options;
  options.filter = "len = 61";
  const Reading reading = read_bytes(file.bytes(), options);
  ASSERT_EQ(reading.packets.size(), 1U);
  EXPECT_EQ(reading.packets[0].bytes, payload(61, 1));
}

TEST(PcapVariants, Aix) {
  for (const auto& [type, link_type] : {std::pair{6, LinkType::en10mb},
                                        {9, static_cast<LinkType>(6)},
                                        {15, static_cast<LinkType>(10)},
                                        {24, LinkType::null}}) {
    CaptureBytes file = header_of({}, 2, 2, static_cast<uint32_t>(type));
    add_packet(file, {}, 5, 123'456'789, payload(60, 1));
    const Reading reading = read_bytes(file.bytes());
    EXPECT_EQ(reading.notices, Strings{});
    ASSERT_EQ(reading.packets.size(), 1U);
    EXPECT_EQ(reading.packets[0].link_type, link_type);
    EXPECT_EQ(reading.packets[0].ts_ns, 5'123'456'789U);
  }
}

TEST(PcapVariants, Dgux) {
  CaptureBytes file = header_of({}, 543, 0);
  add_record(file, 1, 0, 100, 60, payload(60, 1));  // the length on the wire first
  const Reading reading = read_bytes(file.bytes());
  EXPECT_EQ(reading.notices, Strings{});
  ASSERT_EQ(reading.packets.size(), 1U);
  EXPECT_EQ(reading.packets[0].wire_len, 100U);
  EXPECT_EQ(read_bytes(header_of({}, 544, 0).bytes()).notices.size(), 1U);
}

// Odd records of the usual kind stay what they are.
TEST(PcapVariants, TwoPacketsYearsApartAreStillOfTheUsualKind) {
  // From a public report: the second record is empty and of 1972, and the first one's bytes would
  // pass for a longer header.
  CaptureBytes file = header_of({});
  file.u32(1'398'584'960).u32(999'999).u32(60).u32(98'358).raw(std::vector<uint8_t>(60, 0));
  file.u32(69'448'201).u32(0).u32(0).u32(0);
  const Reading reading = read_bytes(file.bytes());
  ASSERT_EQ(reading.packets.size(), 2U);
  EXPECT_EQ(reading.packets[0].bytes.size(), 60U);
  EXPECT_EQ(reading.packets[1].bytes.size(), 0U);
}

TEST(PcapVariants, TheUsualKindIsNotTakenForAnother) {
  CaptureBytes file = pcap_header({});
  for (uint8_t i = 0; i < 4; ++i) add_record(file, i, 2'000'000, 60, 40, payload(60, i));
  const Reading reading = read_bytes(file.bytes());
  EXPECT_EQ(reading.notices, Strings{});
  ASSERT_EQ(reading.packets.size(), 4U);
  for (uint8_t i = 0; i < 4; ++i) EXPECT_EQ(reading.packets[i].bytes, payload(60, i));
}

}  // namespace
}  // namespace weir::testing
