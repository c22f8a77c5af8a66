#include "report/tui/app.h"

#include <chrono>
#include <exception>
#include <utility>

#include "engine/core/clock.h"

namespace weir::tui {
namespace {

// What changes by itself (a message that goes, a wait that is counted) is seen this soon.
constexpr int kIdleMs = 250;
// Inputs taken before the screen is drawn again: a wheel that is turned fast draws once.
constexpr int kInputsADraw = 64;
// How long the end waits for the terminal, and then until it makes the terminal let go once more.
constexpr std::chrono::milliseconds kPatience{500};
constexpr std::chrono::milliseconds kImpatience{20};

uint64_t now_ms() {
  static const SystemClock clock;
  return clock.monotonic_ns() / kNsPerMs;
}

}  // namespace

App::App(std::unique_ptr<Terminal> terminal, UiOptions options, report::NameSource& names,
         report::ProcessSource* processes, ProgramHooks program)
    : terminal_(std::move(terminal)),
      program_(std::move(program)),
      processes_(processes),
      ui_(std::move(options), names, processes),
      thread_([this] { run(); }) {}

App::~App() {
  close();
}

void App::close() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    inbox_.closing = true;
  }
  waker_.wake();
  std::unique_lock lock(mutex_);
  for (auto wait = kPatience; !over_changed_.wait_for(lock, wait, [this] { return over_; });
       wait = kImpatience) {
    lock.unlock();
    terminal_->let_go();
    lock.lock();
  }
  lock.unlock();
  thread_.join();
}

void App::attach(EngineHooks engine) {
  bool asked_before = false;
  {
    const std::lock_guard lock(mutex_);
    engine_ = std::move(engine);
    inbox_.asked_again = true;
    // While there was none to be stopped.
    asked_before = quit_ || change_;
  }
  waker_.wake();
  if (lost_ || asked_before) stop_engine();
}

void App::detach() {
  const std::lock_guard lock(mutex_);
  engine_ = {};
}

std::optional<CaptureChange> App::take_change() {
  const std::lock_guard lock(mutex_);
  std::optional<CaptureChange> change = std::exchange(change_, std::nullopt);
  return quit_ ? std::nullopt : std::move(change);
}

void App::begin_anew(uint64_t missed) {
  {
    const std::lock_guard lock(mutex_);
    inbox_.missed_before = inbox_.missed_before.value_or(0) + missed;
    inbox_.snapshot = nullptr;  // of the engine before
  }
  waker_.wake();
}

void App::tell(std::string text) {
  {
    const std::lock_guard lock(mutex_);
    if (inbox_.texts.size() == kMostWaiting) inbox_.texts.erase(inbox_.texts.begin());
    inbox_.texts.push_back(std::move(text));
  }
  waker_.wake();
}

Result<void> App::report(const Snapshot& snapshot) {
  auto copy = std::make_shared<const Snapshot>(snapshot);
  {
    const std::lock_guard lock(mutex_);
    inbox_.snapshot = std::move(copy);
  }
  waker_.wake();
  return {};
}

Result<void> App::event(const Event& event) {
  {
    const std::lock_guard lock(mutex_);
    if (inbox_.events.size() == kMostWaiting) inbox_.events.erase(inbox_.events.begin());
    inbox_.events.push_back(event);
  }
  waker_.wake();
  return {};
}

/// The thread's main function. Whatever fails, the terminal is given back and the engine ends.
void App::run() {
  try {
    loop();
  } catch (const std::exception& error) {
    end_for(error.what());
  }
  terminal_->close();
  const std::lock_guard lock(mutex_);
  over_ = true;
  over_changed_.notify_all();
}

void App::end_for(const char* what) {
  {
    const std::lock_guard lock(mutex_);
    failure_ = Status{Code::io, Recovery::give_up, 0, "screen", what};
  }
  quit();
}

void App::quit() {
  {
    const std::lock_guard lock(mutex_);
    quit_ = true;
  }
  stop_engine();
}

std::optional<Status> App::failure() {
  const std::lock_guard lock(mutex_);
  return failure_;
}

void App::loop() {
  draw();
  while (!ending_) {
    waker_.prepare_to_sleep();
    bool waiting = false;
    {
      const std::lock_guard lock(mutex_);
      waiting = inbox_.snapshot || !inbox_.events.empty() || !inbox_.texts.empty() ||
                inbox_.closing || inbox_.asked_again || inbox_.missed_before;
    }
    Input input = terminal_->wait(waiting ? 0 : kIdleMs, waker_.fd());
    waker_.awake();
    bool moved_only = input.kind == Input::Kind::mouse && input.mouse == Mouse::moved;
    for (int taken = 0; taken < kInputsADraw && input.kind != Input::Kind::nothing; ++taken) {
      if (input.kind == Input::Kind::lost) {
        lost_ = true;
        stop_engine();
        return;
      }
      UiRequests requests = ui_.handle(input, now_ms());
      moved_only = moved_only && input.kind == Input::Kind::mouse && input.mouse == Mouse::moved &&
                   !requests.redraw;
      apply(std::move(requests));
      if (ending_) return;
      input = terminal_->wait(0, -1);
    }
    // A mouse on its way changes nothing, and tells of every cell.
    if (moved_only && !waiting && now_ms() - drawn_ms_ < kIdleMs) continue;
    take_inbox();
    draw();
  }
}

