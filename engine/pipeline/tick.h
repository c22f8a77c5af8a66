#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/core/clock.h"

namespace weir {

/// How long after a whole second nearly all of its packets have come. Those of a block that the
/// kernel still fills come later, and are told of once more.
inline constexpr uint64_t kSettleNs = 4 * kNsPerMs;

/// How long to wait until a live snapshot that is due after `wait_ns`, so that it comes shortly
/// after a whole second, or a whole interval if a second is several. A flow is told of once a
/// second then; at any other moment it is told of twice, before it and after. At most half a second
/// is added or taken. Intervals that do not fit seconds are left as they are.
inline uint64_t aligned_wait_ns(uint64_t realtime_ns, uint64_t wait_ns,
                                uint64_t interval_ns) noexcept {
  const uint64_t step_ns = std::min(interval_ns, kNsPerSecond);
  if (step_ns == 0 || interval_ns % step_ns != 0 || kNsPerSecond % step_ns != 0) return wait_ns;
  const uint64_t settle_ns = std::min(kSettleNs, step_ns / 2);
  const uint64_t due_ns = realtime_ns + wait_ns + step_ns / 2 - settle_ns;
  const uint64_t aligned_ns = due_ns - due_ns % step_ns + settle_ns;
  return aligned_ns - std::min(aligned_ns, realtime_ns);
}

}  // namespace weir
