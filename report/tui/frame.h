#pragma once

#include <string_view>

#include "report/tui/grid.h"
#include "report/tui/rect.h"

/// Lines, boxes and partly filled cells of a screen. Pure functions.
namespace weir::tui {

/// The characters of lines and boxes.
struct LineGlyphs {
  char32_t horizontal, vertical;
  char32_t top_left, top_right, bottom_left, bottom_right;
  char32_t tick;  ///< a horizontal line with a stroke upwards
};
const LineGlyphs& line_glyphs(Glyphs glyphs) noexcept;

void draw_horizontal_line(Grid& grid, int row, int column, int width, Glyphs glyphs);

/// A box with its title in the upper line. Returns what is inside, without a blank column at each
/// side.
Rect draw_frame(Grid& grid, const Rect& place, std::string_view title, Glyphs glyphs);

/// An empty box in the middle of `screen`, which covers what is there, for contents of that size.
/// Returns what is inside; the box itself is it with one row and two columns more at each side.
Rect draw_popup(Grid& grid, const Rect& screen, int rows, int columns, std::string_view title,
                Glyphs glyphs);

/// A bar of `width` cells of which `share` (0 to 1) is filled, by eighths where glyphs allow.
void draw_gauge(Grid& grid, int row, int column, int width, double share, Style style,
                Glyphs glyphs);

/// Says at the right of the lower border that there is more: "12-30 of 64".
void draw_scroll_position(Grid& grid, const Rect& frame, int first, int shown, int total);

}  // namespace weir::tui
