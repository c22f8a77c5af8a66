#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <optional>
#include <vector>

#include "report/tui/theme.h"

namespace weir::tui {

/// What a terminal is told for a cell. Colours are numbers of its palette, -1 its own.
struct Paint {
  int foreground = -1;
  int background = -1;
  bool bold = false;
  bool dim = false;
  bool underline = false;
  bool reverse = false;
  bool operator==(const Paint&) const = default;
};

/// Brings the looks of a theme down to what a terminal can do. Where it shows 24 bits but is
/// addressed by numbers, the number that is nearest anyway is given the exact colour: a terminal
/// that ignores that still shows the nearest. Pure; used by one thread.
class Painter {
 public:
  struct Abilities {
    int colours = 0;          ///< numbers of the palette: 0, 8, 16, 88, 256
    bool own_colours = true;  ///< -1 works
    bool exact = false;       ///< numbers can be given 24-bit colours
  };
  struct Exact {
    int number;
    Colour colour;
  };

  Painter(const Theme& theme, const Abilities& abilities);

  Paint paint(const Style& style);
  /// Numbers that were given a colour since the last call.
  std::vector<Exact> take_exact();

 private:
  static constexpr size_t kRoles = static_cast<size_t>(Role::count_);

  int number_of(const Colour& colour, bool background);
  int tint_number_of(const Colour& colour);
  int exact_number_of(const Colour& colour);
  bool underlines(Role bar) const;
  Paint make(Role role, Role background);
  Paint attributes(Role role, Role background) const;
  Paint colours(Role role, Role background);
  void paint_few(Paint& paint, const Theme::Look& look);

  Theme theme_;
  Abilities abilities_;
  bool in_colour_;
  std::vector<Exact> exact_;
  std::bitset<256> taken_;
  size_t told_ = 0;
  std::array<std::optional<Paint>, kRoles * kRoles> known_;  ///< role and background
};

}  // namespace weir::tui
