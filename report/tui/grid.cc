#include "report/tui/grid.h"

#include <algorithm>
#include <array>
#include <climits>

#include "report/tui/unicode.h"

namespace weir::tui {
namespace {

// A terminal may claim any size; 24 MB of cells are enough for all that there are.
constexpr int kMostColumns = 2000;
constexpr int kMostRows = 1000;

constexpr std::array<std::string_view, static_cast<size_t>(Role::count_)> kRoleNames = {
    "text",     "dim",      "heading",      "title",       "tab",    "tab_active",
    "selected", "pinned",   "local_side",   "remote_side", "sent",   "received",
    "both",     "bar_sent", "bar_received", "scale",       "missed", "warning",
    "good",     "border",   "key",          "match",       "prompt"};

int add_saturated(int a, int b) noexcept {
  const long sum = static_cast<long>(a) + b;
  return static_cast<int>(std::clamp<long>(sum, INT_MIN, INT_MAX));
}

/// The next character of a text that takes columns; false at its end.
bool take_shown(std::string_view& text, char32_t& character, int& width) noexcept {
  while (!text.empty()) {
    character = shown_as(take_code_point(text));
    width = width_of(character);
    if (width > 0) return true;
  }
  return false;
}

/// Whether a text takes more than so many columns, without reading much more than that.
bool is_wider(std::string_view text, int limit) noexcept {
  char32_t character = 0;
  int width = 0;
  for (int left = limit; take_shown(text, character, width);) {
    left -= width;
    if (left < 0) return true;
  }
  return false;
}

std::string describe(const Style& style) {
  std::string text(to_string(style.role));
  if (style.bold) text += " bold";
  if (style.underline) text += " underline";
  if (style.reverse) text += " reverse";
  if (style.background != Role::text) text.append(" on ").append(to_string(style.background));
  return text;
}

}  // namespace

std::string_view to_string(Role role) noexcept {
  const auto index = static_cast<size_t>(role);
  return index < kRoleNames.size() ? kRoleNames[index] : "text";
}

int display_width(std::string_view text) noexcept {
  char32_t character = 0;
  int width = 0;
  int sum = 0;
  while (take_shown(text, character, width)) sum = add_saturated(sum, width);
  return sum;
}

Grid::Grid(int columns, int rows)
    : columns_(std::clamp(columns, 0, kMostColumns)),
      rows_(std::clamp(rows, 0, kMostRows)),
      cells_(static_cast<size_t>(columns_) * static_cast<size_t>(rows_)) {}

const Grid::Cell& Grid::at(int row, int column) const {
  static const Cell kOutside{};
  return has(row, column) ? cells_[index_of(row, column)] : kOutside;
}

bool Grid::has(int row, int column) const noexcept {
  return row >= 0 && row < rows_ && column >= 0 && column < columns_;
}

size_t Grid::index_of(int row, int column) const noexcept {
  return static_cast<size_t>(row) * static_cast<size_t>(columns_) + static_cast<size_t>(column);
}

void Grid::split_wide(int row, int column) {
  if (!has(row, column)) return;
  Cell& cell = cells_[index_of(row, column)];
  if (cell.character == 0) {
    if (column > 0) cells_[index_of(row, column - 1)].character = U' ';
    cell.character = U' ';
  } else if (width_of(cell.character) == 2 && column + 1 < columns_) {
    cells_[index_of(row, column + 1)].character = U' ';
    cell.character = U' ';
  }
}

void Grid::set(int row, int column, char32_t character, int width, Style style) {
  for (int i = 0; i < width; ++i) split_wide(row, column + i);
  const bool whole = has(row, column) && has(row, column + width - 1);
  for (int i = 0; i < width; ++i) {
    if (!has(row, column + i)) continue;
    // Half of a wide character cannot be shown.
    const char32_t part = i == 0 ? character : 0;
    cells_[index_of(row, column + i)] = {whole ? part : U' ', style};
  }
}

int Grid::put(int row, int column, std::string_view text, Style style, int width) {
  const bool cut = width >= 0 && is_wider(text, width);
  if (cut && width == 0) return column;
  const int end = width < 0 ? INT_MAX : add_saturated(column, cut ? width - 1 : width);
  char32_t character = 0;
  int taken = 0;
  while (column < columns_ && take_shown(text, character, taken)) {
    if (column + taken > end) break;
    set(row, column, character, taken, style);
    column = std::min(column + taken, columns_);
  }
  if (cut && column < columns_) set(row, column++, U'~', 1, style);
  return column;
}

void Grid::put_right(int row, int end, std::string_view text, Style style) {
  put(row, add_saturated(end, -display_width(text)), text, style);
}

void Grid::fill(int row, int column, int width, char32_t character, Style style) {
  character = shown_as(character);
  const int taken = width_of(character);
  const int end = std::min(add_saturated(column, std::max(width, 0)), columns_);
  column = std::max(column, 0);
  if (taken > 0) {
    for (; column + taken <= end; column += taken) set(row, column, character, taken, style);
  }
  for (; column < end; ++column) set(row, column, U' ', 1, style);
}

void Grid::restyle(int row, int column, int width, Style style) {
  const int end = std::min(add_saturated(column, std::max(width, 0)), columns_);
  for (column = std::max(column, 0); column < end; ++column) {
    if (has(row, column)) cells_[index_of(row, column)].style = style;
  }
}

void Grid::set_background(int row, int column, int width, Role background) {
  const int end = std::min(add_saturated(column, std::max(width, 0)), columns_);
  for (column = std::max(column, 0); column < end; ++column) {
    if (has(row, column)) cells_[index_of(row, column)].style.background = background;
  }
}

std::string Grid::text() const {
  std::string out;
  for (int row = 0; row < rows_; ++row) {
    std::string line;
    for (int column = 0; column < columns_; ++column) {
      const char32_t character = at(row, column).character;
      if (character != 0) append_utf8(line, character);
    }
    const size_t last = line.find_last_not_of(' ');
    line.resize(last == std::string::npos ? 0 : last + 1);
    out.append(line) += '\n';
  }
  return out;
}

std::string Grid::text_with_styles() const {
  std::string out = text();
  for (int row = 0; row < rows_; ++row) {
    std::string line;
    for (int column = 0; column < columns_;) {
      const Style style = at(row, column).style;
      const int first = column;
      while (column < columns_ && at(row, column).style == style) ++column;
      if (style == Style{}) continue;
      line += line.empty() ? "r" + std::to_string(row) + " " : ", ";
      line += std::to_string(first) + "-" + std::to_string(column - 1) + " " + describe(style);
    }
    if (!line.empty()) out.append(line) += '\n';
  }
  return out;
}

}  // namespace weir::tui
