#pragma once

#include <cstdint>
#include <functional>

namespace weir {

/// Calls a function every few thousand steps of a long loop: often enough that a report ring does
/// not fill up meanwhile, seldom enough to cost nothing.
class Pace {
 public:
  explicit Pace(const std::function<void()>& breathe) : breathe_(breathe) {}

  void step() {
    if (++steps_ % kSteps == 0) breathe_();
  }

 private:
  static constexpr uint32_t kSteps = 1U << 14;
  const std::function<void()>& breathe_;
  uint32_t steps_ = 0;
};

}  // namespace weir
