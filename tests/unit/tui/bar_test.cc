#include "report/tui/bar.h"

#include <gtest/gtest.h>

#include "report/tui/frame.h"
#include "tests/unit/tui/widget_golden.h"

namespace weir::tui {
namespace {

using test::golden;

constexpr uint64_t kSecond = 1'000'000'000;

TEST(Rect, ContainsItsCellsAndNoOthers) {
  const Rect rect{2, 3, 4, 5};
  EXPECT_TRUE(rect.contains(2, 3));
  EXPECT_TRUE(rect.contains(5, 7));
  EXPECT_FALSE(rect.contains(6, 7));
  EXPECT_FALSE(rect.contains(5, 8));
  EXPECT_FALSE(rect.contains(1, 3));
  EXPECT_EQ(rect.inset(1, 2), (Rect{3, 5, 2, 1}));
  EXPECT_EQ(rect.inset(3, 3), (Rect{5, 6, 0, 0}));
  EXPECT_TRUE(rect.inset(3, 3).empty());
}

TEST(Rect, IsCentredAndCutToTheScreen) {
  const Rect screen{0, 0, 24, 80};
  EXPECT_EQ(screen.centred(10, 40), (Rect{7, 20, 10, 40}));
  EXPECT_EQ(screen.centred(100, 200), screen);
}

TEST(Scale, IsLogarithmicFromOneBit) {
  const Scale scale{1'000'000, true};
  EXPECT_EQ(scale_position(0, scale), 0);
  EXPECT_EQ(scale_position(1, scale), 0);
  EXPECT_DOUBLE_EQ(scale_position(1000, scale), 0.5);
  EXPECT_EQ(scale_position(1'000'000, scale), 1);
  EXPECT_EQ(scale_position(UINT64_MAX, scale), 1);
}

TEST(Scale, IsLinear) {
  const Scale scale{1'000'000, false};
  EXPECT_DOUBLE_EQ(scale_position(250'000, scale), 0.25);
  EXPECT_EQ(scale_position(2'000'000, scale), 1);
}

TEST(Scale, OfNoMaximumIsFull) {
  EXPECT_EQ(scale_position(5, {0, true}), 1);
  EXPECT_EQ(scale_position(5, {1, true}), 1);
  EXPECT_TRUE(scale_marks({0, true}, 80, false).empty());
}

TEST(Scale, BarsHaveWholeCells) {
  const Scale scale{1'000'000, true};
  EXPECT_EQ(bar_length(0, scale, 80), 0);
  EXPECT_EQ(bar_length(1000, scale, 80), 40);
  EXPECT_EQ(bar_length(999'999, scale, 80), 79);
  EXPECT_EQ(bar_length(1'000'000, scale, 80), 80);
  EXPECT_EQ(bar_length(1'000'000, scale, 0), 0);
  EXPECT_EQ(bar_length(1'000'000, scale, -5), 0);
}

TEST(Scale, LabelsHaveThreeDigits) {
  EXPECT_EQ(scale_label(0, false), "0b");
  EXPECT_EQ(scale_label(10, false), "10b");
  EXPECT_EQ(scale_label(10, true), "1.25B");
  EXPECT_EQ(scale_label(1'000'000, false), "1.00Mb");
  EXPECT_EQ(scale_label(1'000'000, true), "125KB");
  EXPECT_EQ(scale_label(999'999, false), "1.00Mb");
  EXPECT_EQ(scale_label(12'500, false), "12.5Kb");
  EXPECT_EQ(scale_label(1'000'000'000'000, false), "1.00Tb");
  EXPECT_EQ(scale_label(UINT64_MAX, false), "18447Pb");
}

TEST(Scale, MarksNeverOverlapWhateverTheWidth) {
  for (const bool logarithmic : {true, false}) {
    for (const uint64_t maximum : {10'000UL, 1'100'000UL, 250'000'000UL, 1'000'000'000'000UL}) {
      for (int columns = 1; columns <= 400; ++columns) {
        int end = -1;
        for (const ScaleMark& mark : scale_marks({maximum, logarithmic}, columns, columns % 2)) {
          ASSERT_GT(mark.label_column, end) << columns << " columns, " << maximum;
          end = mark.label_column + static_cast<int>(mark.label.size());
          ASSERT_LE(end, columns);
          ASSERT_LT(mark.column, columns);
        }
        // The maximum is always said where it fits at all.
        if (columns >= 8) {
          ASSERT_EQ(end, columns) << columns << " columns, " << maximum;
        }
      }
    }
  }
}

TEST(Scale, TicksAreWhereBarsOfTheirRateEnd) {
  const Scale scale{1'000'000'000, true};
  for (const ScaleMark& mark : scale_marks(scale, 120, false)) {
    if (mark.label != "1.00Mb") continue;
    EXPECT_EQ(mark.column, bar_length(1'000'000, scale, 120));
    return;
  }
  FAIL() << "no mark at 1 Mb";
}

TEST(Scale, Looks) {
  std::string text;
  for (const int columns : {40, 80, 132}) {
    for (const Scale scale :
         {Scale{1'000'000, true}, {1'000'000'000, true}, {250'000'000, false}}) {
      Grid grid(columns, 3);
      draw_scale(grid, {0, 0, 2, columns}, scale, columns == 132, Glyphs::utf8);
      text += grid.text();
    }
  }
  Grid grid(80, 3);
  draw_scale(grid, {0, 0, 2, 80}, {100'000'000, true}, false, Glyphs::ascii);
  text += grid.text();
  EXPECT_EQ(text, golden("scale.txt", text));
}

TEST(AutoMaximum, GrowsAtOnce) {
  AutoMaximum maximum;
  EXPECT_EQ(maximum.value(), 10'000U);
  maximum.update(10'000, kSecond);
  EXPECT_EQ(maximum.value(), 10'000U);
  maximum.update(10'001, 2 * kSecond);
  EXPECT_EQ(maximum.value(), 100'000U);
  maximum.update(94'000'000, 3 * kSecond);
  EXPECT_EQ(maximum.value(), 100'000'000U);
  maximum.update(UINT64_MAX, 4 * kSecond);
  EXPECT_EQ(maximum.value(), AutoMaximum::kGreatest);
}

TEST(AutoMaximum, ShrinksSlowlyAndByOneStep) {
  AutoMaximum maximum;
  maximum.update(50'000'000, 100 * kSecond);
  maximum.update(1000, 129 * kSecond);
  EXPECT_EQ(maximum.value(), 100'000'000U);
  maximum.update(1000, 130 * kSecond);
  EXPECT_EQ(maximum.value(), 10'000'000U);
  maximum.update(1000, 131 * kSecond);
  EXPECT_EQ(maximum.value(), 10'000'000U);
  maximum.update(1000, 160 * kSecond);
  EXPECT_EQ(maximum.value(), 1'000'000U);
  for (uint64_t at = 161; at < 1000; ++at) maximum.update(0, at * kSecond);
  EXPECT_EQ(maximum.value(), AutoMaximum::kLeast);
}

TEST(AutoMaximum, StaysWhileItIsNeeded) {
  AutoMaximum maximum;
  for (uint64_t at = 0; at < 300; ++at)
    maximum.update(at % 20 == 0 ? 20'000'000 : 100, at * kSecond);
  EXPECT_EQ(maximum.value(), 100'000'000U);
}

TEST(Frame, PopupCoversWhatIsThere) {
  std::string text;
  for (const Glyphs glyphs : {Glyphs::utf8, Glyphs::ascii}) {
    Grid grid = test::dotted(40, 9);
    const Rect inside = draw_popup(grid, {0, 0, 9, 40}, 3, 20, "A title", glyphs);
    EXPECT_EQ(inside, (Rect{3, 10, 3, 20}));
    draw_gauge(grid, inside.row, inside.column, 20, 0.43, {.role = Role::both}, glyphs);
    draw_gauge(grid, inside.row + 1, inside.column, 20, 0.0001, {}, glyphs);
    draw_gauge(grid, inside.row + 2, inside.column, 20, 0.9999, {}, glyphs);
    draw_scroll_position(grid, {2, 8, 5, 24}, 3, 5, 20);
    text += grid.text();
  }
  EXPECT_EQ(text, golden("frame.txt", text));
}

TEST(Frame, OfAnySizeStaysOnTheScreen) {
  for (int rows = 1; rows < 8; ++rows) {
    for (int columns = 1; columns < 30; ++columns) {
      Grid grid(columns, rows);
      const Rect inside =
          draw_popup(grid, {0, 0, rows, columns}, 4, 20, "A very long title", Glyphs::utf8);
      EXPECT_LE(inside.rows, 4);
      EXPECT_LE(inside.columns, 20);
    }
  }
}

TEST(Gauge, SaysNothingAndAllOnlyWhereItIsSo) {
  Grid grid(4, 5);
  draw_gauge(grid, 0, 0, 4, 0, {}, Glyphs::utf8);
  draw_gauge(grid, 1, 0, 4, 0.001, {}, Glyphs::utf8);
  draw_gauge(grid, 2, 0, 4, 0.999, {}, Glyphs::utf8);
  draw_gauge(grid, 3, 0, 4, 1, {}, Glyphs::utf8);
  draw_gauge(grid, 4, 0, 4, 0.0 / 0.0, {}, Glyphs::utf8);
  EXPECT_EQ(grid.text(), "░░░░\n▏░░░\n███▉\n████\n░░░░\n");
}

TEST(Scale, InOneRowLabelsStandBesideTheirTicks) {
  for (const bool logarithmic : {true, false}) {
    for (int columns = 10; columns < 200; columns += 7) {
      const Scale scale{2'000'000, logarithmic};
      Grid grid(columns, 1);
      draw_scale(grid, {0, 0, 1, columns}, scale, false, Glyphs::utf8);
      for (const ScaleMark& mark : scale_marks(scale, columns, false)) {
        EXPECT_EQ(grid.at(0, mark.column).character, line_glyphs(Glyphs::utf8).tick) << grid.text();
      }
      EXPECT_NE(grid.text().find("2.00Mb"), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace weir::tui
