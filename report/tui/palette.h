#pragma once

#include <cstdint>
#include <string_view>

#include "report/tui/theme.h"

namespace weir::tui {

/// A built-in theme in short: eleven colours, from which the looks of all roles follow. Each is
/// 0xRRGGBB.
struct Palette {
  std::string_view name;
  std::string_view description;
  Theme::Ground ground;
  uint32_t background;
  uint32_t text;
  uint32_t dim;
  uint32_t title;
  uint32_t heading;
  uint32_t sent;
  uint32_t received;
  uint32_t both;
  uint32_t missed;
  uint32_t warning;
  uint32_t good;
};

std::span<const Palette> built_in_palettes();

/// Foregrounds are the palette's, moved towards white or black as far as it takes to read them on
/// the ground, on bars and on the selected row (WCAG: 4.5, and 3 for what is dim).
Theme theme_of(const Palette& palette);

}  // namespace weir::tui
