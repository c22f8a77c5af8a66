#include "engine/core/clock.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(MonotonicOf, AMomentOfRealTimeIsAsLongAgo) {
  const SystemClock clock;
  const uint64_t before_ns = clock.monotonic_ns();
  const uint64_t found_ns = monotonic_of(clock.realtime_ns() - 5 * kNsPerMs);
  const uint64_t after_ns = clock.monotonic_ns();
  // A step of the clock between two readings is allowed for.
  EXPECT_GE(found_ns + 6 * kNsPerMs, before_ns);
  EXPECT_LE(found_ns, after_ns);
}

TEST(MonotonicOf, TheFutureAndWhatWasBeforeTheStartAreUnknown) {
  const SystemClock clock;
  EXPECT_EQ(monotonic_of(clock.realtime_ns() + kNsPerSecond), 0U);
  EXPECT_EQ(monotonic_of(0), 0U);
}

}  // namespace
}  // namespace weir
