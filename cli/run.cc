#include "cli/run.h"

#include <errno.h>
#include <unistd.h>

#include <utility>

#include "cli/alert_watch.h"
#include "cli/captures.h"
#include "cli/config.h"
#include "cli/failure.h"
#include "cli/interface_addresses.h"
#include "cli/log.h"
#include "cli/run_screen.h"
#include "cli/screen_files.h"
#include "cli/stop_signals.h"
#include "engine/core/clock.h"
#include "engine/core/cpu.h"
#include "engine/pipeline/engine.h"
#include "report/csv_lines.h"
#include "report/event_log.h"
#include "report/format.h"
#include "report/iftop_text.h"
#include "report/json_lines.h"
#include "report/names/names.h"
#include "report/processes/poller.h"
#include "report/progress_line.h"
#include "report/style.h"

namespace weir::cli {
namespace {

/// What iftop says before its first block, on the same streams.
Result<void> print_iftop_start(report::IftopText& sink, const RunPlan& plan,
                               const std::vector<CaptureInfo>& captures) {
  if (plan.source == RunPlan::Source::live) {
    for (const CaptureInfo& capture : captures) {
      for (const std::string& line : interface_lines(capture.name)) {
        const std::string text = line + "\n";
        [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
      }
    }
  }
  return sink.listening_on(names_of(captures));
}

/// How long the final block of -t waits for names at most.
constexpr uint64_t kNamesWaitMs = 1000;

/// iftop's default is names. weir has it where it stands in for iftop, -t of a live capture: what
/// is said of files, of the synthetic link and in JSON is exact without DNS, and the same each
/// time. Null where numbers are shown.
std::unique_ptr<report::Names> make_names(const RunOptions& options, const RunPlan& plan) {
  const bool ports = plan.line.source_ports || plan.line.destination_ports;
  const bool any = options.ui.resolve_names || (options.ui.service_names && ports);
  if (plan.source != RunPlan::Source::live) return {};
  const bool in_json = options.format == Format::json && options.name_options.in_json;
  if (!in_json && (options.format != Format::iftop || !any)) return {};
  Result<std::unique_ptr<report::Names>> names = report::Names::start(names_options(options));
  if (names) return std::move(*names);
  log(LogLevel::warning, to_string(names.error()) + "; addresses are shown as numbers");
  return {};
}

Result<std::unique_ptr<Sink>> make_sink(const RunOptions& options, const RunPlan& plan,
                                        const Engine& engine, report::Output& output,
                                        report::Names* names,
                                        const report::ProcessSource* processes) {
  if (options.format == Format::json) {
    return std::make_unique<report::JsonLines>(output, report::JsonLines::Ends{processes, names});
  }
  if (options.format == Format::csv) return std::make_unique<report::CsvLines>(output);
  if (options.format == Format::iftop) {
    report::IftopText::Options layout{.line = plan.line,
                                      .in_bytes = options.in_bytes,
                                      .line_limit = plan.line_limit,
                                      .order = report_order(options),
                                      .hide_idle_ns = plan.hide_idle_ns,
                                      .names = names};
    if (names != nullptr) layout.await_names = [names] { names->wait_answers(kNamesWaitMs); };
    auto sink = std::make_unique<report::IftopText>(output, std::move(layout));
    const Result<void> started = print_iftop_start(*sink, plan, engine.captures());
    if (!started) return fail(started.error());
    return sink;
  }
  return make_summary(output, options, plan);
}

/// Whose a flow is, where this host may have it: in JSON of a live capture. Null elsewhere.
std::unique_ptr<report::ProcessSource> make_processes(const RunOptions& options,
                                                      const RunPlan& plan) {
  const bool live = plan.source == RunPlan::Source::live;
  if (options.format != Format::json || !live || !options.json_processes) return {};
  auto processes = processes::make_process_source();
  processes->set_active(true);
  return processes;
}

LogLevel level_of(Event::Kind kind) {
  return kind == Event::Kind::note ? LogLevel::info : LogLevel::warning;
}

/// iftop's layout has no place for what was left out: an empty one looks like an idle link. The
/// other formats account for every packet themselves.
class UnreadWarning final : public Sink {
 public:
  Result<void> report(const Snapshot& snapshot) override {
    const PacketCounts& packets = snapshot.accounting.packets;
    if (!snapshot.final || packets.received == 0 || packets.of(Verdict::parsed) > 0) return {};
    std::string names;
    for (const CaptureSummary& capture : snapshot.captures) {
      names += (names.empty() ? "" : ", ") + report::printable(capture.name) + " (link type " +
               report::link_type_name(capture.link_type) + ")";
    }
    log(LogLevel::warning, names + ": none of " + report::count_text(packets.received) +
                               " packets could be read as IP; weir dissect says why");
    return {};
  }
  Result<void> event(const Event& /*event*/) override { return {}; }
};

int exit_code_of(const RunResult& result, const report::Output& output) {
  if (output.error()) {
    // A reader that has seen enough (`weir | head`) is no failure.
    if (output.error()->sys_errno == EPIPE) return kExitDone;
    if (output.error()->sys_errno == EIO && StopSignals::hung_up()) return kExitDone;
    // The engine has told it as a note when it happened.
    if (!tells(LogLevel::info)) tell_failure(*output.error());
    return kExitFailed;
  }
  if (result.error) return tell_failure(*result.error);
  return result.damaged ? kExitDamaged : kExitDone;
}

}  // namespace

std::unique_ptr<report::TextSummary> make_summary(report::Output& output, const RunOptions& options,
                                                  const RunPlan& plan) {
  return std::make_unique<report::TextSummary>(
      output, report::TextSummary::Options{{options.in_bytes, report_order(options)},
                                           report::style_for(STDOUT_FILENO),
                                           report::utf8_locale(),
                                           zone_of(options),
                                           plan.engine.query.groups.size()});
}

int run_capture(const ConfiguredRun& run) {
  const RunOptions& options = run.options;
  const Surroundings surroundings{usable_cpus(), ::isatty(STDOUT_FILENO) == 1,
                                  host::memory_room(host::Kernel()), input_bytes(options.files)};
  const Result<RunPlan> plan = make_plan(options, surroundings);
  if (!plan) return tell_wrong_usage(with_origin(plan.error(), run.origins));
  if (const Result<void> checked = check_alert_windows(options); !checked) {
    return tell_wrong_usage(checked.error());
  }
  if (uses_screen(options)) return run_on_screen(run);
  if (wants_screen(options)) {
    log(LogLevel::info, "the terminal (TERM) cannot place its cursor: this is text, no screen");
  }
  for (const std::string& note : plan->notes) log(LogLevel::info, note);
  Result<Captures> captures = make_captures(options, *plan);
  if (!captures) return tell_failure(captures.error());

  const SystemClock clock;
  EngineConfig engine_config = plan->engine;
  AlertWatch watch(options, *plan, engine_config);
  Engine engine(engine_config, std::move(*captures), plan->capture, clock);
  engine.set_query(tick_query(*plan, engine_config));
  const StopSignals signals([](void* context) { static_cast<Engine*>(context)->stop(); }, &engine);
  if (const Result<void> started = engine.start(); !started) {
    return tell_failure(started.error());
  }

  // iftop's own lines have their place on the same stream.
  if (plan->source == RunPlan::Source::live && options.format != Format::iftop) {
    log(LogLevel::info, start_line(engine, options.idle));
  }
  report::Output output(STDOUT_FILENO, "standard output");
  const std::unique_ptr<report::Names> names = make_names(options, *plan);
  const std::unique_ptr<report::ProcessSource> processes = make_processes(options, *plan);
  const Result<std::unique_ptr<Sink>> sink =
      make_sink(options, *plan, engine, output, names.get(), processes.get());
  if (!sink) return sink.error().sys_errno == EPIPE ? kExitDone : tell_failure(sink.error());
  report::EventLog events(
      [](Event::Kind kind, const std::string& line) { log(level_of(kind), line); });
  report::Output terminal(STDERR_FILENO, "standard error");
  report::ProgressLine progress(terminal);
  std::vector<Sink*> sinks;
  if (plan->source == RunPlan::Source::files && ::isatty(STDERR_FILENO) == 1) {
    sinks.push_back(&progress);
  }
  sinks.push_back(&events);
  sinks.push_back(sink->get());
  UnreadWarning unread;
  if (options.format == Format::iftop && plan->source == RunPlan::Source::files) {
    sinks.push_back(&unread);
  }
  const RunResult result = engine.run(watch.sinks(sinks, sink->get(), engine));
  return watch.exit_code(exit_code_of(result, output));
}

}  // namespace weir::cli
