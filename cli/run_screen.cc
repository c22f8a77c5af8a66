#include "cli/run_screen.h"

#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include <atomic>
#include <cassert>
#include <memory>
#include <optional>
#include <utility>

#include "backends/registry.h"
#include "cli/alert_watch.h"
#include "cli/captures.h"
#include "cli/config.h"
#include "cli/config_save.h"
#include "cli/failure.h"
#include "cli/log.h"
#include "cli/plan.h"
#include "cli/screen_files.h"
#include "cli/stop_signals.h"
#include "cli/themes.h"
#include "engine/core/clock.h"
#include "engine/core/cpu.h"
#include "engine/pipeline/engine.h"
#include "report/format.h"
#include "report/names/names.h"
#include "report/processes/poller.h"
#include "report/tui/app.h"
#include "report/tui/held_errors.h"
#include "report/tui/status_line.h"
#include "report/tui/terminfo.h"
#include "report/tui/tty_guard.h"

namespace weir::cli {
namespace {

/// Keeps what the final summary needs.
class LastSnapshot final : public Sink {
 public:
  explicit LastSnapshot(report::TextSummary& summary) : summary_(summary) {}
  Result<void> report(const Snapshot& snapshot) override {
    if (snapshot.final) last_ = snapshot;
    return {};
  }
  Result<void> event(const Event& event) override { return summary_.event(event); }
  Result<void> print() { return last_ ? summary_.report(*last_) : Result<void>{}; }
  const std::optional<Snapshot>& last() const { return last_; }

 private:
  report::TextSummary& summary_;
  std::optional<Snapshot> last_;
};

/// What a signal has to reach: whichever engine runs.
class Running {
 public:
  void set(Engine& engine) {
    engine_.store(&engine);
    if (stopped_.load()) engine.stop();
  }
  /// The engine may be deleted afterwards: no handler, on whatever thread, still holds it.
  void clear() {
    engine_.store(nullptr);
    while (handlers_.load() != 0) ::sched_yield();
  }
  bool stopped() const { return stopped_.load(); }

  /// Async-signal-safe.
  static void stop(void* context) {
    auto& running = *static_cast<Running*>(context);
    running.stopped_.store(true);
    running.handlers_.fetch_add(1);
    if (Engine* engine = running.engine_.load()) engine->stop();
    running.handlers_.fetch_sub(1);
  }

 private:
  std::atomic<Engine*> engine_{nullptr};
  std::atomic<int> handlers_{0};
  std::atomic<bool> stopped_{false};
};

/// One run of an engine, and what it takes to make it.
struct Attempt {
  RunPlan plan;
  std::unique_ptr<AlertWatch> watch;
  std::unique_ptr<Engine> engine;
  std::vector<CaptureInfo> captures;
};

Result<Attempt> begin(const RunOptions& options, const Clock& clock) {
  const Surroundings surroundings{usable_cpus(), true, host::memory_room(host::Kernel()), 0};
  Result<RunPlan> plan = make_plan(options, surroundings);
  if (!plan) return fail(plan.error());
  plan->engine.interval_ns = uint64_t{ui_options(options).refresh_ms} * kNsPerMs;
  Result<Captures> captures = make_captures(options, *plan);
  if (!captures) return fail(captures.error());
  Attempt attempt;
  attempt.watch = std::make_unique<AlertWatch>(options, *plan, plan->engine);
  attempt.engine =
      std::make_unique<Engine>(plan->engine, std::move(*captures), plan->capture, clock);
  if (const Result<void> started = attempt.engine->start(); !started) {
    return fail(started.error());
  }
  attempt.captures = attempt.engine->captures();
  attempt.plan = std::move(*plan);
  return attempt;
}

std::vector<std::string> interface_names() {
  std::vector<std::string> names;
  const Result<std::vector<backends::Device>> devices = backends::list_devices();
  if (!devices) return names;
  for (const backends::Device& device : *devices) {
    if (!device.backends.empty()) names.push_back(device.name);
  }
  return names;
}

/// Options with what the user asked for on the screen.
RunOptions changed(RunOptions options, const tui::CaptureChange& change) {
  if (change.filter) options.filter = *change.filter;
  if (change.interface) options.interfaces = {*change.interface};
  return options;
}

/// What is counted no more because the capture is another one: for the summary's events.
Event counts_before(const Snapshot& last, const tui::CaptureChange& change) {
  const Accounting& counts = last.accounting;
  Event event;
  event.kind = Event::Kind::note;
  event.capture = "weir";
  event.time_ns = last.time_ns;
  event.reason = change.filter ? "capture filter: " +
                                     (change.filter->empty() ? std::string("none") : *change.filter)
                               : "interface: " + *change.interface;
  event.reason += "; what is counted begins here. Until then " +
                  report::count_text(counts.packets.received) + " packets, " +
                  report::bytes_text(last.both.ip_bytes) + " of IP, " + tui::missed_text(counts);
  return event;
}

/// The screen of a run, and everything that it needs.
class Screen {
 public:
  Screen(const ConfiguredRun& run, const Clock& clock) : run_(run), clock_(clock) {}

