#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/backends/capture_bytes.h"
#include "tests/unit/backends/reading.h"

namespace weir::testing {
namespace {

using Strings = std::vector<std::string>;

CaptureBytes snoop_header(uint32_t data_link = 4, uint32_t version = 2) {
  CaptureBytes file(true);
  return file.raw(std::string("snoop\0\0\0", 8)).u32(version).u32(data_link);
}

void add_snoop(CaptureBytes& file, uint32_t seconds, uint32_t drops, std::span<const uint8_t> data,
               uint32_t wire_len, uint32_t padding) {
  file.u32(wire_len).u32(data.size()).u32(24 + data.size() + padding).u32(drops);
  file.u32(seconds).u32(250'000).raw(data).raw(std::vector<uint8_t>(padding, 0xee));
}

TEST(Snoop, Packets) {
  for (const uint32_t padding : {0U, 3U, 16U}) {  // 16: the trailer of Shomiti's Surveyor
    CaptureBytes file = snoop_header();
    for (uint8_t i = 0; i < 5; ++i) add_snoop(file, 100 + i, i, payload(60 + i, i), 900, padding);
    const Reading reading = read_bytes(file.bytes());
    EXPECT_EQ(reading.notices, Strings{});
    EXPECT_EQ(reading.info.link_type, LinkType::en10mb);
    ASSERT_EQ(reading.packets.size(), 5U);
    for (uint8_t i = 0; i < 5; ++i) {
      EXPECT_EQ(reading.packets[i].bytes, payload(60 + i, i));
      EXPECT_EQ(reading.packets[i].wire_len, 900U);
      EXPECT_EQ(reading.packets[i].ts_ns, (100ULL + i) * 1'000'000'000 + 250'000'000);
    }
  }
}

TEST(Snoop, LinkTypes) {
  for (const auto& [data_link, link_type] :
       {std::pair{0U, 1}, {2U, 6}, {4U, 1}, {8U, 10}, {16U, 122}, {18U, 123}, {26U, 242}}) {
    CaptureBytes file = snoop_header(data_link);
    add_snoop(file, 1, 0, payload(60, 1), 60, 0);
    const Reading reading = read_bytes(file.bytes());
    ASSERT_EQ(reading.packets.size(), 1U);
    EXPECT_EQ(reading.packets[0].link_type, static_cast<LinkType>(link_type));
  }
}

// Each record has the sum so far.
TEST(Snoop, DropsAreCumulative) {
  CaptureBytes file = snoop_header();
  EXPECT_EQ(read_bytes(file.bytes()).drops.kernel, std::nullopt);
  add_snoop(file, 1, 3, payload(60, 1), 60, 0);
  add_snoop(file, 2, 3, payload(60, 1), 60, 0);
  add_snoop(file, 3, 11, payload(60, 1), 60, 0);
  const DropCounts drops = read_bytes(file.bytes()).drops;
  EXPECT_EQ(drops.kernel, 11U);
  EXPECT_EQ(drops.nic, std::nullopt);
}

TEST(Snoop, BadInput) {
  EXPECT_EQ(read_bytes(snoop_header(4, 9).bytes()).notices,
            Strings{"FILE: garbled at byte 0, after 0 packets: snoop version 9 is not known"});
  EXPECT_EQ(
      read_bytes(snoop_header(7).bytes()).notices,
      Strings{"FILE: garbled at byte 0, after 0 packets: snoop data link type 7 is not known"});
  CaptureBytes file = snoop_header();
  add_snoop(file, 1, 0, payload(60, 1), 60, 0);
  const size_t whole = file.size();
  file.u32(60).u32(UINT32_MAX).u32(UINT32_MAX).u32(0).u32(1).u32(1);
  EXPECT_EQ(read_bytes(file.bytes()).notices, Strings{"FILE: garbled at byte 100, after 1 packet: "
                                                      "a packet of 4294967295 bytes"});
  for (const uint32_t record_len : {0U, 24U, 83U, 0xffffffffU}) {
    file.put32(whole + 4, 60).put32(whole + 8, record_len);
    EXPECT_EQ(read_bytes(file.bytes()).notices,
              Strings{"FILE: garbled at byte 100, after 1 packet: a record of " +
                      std::to_string(record_len) + " bytes"});
  }
  for (size_t cut = 8; cut < whole; ++cut) {
    const Reading reading = read_bytes(std::span(file.bytes()).first(cut));
    EXPECT_TRUE(reading.packets.empty());
    EXPECT_EQ(reading.notices.size(), cut == 16 ? 0U : 1U) << cut;
  }
}

}  // namespace
}  // namespace weir::testing
