#include "report/tui/theme.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "report/tui/colour_math.h"
#include "report/tui/palette.h"

namespace weir::tui {
namespace {

std::vector<Role> all_roles() {
  std::vector<Role> roles;
  for (int i = 0; i < static_cast<int>(Role::count_); ++i) roles.push_back(static_cast<Role>(i));
  return roles;
}

using Triple = std::array<double, 3>;
using Matrix = std::array<Triple, 3>;

// Machado, Oliveira, Fernandes 2009, severity 1.0, for linear RGB.
constexpr Matrix kProtan = {{{0.152286, 1.052583, -0.204868},
                             {0.114503, 0.786281, 0.099216},
                             {-0.003882, -0.048116, 1.051998}}};
constexpr Matrix kDeutan = {{{0.367322, 0.860646, -0.227968},
                             {0.280085, 0.672501, 0.047413},
                             {-0.011820, 0.042940, 0.968881}}};
constexpr Matrix kTritan = {{{1.255528, -0.076749, -0.178779},
                             {-0.078411, 0.930809, 0.147602},
                             {0.004733, 0.691367, 0.303900}}};
constexpr Matrix kNone = {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};

Triple times(const Matrix& matrix, const Triple& vector) {
  Triple out{};
  for (size_t i = 0; i < 3; ++i) {
    for (size_t j = 0; j < 3; ++j) out[i] += matrix[i][j] * vector[j];
  }
  return out;
}

Triple linear_rgb(const Colour& colour) {
  const auto linear = [](double value) {
    return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
  };
  return {linear(colour.red / 255.0), linear(colour.green / 255.0), linear(colour.blue / 255.0)};
}

/// CIE 1976 L*a*b* under D65, as somebody with the deficiency sees it.
Triple lab(const Colour& colour, const Matrix& deficiency) {
  static constexpr Matrix kToXyz = {{{0.4124564, 0.3575761, 0.1804375},
                                     {0.2126729, 0.7151522, 0.0721750},
                                     {0.0193339, 0.1191920, 0.9503041}}};
  Triple seen = times(deficiency, linear_rgb(colour));
  for (double& channel : seen) channel = std::clamp(channel, 0.0, 1.0);
  const Triple xyz = times(kToXyz, seen);
  const auto f = [](double t) {
    return t > 216.0 / 24389 ? std::cbrt(t) : (24389.0 / 27 * t + 16) / 116;
  };
  const double x = f(xyz[0] / 0.95047);
  const double y = f(xyz[1]);
  const double z = f(xyz[2] / 1.08883);
  return {116 * y - 16, 500 * (x - y), 200 * (y - z)};
}

double delta_e(const Colour& a, const Colour& b, const Matrix& deficiency = kNone) {
  const Triple first = lab(a, deficiency);
  const Triple second = lab(b, deficiency);
  return std::hypot(first[0] - second[0], first[1] - second[1], first[2] - second[2]);
}

TEST(Themes, ThereAreMany) {
  const auto themes = built_in_themes();
  EXPECT_GE(themes.size(), 34U);
  EXPECT_EQ(themes.front().name, "default");
  std::set<std::string> names;
  for (const Theme& theme : themes) {
    EXPECT_TRUE(names.insert(theme.name).second) << theme.name;
    EXPECT_FALSE(theme.description.empty()) << theme.name;
    EXPECT_TRUE(make_theme(theme.name, theme, {}).has_value()) << theme.name;
    EXPECT_EQ(find_theme(theme.name), &theme);
  }
  for (const char* name : {"light", "dark", "monochrome", "high-contrast", "nord", "deuteranopia",
                           "protanopia", "tritanopia"}) {
    EXPECT_NE(find_theme(name), nullptr) << name;
  }
  EXPECT_EQ(find_theme("no such"), nullptr);
}

TEST(Themes, EveryRoleCanBeRead) {
  for (const Theme& theme : built_in_themes()) {
    if (theme.ground == Theme::Ground::any) continue;
    for (const Role role : all_roles()) {
      const bool faint = role == Role::dim || role == Role::border;
      const Theme::Look& look = theme.of(role);
      ASSERT_EQ(look.foreground.kind, Colour::Kind::rgb);
      ASSERT_EQ(look.background.kind, Colour::Kind::rgb);
      for (const Role behind : {role, Role::bar_sent, Role::bar_received, Role::selected}) {
        EXPECT_GE(contrast(look.foreground, theme.of(behind).background), faint ? 3.0 : 4.5)
            << theme.name << ": " << to_string(role) << " on " << to_string(behind);
      }
    }
  }
}

TEST(Themes, GroundsAreWhatTheySay) {
  for (const Theme& theme : built_in_themes()) {
    if (theme.ground == Theme::Ground::any) continue;
    const double light = luminance(theme.of(Role::text).background);
    EXPECT_EQ(light > 0.5, theme.ground == Theme::Ground::light) << theme.name;
    EXPECT_TRUE(light < 0.1 || light > 0.7) << theme.name << " is neither dark nor light";
  }
}

TEST(Themes, BarsAndTheSelectedRowCanBeSeen) {
  for (const Theme& theme : built_in_themes()) {
    if (theme.ground == Theme::Ground::any) continue;
    const Colour ground = theme.of(Role::text).background;
    for (const Role role : {Role::bar_sent, Role::bar_received, Role::selected, Role::tab_active,
                            Role::missed, Role::match}) {
      EXPECT_GE(contrast(theme.of(role).background, ground), 1.3)
          << theme.name << ": " << to_string(role);
    }
  }
}

/// How much of a colour there is in a mix with the ground, by the channel where they differ most.
double share_of(const Colour& mixed, const Colour& ground, const Colour& colour) {
  const auto channels = [](const Colour& one) {
    return std::array<int, 3>{one.red, one.green, one.blue};
  };
  const auto from = channels(ground);
  const auto to = channels(colour);
  size_t widest = 0;
  for (size_t i = 1; i < 3; ++i) {
    if (std::abs(to[i] - from[i]) > std::abs(to[widest] - from[widest])) widest = i;
  }
  return static_cast<double>(channels(mixed)[widest] - from[widest]) / (to[widest] - from[widest]);
}

TEST(Themes, BarsAreAQuarterOfTheirColour) {
  for (const Palette& palette : built_in_palettes()) {
    const Theme theme = theme_of(palette);
    const Colour ground = rgb(palette.background);
    const Colour sent = theme.of(Role::bar_sent).background;
    const Colour received = theme.of(Role::bar_received).background;
    for (const auto& [bar, colour] :
         {std::pair(sent, rgb(palette.sent)), std::pair(received, rgb(palette.received))}) {
      const double share = share_of(bar, ground, colour);
      const double quarter = contrast(mix(ground, colour, 0.25), ground);
      // More only where a quarter could not be seen, less only where it would be loud.
      EXPECT_LE(share, quarter < 1.3 ? 0.51 : 0.26) << palette.name;
      EXPECT_GE(share, quarter > 1.45 ? 0.14 : 0.24) << palette.name;
    }
    EXPECT_LE(contrast(sent, ground), 2.6) << palette.name;
    EXPECT_LE(contrast(received, ground), 2.6) << palette.name;
  }
}

TEST(Themes, SentReceivedAndMissedStayApart) {
  for (const Theme& theme : built_in_themes()) {
    if (theme.ground == Theme::Ground::any) continue;
    const Colour sent = theme.of(Role::sent).foreground;
    const Colour received = theme.of(Role::received).foreground;
    EXPECT_GE(delta_e(sent, received), 15) << theme.name;
    EXPECT_GE(delta_e(theme.of(Role::missed).foreground, sent), 15) << theme.name;
    EXPECT_GE(delta_e(theme.of(Role::missed).foreground, received), 15) << theme.name;
  }
}

TEST(Themes, HighContrastIsHigher) {
  for (const char* name : {"high-contrast", "high-contrast-light"}) {
    const Theme& theme = *find_theme(name);
    for (const Role role : all_roles()) {
      EXPECT_GE(contrast(theme.of(role).foreground, theme.of(role).background), 7.0)
          << name << ": " << to_string(role);
    }
  }
}

struct Deficiency {
  const char* name;
  Matrix matrix;
};

TEST(Themes, ColourBlindOnesKeepTheirColoursApart) {
  for (const auto& [name, matrix] :
       {Deficiency{"protanopia", kProtan}, {"deuteranopia", kDeutan}, {"tritanopia", kTritan}}) {
    for (const std::string variant : {"", "-light"}) {
      const Theme* const theme = find_theme(name + variant);
      ASSERT_NE(theme, nullptr) << name << variant;
      const Colour sent = theme->of(Role::sent).foreground;
      const Colour received = theme->of(Role::received).foreground;
      const Colour missed = theme->of(Role::missed).foreground;
      EXPECT_GE(delta_e(sent, received, matrix), 20) << theme->name;
      EXPECT_GE(delta_e(sent, missed, matrix), 20) << theme->name;
      EXPECT_GE(delta_e(received, missed, matrix), 20) << theme->name;
      EXPECT_GE(delta_e(theme->of(Role::bar_sent).background,
                        theme->of(Role::bar_received).background, matrix),
                10)
          << theme->name;
      EXPECT_GE(delta_e(theme->of(Role::good).foreground, missed, matrix), 20) << theme->name;
    }
  }
}

// The check above must be able to fail: what it is for is red beside green.
TEST(Themes, RedAndGreenAreNotApartForThoseWhoSeeNoGreen) {
  EXPECT_LT(delta_e(rgb(0xa06000), rgb(0x608020), kDeutan), 20);
  EXPECT_GE(delta_e(rgb(0xa06000), rgb(0x608020)), 30);
}

TEST(Themes, TheDefaultIsReadableOnAnyGround) {
  const Theme& theme = built_in_themes().front();
  EXPECT_EQ(theme.ground, Theme::Ground::any);
  for (const Role role : all_roles()) {
    if (role == Role::bar_sent || role == Role::bar_received) continue;  // see quiet bars
    const Theme::Look& look = theme.of(role);
    ASSERT_NE(look.foreground.kind, Colour::Kind::rgb);
    ASSERT_NE(look.background.kind, Colour::Kind::rgb);
    if (look.background.kind == Colour::Kind::terminal) {
      // Black, white, yellow and their like vanish on one ground or the other.
      const auto index = look.foreground.red;
      EXPECT_TRUE(look.foreground.kind == Colour::Kind::terminal ||
                  std::set<int>({1, 2, 5, 6, 8}).contains(index))
          << to_string(role);
    } else {
      EXPECT_EQ(look.foreground.kind, Colour::Kind::ansi) << to_string(role);
      EXPECT_GE(contrast(colour_of_16(look.foreground.red), colour_of_16(look.background.red)), 4.5)
          << to_string(role);
    }
  }
}

TEST(Look, ABackgroundTakesThePlaceOfTheRolesOwn) {
  const Theme& nord = *find_theme("nord");
  const Theme::Look look = look_of(nord, {.role = Role::sent, .background = Role::bar_sent});
  EXPECT_EQ(look.foreground, nord.of(Role::sent).foreground);
  EXPECT_EQ(look.background, nord.of(Role::bar_sent).background);
  EXPECT_FALSE(look.bold);
  EXPECT_TRUE(look_of(nord, {.role = Role::sent, .bold = true}).bold);
  // On an unknown ground too, unless it could not be read there.
  const Theme& any = built_in_themes().front();
  EXPECT_EQ(look_of(any, {.role = Role::sent, .background = Role::bar_sent}).foreground,
            any.of(Role::sent).foreground);
  EXPECT_EQ(look_of(any, {.role = Role::sent, .background = Role::selected}).foreground,
            any.of(Role::selected).foreground);
}

TEST(Look, OnlyMonochromeHasNoColours) {
  for (const Theme& theme : built_in_themes()) {
    EXPECT_EQ(has_colours(theme), theme.name != "monochrome") << theme.name;
  }
}

TEST(Colours, AreParsed) {
  EXPECT_EQ(parse_colour("default").value(), Colour{});
  EXPECT_EQ(parse_colour("red").value(), ansi(1));
  EXPECT_EQ(parse_colour("bright-blue").value(), ansi(12));
  EXPECT_EQ(parse_colour("grey").value(), ansi(8));
  EXPECT_EQ(parse_colour("#a0C4ff").value(), rgb(0xa0c4ff));
  EXPECT_EQ(parse_colour("#acf").value(), rgb(0xaaccff));
}

TEST(Colours, BadOnesAreUsageErrors) {
  for (const std::string bad :
       {"", "#", "#12345", "#1234567", "#12345g", "Red", "bright-", "bright", "bright-default",
        "bright-grey", " red", "#-12345", "0x123456"}) {
    const auto colour = parse_colour(bad);
    ASSERT_FALSE(colour.has_value()) << bad;
    EXPECT_EQ(colour.error().code, Code::usage);
    EXPECT_NE(colour.error().message.find("#rrggbb"), std::string::npos);
  }
  const auto long_one = parse_colour("\x1b]0;" + std::string(1000, 'x'));
  ASSERT_FALSE(long_one.has_value());
  EXPECT_LT(long_one.error().where.size(), 100U);
  EXPECT_EQ(long_one.error().where.find('\x1b'), std::string::npos);
}

TEST(Colours, ContrastIsWcags) {
  EXPECT_NEAR(contrast(rgb(0x000000), rgb(0xffffff)), 21.0, 1e-9);
  EXPECT_NEAR(contrast(rgb(0x777777), rgb(0xffffff)), 4.48, 0.01);
  EXPECT_NEAR(contrast(rgb(0xff0000), rgb(0xffffff)), 4.00, 0.01);
  EXPECT_NEAR(contrast(rgb(0x123456), rgb(0x123456)), 1.0, 1e-9);
}

TEST(Colours, NearestOfFewer) {
  EXPECT_EQ(nearest_of_256(rgb(0x000000)), 16);
  EXPECT_EQ(nearest_of_256(rgb(0xffffff)), 231);
  EXPECT_EQ(nearest_of_256(rgb(0xff0000)), 196);
  EXPECT_EQ(nearest_of_256(rgb(0x5fd75f)), 77);
  EXPECT_EQ(nearest_of_256(rgb(0x303030)), 236);
  // A tint keeps its hue, where the nearest would be a grey.
  EXPECT_EQ(nearest_of_256(rgb(0x003300)), 233);
  EXPECT_EQ(tint_of_256(rgb(0x003300)), 22);
  EXPECT_EQ(tint_of_256(rgb(0x003333)), 23);
  EXPECT_EQ(tint_of_256(rgb(0x303030)), 236);
  EXPECT_EQ(nearest_of_16(rgb(0xc80505)), 1);
  EXPECT_EQ(nearest_of_16(rgb(0xfafafa)), 15);
  EXPECT_EQ(nearest_of_16(rgb(0x101010)), 0);
}

TEST(OwnThemes, ChangeWhatTheyName) {
  const Theme& base = *find_theme("nord");
  const std::vector<LookChange> changes = {
      {"sent", "#00ff00", "", true}, {"missed", "white", "red", {}}, {"text", "", "black", {}}};
  const auto made = make_theme("my-own", base, changes);
  ASSERT_TRUE(made.has_value());
  EXPECT_EQ(made->name, "my-own");
  EXPECT_EQ(made->of(Role::sent).foreground, rgb(0x00ff00));
  EXPECT_TRUE(made->of(Role::sent).bold);
  EXPECT_EQ(made->of(Role::missed).background, ansi(1));
  EXPECT_EQ(made->of(Role::missed).bold, base.of(Role::missed).bold);
  // The ground goes to all that had the base's, bars keep theirs.
  EXPECT_EQ(made->of(Role::sent).background, ansi(0));
  EXPECT_EQ(made->of(Role::bar_sent).background, base.of(Role::bar_sent).background);
}

TEST(OwnThemes, BadOnesAreUsageErrors) {
  const Theme& base = built_in_themes().front();
  for (const std::string name : {"", "Mine", "a b", "a\x1b", "abcdefghijklmnopqrstuvwxyz1234567"}) {
    const auto made = make_theme(name, base, {});
    ASSERT_FALSE(made.has_value()) << name;
    EXPECT_EQ(made.error().code, Code::usage);
  }
  const std::vector<std::vector<LookChange>> bad = {
      {{"sends", "red", "", {}}}, {{"sent", "rod", "", {}}}, {{"sent", "", "#12", {}}}};
  for (const auto& changes : bad) {
    const auto made = make_theme("mine", base, changes);
    ASSERT_FALSE(made.has_value());
    EXPECT_EQ(made.error().code, Code::usage);
  }
}

TEST(ThemeList, ALineATheme) {
  const std::string plain = theme_list_text(false);
  EXPECT_EQ(plain.find('\x1b'), std::string::npos);
  EXPECT_EQ(static_cast<size_t>(std::count(plain.begin(), plain.end(), '\n')),
            built_in_themes().size());
  EXPECT_TRUE(plain.starts_with("default                any    the terminal's own")) << plain;
  EXPECT_EQ(plain.find(" \n"), std::string::npos);
  const std::string coloured = theme_list_text(true);
  EXPECT_NE(coloured.find("\x1b[0;38;2;"), std::string::npos);
  // Every line ends with the terminal's own colours.
  size_t start = 0;
  for (size_t end = 0; (end = coloured.find('\n', start)) != std::string::npos; start = end + 1) {
    const std::string line = coloured.substr(start, end - start);
    const size_t last = line.rfind('\x1b');
    ASSERT_NE(last, std::string::npos);
    EXPECT_EQ(line.substr(last, 4), "\x1b[0m");
  }
}

}  // namespace
}  // namespace weir::tui
