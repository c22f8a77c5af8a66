#include "report/tui/frame.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

namespace weir::tui {
namespace {

constexpr LineGlyphs kUtf8Lines{U'─', U'│', U'┌', U'┐', U'└', U'┘', U'┴'};
constexpr LineGlyphs kAsciiLines{U'-', U'|', U'+', U'+', U'+', U'+', U'+'};
/// A cell filled from the left by one to eight eighths.
constexpr std::array<char32_t, 8> kEighths{U'▏', U'▎', U'▍', U'▌', U'▋', U'▊', U'▉', U'█'};

constexpr Style kBorder{.role = Role::border};
constexpr Style kTitle{.role = Role::title, .bold = true};

void draw_box(Grid& grid, const Rect& box, Glyphs glyphs) {
  const LineGlyphs& lines = line_glyphs(glyphs);
  const int last_row = box.end_row() - 1;
  const int last_column = box.end_column() - 1;
  grid.fill(box.row, box.column, box.columns, lines.horizontal, kBorder);
  grid.fill(last_row, box.column, box.columns, lines.horizontal, kBorder);
  for (int row = box.row + 1; row < last_row; ++row) {
    grid.fill(row, box.column, 1, lines.vertical, kBorder);
    grid.fill(row, last_column, 1, lines.vertical, kBorder);
  }
  grid.fill(box.row, box.column, 1, lines.top_left, kBorder);
  grid.fill(box.row, last_column, 1, lines.top_right, kBorder);
  grid.fill(last_row, box.column, 1, lines.bottom_left, kBorder);
  grid.fill(last_row, last_column, 1, lines.bottom_right, kBorder);
}

}  // namespace

const LineGlyphs& line_glyphs(Glyphs glyphs) noexcept {
  return glyphs == Glyphs::utf8 ? kUtf8Lines : kAsciiLines;
}

void draw_horizontal_line(Grid& grid, int row, int column, int width, Glyphs glyphs) {
  if (width > 0) grid.fill(row, column, width, line_glyphs(glyphs).horizontal, kBorder);
}

Rect draw_frame(Grid& grid, const Rect& place, std::string_view title, Glyphs glyphs) {
  if (place.rows < 2 || place.columns < 4) return place.inset(1, 2);
  draw_box(grid, place, glyphs);
  const int room = place.columns - 6;
  if (!title.empty() && room > 0) {
    const std::string text(title);
    const int end = grid.put(place.row, place.column + 3, text, kTitle, room);
    grid.put(place.row, place.column + 2, " ", kBorder);
    grid.put(place.row, end, " ", kBorder);
  }
  return place.inset(1, 2);
}

Rect draw_popup(Grid& grid, const Rect& screen, int rows, int columns, std::string_view title,
                Glyphs glyphs) {
  const Rect box = screen.centred(rows + 2, columns + 4);
  for (int row = box.row; row < box.end_row(); ++row)
    grid.fill(row, box.column, box.columns, U' ', Style{});
  return draw_frame(grid, box, title, glyphs);
}

void draw_gauge(Grid& grid, int row, int column, int width, double share, Style style,
                Glyphs glyphs) {
  if (width <= 0) return;
  if (!(share > 0)) share = 0;  // of nothing, it is not a number
  const bool utf8 = glyphs == Glyphs::utf8;
  const int steps = utf8 ? 8 : 1;
  const double exact = std::clamp(share, 0.0, 1.0) * width * steps;
  int filled = static_cast<int>(std::lround(exact));
  // Something is not nothing, and nearly full is not full.
  if (share > 0) filled = std::max(filled, 1);
  if (share < 1) filled = std::min(filled, std::max(1, width * steps - 1));
  grid.fill(row, column, width, utf8 ? U'░' : U'.', Style{.role = Role::dim});
  grid.fill(row, column, filled / steps, utf8 ? U'█' : U'#', style);
  if (filled % steps != 0)
    grid.fill(row, column + filled / steps, 1, kEighths[static_cast<size_t>(filled % steps) - 1],
              style);
}

void draw_scroll_position(Grid& grid, const Rect& frame, int first, int shown, int total) {
  if (shown >= total || frame.columns < 20) return;
  const std::string text = fmt::format(" {}-{} of {} ", first + 1, first + shown, total);
  grid.put_right(frame.end_row() - 1, frame.end_column() - 2, text, Style{.role = Role::dim});
}

}  // namespace weir::tui
