#pragma once

#include <time.h>

namespace weir::cli {

inline double cpu_clock_s(clockid_t clock) noexcept {
  timespec used{};
  clock_gettime(clock, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

/// CPU seconds that the calling thread has used.
inline double thread_cpu_s() noexcept {
  return cpu_clock_s(CLOCK_THREAD_CPUTIME_ID);
}

/// CPU seconds that all threads of the process have used.
inline double process_cpu_s() noexcept {
  return cpu_clock_s(CLOCK_PROCESS_CPUTIME_ID);
}

}  // namespace weir::cli
