#include "engine/pipeline/tick.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

constexpr uint64_t kWhole = 1'700'000'000 * kNsPerSecond;

/// When the tick comes that is due after `wait_ns`, as seconds after kWhole in ms.
uint64_t tick_ms(uint64_t now_ms, uint64_t wait_ms, uint64_t interval_ms) {
  const uint64_t wait_ns =
      aligned_wait_ns(kWhole + now_ms * kNsPerMs, wait_ms * kNsPerMs, interval_ms * kNsPerMs);
  return now_ms + wait_ns / kNsPerMs;
}

TEST(Tick, ComesShortlyAfterAWholeSecond) {
  EXPECT_EQ(tick_ms(0, 1000, 1000), 1004U);
  EXPECT_EQ(tick_ms(4, 1000, 1000), 1004U);
  EXPECT_EQ(tick_ms(300, 1000, 1000), 1004U);
  EXPECT_EQ(tick_ms(600, 1000, 1000), 2004U);
  EXPECT_EQ(tick_ms(104, 900, 1000), 1004U) << "a tick that took 100 ms delays none";
  EXPECT_EQ(tick_ms(300, 2000, 2000), 2004U);
  EXPECT_EQ(tick_ms(600, 60'000, 60'000), 61'004U);
}

TEST(Tick, IsNeverMoreThanHalfASecondAway) {
  for (uint64_t now_ms = 0; now_ms < 1000; ++now_ms) {
    const uint64_t wait_ms = tick_ms(now_ms, 3000, 3000) - now_ms;
    EXPECT_GE(wait_ms, 2500U);
    EXPECT_LE(wait_ms, 3500U);
  }
}

TEST(Tick, PartsOfASecondMeetItToo) {
  EXPECT_EQ(tick_ms(0, 250, 250), 254U);
  EXPECT_EQ(tick_ms(754, 250, 250), 1004U);
  EXPECT_EQ(aligned_wait_ns(kWhole, kNsPerMs, kNsPerMs), kNsPerMs * 3 / 2);
}

TEST(Tick, OtherIntervalsStayAsTheyAre) {
  EXPECT_EQ(tick_ms(17, 300, 300), 317U);
  EXPECT_EQ(tick_ms(17, 1500, 1500), 1517U);
  EXPECT_EQ(aligned_wait_ns(kWhole, 0, 0), 0U);
}

}  // namespace
}  // namespace weir
