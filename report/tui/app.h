#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/pipeline/sink.h"
#include "engine/pipeline/waker.h"
#include "report/alerts.h"
#include "report/name_source.h"
#include "report/process_source.h"
#include "report/tui/terminal.h"
#include "report/tui/ui.h"

namespace weir::tui {

/// What the user wants captured from now on.
struct CaptureChange {
  std::optional<std::string> filter;     ///< pcap expression; empty: everything
  std::optional<std::string> interface;  ///< instead of those there are
};

/// The terminal UI as a sink. A thread of its own owns the terminal and the Ui: the reporter only
/// hands it a copy of each snapshot, so neither drawing nor a terminal that does not read can hold
/// up the capture. It outlives engines: another filter or interface is another engine with the same
/// screen.
class App final : public Sink {
 public:
  /// What the UI reaches of the engine that runs now.
  struct EngineHooks {
    std::function<void(FlowQuery)> ask;
    std::function<void()> stop;
    /// What alerts say of now; never null.
    std::function<std::shared_ptr<const report::AlertMarks>()> alerts;
  };
  /// What it reaches of the rest of the program; called by the UI thread.
  struct ProgramHooks {
    std::function<Result<void>(const CaptureChange&)> check;  ///< before an engine is ended for it
    std::function<Result<void>(bool)> resolve_names;
    std::function<std::vector<std::string>()> interfaces;
    std::function<Result<std::string>(const UiOptions&)> save;  ///< returns where to
    std::function<Result<SavedTheme>(const UiOptions&, const ThemeChange&)> save_theme;
    std::function<Result<std::string>(const std::string&)> save_text;  ///< returns where to
    std::function<const Theme*(const std::string&)> theme;
  };

  App(std::unique_ptr<Terminal> terminal, UiOptions options, report::NameSource& names,
      report::ProcessSource* processes, ProgramHooks program);
  ~App() override;

  /// Before an engine runs, and after: then the UI asks nobody.
  void attach(EngineHooks engine);
  void detach();

  /// What the user asked for when the engine was stopped; nothing: to end, which is final. Any
  /// thread.
  std::optional<CaptureChange> take_change();

  /// The next engine counts from nothing: the one before had missed so many packets. Any thread.
  void begin_anew(uint64_t missed);

  /// Shows a line, such as why a change could not be made. Any thread.
  void tell(std::string text);

  /// Ends the thread and gives the terminal back, though the terminal takes nothing or a shell
  /// command has it. Afterwards snapshots go nowhere.
  void close();

  /// The terminal went away while the UI ran.
  bool lost() const noexcept { return lost_.load(); }
  /// Why the UI ended, unless it was asked to. Any thread.
  std::optional<Status> failure();

  Result<void> report(const Snapshot& snapshot) override;
  Result<void> event(const Event& event) override;

 private:
  /// What other threads left for the UI thread.
  struct Inbox {
    std::shared_ptr<const Snapshot> snapshot;  ///< the newest one
    std::vector<Event> events;
    std::vector<std::string> texts;
    std::optional<uint64_t>
        missed_before;         ///< another engine counts anew: what those before missed
    bool asked_again = false;  ///< another engine was attached: it knows no query yet
    bool closing = false;
  };

  void run();
  void loop();
  void take_inbox();
  void apply(UiRequests requests);
  void save_theme(const ThemeChange& change);
  void change_capture(CaptureChange change);
  void stop_engine();
  void end_for(const char* what);
  void quit();
  void ask();
  std::shared_ptr<const report::AlertMarks> alert_marks();
  void draw();

  static constexpr size_t kMostWaiting = 256;  ///< events and texts; older ones go

  const std::unique_ptr<Terminal> terminal_;
  const ProgramHooks program_;
  report::ProcessSource* const processes_;
  Ui ui_;
  Waker waker_;  ///< the UI thread's

  std::mutex mutex_;  ///< guards what follows
  Inbox inbox_;
  EngineHooks engine_;
  std::optional<CaptureChange> change_;
  std::optional<Status> failure_;
  bool quit_ = false;  ///< no engine runs from now on
  bool over_ = false;  ///< the thread has given the terminal back
  std::condition_variable over_changed_;

  std::atomic<bool> lost_{false};
  bool ending_ = false;    ///< the UI thread's
  uint64_t drawn_ms_ = 0;  ///< the UI thread's
  std::thread thread_;
};

}  // namespace weir::tui
