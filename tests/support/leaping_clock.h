#pragma once

#include <atomic>

#include "engine/core/clock.h"

namespace weir::testing {

/// A clock that leaps 31 s each time it is read: no restart's wait takes real time, and every look
/// at the clock is a tick.
class LeapingClock final : public Clock {
 public:
  uint64_t monotonic_ns() const noexcept override {
    return now_ns_.fetch_add(31 * kNsPerSecond) + 31 * kNsPerSecond;
  }
  uint64_t realtime_ns() const noexcept override { return monotonic_ns(); }

 private:
  mutable std::atomic<uint64_t> now_ns_{1'000 * kNsPerSecond};
};

}  // namespace weir::testing
