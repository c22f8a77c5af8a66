#include "cli/alert_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "cli/failure.h"
#include "cli/log.h"
#include "engine/core/clock.h"

namespace weir::cli {
namespace {

// The shortest window.
constexpr uint64_t kSlowestNs = 2 * kNsPerSecond;

}  // namespace

AlertWatch::AlertWatch(const RunOptions& options, const RunPlan& plan, EngineConfig& engine)
    : alerts_(options.alerts), shown_interval_ns_(engine.interval_ns) {
  if (alerts_.empty()) return;
  alerts_.add_to(engine.query);
  // A file is read as fast as it goes: the pace of real time means nothing there.
  slowed_ = plan.source != RunPlan::Source::files &&
            (engine.interval_ns == 0 || engine.interval_ns > kSlowestNs);
  if (slowed_) engine.interval_ns = kNsPerSecond;
}

std::vector<Sink*> AlertWatch::sinks(std::vector<Sink*> all, Sink* shown, Engine& engine) {
  if (alerts_.empty()) return all;
  sink_ = std::make_unique<report::AlertSink>(alerts_, all, [&engine] { engine.stop(); });
  if (slowed_) {
    slow_ = std::make_unique<report::SlowedSink>(*shown, shown_interval_ns_);
    std::replace(all.begin(), all.end(), shown, static_cast<Sink*>(slow_.get()));
  }
  all.insert(all.begin(), sink_.get());
  return all;
}

int AlertWatch::exit_code(int code) const {
  // A failure on the way to the end is worse news.
  if (!alerts_.end_reason() || (code != kExitDone && code != kExitDamaged)) return code;
  // The event has said so, unless it was not to be told; which of several it was, it has not.
  const bool told = tells(LogLevel::warning) && alerts_.rules().size() == 1;
  if (!told) log(LogLevel::error, "ended by " + *alerts_.end_reason());
  return kExitExceeded;
}

Result<void> check_alert_windows(const RunOptions& options) {
  if (!options.duration_ns) return {};
  for (const report::AlertRule& rule : options.alerts) {
    if (!rule.ends_run || *options.duration_ns >= rule.window_s * kNsPerSecond) continue;
    return fail({Code::usage, Recovery::give_up, 0, rule.name,
                 fmt::format("its window of {} s is longer than the run (-s); a shorter one is "
                             "RATE:2s",
                             rule.window_s)});
  }
  return {};
}

}  // namespace weir::cli
