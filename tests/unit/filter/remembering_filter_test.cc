#include "report/filter/remembering_filter.h"

#include <gtest/gtest.h>

#include <vector>

namespace weir::report {
namespace {

/// Shows every third port, or all, and counts how often it is asked.
class Counting final : public FlowFilter {
 public:
  bool shows(const FlowKey& key, bool shown_high) const override {
    ++asked;
    return all || (key.low_port + (shown_high ? 1 : 0)) % 3 == 0;
  }
  mutable uint64_t asked = 0;
  bool all = false;
};

FlowKey key_of(uint32_t number) {
  FlowKey key;
  key.ip_version = 4;
  key.low_port = static_cast<uint16_t>(number);
  key.high_port = static_cast<uint16_t>(number >> 16);
  return key;
}

TEST(RememberingFilter, GivesTheSameAnswersAndAsksLess) {
  constexpr uint32_t kFlows = 200'000;
  constexpr uint32_t kRounds = 16;
  const auto inner = std::make_shared<Counting>();
  const RememberingFilter filter(inner, 0);
  for (uint32_t round = 0; round < kRounds; ++round) {
    for (uint32_t i = 0; i < kFlows; ++i) {
      for (const bool shown_high : {false, true}) {
        const FlowKey key = key_of(i);
        ASSERT_EQ(filter.shows(key, shown_high), (key.low_port + (shown_high ? 1 : 0)) % 3 == 0);
      }
    }
  }
  EXPECT_GT(inner->asked, uint64_t{kFlows} * 2) << "now and then it has to";
  EXPECT_LT(inner->asked, uint64_t{kFlows} * 2 * kRounds / 3);
}

TEST(RememberingFilter, AnAnswerIsGoodForAFewTimesOnly) {
  const auto inner = std::make_shared<Counting>();
  const RememberingFilter filter(inner, 0);
  for (uint32_t i = 1; i < 1000; i += 3) EXPECT_FALSE(filter.shows(key_of(i), false));
  inner->all = true;
  for (uint32_t i = 1; i < 1000; i += 3) {
    uint64_t times = 0;
    while (times < 100 && !filter.shows(key_of(i), false)) ++times;
    EXPECT_LE(times, RememberingFilter::kMostUses);
  }
}

TEST(RememberingFilter, FewFlowsAreAskedAlways) {
  const auto inner = std::make_shared<Counting>();
  const RememberingFilter filter(inner);
  for (uint32_t i = 1; i < 1000; i += 3) EXPECT_FALSE(filter.shows(key_of(i), false));
  inner->all = true;
  for (uint32_t i = 1; i < 1000; i += 3) EXPECT_TRUE(filter.shows(key_of(i), false));
}

TEST(RememberingFilter, MoreFlowsThanPlacesAreAskedAnew) {
  constexpr uint32_t kFlows = 3'000'000;
  const auto inner = std::make_shared<Counting>();
  const RememberingFilter filter(inner, 0);
  for (int round = 0; round < 2; ++round) {
    for (uint32_t i = 0; i < kFlows; ++i) {
      ASSERT_EQ(filter.shows(key_of(i), false), key_of(i).low_port % 3 == 0);
    }
  }
  EXPECT_GE(inner->asked, uint64_t{kFlows});
}

}  // namespace
}  // namespace weir::report
