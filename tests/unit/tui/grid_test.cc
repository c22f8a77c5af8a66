#include "report/tui/grid.h"

#include <gtest/gtest.h>

#include <climits>
#include <set>
#include <string>

#include "report/tui/unicode.h"

namespace weir::tui {
namespace {

std::string line(const Grid& grid, int row = 0) {
  const std::string text = grid.text();
  size_t start = 0;
  for (; row > 0; --row) start = text.find('\n', start) + 1;
  return text.substr(start, text.find('\n', start) - start);
}

std::string shown(std::string_view text, int width = -1) {
  Grid grid(40, 1);
  grid.put(0, 0, text, {}, width);
  return line(grid);
}

TEST(Grid, StartsBlank) {
  const Grid grid(3, 2);
  EXPECT_EQ(grid.text(), "\n\n");
  EXPECT_EQ(grid.text_with_styles(), "\n\n");
  EXPECT_EQ(grid.at(1, 2), Grid::Cell{});
  EXPECT_EQ(grid.at(2, 0), Grid::Cell{});
  EXPECT_EQ(grid.at(0, -1), Grid::Cell{});
}

TEST(Grid, PutSaysWhereItEnded) {
  Grid grid(10, 1);
  EXPECT_EQ(grid.put(0, 2, "abc"), 5);
  EXPECT_EQ(grid.put(0, 8, "xyz"), 10);
  EXPECT_EQ(grid.put(0, 12, "far"), 12);
  EXPECT_EQ(grid.put(5, 2, "abc"), 5);
  EXPECT_EQ(line(grid), "  abc   xy");
}

TEST(Grid, PutIsCutOnTheLeftToo) {
  Grid grid(4, 1);
  EXPECT_EQ(grid.put(0, -2, "abcd"), 2);
  EXPECT_EQ(line(grid), "cd");
  grid.put(0, INT_MIN, "abcd");
  grid.put(0, INT_MAX, "abcd", {}, INT_MAX);
  grid.put(INT_MIN, 0, "abcd");
  EXPECT_EQ(line(grid), "cd");
}

TEST(Grid, WhatIsTooLongForItsWidthEndsInATilde) {
  EXPECT_EQ(shown("abcdef", 6), "abcdef");
  EXPECT_EQ(shown("abcdef", 5), "abcd~");
  EXPECT_EQ(shown("abcdef", 1), "~");
  EXPECT_EQ(shown("abcdef", 0), "");
  EXPECT_EQ(shown("", 0), "");
  // A wide character that does not fit whole goes as a whole.
  EXPECT_EQ(shown("a\u4e2d\u6587", 5), "a\u4e2d\u6587");
  EXPECT_EQ(shown("a\u4e2d\u6587", 4), "a\u4e2d~");
  EXPECT_EQ(shown("a\u4e2d\u6587", 3), "a~");
  // What takes no column is not what makes it too long.
  EXPECT_EQ(shown("ab\u0301", 2), "ab");
}

TEST(Grid, PutRightEndsBeforeItsColumn) {
  Grid grid(8, 1);
  grid.put_right(0, 8, "42");
  EXPECT_EQ(line(grid), "      42");
  grid.put_right(0, 4, "\u4e2d");
  EXPECT_EQ(line(grid), "  \u4e2d  42");
  grid.put_right(0, 2, "12345");
  EXPECT_EQ(line(grid), "45\u4e2d  42");
  grid.put_right(0, INT_MIN, "12345");
}

TEST(Grid, WideCharactersTakeTwoCells) {
  Grid grid(6, 1);
  EXPECT_EQ(grid.put(0, 0, "\u4e2dx\U0001f600"), 5);
  EXPECT_EQ(grid.at(0, 0).character, U'\u4e2d');
  EXPECT_EQ(grid.at(0, 1).character, U'\0');
  EXPECT_EQ(grid.at(0, 2).character, U'x');
  EXPECT_EQ(grid.at(0, 4).character, U'\0');
}

TEST(Grid, HalfAWideCharacterIsABlank) {
  Grid grid(6, 1);
  grid.put(0, 1, "\u4e2d");
  grid.put(0, 2, "x");
  EXPECT_EQ(grid.at(0, 1).character, U' ');
  EXPECT_EQ(line(grid), "  x");
  grid.put(0, 3, "\u4e2d");
  grid.put(0, 3, "y");
  EXPECT_EQ(grid.at(0, 4).character, U' ');
  grid.put(0, 5, "\u4e2d");  // cut by the edge
  EXPECT_EQ(grid.at(0, 5).character, U' ');
  grid.put(0, -1, "\u4e2d");
  EXPECT_EQ(grid.at(0, 0).character, U' ');
  grid.put(0, 1, "\u4e2d\u4e2d");
  grid.put(0, 2, "\u6587");  // over two halves
  EXPECT_EQ(line(grid), "  \u6587");
  EXPECT_EQ(grid.at(0, 4).character, U' ');
}

TEST(Grid, NothingThatDrivesATerminalGetsIn) {
  EXPECT_EQ(shown("a\x1b[31mb"), "a?[31mb");
  EXPECT_EQ(shown("a\r\n\t\x7f\x08z"), "a?????z");
  EXPECT_EQ(shown(std::string_view("a\0b", 3)), "a?b");
  EXPECT_EQ(shown("a\u009b31mb"), "a?31mb");              // CSI of ISO 6429 as one character
  EXPECT_EQ(shown("a\u202eb\u2066c\u2028d"), "a?b?c?d");  // turn or break the line
  EXPECT_EQ(shown("a\ufffe\U0010ffffb"), "a??b");
}

TEST(Grid, CombiningCharactersAreLeftOut) {
  EXPECT_EQ(shown("e\u0301a\u200db\ufe0f"), "eab");
  EXPECT_EQ(shown("\u0301"), "");
}

TEST(Grid, WhatIsNotUtf8IsAQuestionMark) {
  EXPECT_EQ(shown("\xff"
                  "a"),
            "?a");
  EXPECT_EQ(shown("\x80"
                  "a"),
            "?a");
  EXPECT_EQ(shown("\xc0\xaf"
                  "a"),
            "??a");  // overlong '/'
  EXPECT_EQ(shown("\xe0\x80\xaf"
                  "a"),
            "???a");  // overlong
  EXPECT_EQ(shown("\xed\xa0\x80"
                  "a"),
            "???a");  // a surrogate
  EXPECT_EQ(shown("\xf4\x90\x80\x80"
                  "a"),
            "????a");  // beyond U+10FFFF
  EXPECT_EQ(shown("\xe4\xb8"
                  "a"),
            "?a");                        // cut
  EXPECT_EQ(shown("\xf0\x9f\x98"), "?");  // cut by the end
  EXPECT_EQ(shown("\xc3\xa9\xf0\x9d\x84\x9e"), "\u00e9\U0001d11e");
}

TEST(Grid, FillTakesAnyCharacter) {
  Grid grid(7, 1);
  grid.fill(0, 1, 3, U'-');
  EXPECT_EQ(line(grid), " ---");
  grid.fill(0, 0, 5, U'\u4e2d');
  EXPECT_EQ(line(grid), "\u4e2d\u4e2d");
  grid.fill(0, 5, 100, 0x1b);
  EXPECT_EQ(line(grid), "\u4e2d\u4e2d ??");
  grid.fill(0, -3, INT_MAX, U'\u0301');
  EXPECT_EQ(line(grid), "");
  grid.fill(0, 0, -5, U'x');
  grid.fill(9, 0, 5, U'x');
  EXPECT_EQ(grid.text(), "\n");
}

TEST(Grid, StylesAreKeptCellByCell) {
  Grid grid(12, 3);
  grid.put(1, 0, "sent", {.role = Role::sent, .bold = true});
  grid.put(1, 4, "x", {.role = Role::missed, .underline = true, .reverse = true});
  grid.set_background(1, 2, 4, Role::bar_sent);
  grid.put(2, 0, "abc");
  grid.restyle(2, 1, 99, {.role = Role::selected});
  EXPECT_EQ(grid.text_with_styles(),
            "\nsentx\nabc\n"
            "r1 0-1 sent bold, 2-3 sent bold on bar_sent, "
            "4-4 missed underline reverse on bar_sent, 5-5 text on bar_sent\n"
            "r2 1-11 selected\n");
  grid.restyle(-1, 0, 5, {});
  grid.set_background(5, -5, INT_MAX, Role::text);
  grid.restyle(2, INT_MIN, INT_MAX, {});
}

TEST(Grid, SizesAreBounded) {
  EXPECT_EQ(Grid(-1, -5).columns(), 0);
  EXPECT_EQ(Grid(-1, -5).text(), "");
  const Grid grid(INT_MAX, INT_MAX);
  EXPECT_LE(grid.columns(), 2000);
  EXPECT_LE(grid.rows(), 1000);
}

TEST(Grid, DisplayWidthIsWhatPutTakes) {
  for (const std::string text : {"", "abc", "\u4e2d\u6587", "e\u0301", "\xff\xfe",
                                 "a\x1b"
                                 "b",
                                 "\U0001f600\ufe0f", "\u2500\u2588\u28ff"}) {
    Grid grid(20, 1);
    EXPECT_EQ(grid.put(0, 0, text), display_width(text)) << text;
  }
}

TEST(Unicode, Widths) {
  for (const char32_t narrow : {U'a', U'\u00e9', U'\u2500', U'\u2588', U'\u28ff', U'\u2191'}) {
    EXPECT_EQ(width_of(narrow), 1) << static_cast<uint32_t>(narrow);
  }
  for (const char32_t wide : {U'\u1100', U'\u4e00', U'\u9fff', U'\uac00', U'\uff21', U'\u3000',
                              U'\U0001f680', U'\U00020000', U'\U0003fffd'}) {
    EXPECT_EQ(width_of(wide), 2) << static_cast<uint32_t>(wide);
  }
  for (const char32_t none : {U'\u0300', U'\u200b', U'\u00ad', U'\u1160', U'\ufe0f', U'\u20dd'}) {
    EXPECT_EQ(width_of(none), 0) << static_cast<uint32_t>(none);
  }
}

TEST(Unicode, EveryCodePointComesBack) {
  for (char32_t character = 0; character < 0x110000; ++character) {
    std::string text;
    append_utf8(text, character);
    if (character >= 0xd800 && character <= 0xdfff) {
      ASSERT_TRUE(text.empty());
      continue;
    }
    std::string_view rest = text;
    ASSERT_EQ(take_code_point(rest), character);
    ASSERT_TRUE(rest.empty());
  }
}

TEST(Roles, HaveNamesOfTheirOwn) {
  std::set<std::string_view> names;
  for (int i = 0; i < static_cast<int>(Role::count_); ++i) {
    names.insert(to_string(static_cast<Role>(i)));
  }
  EXPECT_EQ(names.size(), static_cast<size_t>(Role::count_));
  EXPECT_EQ(to_string(Role::bar_received), "bar_received");
  EXPECT_EQ(to_string(Role::prompt), "prompt");
}

}  // namespace
}  // namespace weir::tui
