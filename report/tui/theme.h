#pragma once

#include <array>
#include <cstdint>
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

/// The themes that weir brings, at least 32; "default" is the first.
std::span<const Theme> built_in_themes();
const Theme* find_theme(std::string_view name);

}  // namespace weir::tui
