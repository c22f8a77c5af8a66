#include "report/tui/theme.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "report/format.h"
#include "report/tui/colour_math.h"

namespace weir::tui {
namespace {

constexpr size_t kMostShown = 40;
constexpr size_t kLongestName = 32;
constexpr std::array<std::string_view, 8> kAnsiNames = {"black", "red",     "green", "yellow",
                                                        "blue",  "magenta", "cyan",  "white"};
constexpr std::string_view kBright = "bright-";

Status usage(std::string_view where, std::string message) {
  return {.code = Code::usage,
          .where = report::printable(where.substr(0, kMostShown)),
          .message = std::move(message)};
}

int hex_digit(char digit) noexcept {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

/// "#a0c4ff" or "#acf".
std::optional<Colour> parse_hex(std::string_view digits) {
  if (digits.size() != 6 && digits.size() != 3) return std::nullopt;
  uint32_t value = 0;
  for (const char digit : digits) {
    const int number = hex_digit(digit);
    if (number < 0) return std::nullopt;
    const auto nibble = static_cast<uint32_t>(number);
    value = digits.size() == 3 ? value << 8 | nibble * 0x11 : value << 4 | nibble;
  }
  return rgb(value);
}

std::optional<Role> find_role(std::string_view name) {
  for (size_t i = 0; i < static_cast<size_t>(Role::count_); ++i) {
    if (to_string(static_cast<Role>(i)) == name) return static_cast<Role>(i);
  }
  return std::nullopt;
}

bool is_theme_name(std::string_view name) {
  return !name.empty() && name.size() <= kLongestName &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

Result<void> change(Theme& theme, const Theme& base, const LookChange& wish) {
  const auto role = find_role(wish.role);
  if (!role) return fail(usage(wish.role, "is no role of a theme"));
  Theme::Look& look = theme.looks[static_cast<size_t>(*role)];
  if (!wish.foreground.empty()) {
    const auto colour = parse_colour(wish.foreground);
    if (!colour) return fail(colour.error());
    look.foreground = *colour;
  }
  if (!wish.background.empty()) {
    const auto colour = parse_colour(wish.background);
    if (!colour) return fail(colour.error());
    look.background = *colour;
    if (*role == Role::text) {
      const Colour old = base.of(Role::text).background;
      for (Theme::Look& other : theme.looks) {
        if (other.background == old) other.background = *colour;
      }
    }
  }
  if (wish.bold) look.bold = *wish.bold;
  return {};
}

void append_sgr(std::string& out, const Colour& colour, bool background) {
  const int base = background ? 40 : 30;
  auto to = std::back_inserter(out);
  switch (colour.kind) {
    case Colour::Kind::terminal: fmt::format_to(to, ";{}", base + 9); break;
    case Colour::Kind::ansi:
      fmt::format_to(to, ";{}", colour.red < 8 ? base + colour.red : base + 52 + colour.red);
      break;
    case Colour::Kind::rgb:
      fmt::format_to(to, ";{};2;{};{};{}", base + 8, colour.red, colour.green, colour.blue);
      break;
  }
}

void append_swatch(std::string& out, const Theme& theme, Role role, std::string_view text) {
  const Theme::Look& look = theme.of(role);
  out += look.bold ? "\x1b[0;1" : "\x1b[0";
  append_sgr(out, look.foreground, false);
  append_sgr(out, look.background, true);
  out.append("m").append(text);
}

std::string_view ground_text(Theme::Ground ground) {
  switch (ground) {
    case Theme::Ground::dark: return "dark";
    case Theme::Ground::light: return "light";
    case Theme::Ground::any: break;
  }
  return "any";
}

/// On a tint the terminal's own colour can, and one of the 16 that is there nearly as readable as
/// beside it.
bool can_stand(const Colour& colour, const Colour& background) {
  if (background.kind != Colour::Kind::rgb) return false;
  if (colour.kind == Colour::Kind::terminal) return true;
  constexpr double kReadable = 3.0;
  constexpr double kNearly = 0.75;
  const Colour seen = colour.kind == Colour::Kind::ansi ? colour_of_16(colour.red) : colour;
  const Colour ground = rgb(luminance(background) > 0.5 ? 0xffffff : 0x000000);
  return contrast(seen, background) >= std::min(kReadable, kNearly * contrast(seen, ground));
}

}  // namespace

Result<Colour> parse_colour(std::string_view text) {
  if (text == "default") return Colour{};
  if (text == "grey" || text == "gray") return ansi(8);
  if (text.starts_with('#')) {
    if (const auto colour = parse_hex(text.substr(1))) return *colour;
  }
  const bool bright = text.starts_with(kBright);
  const std::string_view plain = bright ? text.substr(kBright.size()) : text;
  const auto* const name = std::find(kAnsiNames.begin(), kAnsiNames.end(), plain);
  if (name != kAnsiNames.end()) {
    return ansi(static_cast<uint8_t>(name - kAnsiNames.begin() + (bright ? 8 : 0)));
  }
  return fail(usage(text,
                    "is no colour: default, black, red, green, yellow, blue, magenta, cyan, white, "
                    "each also with bright- in front, or #rrggbb"));
}

std::string to_text(const Colour& colour) {
  switch (colour.kind) {
    case Colour::Kind::terminal: break;
    case Colour::Kind::ansi: {
      const std::string name(kAnsiNames[colour.red % 8U]);
      return colour.red % 16 < 8 ? name : std::string(kBright) + name;
    }
    case Colour::Kind::rgb:
      return fmt::format("#{:02x}{:02x}{:02x}", colour.red, colour.green, colour.blue);
  }
  return "default";
}

Theme::Look look_of(const Theme& theme, const Style& style) {
  Theme::Look look = theme.of(style.role);
  if (style.background != Role::text) {
    const Theme::Look& behind = theme.of(style.background);
    look.background = behind.background;
    if (theme.ground == Theme::Ground::any && !can_stand(look.foreground, behind.background)) {
      look.foreground = behind.foreground;
    }
  }
  look.bold = look.bold || style.bold;
  return look;
}

bool has_colours(const Theme& theme) {
  return std::any_of(theme.looks.begin(), theme.looks.end(), [](const Theme::Look& look) {
    return look.foreground.kind != Colour::Kind::terminal ||
           look.background.kind != Colour::Kind::terminal;
  });
}

const Theme* find_theme(std::string_view name) {
  for (const Theme& theme : built_in_themes()) {
    if (theme.name == name) return &theme;
  }
  return nullptr;
}

Result<Theme> make_theme(std::string_view name, const Theme& base,
                         std::span<const LookChange> changes) {
  if (!is_theme_name(name)) {
    return fail(usage(name, "is no name for a theme: 1 to 32 of a-z, 0-9 and -"));
  }
  Theme theme = base;
  theme.name = name;
  theme.description = "yours, from " + base.name;
  for (const LookChange& wish : changes) {
    if (const auto done = change(theme, base, wish); !done) return fail(done.error());
  }
  return theme;
}

std::string theme_list_text(std::span<const Theme> themes, bool colours) {
  std::string out;
  for (const Theme& theme : themes) {
    const size_t start = out.size();
    fmt::format_to(std::back_inserter(out), "{:<22} {:<5}  ", theme.name,
                   ground_text(theme.ground));
    if (colours) {
      append_swatch(out, theme, Role::text, " text ");
      append_swatch(out, theme, Role::sent, " sent ");
      append_swatch(out, theme, Role::received, " received ");
      append_swatch(out, theme, Role::bar_sent, " bar ");
      append_swatch(out, theme, Role::bar_received, " bar ");
      append_swatch(out, theme, Role::missed, " missed ");
      append_swatch(out, theme, Role::selected, " row ");
      out += "\x1b[0m  ";
    }
    out += theme.description;
    out.resize(std::max(start, out.find_last_not_of(' ') + 1));
    out += '\n';
  }
  return out;
}

std::string theme_list_text(bool colours) {
  return theme_list_text(built_in_themes(), colours);
}

}  // namespace weir::tui
