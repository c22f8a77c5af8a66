#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::tui {

/// What a piece of the screen is; a theme says how it looks. The names are those of theme files.
enum class Role : uint8_t {
  text,          ///< anything else
  dim,           ///< less important: numbers of idle flows, hints
  heading,       ///< column titles
  title,         ///< the program's and the interface's name
  tab,           ///< names of views
  tab_active,    ///< the view that is shown
  selected,      ///< the row under the cursor
  pinned,        ///< rows that were pinned
  local_side,    ///< address shown first
  remote_side,   ///< address shown second
  sent,          ///< numbers and plots of sent traffic
  received,      ///< numbers and plots of received traffic
  both,          ///< numbers and plots of both
  bar_sent,      ///< background of the bar behind a line
  bar_received,  ///< background of the bar behind a line
  scale,         ///< the scale line above the bars
  missed,        ///< losses, and nothing else
  warning,       ///< restarts, waiting, alerts
  good,          ///< "missed 0", running
  border,        ///< lines and frames
  key,           ///< keys in hints and help
  match,         ///< what a search found
  prompt,        ///< the line that asks for text
  count_         ///< how many there are
};

std::string_view to_string(Role role) noexcept;

struct Style {
  Role role = Role::text;
  bool bold = false;
  bool underline = false;
  bool reverse = false;
  /// Role of the background: `text` for none of its own. A bar is a background under numbers.
  Role background = Role::text;
  bool operator==(const Style&) const = default;
};

/// A screen in memory: what views draw into, what tests compare, what a terminal shows. One code
/// point a cell. A wide character takes two, the second one empty (0); combining characters are
/// left out; control characters become '?', and so does what is not UTF-8 (RFC 3629), so nothing
/// that came from the network can drive a terminal. Drawing outside is cut, never an error.
class Grid {
 public:
  struct Cell {
    char32_t character = U' ';
    Style style;
    bool operator==(const Cell&) const = default;
  };

  Grid(int columns, int rows);

  int columns() const noexcept { return columns_; }
  int rows() const noexcept { return rows_; }
  const Cell& at(int row, int column) const;

  /// Writes UTF-8 text from a column on and returns the column behind it. At most `width` columns
  /// where that is not negative: what is longer ends in '~'.
  int put(int row, int column, std::string_view text, Style style = {}, int width = -1);
  /// The same, ending before `end`.
  void put_right(int row, int end, std::string_view text, Style style = {});
  void fill(int row, int column, int width, char32_t character, Style style = {});
  /// Changes how cells look that were written already.
  void restyle(int row, int column, int width, Style style);
  void set_background(int row, int column, int width, Role background);

  /// Lines of text without trailing blanks, for tests and for export.
  std::string text() const;
  /// The same and below it, for every row that has any, the roles: "r3 0-7 heading bold".
  std::string text_with_styles() const;

 private:
  bool has(int row, int column) const noexcept;
  size_t index_of(int row, int column) const noexcept;
  /// Blanks the other half of a wide character of which a cell is about to be written.
  void split_wide(int row, int column);
  void set(int row, int column, char32_t character, int width, Style style);

  int columns_;
  int rows_;
  std::vector<Cell> cells_;
};

/// Columns that UTF-8 text takes on a terminal, by the rules of Grid::put().
int display_width(std::string_view text) noexcept;

/// Which characters lines, bars and plots are made of.
enum class Glyphs : uint8_t { utf8, ascii };

}  // namespace weir::tui
