#pragma once

#include <cstdint>
#include <limits>

#include "engine/core/clock.h"
#include "engine/core/uint128.h"

namespace weir::backends {

/// What the time stamps of a pcapng interface count (if_tsresol, if_tsoffset;
/// draft-ietf-opsawg-pcapng section 4.2), and how many nanoseconds since the epoch they are. What
/// no 64-bit number of nanoseconds can hold becomes the nearest that can.
class TimeScale {
 public:
  static constexpr uint8_t kMicroseconds = 6;  ///< the resolution where none is given

  /// `resolution`: units are 10^-n seconds, or 2^-n where the highest bit is set.
  explicit TimeScale(uint8_t resolution = kMicroseconds, int64_t offset_s = 0) noexcept
      : offset_s_(offset_s) {
    const uint8_t exponent = resolution & 0x7f;
    if ((resolution & 0x80) != 0) {
      factor_ = kNsPerSecond;
      shift_ = exponent;
    } else if (exponent <= kNsExponent) {
      factor_ = power_of_ten(kNsExponent - exponent);
    } else {
      divisor_ = power_of_ten(exponent - kNsExponent);
    }
    simple_ = shift_ == 0 && divisor_ == 1 && offset_s_ == 0;
  }

  uint64_t ns(uint64_t units) const noexcept {
    uint64_t ns = 0;
    if (simple_) return __builtin_mul_overflow(units, factor_, &ns) ? kLatest : ns;
    // Below 2^94 in size, so that adding the offset, below 2^93, cannot overflow 128 bits.
    const auto scaled = static_cast<uint128_t>(units) * factor_ >> shift_;
    const auto sum = static_cast<int128_t>(divisor_ == 0 ? 0 : scaled / divisor_) +
                     static_cast<int128_t>(offset_s_) * kNsPerSecond;
    if (sum < 0) return 0;
    return sum > kLatest ? kLatest : static_cast<uint64_t>(sum);
  }

 private:
  static constexpr int kNsExponent = 9;
  static constexpr uint64_t kLatest = std::numeric_limits<uint64_t>::max();

  /// 0 where 64 bits do not hold it: no count of such units reaches a nanosecond.
  static uint64_t power_of_ten(int exponent) noexcept {
    uint64_t power = 1;
    for (int i = 0; i < exponent; ++i) {
      if (__builtin_mul_overflow(power, uint64_t{10}, &power)) return 0;
    }
    return power;
  }

  uint64_t factor_ = 1;
  uint64_t divisor_ = 1;
  int64_t offset_s_;
  uint8_t shift_ = 0;
  bool simple_ = false;
};

}  // namespace weir::backends
