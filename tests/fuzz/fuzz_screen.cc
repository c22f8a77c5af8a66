// Any bytes as text of a screen and as input of a terminal. The first four bytes say where on a
// small grid the rest goes; what was written before must not matter, and nothing is written outside
// of one row.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "report/tui/ascii.h"
#include "report/tui/grid.h"
#include "report/tui/input_decoder.h"
#include "report/tui/unicode.h"
#include "tests/fuzz/require.h"

namespace weir::fuzz {
namespace {

using tui::Grid;

constexpr int kColumns = 24;
constexpr int kRows = 3;
constexpr size_t kPlace = 4;
constexpr tui::Style kStyle{.role = tui::Role::sent, .bold = true};

void check_cells(const Grid& grid) {
  for (int row = 0; row < kRows; ++row) {
    for (int column = 0; column < kColumns; ++column) {
      const char32_t character = grid.at(row, column).character;
      const bool wide = column + 1 < kColumns && grid.at(row, column + 1).character == 0;
      if (character == 0) {
        require(column > 0 && tui::width_of(grid.at(row, column - 1).character) == 2,
                "a second half follows a first");
        continue;
      }
      require(tui::shown_as(character) == character, "no control character in a cell");
      require(tui::width_of(character) == (wide ? 2 : 1), "a character has the cells it takes");
      const char ascii = tui::ascii_of(character);
      require(ascii >= 0x20 && ascii < 0x7f, "ASCII is printable");
    }
  }
}

void check_put(std::string_view place, std::string_view text) {
  Grid grid(kColumns, kRows);
  grid.fill(0, 0, kColumns, U'\u4e2d');
  grid.fill(2, 0, kColumns, U'\u4e2d');
  grid.fill(1, 1, kColumns, U'\u4e2d');
  const Grid before = grid;
  const int row = static_cast<int8_t>(place[0]) % 5;
  const int column = static_cast<int8_t>(place[1]) % 40;
  const int width = static_cast<int8_t>(place[2]) % 40;
  const int end = grid.put(row, column, text, kStyle, width);
  require(end >= column, "the end is not before the start");
  require(width < 0 || end <= column + width, "no wider than asked for");
  const bool right = (place[3] & 1) != 0;
  if (right) grid.put_right(row, column, text, kStyle);
  check_cells(grid);
  for (int i = 0; i < kRows; ++i) {
    for (int j = 0; j < kColumns; ++j) {
      const bool may = i == row && (right || (j >= column - 1 && j <= end));
      require(may || grid.at(i, j) == before.at(i, j), "nothing outside is written");
    }
  }
  require(tui::display_width(text) >= 0, "a width");
}

size_t count_inputs(tui::InputDecoder& decoder) {
  size_t inputs = 0;
  for (tui::Input input; decoder.next(input); ++inputs) {
    const bool key = input.kind == tui::Input::Kind::key;
    require(key || input.kind == tui::Input::Kind::mouse, "a key or the mouse");
    require(input.row >= 0 && input.column >= 0, "a cell");
    if (!key || input.key != tui::Key::character) continue;
    const char32_t typed = input.character;
    require(typed >= 0x20 && (typed < 0x7f || typed >= 0xa0), "no control character is typed");
  }
  return inputs;
}

void check_input(std::string_view bytes, size_t piece) {
  tui::InputDecoder whole;
  whole.feed(bytes, 1);
  size_t inputs = count_inputs(whole);
  whole.flush();
  inputs += count_inputs(whole);
  require(!whole.pending(), "nothing is left after the end");
  require(inputs <= bytes.size(), "no more inputs than bytes");
  tui::InputDecoder pieces;
  for (size_t i = 0; i < bytes.size(); i += piece) {
    pieces.feed(bytes.substr(i, piece), 1);
    const size_t more = count_inputs(pieces);
    require(more <= inputs, "no more in pieces");
    inputs -= more;
  }
  pieces.flush();
  require(count_inputs(pieces) == inputs, "the same in pieces");
}

}  // namespace
}  // namespace weir::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < weir::fuzz::kPlace) return 0;
  const std::string bytes(data, data + size);
  const std::string_view all = bytes;
  weir::fuzz::check_put(all.substr(0, weir::fuzz::kPlace), all.substr(weir::fuzz::kPlace));
  weir::fuzz::check_input(all.substr(weir::fuzz::kPlace), 1 + static_cast<size_t>(data[3]) % 7);
  return 0;
}
