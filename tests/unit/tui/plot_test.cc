#include "report/tui/plot.h"

#include <gtest/gtest.h>

#include <cmath>

#include "report/tui/history.h"
#include "tests/unit/tui/widget_golden.h"

namespace weir::tui {
namespace {

using test::golden;

constexpr uint64_t kNs = 1'000'000'000;

FlowKey key_of(uint32_t number) {
  FlowKey key;
  key.ip_version = 4;
  key.low_addr[0] = 10;
  key.low_port = static_cast<uint16_t>(number);
  key.high_port = static_cast<uint16_t>(number >> 16U);
  return key;
}

Snapshot snapshot_of(uint32_t now, std::vector<SecondBytes> seconds) {
  Snapshot snapshot;
  snapshot.time_ns = now * kNs;
  snapshot.seconds = std::move(seconds);
  return snapshot;
}

bool same(const std::vector<SecondBytes>& a, const std::vector<SecondBytes>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const SecondBytes& x, const SecondBytes& y) {
                      return x.second == y.second && x.sent == y.sent && x.received == y.received;
                    });
}

TEST(History, LeavesTheSecondOutThatIsNotOver) {
  History history;
  EXPECT_TRUE(history.last(10).empty());
  history.add(snapshot_of(100, {{100, 5, 6}}));
  EXPECT_TRUE(history.last(10).empty());
  history.add(snapshot_of(101, {{100, 7, 8}, {101, 1, 1}}));
  EXPECT_TRUE(same(history.last(10), {{100, 7, 8}}));
}

TEST(History, TakesLateFiguresOfASecondAndFillsGaps) {
  History history;
  history.add(snapshot_of(103, {{100, 1, 1}, {103, 3, 3}}));
  history.add(snapshot_of(104, {{100, 2, 2}, {102, 9, 9}, {103, 4, 4}, {104, 0, 0}}));
  EXPECT_TRUE(same(history.last(10), {{100, 2, 2}, {101, 0, 0}, {102, 9, 9}, {103, 4, 4}}));
  EXPECT_TRUE(same(history.last(2), {{102, 9, 9}, {103, 4, 4}}));
}

TEST(History, GoesOnWhileTheLinkIsIdle) {
  History history;
  history.add(snapshot_of(100, {{100, 1, 1}}));
  history.add(snapshot_of(103, {}));
  EXPECT_TRUE(same(history.last(10), {{100, 1, 1}, {101, 0, 0}, {102, 0, 0}}));
}

