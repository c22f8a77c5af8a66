#include "report/tui/help_view.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "report/tui/frame.h"

namespace weir::tui {
namespace {

constexpr int kGap = 2;
constexpr int kLeastText = 12;
constexpr int kLongestKey = 9;  ///< that moves the texts of a column

/// A heading (no key, no text), an entry, or a blank line (neither).
struct Line {
  std::string_view heading;
  std::string_view key;
  std::string_view text;
};

/// A column of lines. Texts begin below one another, but for those of long keys.
struct Column {
  std::vector<Line> lines;
  int key_width = 0;
  int text_width = 0;
  int width() const { return key_width + 1 + text_width; }

  void measure() {
    for (const Line& line : lines) {
      const int key = display_width(line.key);
      if (key <= kLongestKey) key_width = std::max(key_width, key);
    }
    for (const Line& line : lines) {
      const int beyond = std::max(0, display_width(line.key) - key_width);
      text_width = std::max({text_width, beyond + display_width(line.text),
                             display_width(line.heading) - key_width - 1});
    }
  }
};

/// Lines in columns of `rows`. A heading is never the last line of a column, and a blank one stands
/// before each section but at the top, if `blanks`.
std::vector<Column> columns_of(std::span<const HelpEntry> entries, int rows, bool blanks) {
  std::vector<Column> columns(1);
  const auto room = [&] { return rows - static_cast<int>(columns.back().lines.size()); };
  std::string_view section;
  for (const HelpEntry& entry : entries) {
    const bool starts = entry.section != section || &entry == &entries.front();
    section = entry.section;
    const bool blank = starts && blanks && !columns.back().lines.empty();
    if (room() < 1 + (starts ? 1 : 0) + (blank ? 1 : 0)) {
      columns.emplace_back();
    } else if (blank) {
      columns.back().lines.emplace_back();
    }
    if (starts && room() >= 2) columns.back().lines.push_back({section, {}, {}});
    columns.back().lines.push_back({{}, entry.key, entry.text});
  }
  for (Column& column : columns) column.measure();
  return columns;
}

int total_width(const std::vector<Column>& columns) {
  return std::accumulate(columns.begin(), columns.end(), -kGap,
                         [](int sum, const Column& column) { return sum + column.width() + kGap; });
}

/// Takes from the widest texts until all columns fit, but leaves each text kLeastText.
void squeeze(std::vector<Column>& columns, int width) {
  for (int excess = total_width(columns) - width; excess > 0; --excess) {
    Column* widest = &columns.front();
    for (Column& column : columns)
      if (column.text_width > widest->text_width) widest = &column;
    if (widest->text_width <= kLeastText) return;
    --widest->text_width;
  }
}

void draw_column(Grid& grid, const Rect& place, const Column& column) {
  int row = place.row;
  for (const Line& line : column.lines) {
    if (!line.heading.empty()) {
      grid.put(row, place.column, line.heading, Style{.role = Role::heading, .bold = true},
               place.columns);
    } else {
      const Style key{.role = Role::key};
      const int end = grid.put(row, place.column, line.key, key, place.columns);
      const int at = std::max(place.column + column.key_width, end) + 1;
      if (at < place.end_column()) grid.put(row, at, line.text, Style{}, place.end_column() - at);
    }
    ++row;
  }
}

}  // namespace

int draw_help(Grid& grid, const Rect& place, std::string_view title,
              std::span<const HelpEntry> entries, Glyphs glyphs, int scroll) {
  if (place.rows < 2 || place.empty()) return 0;
  const Rect body{place.row + 1, place.column + 1, place.rows - 1, std::max(1, place.columns - 2)};
  std::vector<Column> columns = columns_of(entries, body.rows, true);
  if (total_width(columns) > body.columns) columns = columns_of(entries, body.rows, false);
  squeeze(columns, body.columns);

  for (int row = place.row; row < place.end_row(); ++row)
    grid.fill(row, place.column, place.columns, U' ', Style{});
  draw_horizontal_line(grid, place.row, place.column, place.columns, glyphs);
  grid.put(place.row, place.column + 2, " " + std::string(title) + " ",
           Style{.role = Role::title, .bold = true}, std::max(0, place.columns - 4));

  const int count = static_cast<int>(columns.size());
  int at = body.column;
  int shown = 0;
  const int first = std::clamp(scroll, 0, count - 1);
  for (int i = first;
       i < count &&
       (at + columns[static_cast<size_t>(i)].width() <= body.end_column() || shown == 0);
       ++i, ++shown) {
    const Column& column = columns[static_cast<size_t>(i)];
    const int width = std::min(column.width(), body.end_column() - at);
    draw_column(grid, {body.row, at, body.rows, width}, column);
    at += column.width() + kGap;
  }
  // Scrolling goes on until the last column is seen.
  if (first == 0 && shown == count) return 0;
  if (first + shown < count)
    grid.put_right(place.row, place.end_column() - 2,
                   glyphs == Glyphs::utf8 ? " more → " : " more > ", Style{.role = Role::key});
  return count - 1;
}

}  // namespace weir::tui
