#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/core/status.h"
#include "report/tui/grid.h"

namespace weir::tui {

/// A colour as a theme names it: the terminal's own default, one of the 16 of every terminal, or
/// 24 bits of red, green, blue, which a terminal with fewer shows as the nearest that it has.
struct Colour {
  enum class Kind : uint8_t { terminal, ansi, rgb };
  Kind kind = Kind::terminal;
  uint8_t red = 0;  ///< of ansi: 0 to 15
  uint8_t green = 0;
  uint8_t blue = 0;
  bool operator==(const Colour&) const = default;
};

/// "default", "red", "bright-blue", "#a0c4ff". Errors are Code::usage.
Result<Colour> parse_colour(std::string_view text);
/// The text that parse_colour() reads: "default", "bright-blue", "#a0c4ff".
std::string to_text(const Colour& colour);

/// How each role looks.
struct Theme {
  struct Look {
    Colour foreground;
    Colour background;
    bool bold = false;
  };
  enum class Ground : uint8_t { dark, light, any };

  std::string name;         ///< "nord": lower case, digits and dashes
  std::string description;  ///< one line
  Ground ground = Ground::any;
  std::array<Look, static_cast<size_t>(Role::count_)> looks{};

  const Look& of(Role role) const { return looks[static_cast<size_t>(role)]; }
};

/// How a style looks, the same for a terminal and for a picture. A background of its own takes the
/// place of the role's. Where the ground is not known, the foreground stays too, so that a number
/// has one colour though a bar ends in it, unless it could not be read there. What is reversed
/// stays for the caller.
Theme::Look look_of(const Theme& theme, const Style& style);

/// A theme without a ground of its own, once the terminal has told its background: bars become
/// tints of that. Bars that somebody has set stay as they are.
Theme on_ground(Theme theme, const Colour& ground);

/// False for a theme of nothing but the terminal's own colours: roles are then told apart by bold,
/// underline and reverse, as without colours.
bool has_colours(const Theme& theme);

/// The themes that weir brings, at least 32; "default" is the first.
std::span<const Theme> built_in_themes();
const Theme* find_theme(std::string_view name);

/// One line of a theme in the configuration file. Empty text leaves what the base has.
struct LookChange {
  std::string role;  ///< as to_string(Role)
  std::string foreground;
  std::string background;
  std::optional<bool> bold;
};

/// A theme of the user's: a base with changes. A new background of `text` goes to all roles that
/// have the base's. Errors are Code::usage: a name that is none, an unknown role or colour.
Result<Theme> make_theme(std::string_view name, const Theme& base,
                         std::span<const LookChange> changes);

/// For `weir --list-themes`: a line a theme with name, ground, description and, with colours,
/// swatches in 24 bits (SGR 38;2).
std::string theme_list_text(bool colours);
std::string theme_list_text(std::span<const Theme> themes, bool colours);

}  // namespace weir::tui