TEST(History, KeepsNoMoreThanItsMinutes) {
  History history(1);
  for (uint32_t second = 1000; second < 2000; ++second)
    history.add(snapshot_of(second, {{second, second, 0}}));
  const std::vector<SecondBytes> all = history.last(100'000);
  ASSERT_EQ(all.size(), 60U);
  EXPECT_EQ(all.front().second, 1939U);
  EXPECT_EQ(all.back().second, 1998U);
  EXPECT_EQ(History(0).capacity_seconds(), 60U);
  EXPECT_EQ(History(1'000'000).capacity_seconds(), History::kMaxMinutes * 60);
}

TEST(History, SurvivesClocksThatJump) {
  History history(1);
  history.add(snapshot_of(1000, {{999, 1, 1}, {1000, 1, 1}}));
  history.add(snapshot_of(UINT32_MAX, {{UINT32_MAX, 2, 2}}));
  EXPECT_LE(history.last(UINT32_MAX).size(), 60U);
  history.add(snapshot_of(1001, {{1000, 3, 3}, {1001, 3, 3}}));
  EXPECT_TRUE(same(history.last(5), {{1000, 3, 3}}));
  history.add(snapshot_of(0, {{0, 0, 0}}));
  EXPECT_TRUE(history.last(5).empty());
}

TEST(History, KeepsAMinuteOfARow) {
  History history;
  EXPECT_TRUE(history.series(key_of(1)).empty());
  for (uint32_t second = 100; second < 300; ++second) history.note(key_of(1), second, second);
  const std::vector<uint64_t> series = history.series(key_of(1));
  ASSERT_EQ(series.size(), 60U);
  EXPECT_EQ(series.front(), 240U);
  EXPECT_EQ(series.back(), 299U);
  EXPECT_EQ(history.series(key_of(1), 3), (std::vector<uint64_t>{297, 298, 299}));
}

TEST(History, HoldsARateForAWhileAndThenNot) {
  History history;
  history.note(key_of(1), 100, 7);
  history.note(key_of(1), 100, 8);
  history.note(key_of(2), 106, 1);
  constexpr uint64_t kUnknown = History::kUnknown;
  EXPECT_EQ(history.series(key_of(1)),
            (std::vector<uint64_t>{8, 8, 8, 8, kUnknown, kUnknown, kUnknown}));
  EXPECT_EQ(history.series(key_of(2)), (std::vector<uint64_t>{1}));
}

TEST(History, BoundsTheRowsAndDropsTheStalest) {
  History history;
  for (uint32_t row = 0; row < 10'000; ++row) history.note(key_of(row), row, 1);
  EXPECT_LE(history.series_count(), History::kMaxSeries);
  EXPECT_FALSE(history.series(key_of(9'999)).empty());
  EXPECT_TRUE(history.series(key_of(1)).empty());
  History equal;
  for (uint32_t row = 0; row < 10'000; ++row) equal.note(key_of(row), 5, 1);
  EXPECT_LE(equal.series_count(), History::kMaxSeries);
  EXPECT_GE(equal.series_count(), History::kMaxSeries / 2);
}

TEST(Plot, RoundsUpToReadableRates) {
  EXPECT_EQ(round_up_rate(0), 1000U);
  EXPECT_EQ(round_up_rate(1001), 2000U);
  EXPECT_EQ(round_up_rate(2001), 5000U);
  EXPECT_EQ(round_up_rate(5'000'001), 10'000'000U);
  EXPECT_GE(round_up_rate(UINT64_MAX), 1'000'000'000'000'000'000U);
}

/// Sent: a wave up to 1 MB/s; received: a step to 250 kB/s.
std::vector<SecondBytes> wave(uint32_t count) {
  std::vector<SecondBytes> seconds;
  for (uint32_t i = 0; i < count; ++i) {
    const double height = 0.5 - 0.5 * std::cos(i * 6.2831853 / 100);
    seconds.push_back({1'700'000'000 + i, static_cast<uint64_t>(1'000'000 * height),
                       i > count / 2 ? 250'000U : 0U});
  }
  return seconds;
}

std::string plotted(int columns, int rows, const PlotOptions& options, uint32_t count = 300) {
  Grid grid(columns, rows);
  draw_plot(grid, {0, 0, rows, columns}, wave(count), options);
  return grid.text();
}

TEST(Plot, Mirrored) {
  const std::string text = plotted(80, 16, {.seconds = 300});
  EXPECT_EQ(text, golden("plot_mirrored.txt", text));
}

TEST(Plot, Lines) {
  const std::string text = plotted(80, 16, {.shape = PlotOptions::Shape::lines, .seconds = 300});
  EXPECT_EQ(text, golden("plot_lines.txt", text));
}

TEST(Plot, InAsciiAndBytes) {
  PlotOptions options{.seconds = 120, .in_bytes = true, .glyphs = Glyphs::ascii};
  std::string text = plotted(60, 12, options);
  options.shape = PlotOptions::Shape::lines;
  text += plotted(60, 12, options);
  EXPECT_EQ(text, golden("plot_ascii.txt", text));
  for (const char c : text) ASSERT_TRUE(c == '\n' || (c >= ' ' && c <= '~'));
}

TEST(Plot, OfAShortTimeInAWidePlace) {
  const std::string text = plotted(100, 9, {.seconds = 30}, 20);
  EXPECT_EQ(text, golden("plot_short.txt", text));
}

TEST(Plot, HasItsOwnColourForEachDirection) {
  Grid grid(40, 9);
  draw_plot(grid, {0, 0, 9, 40}, wave(100), {.seconds = 60});
  const std::string styles = grid.text_with_styles();
  EXPECT_NE(styles.find("sent"), std::string::npos);
  EXPECT_EQ(grid.at(3, 30).style.role, Role::sent);
  EXPECT_EQ(grid.at(5, 38).style.role, Role::received);
}

TEST(Plot, StaysInsideItsPlace) {
  for (int rows = 0; rows < 14; ++rows) {
    for (int columns = 0; columns < 40; ++columns) {
      for (const auto shape : {PlotOptions::Shape::mirrored, PlotOptions::Shape::lines}) {
        Grid grid(60, 20);
        const Grid untouched = grid;
        const Rect place{3, 5, rows, columns};
        draw_plot(grid, place, wave(200), {.shape = shape, .seconds = 100});
        for (int row = 0; row < 20; ++row) {
          for (int column = 0; column < 60; ++column) {
            if (place.contains(row, column)) continue;
            ASSERT_EQ(grid.at(row, column), untouched.at(row, column))
                << rows << "x" << columns << " at " << row << "," << column;
          }
        }
      }
    }
  }
}

TEST(Plot, OfNothingHasItsAxes) {
  Grid grid(40, 8);
  draw_plot(grid, {0, 0, 8, 40}, {}, {});
  EXPECT_NE(grid.text().find("now"), std::string::npos);
  EXPECT_NE(grid.text().find("1.00Kb"), std::string::npos);
}

TEST(Plot, ShowsLittleBesideMuch) {
  std::vector<SecondBytes> seconds = wave(60);
  seconds.assign(60, SecondBytes{});
  for (uint32_t i = 0; i < 60; ++i) seconds[i] = {1000 + i, i == 10 ? 1'000'000'000UL : 1UL, 0};
  Grid grid(130, 10);
  draw_plot(grid, {0, 0, 10, 130}, seconds, {.seconds = 60});
  // Half of the rows for what was sent: the row above the line in the middle.
  int points = 0;
  for (int column = 8; column < 130; ++column) points += grid.at(3, column).character != U' ';
  EXPECT_GE(points, 118);
}

TEST(Sparkline, HasAHeightForEachValue) {
  EXPECT_EQ(sparkline(std::vector<uint64_t>{1, 2, 3, 4, 5, 6, 7, 8}, 8, Glyphs::utf8), "▁▂▃▄▅▆▇█");
  EXPECT_EQ(sparkline(std::vector<uint64_t>{0, 1, 1000, 0}, 4, Glyphs::utf8), " ▁█ ");
  EXPECT_EQ(sparkline(std::vector<uint64_t>{0, 1, 1000, 0}, 4, Glyphs::ascii), " .% ");
}

TEST(Sparkline, IsAsWideAsAsked) {
  constexpr uint64_t kUnknown = History::kUnknown;
  EXPECT_EQ(sparkline(std::vector<uint64_t>{8, kUnknown, 0, 8}, 4, Glyphs::utf8), "█· █");
  EXPECT_EQ(sparkline(std::vector<uint64_t>{8, kUnknown, 0, 8}, 4, Glyphs::ascii), "%? %");
  EXPECT_EQ(sparkline(std::vector<uint64_t>{kUnknown, 8, kUnknown, kUnknown}, 2, Glyphs::utf8),
            "█·")
      << "a column of several has what is known of them";
  EXPECT_EQ(sparkline({}, 3, Glyphs::utf8), "   ");
  EXPECT_EQ(sparkline(std::vector<uint64_t>{5}, 3, Glyphs::ascii), "  %");
  EXPECT_EQ(sparkline(std::vector<uint64_t>{5}, 0, Glyphs::ascii), "");
  EXPECT_EQ(sparkline(std::vector<uint64_t>{9, 0, 0, 0, 0, 9}, 3, Glyphs::ascii), "% %");
  for (int width = 1; width < 80; ++width) {
    const std::vector<uint64_t> values(60, 3);
    EXPECT_EQ(display_width(sparkline(values, width, Glyphs::utf8)), width);
  }
}

TEST(Plot, AShortHistoryFillsTheWidth) {
  for (const auto shape : {PlotOptions::Shape::mirrored, PlotOptions::Shape::lines}) {
    for (const uint32_t known : {1U, 2U, 7U, 41U, 130U, 299U}) {
      std::vector<SecondBytes> seconds;
      for (uint32_t i = 0; i < known; ++i) seconds.push_back({1000 + i, 1'000'000, 500'000});
      for (const Glyphs glyphs : {Glyphs::utf8, Glyphs::ascii}) {
        Grid grid(80, 20);
        draw_plot(grid, {0, 0, 20, 80}, seconds, {.shape = shape, .glyphs = glyphs});
        // In each column of the area something is drawn between legend and times.
        for (int column = 8; column < 80; ++column) {
          bool drawn = false;
          for (int row = 1; row < 19; ++row) {
            const Role role = grid.at(row, column).style.role;
            drawn |= role == Role::sent || role == Role::received || role == Role::both;
          }
          EXPECT_TRUE(drawn) << known << " seconds, column " << column;
        }
        EXPECT_NE(grid.text().find("now"), std::string::npos);
      }
    }
  }
}

TEST(Plot, TimesAreWhereTheirSecondsAre) {
  std::vector<SecondBytes> seconds;
  for (uint32_t i = 0; i < 20; ++i) seconds.push_back({1000 + i, i == 10 ? 1'000'000U : 0U, 0});
  Grid grid(88, 20);
  draw_plot(grid, {0, 0, 20, 88}, seconds, {});  // 80 columns: 4 a second
  const std::string text = grid.text();
  const std::string times = text.substr(text.rfind('\n', text.size() - 2) + 1);
  const auto at = static_cast<int>(times.find("-10s"));
  ASSERT_GT(at, 0) << text;
  // The second with traffic ended nine seconds before the last one did.
  EXPECT_EQ(grid.at(2, at + 1).style.role, Role::sent) << text;
  EXPECT_NE(grid.at(2, at - 2).style.role, Role::sent);
}

}  // namespace
}  // namespace weir::tui
