#include "report/alert_sink.h"

#include <algorithm>

#include "engine/core/clock.h"

namespace weir::report {

Result<void> AlertSink::report(const Snapshot& snapshot) {
  for (const Event& event : alerts_.evaluate(snapshot)) {
    // A sink that cannot write says so again at its next snapshot, which the engine acts on.
    for (Sink* other : others_) static_cast<void>(other->event(event));
  }
  if (alerts_.end_reason() && !stopped_) {
    stopped_ = true;
    stop_();
  }
  return {};
}

Result<void> SlowedSink::report(const Snapshot& snapshot) {
  // Ticks come each second, at any part of it; half of one is near enough.
  constexpr uint64_t kNearNs = 500 * kNsPerMs;
  if (due_ns_ == 0) due_ns_ = interval_ns_;
  const bool due = interval_ns_ != 0 && snapshot.elapsed_ns + kNearNs >= due_ns_;
  if (!snapshot.final && !due) return {};
  while (due && due_ns_ <= snapshot.elapsed_ns + kNearNs) due_ns_ += interval_ns_;
  return sink_.report(snapshot);
}

}  // namespace weir::report
