#include "report/tui/hover.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tests/unit/tui/ui_fixture.h"

namespace weir::tui {
namespace {

using test::Desk;
using test::mouse;

constexpr uint64_t kHoverMs = 500;

/// A boxed text: what is asked for is only there while something is explained.
bool explains(Desk& desk, const std::string& text) {
  return desk.shows(text);
}

TEST(Hover, ComesAfterHalfASecondAndGoesWithTheMouse) {
  Desk desk;
  const int at = desk.column_of("missed 0");
  UiRequests moved = desk.press(mouse(Mouse::moved, 0, at));
  EXPECT_FALSE(moved.redraw) << "a mouse on its way draws nothing";
  desk.now_ms += kHoverMs - 1;
  EXPECT_FALSE(explains(desk, "network card"));
  desk.now_ms += 1;
  EXPECT_TRUE(explains(desk, "nic: dropped by the network card."));
  // Within the same part it stays.
  EXPECT_FALSE(desk.press(mouse(Mouse::moved, 0, at + 1)).redraw);
  EXPECT_TRUE(explains(desk, "network card"));
  // Elsewhere it goes at once, and what is there takes its time again.
  moved = desk.press(mouse(Mouse::moved, 0, desk.column_of("flows 12")));
  EXPECT_TRUE(moved.redraw);
  EXPECT_FALSE(explains(desk, "network card"));
  EXPECT_FALSE(explains(desk, "Flows that are alive"));
  desk.now_ms += kHoverMs;
  EXPECT_TRUE(explains(desk, "Flows that are alive"));
}

TEST(Hover, EachMoveToAnotherCellBeginsAnew) {
  Desk desk;
  const int at = desk.column_of("missed 0");
  for (int step = 0; step < 5; ++step) {
    desk.press(mouse(Mouse::moved, 0, at + step));
    desk.now_ms += kHoverMs - 10;
    EXPECT_FALSE(explains(desk, "network card"));
  }
}

TEST(Hover, AKeyAClickAndAResizeHideIt) {
  for (int way = 0; way < 3; ++way) {
    Desk desk;
    desk.press(mouse(Mouse::moved, 0, desk.column_of("missed 0")));
    desk.now_ms += kHoverMs;
    EXPECT_TRUE(explains(desk, "network card"));
    Input resize;
    resize.kind = Input::Kind::resize;
    if (way == 0) desk.press(U'u');
    if (way == 1) desk.press(mouse(Mouse::press_left, 10, 5));
    if (way == 2) desk.press(resize);
    EXPECT_FALSE(explains(desk, "network card")) << way;
    desk.now_ms += 10 * kHoverMs;
    EXPECT_FALSE(explains(desk, "network card")) << way << ": it waits for the next move";
  }
}

TEST(Hover, ARightClickShowsAtOnceAndStillOpensRows) {
  UiOptions options;
  options.hover = false;
  Desk desk(options);
  desk.press(mouse(Mouse::press_right, 0, desk.column_of("missed 0")));
  EXPECT_TRUE(explains(desk, "network card"));
  desk.press(mouse(Mouse::press_right, desk.row_of("example.com"), 3));
  EXPECT_FALSE(explains(desk, "network card"));
  EXPECT_TRUE(desk.shows(" Flow "));
}

TEST(Hover, CanBeTurnedOff) {
  Desk desk;
  EXPECT_TRUE(desk.ui.wants_motion());
  UiRequests off = desk.press(U'M');
  ASSERT_TRUE(off.mouse_motion.has_value());
  EXPECT_FALSE(*off.mouse_motion);
  EXPECT_FALSE(desk.ui.options().hover.value_or(true));
  desk.press(mouse(Mouse::moved, 0, desk.column_of("missed 0")));
  desk.now_ms += 10 * kHoverMs;
  EXPECT_FALSE(explains(desk, "network card"));
  EXPECT_TRUE(desk.press(U'M').mouse_motion.value_or(false));
}

TEST(Hover, OverSshItHasToBeAskedFor) {
  UiOptions options;
  options.remote = true;
  EXPECT_FALSE(Desk(options).ui.wants_motion());
  options.hover = true;
  EXPECT_TRUE(Desk(options).ui.wants_motion());
}

TEST(Hover, ExplainsThePartsOfTheScreen) {
  Desk desk({}, 100, 30);
  const auto at = [&](const char* text, const char* explained) {
    desk.press(mouse(Mouse::moved, 29, 99));
    desk.now_ms += 1;
    const int row = desk.row_of(text);
    const int column = desk.column_of(text);
    desk.press(mouse(Mouse::moved, row, column));
    desk.now_ms += kHoverMs;
    EXPECT_TRUE(explains(desk, explained)) << text << "\n" << desk.text();
  };
  at("eth0", "The interface that is captured");
  at("af_packet", "capture backend");
  at("2 workers", "Threads that parse packets");
  at("Mbit/s", "mean of the last 2 seconds");
  at("pps", "Packets a second");
  at("Hosts", "All traffic of each address");
  at("10 s v", "mean rate of the last 10 seconds");
  at("TX:", "peak: the busiest second so far");
  at("200Mb", "What the bars are as long as");
  at("example.com", "in all, peak");
  desk.press(Key::f8);
  desk.tick();
  at("untracked", "near 0 %");
  desk.press(Key::f9);
  at("now", "");
}

TEST(Hover, ARowsNamesAreWhole) {
  Desk desk({}, 60, 30);
  const std::string whole = "ec2-198-51-100-20.eu-central-1.compute.a-very-";
  EXPECT_FALSE(desk.shows(whole));
  desk.press(mouse(Mouse::moved, desk.row_of("192.168.~:51400"), 3));
  desk.now_ms += kHoverMs;
  EXPECT_TRUE(desk.shows(whole)) << desk.text();
}

TEST(Hover, EveryPartHasAText) {
  for (int part = 0; part <= static_cast<int>(StatusPart::filter); ++part) {
    EXPECT_FALSE(about(static_cast<StatusPart>(part)).empty()) << part;
  }
  for (int what = 0; what <= static_cast<int>(Column::What::rate_40s); ++what) {
    EXPECT_FALSE(about(static_cast<Column::What>(what)).empty()) << what;
  }
  for (int view = 0; view < static_cast<int>(View::count_); ++view) {
    EXPECT_FALSE(about(static_cast<View>(view)).empty()) << view;
  }
  for (int part = 0; part <= static_cast<int>(ScreenPart::path); ++part) {
    EXPECT_FALSE(about(static_cast<ScreenPart>(part)).empty()) << part;
  }
}

TEST(Hover, TheBoxStaysOnTheScreenWhateverItsSize) {
  const std::string text = "one two three " + std::string(200, 'x') + "\nand \x1b[31m more";
  for (int columns = 1; columns < 90; columns += 7) {
    for (int rows = 1; rows < 30; rows += 5) {
      for (const int row : {0, rows / 2, rows - 1}) {
        for (const int column : {0, columns - 1}) {
          Grid grid(columns, rows);
          const Rect box = draw_hover(grid, row, column, text, Glyphs::utf8);
          EXPECT_FALSE(box.contains(row, column)) << "it covers what it explains";
          if (box.empty()) continue;
          EXPECT_GE(box.row, 0);
          EXPECT_GE(box.column, 0);
          EXPECT_LE(box.end_row(), rows);
          EXPECT_LE(box.end_column(), columns);
        }
      }
    }
  }
}

}  // namespace
}  // namespace weir::tui