  int run();

 private:
  Result<void> prepare();
  Result<void> open(const Attempt& attempt);
  Result<void> check(const tui::CaptureChange& change) const;
  bool go_on(std::optional<Attempt>& attempt, LastSnapshot& last, std::optional<Status>& error);
  int finish(LastSnapshot& last, std::optional<Status> error);

  ConfiguredRun run_;
  const Clock& clock_;
  Running running_;
  std::atomic<LinkType> link_type_{LinkType::en10mb};
  std::unique_ptr<report::Names> names_;
  std::unique_ptr<report::ProcessSource> processes_;
  std::unique_ptr<tui::HeldErrors> errors_;
  std::unique_ptr<tui::App> app_;
};

Result<void> Screen::prepare() {
  report::NamesOptions options = names_options(run_.options);
  options.services = true;  // whether they are shown is the screen's to say: N may ask for them
  Result<std::unique_ptr<report::Names>> names = report::Names::start(options);
  if (!names) return fail(names.error());
  names_ = std::move(*names);
  processes_ = processes::make_process_source();
  return {};
}

Result<void> Screen::open(const Attempt& attempt) {
  tui::UiOptions ui = ui_options(run_.options);
  ui.workers_spin = run_.options.idle != IdlePolicy::park;
  ui.interface = names_of(attempt.captures);
  for (const tui::Theme& theme : run_.themes) ui.themes.push_back(theme.name);
  const tui::Theme* theme = theme_of(run_.themes, ui.theme);
  assert(theme != nullptr);  // all_themes() has refused others
  ui.remote = ::getenv("SSH_CONNECTION") != nullptr;
  const char* no_color = ::getenv("NO_COLOR");
  const bool colours = no_color == nullptr || *no_color == '\0';
  Result<std::unique_ptr<tui::Terminal>> terminal = tui::Terminal::open(
      {run_.options.ascii, colours, run_.options.mouse, ui.hover.value_or(!ui.remote)}, *theme);
  if (!terminal) return fail(terminal.error());
  const std::string note = (*terminal)->note();
  errors_ = std::make_unique<tui::HeldErrors>();
  tui::App::ProgramHooks hooks;
  hooks.check = [this](const tui::CaptureChange& change) { return check(change); };
  hooks.resolve_names = [this](bool on) { return names_->show_hosts(on); };
  hooks.interfaces = interface_names;
  hooks.save = [this](const tui::UiOptions& changes) {
    return save_config(run_.config, run_.options, changes, ::getenv);
  };
  hooks.save_theme = [this](const tui::UiOptions& changes, const tui::ThemeChange& change) {
    return save_theme(run_.config, run_.options, run_.themes, changes, change, ::getenv);
  };
  hooks.save_text = save_export;
  hooks.theme = [this](const std::string& name) { return theme_of(run_.themes, name); };
  app_ = std::make_unique<tui::App>(std::move(*terminal), std::move(ui), *names_, processes_.get(),
                                    std::move(hooks));
  if (!note.empty()) app_->tell(note);
  return {};
}

/// Before the running engine is ended for it.
Result<void> Screen::check(const tui::CaptureChange& change) const {
  if (change.filter && !change.filter->empty()) {
    return backends::check_filter(*change.filter, link_type_.load());
  }
  if (change.interface && run_.options.backend == "synthetic") {
    return fail({Code::usage, Recovery::give_up, 0, "-i", "this is the synthetic link"});
  }
  return {};
}

/// The next engine, where the user asked for another capture. One that cannot be opened is told,
/// and the one before is opened again; where that fails as well it ends the run.
bool Screen::go_on(std::optional<Attempt>& attempt, LastSnapshot& last,
                   std::optional<Status>& error) {
  const std::optional<tui::CaptureChange> change = app_->take_change();
  if (!change || running_.stopped() || app_->lost()) return false;
  attempt.reset();
  if (last.last()) {
    const Event before = counts_before(*last.last(), *change);
    static_cast<void>(last.event(before));  // it is kept, and printed at the end
    app_->begin_anew(last.last()->accounting.missed());
    app_->tell(before.reason);
  }
  const RunOptions wanted = changed(run_.options, *change);
  Result<Attempt> next = begin(wanted, clock_);
  if (next) {
    run_.options = wanted;
  } else {
    app_->tell(next.error().where + ": " + next.error().message);
    next = begin(run_.options, clock_);
    if (!next) {
      error = next.error();
      return false;
    }
  }
  attempt = std::move(*next);
  return true;
}

int Screen::finish(LastSnapshot& last, std::optional<Status> error) {
  const bool lost = app_->lost();
  app_->close();
  if (!error) error = app_->failure();
  app_.reset();
  errors_.reset();
  if (error) return tell_failure(*error);
  if (lost) return kExitDone;
  const Result<void> printed = last.print();
  // The terminal of a program that was hung up is mostly gone.
  if (!printed && StopSignals::hung_up()) return kExitDone;
  return printed || printed.error().sys_errno == EPIPE ? kExitDone : tell_failure(printed.error());
}

int Screen::run() {
  const StopSignals signals(Running::stop, &running_, tui::TtyGuard::restore_now);
  Result<Attempt> first = begin(run_.options, clock_);
  if (!first) return tell_failure(with_origin(first.error(), run_.origins));
  if (const Result<void> ready = prepare(); !ready) return tell_failure(ready.error());
  report::Output output(STDOUT_FILENO, "standard output");
  const auto summary = make_summary(output, run_.options, first->plan);
  LastSnapshot last(*summary);
  if (const Result<void> opened = open(*first); !opened) return tell_failure(opened.error());
  for (const std::string& note : first->plan.notes) app_->tell(note);
  std::optional<Attempt> attempt = std::move(*first);
  std::optional<Status> error;
  do {
    Engine* engine = attempt->engine.get();
    link_type_.store(attempt->captures.front().link_type);
    running_.set(*engine);
    AlertWatch* watch = attempt->watch.get();
    app_->attach({[engine, watch](FlowQuery query) {
                    watch->alerts().add_to(query);
                    engine->set_query(std::move(query));
                  },
                  [engine] { engine->stop(); }, [watch] { return watch->alerts().marks(); }});
    const RunResult result = engine->run(watch->sinks({app_.get(), &last}, app_.get(), *engine));
    app_->detach();
    running_.clear();
    error = result.error;
  } while (!error && go_on(attempt, last, error));
  const int code = finish(last, error);
  return attempt ? attempt->watch->exit_code(code) : code;
}

}  // namespace

bool wants_screen(const RunOptions& options) {
  return options.screen && options.format == Format::summary && options.files.empty() &&
         ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
}

bool uses_screen(const RunOptions& options) {
  if (!wants_screen(options)) return false;
  const char* term = ::getenv("TERM");
  return term == nullptr || !tui::is_dumb_terminal(term, STDOUT_FILENO);
}

int run_on_screen(const ConfiguredRun& run) {
  const SystemClock clock;
  Screen screen(run, clock);
  return screen.run();
}

}  // namespace weir::cli
