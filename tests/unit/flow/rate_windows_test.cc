#include "engine/flow/rate_windows.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <utility>
#include <vector>

#include "engine/core/clock.h"

namespace weir {
namespace {

constexpr uint64_t kStart = 1'700'000'000 * kNsPerSecond;

struct Packet {
  uint32_t flow;
  uint64_t ts_ns;
  uint32_t sent;
  uint32_t received;
};

void add(RateWindows& windows, const Packet& packet) {
  const auto offset = static_cast<uint32_t>(packet.ts_ns % kNsPerSecond);
  windows.add(packet.flow, static_cast<uint32_t>(packet.ts_ns / kNsPerSecond), offset, offset, 1,
              packet.sent, packet.received);
}

std::map<uint32_t, RateWindows::Sums> sums_at(RateWindows& windows, uint64_t start_ns,
                                              uint64_t now_ns) {
  const auto span = RateWindows::span_at(start_ns, now_ns);
  windows.combine_edges(span, 1000);
  std::map<uint32_t, RateWindows::Sums> all;
  RateWindows::Sums total;
  windows.each(
      span, [](uint32_t) { return true; },
      [&](uint32_t flow, const RateWindows::Sums& sums) {
        all[flow] += sums;
        total += sums;
      });
  for (size_t window = 0; window < RateWindows::kWindowSeconds.size(); ++window) {
    std::map<uint32_t, uint64_t> bytes;
    windows.each_in(span, window, [&](uint32_t flow, uint64_t sent, uint64_t received) {
      bytes[flow] += sent + received;
    });
    for (const auto& [flow, sums] : all) {
      EXPECT_EQ(bytes[flow], sums.sent[window] + sums.received[window]);
      bytes.erase(flow);
    }
    EXPECT_TRUE(bytes.empty());
  }
  EXPECT_EQ(windows.total(span).sent, total.sent);
  EXPECT_EQ(windows.total(span).received, total.received);
  return all;
}

TEST(RateWindows, CountsExactlyTheLastSecondsOfSparsePackets) {
  // One packet every 0.7 s: never two in one second and flow, so every window is exact to the ns.
  RateWindows windows;
  std::vector<Packet> packets;
  for (uint32_t i = 0; i < 100; ++i) {
    packets.push_back({i % 2, kStart + i * 700 * kNsPerMs, 100 + i, 7});
    add(windows, packets.back());
  }
  const uint64_t now = packets.back().ts_ns;
  const auto sums = sums_at(windows, kStart, now);
  for (uint32_t flow = 0; flow < 2; ++flow) {
    for (size_t w = 0; w < 3; ++w) {
      uint64_t expected = 0;
      for (const Packet& packet : packets) {
        const bool inside = packet.ts_ns > now - RateWindows::kWindowSeconds[w] * kNsPerSecond;
        if (packet.flow == flow && inside) expected += packet.sent;
      }
      EXPECT_EQ(sums.at(flow).sent[w], expected) << "flow " << flow << " window " << w;
    }
  }
}

TEST(RateWindows, AShortRunIsDividedByTheTimeItCovers) {
  const auto span = RateWindows::span_at(kStart, kStart + 5 * kNsPerSecond);
  EXPECT_FALSE(span.whole[0]);
  EXPECT_TRUE(span.whole[1]);
  EXPECT_EQ(span.length_ns[0], 2 * kNsPerSecond);
  EXPECT_EQ(span.length_ns[1], 5 * kNsPerSecond);
  EXPECT_EQ(span.length_ns[2], 5 * kNsPerSecond);
  EXPECT_EQ(RateWindows::bits_per_second(1000, span.length_ns[1]), 1600U);
  EXPECT_EQ(RateWindows::bits_per_second(1000, 0), 0U);
}

TEST(RateWindows, AWindowInsideASecondTakesTheShareThatTheFlowsPacketsImply) {
  RateWindows windows;
  // 100 packets of 10 bytes spread over second 0; the window of 2 s begins at 0.5 s.
  const auto second = static_cast<uint32_t>(kStart / kNsPerSecond);
  windows.add(1, second, 0, 990'000'000, 100, 1000, 0);
  windows.add(1, second + 2, 500'000'000, 500'000'000, 1, 1, 0);
  const auto sums = sums_at(windows, kStart, kStart + 2500 * kNsPerMs);
  EXPECT_EQ(sums.at(1).sent[0], 49U * 10 + 1);
  EXPECT_EQ(sums.at(1).sent[1], 1001U);
}

TEST(RateWindows, TheOrderOfRecordsDoesNotMatter) {
  std::mt19937 random(3);
  std::vector<Packet> packets;
  for (int i = 0; i < 5000; ++i) {
    const auto below = [&](uint32_t end) { return static_cast<uint32_t>(random() % end); };
    packets.push_back({below(50), kStart + below(40'000) * kNsPerMs + below(1'000'000), below(1500),
                       below(1500)});
  }
  const uint64_t now = kStart + 40 * kNsPerSecond;
  RateWindows first;
  for (const Packet& packet : packets) add(first, packet);
  const auto expected = sums_at(first, kStart, now);
  for (int round = 0; round < 5; ++round) {
    std::shuffle(packets.begin(), packets.end(), random);
    RateWindows again;
    for (size_t i = 0; i < packets.size(); ++i) {
      add(again, packets[i]);
      // Combining in between, as ticks do, changes nothing either.
      if (i % 1000 == 0) again.combine_edges(RateWindows::span_at(kStart, packets[i].ts_ns), 1000);
    }
    const auto sums = sums_at(again, kStart, now);
    ASSERT_EQ(sums.size(), expected.size());
    for (const auto& [flow, sum] : expected) {
      EXPECT_EQ(sums.at(flow).sent, sum.sent);
      EXPECT_EQ(sums.at(flow).received, sum.received);
    }
  }
}

TEST(RateWindows, BytesOfOneSecondAreNotCutAt32Bits) {
  RateWindows windows;
  const auto second = static_cast<uint32_t>(kStart / kNsPerSecond);
  for (int i = 0; i < 4; ++i) windows.add(1, second, 0, 1, 2, 0xf0000000, 0x80000000);
  const auto sums = sums_at(windows, kStart, kStart + kNsPerSecond / 2);
  EXPECT_EQ(sums.at(1).sent[0], 4 * uint64_t{0xf0000000});
  EXPECT_EQ(sums.at(1).received[2], 4 * uint64_t{0x80000000});
}

TEST(RateWindows, ForgetsThoseOpenedFirstAndKeepsTheirSums) {
  RateWindows windows;
  windows.add(1, 100, 0, 0, 1, 5, 7);
  windows.add(1, 99, 0, 0, 1, 1, 0);
  windows.add(1, 200, 0, 0, 1, 1, 0);
  windows.forget(150, 200, SIZE_MAX);
  EXPECT_EQ(windows.seconds_kept(), 3U) << "there is room";
  const size_t bytes = windows.bytes();
  windows.forget(150, 200, bytes / 3);
  EXPECT_EQ(windows.seconds_kept(), 2U);
  EXPECT_EQ(windows.records(), 2U);
  EXPECT_EQ(windows.bytes(), bytes / 3 * 2);
  EXPECT_EQ(windows.late_packets(), 0U);
  windows.add(1, 99, 0, 0, 1, 1, 0);
  EXPECT_EQ(windows.late_packets(), 0U) << "opened after 100 was";
  windows.add(1, 100, 0, 0, 3, 10, 20);
  EXPECT_EQ(windows.late_packets(), 3U);
  std::map<uint32_t, std::pair<uint64_t, uint64_t>> sums;
  windows.each_second(0, [&](uint32_t second, uint64_t sent, uint64_t received) {
    sums[second] = {sent, received};
  });
  EXPECT_EQ(sums[100], std::pair(uint64_t{15}, uint64_t{27})) << "the sum of all flows is whole";
  uint64_t of_flow = 0;
  windows.each_of(100, [&](uint32_t, uint64_t sent, uint64_t) { of_flow += sent; });
  EXPECT_EQ(of_flow, 10U);
}

TEST(RateWindows, ForgetsSecondsFarAheadAsWell) {
  RateWindows windows;
  windows.add(1, 4'000'000'000, 0, 0, 1, 1, 0);
  windows.add(1, 200, 0, 0, 1, 1, 0);
  windows.forget(150, 241, 0);
  EXPECT_EQ(windows.seconds_kept(), 1U);
  EXPECT_EQ(windows.oldest(), 2U) << "what was opened first is gone";
}

TEST(RateWindows, AQuietDayTakesLittleMemoryAndItsSumsAreBounded) {
  RateWindows windows;
  for (uint32_t second = 0; second < 86'400; ++second) windows.add(1, second, 0, 0, 1, 1, 0);
  EXPECT_LT(windows.bytes(), 64U << 20);
  windows.forget(86'300, 86'399, 0);
  EXPECT_EQ(windows.seconds_kept(), 100U);
  const uint32_t summed = 86'300 - static_cast<uint32_t>(RateWindows::kMostSums);
  windows.add(1, summed - 1, 0, 0, 1, 1, 0);
  windows.add(1, summed, 0, 0, 1, 1, 0);
  EXPECT_EQ(windows.late_packets(), 2U);
  std::map<uint32_t, uint64_t> sums;
  windows.each_second(0, [&](uint32_t second, uint64_t sent, uint64_t) { sums[second] = sent; });
  EXPECT_EQ(sums[summed - 1], 1U);
  EXPECT_EQ(sums[summed], 2U);
}

// A log has one small chunk and then large ones: combining and forgetting cross their borders.
TEST(RateWindows, CombiningShrinksAcrossChunks) {
  for (const uint32_t records : {1U, 15U, 16U, 17U, 2063U, 2064U, 2065U, 5000U}) {
    for (const uint32_t flows : {1U, 16U, 17U, 2064U, 2065U}) {
      RateWindows windows;
      const auto second = static_cast<uint32_t>(kStart / kNsPerSecond);
      for (uint32_t i = 0; i < records; ++i) windows.add(i % flows, second, i, i, 1, 1, 0);
      const RateWindows::Span span = RateWindows::span_at(kStart, kStart + 2 * kNsPerSecond + 100);
      windows.combine_edges(span, flows);
      EXPECT_EQ(windows.records(), std::min(records, flows));
      windows.add(0, second, 0, 0, 1, 1, 0);
      uint64_t sum = 0;
      windows.each_of(second, [&](uint32_t, uint64_t sent, uint64_t) { sum += sent; });
      EXPECT_EQ(sum, records + 1U) << records << " records of " << flows;
    }
  }
}

}  // namespace
}  // namespace weir
