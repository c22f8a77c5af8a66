#include "report/tui/app.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>

#include "tests/unit/tui/ui_fixture.h"

namespace weir::tui::test {
namespace {

/// What a test and the terminal that the App owns share.
struct Desktop {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Input> typed;
  bool taken = true;    ///< all that was typed was seen
  bool stuck = false;   ///< show() does not return until let_go()
  bool broken = false;  ///< show() throws
  bool in_show = false;
  bool let_go = false;
  bool closed = false;

  void type(const Input& input) {
    std::unique_lock lock(mutex);
    typed.push_back(input);
    taken = false;
    changed.wait(lock, [this] { return taken; });
  }
};

class FakeTerminal final : public Terminal {
 public:
  explicit FakeTerminal(Desktop& desktop) : desktop_(desktop) {}
  int columns() const override { return 80; }
  int rows() const override { return 24; }
  Glyphs glyphs() const override { return Glyphs::ascii; }
  void set_motion(bool /*on*/) override {}
  void set_theme(const Theme& /*theme*/) override {}
  void show(const Grid& /*grid*/) override {
    std::unique_lock lock(desktop_.mutex);
    if (desktop_.broken) throw std::runtime_error("no memory for it");
    if (!desktop_.stuck) return;
    desktop_.in_show = true;
    desktop_.changed.notify_all();
    desktop_.changed.wait(lock, [this] { return desktop_.let_go; });
  }
  void show(const Grid& grid, int /*row*/, int /*column*/) override { show(grid); }
  Input wait(int timeout_ms, int /*wake_fd*/) override {
    std::unique_lock lock(desktop_.mutex);
    if (timeout_ms != 0 && desktop_.typed.empty()) {
      desktop_.taken = true;
      desktop_.changed.notify_all();
      desktop_.changed.wait_for(lock, std::chrono::milliseconds(5));
    }
    if (desktop_.typed.empty()) return {};
    const Input input = desktop_.typed.front();
    desktop_.typed.pop_front();
    return input;
  }
  void redraw() override {}
  void bell() override {}
  void copy(const std::string& /*text*/) override {}
  void run_shell(const std::string& /*command*/) override {}
  void close() override { desktop_.closed = true; }
  void let_go() override {
    const std::lock_guard lock(desktop_.mutex);
    desktop_.let_go = true;
    desktop_.changed.notify_all();
  }

 private:
  Desktop& desktop_;
};

class AppTest : public testing::Test {
 protected:
  std::unique_ptr<App> start() {
    App::ProgramHooks hooks;
    hooks.check = [](const CaptureChange&) { return Result<void>{}; };
    return std::make_unique<App>(std::make_unique<FakeTerminal>(desktop), UiOptions{}, names,
                                 nullptr, std::move(hooks));
  }
  App::EngineHooks engine() {
    return {[](FlowQuery) {}, [this] { ++stops; },
            [] { return std::shared_ptr<const report::AlertMarks>(); }};
  }
  /// "f", a capture filter, Enter.
  void change_filter() {
    desktop.type(key(U'f'));
    for (const char32_t letter : U"udp") {
      if (letter != 0) desktop.type(key(letter));
    }
    desktop.type(key(Key::enter));
  }

  Desktop desktop;
  report::NumbersOnly names;
  std::atomic<int> stops{0};
};

TEST_F(AppTest, AQuitBetweenTwoEnginesStopsTheNext) {
  const auto app = start();
  app->attach(engine());
  app->detach();
  desktop.type(key(U'q'));
  EXPECT_EQ(stops, 0);
  app->attach(engine());
  EXPECT_EQ(stops, 1);
  EXPECT_FALSE(app->take_change());
}

TEST_F(AppTest, AQuitAfterAChangeOfTheCaptureIsAQuit) {
  const auto app = start();
  app->attach(engine());
  change_filter();
  EXPECT_EQ(stops, 1);
  desktop.type(key(U'q'));
  EXPECT_FALSE(app->take_change());
}

TEST_F(AppTest, AChangeBetweenTwoEnginesIsMadeAfterTheNext) {
  const auto app = start();
  app->attach(engine());
  app->detach();
  change_filter();
  app->attach(engine());
  EXPECT_EQ(stops, 1);
  const auto change = app->take_change();
  ASSERT_TRUE(change);
  EXPECT_EQ(change->filter, "udp");
}

TEST_F(AppTest, WhatFailsInTheUiEndsTheRunAndIsTold) {
  const auto app = start();
  app->attach(engine());
  EXPECT_FALSE(app->failure());
  {
    const std::lock_guard lock(desktop.mutex);
    desktop.broken = true;
  }
  app->tell("draw");
  app->close();
  EXPECT_EQ(stops, 1);
  ASSERT_TRUE(app->failure());
  EXPECT_EQ(app->failure()->message, "no memory for it");
  EXPECT_TRUE(desktop.closed);
}

TEST_F(AppTest, ATerminalThatTakesNothingHoldsUpNeitherSnapshotsNorTheEnd) {
  desktop.stuck = true;
  const auto app = start();
  {
    std::unique_lock lock(desktop.mutex);
    desktop.changed.wait(lock, [this] { return desktop.in_show; });
  }
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(app->report(Snapshot{}));
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(app->event(Event{}));
  app->close();
  EXPECT_TRUE(desktop.closed);
}

}  // namespace
}  // namespace weir::tui::test
