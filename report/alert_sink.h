#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "engine/pipeline/sink.h"
#include "report/alerts.h"

namespace weir::report {

/// Evaluates alerts at every snapshot and tells the other sinks. It stands before them, so that an
/// event comes before the snapshot that shows why, and the final snapshot stays the last word.
/// Borrows everything; the reporter thread's.
class AlertSink final : public Sink {
 public:
  /// `stop` is called once, when a rule that ends the run is raised.
  AlertSink(Alerts& alerts, std::vector<Sink*> others, std::function<void()> stop)
      : alerts_(alerts), others_(std::move(others)), stop_(std::move(stop)) {}

  Result<void> report(const Snapshot& snapshot) override;
  Result<void> event(const Event& /*event*/) override { return {}; }

 private:
  Alerts& alerts_;
  std::vector<Sink*> others_;
  std::function<void()> stop_;
  bool stopped_ = false;
};

/// Passes on the snapshots that are due: alerts need more of them than a slow report shows. The
/// final one is always passed on, events are too. Borrows the sink; the reporter thread's.
class SlowedSink final : public Sink {
 public:
  /// `interval_ns` 0: only the final snapshot.
  SlowedSink(Sink& sink, uint64_t interval_ns) : sink_(sink), interval_ns_(interval_ns) {}

  Result<void> report(const Snapshot& snapshot) override;
  Result<void> event(const Event& event) override { return sink_.event(event); }
  void progress(const Progress& progress) override { sink_.progress(progress); }

 private:
  Sink& sink_;
  uint64_t interval_ns_;
  uint64_t due_ns_ = 0;
};

}  // namespace weir::report
