#include "report/ether_type_rows.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace weir::report {
namespace {

EtherTypeCounts some_counts() {
  EtherTypeCounts counts;
  counts.add(0x88F7, {3, 300});
  counts.add(0x1234, {5, 400});
  counts.add(0x88CC, {3, 360});
  return counts;
}

std::string text_of(const EtherTypeCounts& counts) {
  fmt::memory_buffer out;
  append_ether_type_table(out, counts);
  return fmt::to_string(out);
}

TEST(EtherTypeRows, TheMostPacketsFirst) {
  const std::vector<EtherTypeRow> rows = ether_type_rows(some_counts());
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].type, "0x1234");
  EXPECT_EQ(rows[0].name, "");
  EXPECT_EQ(rows[0].verdict, Verdict::unsupported);
  EXPECT_EQ(rows[0].count.packets, 5U);
  EXPECT_EQ(rows[1].type, "0x88cc");
  EXPECT_EQ(rows[1].name, "lldp");
  EXPECT_EQ(rows[1].verdict, Verdict::non_ip);
  EXPECT_EQ(rows[2].name, "ptp");
  EXPECT_EQ(rows[2].count.wire_bytes, 300U);
}

TEST(EtherTypeRows, WhatFindsNoRowIsAddedUp) {
  EtherTypeCounts counts;
  uint64_t packets = 0;
  for (uint32_t type = 0; type < 0x0700; ++type, ++packets) {
    counts.add(static_cast<uint16_t>(type), {1, 60});
  }
  uint64_t listed = 0;
  size_t others = 0;
  for (const EtherTypeRow& row : ether_type_rows(counts)) {
    listed += row.count.packets;
    others += row.type == "other" ? 1 : 0;
  }
  EXPECT_EQ(listed, packets);
  EXPECT_EQ(others, 2U);  // one a verdict
}

TEST(EtherTypeTable, HasColumns) {
  EXPECT_EQ(text_of(some_counts()),
            "  type    name  verdict      packets  on the wire\n"
            "  0x1234        unsupported        5        400 B\n"
            "  0x88cc  lldp  non_ip             3        360 B\n"
            "  0x88f7  ptp   non_ip             3        300 B\n");
  EXPECT_EQ(text_of({}), "");
}

TEST(EtherTypeTable, TenRowsAtMost) {
  EtherTypeCounts counts;
  for (uint16_t i = 0; i < 12; ++i) counts.add(static_cast<uint16_t>(0x1000 + i), {1, 60});
  const std::string text = text_of(counts);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 11);
  EXPECT_NE(text.find("3 more                           3        180 B"), std::string::npos)
      << text;
}

}  // namespace
}  // namespace weir::report
