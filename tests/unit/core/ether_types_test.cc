#include "engine/core/ether_types.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <vector>

namespace weir {
namespace {

using Count = EtherTypeCounts::Count;

TEST(EtherTypes, WhatNeverCarriesIpIsNonIpAndAllElseUnsupported) {
  // ARP, LLDP, PTP, EAPOL, loopback, slow protocols; Linux's numbers below the first type.
  for (const uint16_t type : {0x0806, 0x88CC, 0x88F7, 0x888E, 0x9000, 0x8809, 0x0000, 0x05FF}) {
    EXPECT_EQ(verdict_of_ether_type(type), Verdict::non_ip) << type;
    EXPECT_EQ(reason_of_ether_type(type), Reason::other_ethertype) << type;
  }
  for (const uint16_t type : {0x0601, 0x1234, 0x88B5, 0x88BB, 0xA0ED, 0xFFFF}) {
    EXPECT_EQ(verdict_of_ether_type(type), Verdict::unsupported) << type;
    EXPECT_EQ(reason_of_ether_type(type), Reason::unknown_ethertype) << type;
  }
  EXPECT_EQ(ether_type_name(0x88F7), "ptp");
  EXPECT_EQ(ether_type_name(0x1234), "");
}

TEST(EtherTypes, OneRowAType) {
  EtherTypeCounts counts;
  counts.add(0x1234, {1, 60});
  counts.add(0x88CC, {1, 100});
  counts.add(0x1234, {1, 64});
  ASSERT_EQ(counts.size(), 2U);
  EXPECT_EQ(counts.type(0), 0x88CC);  // has a name
  EXPECT_EQ(counts.type(1), 0x1234);
  EXPECT_EQ(counts.count(1), (Count{2, 124}));
  EXPECT_EQ(counts.others(Verdict::unsupported), Count{});
}

std::vector<std::pair<uint32_t, Count>> rows_of(const EtherTypeCounts& counts) {
  std::vector<std::pair<uint32_t, Count>> rows;
  for (size_t i = 0; i < counts.size(); ++i) rows.emplace_back(counts.type(i), counts.count(i));
  rows.emplace_back(0x10000, counts.others(Verdict::non_ip));
  rows.emplace_back(0x10001, counts.others(Verdict::unsupported));
  return rows;
}

// More types than rows, spread over workers in any way: the same rows, and no packet is lost.
TEST(EtherTypes, TheSameForAnyOrderAndAnyNumberOfWorkers) {
  std::mt19937 random(7);
  std::vector<uint16_t> packets{0x88CC, 0x88CC, 0x8809, 0x88F7};
  for (int i = 0; i < 3000; ++i) {
    // Many types on both sides of the first EtherType, some of them often.
    const uint32_t range = i % 3 == 0 ? 0x0600 : 0x10000;
    packets.push_back(static_cast<uint16_t>(random() % range / (i % 5 + 1)));
  }
  std::map<uint16_t, uint64_t> exact;
  for (const uint16_t type : packets) ++exact[type];
  std::vector<std::pair<uint32_t, Count>> first;
  for (const size_t workers : {1U, 2U, 3U, 7U}) {
    std::shuffle(packets.begin(), packets.end(), random);
    std::vector<EtherTypeCounts> each(workers);
    for (const uint16_t type : packets) each[random() % workers].add(type, {1, type});
    EtherTypeCounts sum;
    for (const EtherTypeCounts& counts : each) sum += counts;
    const auto rows = rows_of(sum);
    if (first.empty()) first = rows;
    EXPECT_EQ(rows, first) << workers;
    uint64_t all = 0;
    for (const auto& [type, count] : rows) {
      all += count.packets;
      if (type > 0xFFFF) continue;
      EXPECT_EQ(count.packets, exact[static_cast<uint16_t>(type)]) << type;
    }
    EXPECT_EQ(all, packets.size());
    ASSERT_EQ(sum.size(), EtherTypeCounts::kMost);
    EXPECT_GT(sum.others(Verdict::non_ip).packets, 0U);
    EXPECT_GT(sum.others(Verdict::unsupported).packets, 0U);
  }
}

TEST(EtherTypes, AFloodOfUnknownTypesPushesOutNoneWithAName) {
  EtherTypeCounts counts;
  counts.add(0x88F7, {1, 60});
  for (uint32_t type = 0; type < 0x10000; ++type) counts.add(static_cast<uint16_t>(type), {1, 60});
  counts.add(0x88F7, {1, 60});
  size_t rows = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts.type(i) != 0x88F7) continue;
    EXPECT_EQ(counts.count(i).packets, 3U);
    ++rows;
  }
  EXPECT_EQ(rows, 1U);
}

}  // namespace
}  // namespace weir
