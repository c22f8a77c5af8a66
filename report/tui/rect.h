#pragma once

#include <algorithm>

namespace weir::tui {

/// A part of the screen: where a widget draws, what a mouse hits. A plain value; negative sizes
/// never come out of its functions.
struct Rect {
  int row = 0;
  int column = 0;
  int rows = 0;
  int columns = 0;

  bool operator==(const Rect&) const = default;
  bool empty() const noexcept { return rows <= 0 || columns <= 0; }
  int end_row() const noexcept { return row + rows; }
  int end_column() const noexcept { return column + columns; }
  bool contains(int at_row, int at_column) const noexcept {
    return at_row >= row && at_row < end_row() && at_column >= column && at_column < end_column();
  }
  /// Without a border of so many rows and columns at each side.
  Rect inset(int by_rows, int by_columns) const noexcept {
    return {row + by_rows, column + by_columns, std::max(0, rows - 2 * by_rows),
            std::max(0, columns - 2 * by_columns)};
  }
  /// A rectangle of that size in the middle of this one; cut to it where it is larger.
  Rect centred(int want_rows, int want_columns) const noexcept {
    const int height = std::clamp(want_rows, 0, std::max(0, rows));
    const int width = std::clamp(want_columns, 0, std::max(0, columns));
    return {row + (rows - height) / 2, column + (columns - width) / 2, height, width};
  }
};

}  // namespace weir::tui
