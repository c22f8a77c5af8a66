#include "report/tui/painter.h"

#include <gtest/gtest.h>

#include <set>

#include "report/tui/ascii.h"
#include "report/tui/colour_math.h"
#include "report/tui/osc52.h"

namespace weir::tui {
namespace {

const Theme& theme(std::string_view name) {
  return *find_theme(name);
}

TEST(Painter, TheTerminalsColoursByNumber) {
  Painter painter(theme("default"), {.colours = 256});
  EXPECT_EQ(painter.paint({}), Paint{});
  EXPECT_EQ(painter.paint({.role = Role::sent}), (Paint{.foreground = 2}));
  EXPECT_EQ(painter.paint({.role = Role::missed}),
            (Paint{.foreground = 15, .background = 1, .bold = true}));
  EXPECT_EQ(painter.paint({.role = Role::sent, .background = Role::bar_sent}),
            (Paint{.foreground = 2, .background = 22}));
  EXPECT_EQ(painter.paint({.underline = true, .reverse = true}),
            (Paint{.underline = true, .reverse = true}));
}

TEST(Painter, EightColoursHaveBoldForBrightAndDimForGrey) {
  Painter painter(theme("default"), {.colours = 8});
  EXPECT_EQ(painter.paint({.role = Role::missed}),
            (Paint{.foreground = 7, .background = 1, .bold = true}));
  EXPECT_EQ(painter.paint({.role = Role::dim}), (Paint{.foreground = -1, .dim = true}));
}

TEST(Painter, WithoutADefaultColourItIsWhiteOnBlack) {
  Painter painter(theme("default"), {.colours = 8, .own_colours = false});
  EXPECT_EQ(painter.paint({}), (Paint{.foreground = 7, .background = 0}));
}

TEST(Painter, ExactColoursGetTheNearestNumberThatIsFree) {
  Painter painter(theme("nord"), {.colours = 256, .exact = true});
  const Paint text = painter.paint({});
  const auto first = painter.take_exact();
  ASSERT_EQ(first.size(), 2U);
  EXPECT_EQ(first[0].number, text.foreground);
  EXPECT_EQ(first[0].colour, theme("nord").of(Role::text).foreground);
  EXPECT_EQ(text.foreground, nearest_of_256(first[0].colour));
  painter.paint({});
  EXPECT_TRUE(painter.take_exact().empty());
  std::set<int> numbers = {first[0].number, first[1].number};
  for (int role = 0; role < static_cast<int>(Role::count_); ++role) {
    painter.paint({.role = static_cast<Role>(role)});
    for (const auto& exact : painter.take_exact()) {
      EXPECT_GE(exact.number, 16);
      EXPECT_LT(exact.number, 256);
      EXPECT_TRUE(numbers.insert(exact.number).second) << exact.number;
    }
  }
}

TEST(Painter, DirectTerminalsTakeTheColourItself) {
  Painter painter(theme("nord"), {.colours = 1 << 24, .exact = true});
  EXPECT_EQ(painter.paint({}).background, 0x2e3440);
  EXPECT_TRUE(painter.take_exact().empty());
  Painter black(theme("high-contrast"), {.colours = 1 << 24});
  EXPECT_EQ(black.paint({}).background, 8);  // 0 to 7 are the first of the 16
}

/// What is seen of a paint: the colour numbers after reversing.
std::pair<int, int> seen(const Paint& paint) {
  return paint.reverse ? std::pair(paint.background, paint.foreground)
                       : std::pair(paint.foreground, paint.background);
}

TEST(Painter, WithFewColoursNothingVanishes) {
  for (const int colours : {8, 16, 256}) {
    for (const Theme& each : built_in_themes()) {
      if (!has_colours(each)) continue;
      Painter painter(each, {.colours = colours});
      const int ground = seen(painter.paint({})).second;
      for (int i = 0; i < static_cast<int>(Role::count_); ++i) {
        const auto role = static_cast<Role>(i);
        const auto [front, back] = seen(painter.paint({.role = role}));
        EXPECT_TRUE(front != back || front < 0)
            << each.name << " " << to_string(role) << " " << colours;
        EXPECT_LT(front, colours);
        EXPECT_LT(back, colours);
      }
      for (const Role bar : {Role::bar_sent, Role::bar_received}) {
        const Paint beside = painter.paint({.role = Role::both});
        const Paint paint = painter.paint({.role = Role::both, .background = bar});
        EXPECT_EQ(paint.underline, colours < 256) << each.name;
        EXPECT_FALSE(paint.reverse) << each.name;
        EXPECT_EQ(paint.foreground, beside.foreground) << each.name << ": a number of two colours";
        EXPECT_EQ(seen(paint).second != ground, colours == 256) << each.name << " " << colours;
      }
      for (const Role bar : {Role::selected}) {
        EXPECT_NE(seen(painter.paint({.role = Role::text, .background = bar})).second, ground)
            << each.name << " " << to_string(bar) << " " << colours;
      }
    }
  }
}

TEST(Painter, ABarOfTheUsersIsAsTheUserSaid) {
  const std::vector<LookChange> changes = {{"bar_sent", "black", "green", {}}};
  const Theme mine = make_theme("mine", theme("default"), changes).value();
  Painter painter(mine, {.colours = 8});
  EXPECT_EQ(painter.paint({.role = Role::sent, .background = Role::bar_sent}),
            (Paint{.foreground = 0, .background = 2}));
  EXPECT_TRUE(painter.paint({.role = Role::sent, .background = Role::bar_received}).underline);
}

TEST(Painter, TheDefaultsBarsAreTintsOfTheGroundThatTheTerminalTold) {
  const Theme& any = theme("default");
  const Colour paper = rgb(0xfdf6e3);
  const Theme light = on_ground(any, paper);
  for (const Role bar : {Role::bar_sent, Role::bar_received}) {
    EXPECT_GT(luminance(light.of(bar).background), 0.5);
    EXPECT_LT(luminance(any.of(bar).background), 0.1);
    EXPECT_GE(contrast(light.of(bar).foreground, light.of(bar).background), 4.5);
  }
  EXPECT_EQ(light.of(Role::sent).foreground, any.of(Role::sent).foreground);
  // Not told, a theme with a ground of its own, and bars that the user has set.
  EXPECT_EQ(on_ground(any, {}).of(Role::bar_sent).background, any.of(Role::bar_sent).background);
  EXPECT_EQ(on_ground(theme("nord"), paper).of(Role::bar_sent).background,
            theme("nord").of(Role::bar_sent).background);
  const std::vector<LookChange> changes = {{"bar_sent", "", "blue", {}}};
  const Theme mine = make_theme("mine", any, changes).value();
  EXPECT_EQ(on_ground(mine, paper).of(Role::bar_sent).background, ansi(4));
}

// The nearest of 256 are a little nearer to one another than the theme's 4.5 and 3.
TEST(Painter, TwoHundredAndFiftySixColoursCanBeRead) {
  for (const Theme& each : built_in_themes()) {
    if (each.ground == Theme::Ground::any) continue;
    Painter painter(each, {.colours = 256});
    for (int i = 0; i < static_cast<int>(Role::count_); ++i) {
      const auto role = static_cast<Role>(i);
      const double least = role == Role::dim || role == Role::border ? 2.4 : 3.0;
      for (const Role behind : {Role::text, Role::bar_sent, Role::bar_received, Role::selected}) {
        const Paint paint = painter.paint({.role = role, .background = behind});
        EXPECT_GE(contrast(colour_of_256(paint.foreground), colour_of_256(paint.background)), least)
            << each.name << " " << to_string(role) << " on " << to_string(behind);
      }
    }
  }
}

TEST(Painter, WithoutColoursRolesAreToldApartByAttributes) {
  for (const char* name : {"nord", "monochrome"}) {
    Painter painter(theme(name), {.colours = name == std::string("nord") ? 0 : 256});
    const auto paint = [&painter](Role role, Role background = Role::text) {
      return painter.paint({.role = role, .background = background});
    };
    EXPECT_EQ(paint(Role::sent), Paint{});
    EXPECT_EQ(paint(Role::sent, Role::bar_sent), (Paint{.underline = true}));
    EXPECT_EQ(paint(Role::selected), (Paint{.bold = true, .reverse = true}));
    EXPECT_EQ(paint(Role::sent, Role::selected), (Paint{.bold = true, .reverse = true}));
    EXPECT_EQ(paint(Role::selected, Role::bar_sent),
              (Paint{.bold = true, .underline = true, .reverse = true}));
    EXPECT_EQ(paint(Role::selected, Role::selected), (Paint{.bold = true, .reverse = true}));
    EXPECT_EQ(paint(Role::missed), (Paint{.bold = true, .underline = true}));
    EXPECT_EQ(painter.paint({.role = Role::selected, .reverse = true}), (Paint{.bold = true}));
  }
}

TEST(Ascii, IsNearToWhatIsDrawn) {
  const std::u32string drawn =
      U"a~ \u2500\u2502\u250c\u2550\u2588\u2581\u2192\u2191\u00e9\u00df\u2026\u25b2";
  std::string out;
  for (const char32_t character : drawn) out += ascii_of(character);
  EXPECT_EQ(out, "a~ -|+=#_>^es.^");
  EXPECT_EQ(ascii_of(0x2800), ' ');
  EXPECT_EQ(ascii_of(0x28ff), '#');
  EXPECT_EQ(ascii_of(U'\u4e2d'), '?');
}

TEST(Ascii, IsPrintableForAnyCharacter) {
  for (char32_t character = 0; character < 0x110000; ++character) {
    const char nearest = ascii_of(character);
    ASSERT_TRUE(nearest >= 0x20 && nearest < 0x7f) << static_cast<uint32_t>(character);
  }
  ASSERT_EQ(ascii_of(0xffffffff), '?');
}

TEST(Osc52, IsBase64OfRfc4648) {
  EXPECT_EQ(clipboard_sequence(""), "\x1b]52;c;\a");
  EXPECT_EQ(clipboard_sequence("f"), "\x1b]52;c;Zg==\a");
  EXPECT_EQ(clipboard_sequence("fo"), "\x1b]52;c;Zm8=\a");
  EXPECT_EQ(clipboard_sequence("foobar"), "\x1b]52;c;Zm9vYmFy\a");
  EXPECT_EQ(clipboard_sequence("\xff\xfe\x1b"), "\x1b]52;c;//4b\a");
}

TEST(Osc52, IsCutBetweenCharacters) {
  constexpr size_t kFrame = 8;
  const std::string longest(65536, 'x');
  EXPECT_EQ(clipboard_sequence(longest).size(), kFrame + (65536 + 2) / 3 * 4);
  EXPECT_EQ(clipboard_sequence(longest + "y"), clipboard_sequence(longest));
  const std::string shorter(65535, 'x');
  EXPECT_EQ(clipboard_sequence(shorter + "\u00e9"), clipboard_sequence(shorter));
}

}  // namespace
}  // namespace weir::tui
