#pragma once

#include <time.h>

#include <cstdint>

namespace weir {

inline constexpr uint64_t kNsPerSecond = 1'000'000'000;
inline constexpr uint64_t kNsPerMs = 1'000'000;

/// Where the control and reporter threads get the time from; tests inject one that they turn by
/// hand. Packet time is not a clock: it comes with the packets.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual uint64_t monotonic_ns() const noexcept = 0;  ///< never steps back
  virtual uint64_t realtime_ns() const noexcept = 0;   ///< ns since the epoch
};

class SystemClock final : public Clock {
 public:
  uint64_t monotonic_ns() const noexcept override { return read(CLOCK_MONOTONIC); }
  uint64_t realtime_ns() const noexcept override { return read(CLOCK_REALTIME); }

 private:
  static uint64_t read(clockid_t id) noexcept {
    timespec ts{};
    clock_gettime(id, &ts);
    return static_cast<uint64_t>(ts.tv_sec) * kNsPerSecond + static_cast<uint64_t>(ts.tv_nsec);
  }
};

/// The monotonic time of a moment that is known in real time, 0 for one of the future.
inline uint64_t monotonic_of(uint64_t realtime_ns) noexcept {
  const SystemClock clock;
  const uint64_t now_ns = clock.realtime_ns();
  const uint64_t monotonic_ns = clock.monotonic_ns();
  if (realtime_ns > now_ns || now_ns - realtime_ns > monotonic_ns) return 0;
  return monotonic_ns - (now_ns - realtime_ns);
}

}  // namespace weir
