#pragma once

#include <cstdint>
#include <optional>

namespace weir::cli {

/// Processor cycles in user space of the thread that made it and of the threads that one starts
/// afterwards. Virtual machines mostly have no such counter and a kernel may refuse it
/// (perf_event_paranoid): then there is no value.
class CycleCounter {
 public:
  CycleCounter() noexcept;
  ~CycleCounter();
  CycleCounter(const CycleCounter&) = delete;
  CycleCounter& operator=(const CycleCounter&) = delete;

  /// Since it was made.
  std::optional<uint64_t> cycles() const noexcept;

 private:
  int fd_;
};

}  // namespace weir::cli
