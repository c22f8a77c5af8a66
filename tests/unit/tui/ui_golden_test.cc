#include <gtest/gtest.h>

#include "tests/unit/tui/ui_fixture.h"
#include "tests/unit/tui/widget_golden.h"

namespace weir::tui {
namespace {

using test::Desk;
using test::key;

struct Size {
  int columns;
  int rows;
};
constexpr Size kSizes[] = {{40, 10}, {80, 24}, {120, 40}, {400, 100}};

const char* const kNames[] = {"flows", "hosts",     "pairs",   "ports",  "networks",
                              "vlans", "processes", "workers", "history"};

class EachView : public testing::TestWithParam<int> {};

TEST_P(EachView, AtEachSize) {
  const auto view = static_cast<View>(GetParam());
  UiOptions options;
  options.view = view;
  options.vlan_keys = true;
  options.networks = {{"office", {{192, 168, 1, 0}, 4, 24}}};
  Desk desk(options);
  desk.now_ms += 60'000;
  for (const Size& size : kSizes) {
    // The workers' view has times of its own; that is tested where it is drawn.
    const Grid grid = desk.draw(size.columns, size.rows);
    const std::string name = "views/" + std::string(kNames[GetParam()]) + "_" +
                             std::to_string(size.columns) + "x" + std::to_string(size.rows) +
                             ".txt";
    EXPECT_EQ(grid.text(), test::golden(name, grid.text())) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Views, EachView, testing::Range(0, 9),
                         [](const auto& view) { return std::string(kNames[view.param]); });

void expect_golden(Desk& desk, const std::string& name) {
  const std::string text = desk.draw().text();
  EXPECT_EQ(text, test::golden("views/" + name, text));
}

TEST(UiGolden, BeforeTheFirstSnapshot) {
  test::OfficeNames names;
  Ui ui({}, names, nullptr);
  Grid grid(80, 24);
  ui.draw(grid, Glyphs::utf8, 0);
  EXPECT_EQ(grid.text(), test::golden("views/empty.txt", grid.text()));
}

TEST(UiGolden, LossesWaitingAndRestarts) {
  Desk desk;
  desk.engine.accounting.dropped_kernel = 1229;
  desk.engine.accounting.dropped_nic.reset();
  desk.engine.accounting.packets.dropped_queue = 5;
  desk.engine.accounting.untracked = 77;
  desk.engine.accounting.restarts = 2;
  desk.engine.captures[0].state = CaptureSummary::State::waiting;
  Event event;
  event.kind = Event::Kind::restart;
  event.capture = "eth0";
  event.reason = "The interface disappeared";
  event.attempt = 3;
  event.wait_ms = 500;
  desk.ui.take(event, desk.now_ms);
  desk.tick();
  const std::string text = desk.draw().text_with_styles();
  EXPECT_EQ(text, test::golden("views/losses.txt", text));
}

TEST(UiGolden, BarsAreBackgrounds) {
  Desk desk;
  desk.press(U'k');
  const std::string text = desk.draw(60, 16).text_with_styles();
  EXPECT_EQ(text, test::golden("views/bars.txt", text));
}

TEST(UiGolden, Ascii) {
  Desk desk;
  const std::string text = desk.draw(80, 24, Glyphs::ascii).text();
  for (const char letter : text) EXPECT_LT(static_cast<unsigned char>(letter), 0x80);
  EXPECT_EQ(text, test::golden("views/ascii.txt", text));
}

TEST(UiGolden, Help) {
  Desk desk;
  desk.press(U'h');
  expect_golden(desk, "help.txt");
}

TEST(UiGolden, DetailsOfAFlow) {
  Desk desk;
  desk.press(Key::down);
  desk.press(Key::enter);
  for (int second = 0; second < 20; ++second) desk.tick();
  expect_golden(desk, "details.txt");
}

TEST(UiGolden, DrilledIntoANetworkAndFiltered) {
  Desk desk;
  desk.type("/");
  desk.type("port 443");
  desk.press(Key::enter);
  desk.press(key(U'5', false, true));
  desk.press(Key::down);
  desk.press(Key::enter);
  expect_golden(desk, "drilled.txt");
}

TEST(UiGolden, OneLineWithProcessesAndTotals) {
  Desk desk({}, 120, 24);
  desk.type("tTZ");
  desk.now_ms += 60'000;
  expect_golden(desk, "one_line.txt");
}

}  // namespace
}  // namespace weir::tui
