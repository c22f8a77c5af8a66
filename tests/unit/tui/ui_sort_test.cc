#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "engine/pipeline/order.h"
#include "report/tui/columns.h"
#include "report/tui/list_view.h"
#include "tests/unit/tui/ui_fixture.h"

namespace weir::tui {
namespace {

using test::Desk;
using test::mouse;

UiOptions viewing(View view) {
  UiOptions options;
  options.view = view;
  options.process_column = true;
  return options;
}

ColumnPlan plan_of(Desk& desk, int width) {
  return plan_columns(desk.ui.options().view, width, desk.ui.options(), false);
}

constexpr std::array kLists = {View::flows,    View::hosts, View::pairs,    View::ports,
                               View::networks, View::vlans, View::processes};

TEST(Sort, AClickOnAnyTitleSortsAndTheNextOneReverses) {
  constexpr int kWidth = 220;
  for (const View view : kLists) {
    Desk desk(viewing(view), kWidth, 40);
    const ColumnPlan plan = plan_of(desk, kWidth);
    const int titles = desk.row_of(" v");
    ASSERT_GE(titles, 0) << static_cast<int>(view);
    for (const Column& column : plan.columns) {
      const int at = column.column + column.width - 1;
      SCOPED_TRACE(::testing::Message()
                   << "view " << static_cast<int>(view) << " " << column.title);
      if (sort_of(desk.ui.options()) != column.sort) {
        desk.press(mouse(Mouse::press_left, titles, at));
      }
      EXPECT_EQ(sort_of(desk.ui.options()), column.sort);
      EXPECT_FALSE(desk.ui.options().reversed);
      // The columns may be others now: it is clicked where it is.
      const ColumnPlan now = plan_of(desk, kWidth);
      const auto same = std::find_if(now.columns.begin(), now.columns.end(),
                                     [&](const Column& one) { return one.sort == column.sort; });
      ASSERT_NE(same, now.columns.end());
      desk.press(mouse(Mouse::press_left, titles, same->column + same->width - 1));
      EXPECT_TRUE(desk.ui.options().reversed);
      desk.press(U'2');
      desk.draw();
    }
  }
}

TEST(Sort, LeftAndRightReachEveryColumn) {
  constexpr int kWidth = 220;
  for (const View view : kLists) {
    Desk desk(viewing(view), kWidth, 40);
    const std::vector<SortKey> keys = sort_keys(view, plan_of(desk, kWidth));
    for (size_t i = 0; i < keys.size() + 2; ++i) {
      desk.press(Key::left);
      desk.draw();
    }
    EXPECT_EQ(sort_of(desk.ui.options()), keys.front());
    std::vector<SortKey> seen{sort_of(desk.ui.options())};
    for (size_t i = 0; i < keys.size() + 2; ++i) {
      desk.press(Key::right);
      desk.draw();
      seen.push_back(sort_of(desk.ui.options()));
    }
    for (const SortKey& key : keys) {
      EXPECT_NE(std::find(seen.begin(), seen.end(), key), seen.end())
          << "view " << static_cast<int>(view) << ", order " << static_cast<int>(key.order);
    }
  }
}

TEST(Sort, RowsAreInTheOrderOfTheColumnOfOneDirection) {
  Desk desk(viewing(View::hosts), 100, 40);
  desk.press(U'8');
  EXPECT_EQ(desk.ui.query().groups.at(0).order, FlowOrder::sent);
  EXPECT_TRUE(desk.shows("sent v"));
  EXPECT_LT(desk.row_of("192.168.1.13"), desk.row_of("192.168.1.11"));  // 150 Mb, 27 Mb
  desk.press(U'9');
  EXPECT_EQ(desk.ui.query().groups.at(0).order, FlowOrder::received);
  EXPECT_TRUE(desk.shows("received v"));
  EXPECT_LT(desk.row_of("pc.office.example"), desk.row_of("192.168.1.13"));
  desk.press(U'#');
  EXPECT_EQ(desk.ui.query().groups.at(0).order, FlowOrder::flows);
  EXPECT_TRUE(desk.shows("flows v"));
  EXPECT_LT(desk.row_of("pc.office.example"), desk.row_of("192.168.1.11"));
  // Of the rate that the column shows, which B changes.
  const int titles = desk.row_of("flows v");
  desk.press(mouse(Mouse::press_left, titles, desk.column_of("recv 10s")));
  EXPECT_EQ(desk.ui.query().groups.at(0).order, FlowOrder::rate_10s);
  EXPECT_EQ(desk.ui.query().groups.at(0).side, OrderSide::received);
  desk.press(U'B');
  EXPECT_EQ(desk.ui.query().groups.at(0).order, FlowOrder::rate_40s);
  EXPECT_TRUE(desk.shows("recv40s v"));
}

TEST(Sort, WithOneDirectionShownItIsThatDirectionsOrder) {
  Desk desk({}, 100, 40);
  EXPECT_EQ(desk.ui.query().side, OrderSide::both);
  const auto above = [&](const char* one, const char* other) {
    return desk.row_of(one) < desk.row_of(other);
  };
  // 1.5 and 48 Mbit/s, 22 and 0.7 Mbit/s.
  EXPECT_TRUE(above(":51234", ":51400"));
  desk.type("tt");
  EXPECT_TRUE(desk.shows("Sent traffic only"));
  EXPECT_EQ(desk.ui.query().side, OrderSide::sent);
  EXPECT_TRUE(above(":51400", ":51234"));
  desk.press(U't');
  EXPECT_EQ(desk.ui.query().side, OrderSide::received);
  EXPECT_TRUE(above(":51234", ":51400"));
  desk.press(U't');
  EXPECT_EQ(desk.ui.query().side, OrderSide::both);
}

TEST(Sort, FrozenRowsStayWhereAnotherDirectionIsShown) {
  Desk desk({}, 100, 40);
  desk.press(U'o');
  desk.type("tt");
  EXPECT_TRUE(desk.shows("order frozen"));
  EXPECT_LT(desk.row_of(":51234"), desk.row_of(":51400"));
}

TEST(Sort, ByTheNameOfTheProcess) {
  Desk desk(viewing(View::flows), 160, 50);
  const int titles = desk.row_of("10 s v");
  desk.press(mouse(Mouse::press_left, titles, desk.column_of("process")));
  EXPECT_TRUE(desk.ui.options().order_by_process);
  EXPECT_EQ(desk.ui.query().limit, Ui::kMaxRows);
  EXPECT_TRUE(desk.shows("Sorted by process"));
  const int browser = desk.row_of("firefox");
  const int kernel = desk.row_of("kernel");
  const int server = desk.row_of("sshd");
  ASSERT_GE(browser, 0);
  EXPECT_LT(browser, kernel);
  EXPECT_LT(kernel, server);
  desk.press(U'r');
  EXPECT_GT(desk.row_of("firefox"), desk.row_of("sshd"));
}

TEST(Sort, AReversedOrderOfAProtocolStartsWithTheHighest) {
  Desk desk({}, 120, 40);
  const int titles = desk.row_of("10 s v");
  desk.press(mouse(Mouse::press_left, titles, desk.column_of("proto")));
  EXPECT_EQ(desk.ui.query().order, FlowOrder::protocol);
  EXPECT_LT(desk.row_of("icmp"), desk.row_of("udp"));
  desk.press(U'r');
  EXPECT_GT(desk.row_of(" tcp"), desk.row_of("icmp6"));
}

TEST(Bars, OfOneLineForBothAreAsLongAsTheSum) {
  ListRow row;
  row.flow.sent.rate_10s = 600'000;
  row.flow.received.rate_10s = 700'000;
  UiOptions options;
  EXPECT_EQ(longest_bar(row, View::flows, options), 700'000U);
  EXPECT_EQ(longest_bar(row, View::hosts, options), 1'300'000U);
  options.line_display = LineDisplay::one_line_both;
  EXPECT_EQ(longest_bar(row, View::flows, options), 1'300'000U);
  options.line_display = LineDisplay::one_line_sent;
  EXPECT_EQ(longest_bar(row, View::flows, options), 600'000U);
  EXPECT_EQ(longest_bar(row, View::hosts, options), 600'000U);
  options.line_display = LineDisplay::one_line_received;
  EXPECT_EQ(longest_bar(row, View::pairs, options), 700'000U);
  options.bar_seconds = 2;
  EXPECT_EQ(longest_bar(row, View::pairs, options), 0U);
}

TEST(Bars, TheScaleHoldsTheSumAtOnceWhenOneLineShowsIt) {
  Desk desk({}, 100, 40);
  desk.engine.flows = {test::make_flow({"192.168.1.1", 1, "10.0.0.1", 2, 6, 900'000, 900'000, 0})};
  desk.press(U't');
  desk.press(U't');
  desk.press(U't');
  desk.press(U't');
  desk.tick();
  const auto bar_of = [&](const char* text) {
    const Grid grid = desk.draw();
    const int row = desk.row_of(text);
    int length = 0;
    while (length < grid.columns() && grid.at(row, length).style.background != Role::text) {
      ++length;
    }
    return length;
  };
  EXPECT_EQ(bar_of("192.168.1.1:1"), 90);  // of 1 Mb
  desk.press(U't');
  EXPECT_EQ(bar_of("192.168.1.1:1"), 90);  // 1.8 of 2 Mb: not cut at the edge
}

}  // namespace
}  // namespace weir::tui
