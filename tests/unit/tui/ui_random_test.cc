#include <gtest/gtest.h>

#include <random>

#include "tests/unit/tui/ui_fixture.h"

namespace weir::tui {
namespace {

using test::Desk;
using test::key;
using test::mouse;

Input any_input(std::mt19937& random) {
  const auto below = [&](int most) {
    return static_cast<int>(random() % static_cast<uint32_t>(most));
  };
  switch (below(8)) {
    case 0: return mouse(static_cast<Mouse>(below(6)), below(110), below(410));
    case 1: return key(static_cast<Key>(below(static_cast<int>(Key::f12) + 1)));
    case 2: return key(static_cast<char32_t>('a' + below(26)), true);
    case 3: return key(static_cast<char32_t>('1' + below(9)), false, true);
    case 4: {
      // Moves and openings are rare among all keys and lead farthest.
      constexpr Key kMoves[] = {Key::enter, Key::escape, Key::down, Key::page_down, Key::end};
      return key(kMoves[below(5)]);
    }
    default: return key(static_cast<char32_t>(below(200) == 0 ? 0x1F600 : 0x20 + below(0x5F)));
  }
}

/// Whatever is typed and clicked, at whatever size: no crash, a query within bounds, and a screen
/// without anything that drives a terminal.
TEST(Random, InputsAtRandomSizes) {
  std::mt19937 random(20260101);  // NOLINT(cert-msc51-cpp): the same inputs each time
  for (int round = 0; round < 12; ++round) {
    Desk desk;
    if (round % 3 == 1) desk.engine.flows = test::many_flows(1500);
    if (round % 3 == 2) desk.engine.flows.clear();
    desk.answers = round % 2 == 0;
    for (int step = 0; step < 500; ++step) {
      desk.now_ms += random() % 2000;
      const UiRequests requests = desk.press(any_input(random));
      if (requests.list_interfaces) desk.ui.set_interfaces({"eth0", "lo"});
      if (random() % 16 == 0) desk.tick();
      const FlowQuery query = desk.ui.query();
      ASSERT_GE(query.limit, 1U);
      ASSERT_LE(query.limit, Ui::kMaxRows);
      ASSERT_LE(query.pinned.size(), Ui::kMaxPins);
      ASSERT_LE(query.groups.size(), 1U);
      if (step % 8 != 0) continue;
      const bool tiny = random() % 3 == 0;
      const int columns = 1 + static_cast<int>(random() % (tiny ? 12 : 200));
      const int rows = 1 + static_cast<int>(random() % (tiny ? 5 : 60));
      const Grid grid = desk.draw(columns, rows, random() % 2 == 0 ? Glyphs::utf8 : Glyphs::ascii);
      if (const auto cursor = desk.ui.cursor()) {
        ASSERT_GE(cursor->first, 0);
        ASSERT_LT(cursor->first, rows);
        ASSERT_GE(cursor->second, 0);
        ASSERT_LE(cursor->second, columns);
      }
    }
  }
}

TEST(Random, EachViewAtEachSmallSize) {
  for (int view = 0; view < static_cast<int>(View::count_); ++view) {
    UiOptions options;
    options.view = static_cast<View>(view);
    Desk desk(options);
    desk.press(Key::down);
    for (int columns = 1; columns < 48; ++columns) {
      for (int rows = 1; rows < 16; ++rows) desk.draw(columns, rows);
    }
  }
}

/// Columns give way in an order: what is there at a width is there at each greater one, but for
/// what moves when names need room; and they never overlap nor leave the screen.
TEST(Columns, LieSideBySideAtEachWidth) {
  for (int view = 0; view <= static_cast<int>(View::processes); ++view) {
    for (int flags = 0; flags < 8; ++flags) {
      UiOptions options;
      options.cumulative = (flags & 1) != 0;
      options.process_column = (flags & 2) != 0;
      options.order = (flags & 4) != 0 ? FlowOrder::duration : FlowOrder::rate_40s;
      for (int width = 1; width <= 400; ++width) {
        const ColumnPlan plan = plan_columns(static_cast<View>(view), width, options, width % 2);
        int end = plan.names_begin + plan.names_width;
        for (const Column& column : plan.columns) {
          ASSERT_GT(column.column, end - 1);
          end = column.end();
        }
        ASSERT_LE(end, std::max(width, plan.names_begin));
        ASSERT_GE(plan.columns.size(), width >= 80 ? 3U : width >= 14 ? 1U : 0U) << width;
      }
    }
  }
}

}  // namespace
}  // namespace weir::tui