void App::take_inbox() {
  Inbox inbox;
  {
    const std::lock_guard lock(mutex_);
    std::swap(inbox, inbox_);
  }
  if (inbox.missed_before) ui_.begin_anew(*inbox.missed_before);
  for (const Event& event : inbox.events) apply(ui_.take(event, now_ms()));
  for (std::string& text : inbox.texts) ui_.tell(std::move(text), now_ms());
  if (inbox.asked_again) ask();
  if (inbox.snapshot) ui_.set_alerts(alert_marks());
  if (inbox.snapshot) apply(ui_.take(std::move(inbox.snapshot), now_ms()));
  ending_ |= inbox.closing;
}

std::shared_ptr<const report::AlertMarks> App::alert_marks() {
  const std::lock_guard lock(mutex_);
  return engine_.alerts ? engine_.alerts() : nullptr;
}

void App::ask() {
  FlowQuery query = ui_.query();
  query.interval_ns = ui_.options().refresh_ms * kNsPerMs;
  const std::lock_guard lock(mutex_);
  if (engine_.ask) engine_.ask(std::move(query));
}

void App::stop_engine() {
  const std::lock_guard lock(mutex_);
  if (engine_.stop) engine_.stop();
}

void App::change_capture(CaptureChange change) {
  if (const Result<void> checked = program_.check(change); !checked) {
    const std::string& why = checked.error().message;
    if (change.filter) {
      ui_.refuse_capture_filter(*change.filter, why);
    } else {
      ui_.tell(why, now_ms(), Role::warning);
    }
    return;
  }
  if (change.filter) ui_.set_capture_filter(*change.filter);
  {
    const std::lock_guard lock(mutex_);
    change_ = std::move(change);
  }
  stop_engine();
}

/// The theme that was shown comes back where it cannot be saved.
void App::save_theme(const ThemeChange& change) {
  Result<SavedTheme> saved = program_.save_theme(ui_.options(), change);
  if (!saved) {
    ui_.tell(saved.error().where + ": " + saved.error().message, now_ms(), Role::warning);
    if (const Theme* theme = program_.theme(change.base)) terminal_->set_theme(*theme);
    return;
  }
  ui_.theme_saved(saved->name);
  ui_.tell("theme " + saved->name + " saved to " + saved->path, now_ms());
}

void App::apply(UiRequests requests) {
  if (requests.theme) {
    if (const Theme* theme = program_.theme(*requests.theme)) terminal_->set_theme(*theme);
  }
  if (requests.edit_theme) {
    if (const Theme* theme = program_.theme(ui_.options().theme)) ui_.edit_theme(*theme);
  }
  if (requests.shown_theme) terminal_->set_theme(*requests.shown_theme);
  if (requests.saved_theme) save_theme(*requests.saved_theme);
  if (requests.mouse_motion) terminal_->set_motion(*requests.mouse_motion);
  if (requests.bell) terminal_->bell();
  if (requests.copy) terminal_->copy(*requests.copy);
  if (requests.watch_processes && processes_ != nullptr) {
    processes_->set_active(*requests.watch_processes);
  }
  if (requests.resolve_names) {
    const Result<void> done = program_.resolve_names(*requests.resolve_names);
    if (!done) ui_.tell(done.error().message, now_ms(), Role::warning);
  }
  if (requests.clear) terminal_->redraw();
  if (requests.list_interfaces) ui_.set_interfaces(program_.interfaces());
  const auto tell_where = [&](const Result<std::string>& saved) {
    ui_.tell(saved ? "saved to " + *saved : saved.error().where + ": " + saved.error().message,
             now_ms());
  };
  if (requests.save_configuration) tell_where(program_.save(ui_.options()));
  if (requests.export_text) tell_where(program_.save_text(*requests.export_text));
  if (requests.shell_command) terminal_->run_shell(*requests.shell_command);
  if (requests.capture_filter || requests.interface) {
    change_capture({std::move(requests.capture_filter), std::move(requests.interface)});
  }
  if (requests.query_changed || requests.refresh_ms) ask();
  if (requests.quit) quit();
}

void App::draw() {
  drawn_ms_ = now_ms();
  Grid grid(terminal_->columns(), terminal_->rows());
  ui_.draw(grid, terminal_->glyphs(), now_ms());
  if (const auto cursor = ui_.cursor()) {
    terminal_->show(grid, cursor->first, cursor->second);
  } else {
    terminal_->show(grid);
  }
}

}  // namespace weir::tui
