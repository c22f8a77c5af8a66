#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "cli/options.h"
#include "cli/plan.h"
#include "engine/pipeline/engine.h"
#include "report/alert_sink.h"
#include "report/alerts.h"

namespace weir::cli {

/// The alerts of one run: what the engine must be asked for them, and who is told. Made before the
/// engine, by the thread that runs it.
class AlertWatch {
 public:
  /// Adds what alerts need to the engine's configuration: groups, and snapshots often enough.
  AlertWatch(const RunOptions& options, const RunPlan& plan, EngineConfig& engine);

  /// The sinks with that of the alerts before them. `shown` is the one of them whose snapshots keep
  /// the pace of the plan. Once.
  std::vector<Sink*> sinks(std::vector<Sink*> all, Sink* shown, Engine& engine);

  /// kExitExceeded and a line on standard error when a threshold has ended the run, else `code`.
  int exit_code(int code) const;

  report::Alerts& alerts() { return alerts_; }

 private:
  report::Alerts alerts_;
  uint64_t shown_interval_ns_;
  bool slowed_ = false;
  std::unique_ptr<report::SlowedSink> slow_;
  std::unique_ptr<report::AlertSink> sink_;
};

/// A window that the run does not live to see would be a threshold that is never exceeded. Errors
/// are Code::usage.
Result<void> check_alert_windows(const RunOptions& options);

}  // namespace weir::cli
