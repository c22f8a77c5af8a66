#pragma once

#include <cstdint>

#include "engine/core/status.h"

namespace weir {

/// How the scheduler prefers a thread to others.
struct ThreadPriority {
  enum class Kind : uint8_t {
    normal,    ///< as it was started
    nice,      ///< `value` -20 (first) to 19 (last), setpriority(2)
    realtime,  ///< `value` 1 to 99, SCHED_FIFO, sched(7)
  };
  Kind kind = Kind::normal;
  int value = 0;

  bool operator==(const ThreadPriority&) const = default;
};

/// Gives the calling thread this priority. Code::not_permitted names CAP_SYS_NICE and the setcap
/// line.
Result<void> prefer_this_thread(const ThreadPriority& priority);

/// Whether threads of this process may have it; tried on a thread that ends at once.
Result<void> check_priority(const ThreadPriority& priority);

}  // namespace weir
