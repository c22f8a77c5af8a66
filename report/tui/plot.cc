#include "report/tui/plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "report/format.h"
#include "report/tui/bar.h"
#include "report/tui/frame.h"
#include "report/tui/history.h"
#include "report/tui/unicode.h"

namespace weir::tui {
namespace {

constexpr int kLeastColumns = 12;
constexpr int kLeastRows = 4;
constexpr int kLabelColumns = 8;  ///< "1.00Mb", a blank and the axis

/// Bits per second of one column of points.
struct Column {
  uint64_t sent = 0;
  uint64_t received = 0;
  uint64_t both() const { return sent + received; }
};

/// Points in cells: 2 by 4 of Braille, or one a cell. A cell has one colour, that of the line drawn
/// into it last.
class Canvas {
 public:
  Canvas(int columns, int rows, Glyphs glyphs)
      : columns_(columns),
        rows_(rows),
        braille_(glyphs == Glyphs::utf8),
        cells_(static_cast<size_t>(columns) * static_cast<size_t>(rows)) {}

  int width() const { return columns_ * (braille_ ? 2 : 1); }
  int height() const { return rows_ * (braille_ ? 4 : 1); }

  /// A point from the left and from the bottom.
  void set(int x, int y, Role role, char32_t ascii) {
    if (x < 0 || y < 0 || x >= width() || y >= height()) return;
    constexpr std::array<std::array<uint8_t, 4>, 2> kDots{
        {{0x40, 0x04, 0x02, 0x01}, {0x80, 0x20, 0x10, 0x08}}};
    const int across = braille_ ? 2 : 1;
    const int down = braille_ ? 4 : 1;
    const int row = rows_ - 1 - y / down;
    Cell& cell = cells_[static_cast<size_t>(row) * static_cast<size_t>(columns_) +
                        static_cast<size_t>(x / across)];
    cell.role = role;
    if (braille_) {
      cell.dots |= kDots[static_cast<size_t>(x % 2)][static_cast<size_t>(y % 4)];
    } else {
      cell.ascii = ascii;
    }
  }

  void fill(int x, int from, int to, Role role, char32_t ascii) {
    for (int y = std::min(from, to); y <= std::max(from, to); ++y) set(x, y, role, ascii);
  }

  void draw(Grid& grid, int row, int column) const {
    for (int i = 0; i < rows_ * columns_; ++i) {
      const Cell& cell = cells_[static_cast<size_t>(i)];
      const char32_t character = cell.dots != 0 ? U'\u2800' + cell.dots : cell.ascii;
      if (character == 0) continue;
      grid.fill(row + i / columns_, column + i % columns_, 1, character, Style{.role = cell.role});
    }
  }

 private:
  struct Cell {
    uint8_t dots = 0;
    char32_t ascii = 0;
    Role role = Role::text;
  };
  int columns_;
  int rows_;
  bool braille_;
  std::vector<Cell> cells_;
};

/// How seconds are laid out on columns of points.
struct Layout {
  uint32_t seconds_a_point = 1;
  int points_a_second = 1;  ///< more than 1 only when seconds_a_point is 1
};

Layout layout_of(int points, uint32_t seconds) {
  const auto width = static_cast<uint32_t>(std::max(points, 1));
  const uint32_t asked = std::max(seconds, 1U);
  if (asked >= width) return {(asked + width - 1) / width, 1};
  return {1, static_cast<int>(width / asked)};
}

/// One value for each column of points, the newest last. A column is the same seconds in every
/// drawing, so the newest one may not be complete; it is the mean of what there is.
std::vector<Column> columns_of(std::span<const SecondBytes> seconds, int points,
                               const Layout& layout) {
  std::vector<Column> out;
  const uint32_t step = layout.seconds_a_point;
  for (size_t end = seconds.size(); end > 0 && static_cast<int>(out.size()) < points;) {
    const uint32_t slot = seconds[end - 1].second / step;
    Column sum;
    uint64_t count = 0;
    while (end > 0 && seconds[end - 1].second / step == slot) {
      sum.sent += seconds[end - 1].sent;
      sum.received += seconds[end - 1].received;
      ++count;
      --end;
    }
    const Column mean{sum.sent * 8 / count, sum.received * 8 / count};
    for (int i = 0; i < layout.points_a_second && static_cast<int>(out.size()) < points; ++i)
      out.push_back(mean);
  }
  std::reverse(out.begin(), out.end());
  return out;
}

/// While less is known than the plot has room for, what there is fills it: each column is drawn as
/// often as it takes.
std::vector<Column> stretched(std::vector<Column> columns, int points) {
  const auto wanted = static_cast<size_t>(std::max(points, 0));
  if (columns.empty() || columns.size() >= wanted) return columns;
  std::vector<Column> out;
  out.reserve(wanted);
  for (size_t x = 0; x < wanted; ++x) out.push_back(columns[x * columns.size() / wanted]);
  return out;
}

uint64_t maximum_of(const std::vector<Column>& columns, const PlotOptions& options) {
  if (options.maximum_bits > 0) return options.maximum_bits;
  uint64_t greatest = 0;
  for (const Column& column : columns) {
    const bool mirrored = options.shape == PlotOptions::Shape::mirrored;
    greatest =
        std::max(greatest, mirrored ? std::max(column.sent, column.received) : column.both());
  }
  return round_up_rate(greatest);
}

/// Height in points: at least one for what is not nothing.
int height_of(uint64_t bits, uint64_t maximum, int points) {
  if (bits == 0) return 0;
  const double share = std::min(1.0, static_cast<double>(bits) / static_cast<double>(maximum));
  return std::clamp(static_cast<int>(std::lround(share * points)), 1, points);
}

void draw_legend(Grid& grid, const Rect& place, std::span<const SecondBytes> seconds,
                 const PlotOptions& options) {
  const SecondBytes now = seconds.empty() ? SecondBytes{} : seconds.back();
  struct Entry {
    std::string_view name;
    std::string_view ascii;
    Role role;
    uint64_t bytes;
  };
  const std::array<Entry, 3> entries{{{"sent", "o", Role::sent, now.sent},
                                      {"received", "x", Role::received, now.received},
                                      {"total", "*", Role::both, now.sent + now.received}}};
  int at = place.column + kLabelColumns;
  for (const Entry& entry : entries) {
    const bool drawn = entry.role != Role::both || options.shape == PlotOptions::Shape::lines;
    const std::string_view sign = options.glyphs == Glyphs::utf8 ? "■" : entry.ascii;
    const std::string text =
        fmt::format("{}{}{} {}", drawn ? sign : "", drawn ? " " : "", entry.name,
                    report::rate_text(entry.bytes * 8, options.in_bytes));
    if (at + display_width(text) > place.end_column()) return;
    at = grid.put(place.row, at, text, Style{.role = entry.role}) + 3;
  }
}

std::string age_text(uint32_t seconds) {
  if (seconds == 0) return "now";
  if (seconds % 3600 == 0) return fmt::format("-{}h", seconds / 3600);
  if (seconds % 60 == 0) return fmt::format("-{}m", seconds / 60);
  return fmt::format("-{}s", seconds);
}

/// "-5m ... now", at round times with room between them.
void draw_times(Grid& grid, const Rect& area, int row, int axis_row, double points_a_second,
                Glyphs glyphs) {
  constexpr std::array<uint32_t, 15> kSteps{1,   2,   5,   10,   15,   30,   60,   120,
                                            300, 600, 900, 1800, 3600, 7200, 14400};
  constexpr int kLeastGap = 10;
  const int points_a_column = glyphs == Glyphs::utf8 ? 2 : 1;
  const double columns_a_second = points_a_second / points_a_column;
  uint32_t step = kSteps.back();
  for (const uint32_t candidate : kSteps) {
    if (candidate * columns_a_second < kLeastGap) continue;
    step = candidate;
    break;
  }
  for (uint32_t age = 0;; age += step) {
    const int column =
        area.end_column() - 1 - static_cast<int>(std::lround(age * columns_a_second));
    const std::string text = age_text(age);
    const int start = std::min(column, area.end_column() - static_cast<int>(text.size()));
    if (start < area.column) return;
    grid.put(row, start, text, Style{.role = Role::dim});
    grid.fill(axis_row, column, 1, line_glyphs(glyphs).tick, Style{.role = Role::border});
  }
}

void draw_rate_label(Grid& grid, int row, int axis, uint64_t bits, bool in_bytes) {
  grid.put_right(row, axis - 1, scale_label(bits, in_bytes), Style{.role = Role::dim});
}

void draw_axis(Grid& grid, const Rect& area, Glyphs glyphs) {
  for (int row = area.row; row < area.end_row(); ++row)
    grid.fill(row, area.column - 1, 1, line_glyphs(glyphs).vertical, Style{.role = Role::border});
}

/// Two halves around a line: what was sent above it, what was received below.
void draw_mirrored(Grid& grid, const Rect& area, const std::vector<Column>& columns,
                   uint64_t maximum, const PlotOptions& options) {
  const int half = (area.rows - 1) / 2;
  const int middle = area.row + half;
  Canvas up(area.columns, std::max(half, 0), options.glyphs);
  Canvas down(area.columns, std::max(half, 0), options.glyphs);
  const int first = up.width() - static_cast<int>(columns.size());
  for (size_t i = 0; i < columns.size(); ++i) {
    const int x = first + static_cast<int>(i);
    const int sent = height_of(columns[i].sent, maximum, up.height());
    const int received = height_of(columns[i].received, maximum, down.height());
    if (sent > 0) up.fill(x, 0, sent - 1, Role::sent, U'o');
    if (received > 0) {
      down.fill(x, down.height() - received, down.height() - 1, Role::received, U'x');
    }
  }
  draw_axis(grid, {area.row, area.column, 2 * half + 1, area.columns}, options.glyphs);
  up.draw(grid, area.row, area.column);
  down.draw(grid, middle + 1, area.column);
  draw_horizontal_line(grid, middle, area.column - 1, area.columns + 1, options.glyphs);
  const int axis = area.column - 1;
  draw_rate_label(grid, middle, axis, 0, options.in_bytes);
  draw_rate_label(grid, area.row, axis, maximum, options.in_bytes);
  draw_rate_label(grid, middle + half, axis, maximum, options.in_bytes);
}

/// A line from column to column; `rate` says which of the figures.
void draw_line(Canvas& canvas, const std::vector<Column>& columns, uint64_t maximum, Role role,
               char32_t ascii, uint64_t (*rate)(const Column&)) {
  const int first = canvas.width() - static_cast<int>(columns.size());
  int last = -1;
  for (size_t i = 0; i < columns.size(); ++i) {
    const uint64_t bits = rate(columns[i]);
    const int y = std::max(0, height_of(bits, maximum, canvas.height()) - 1);
    // Joined to the point before it, which keeps its own height.
    const int from = last < 0 ? y : last < y ? last + 1 : last > y ? last - 1 : y;
    canvas.fill(first + static_cast<int>(i), from, y, role, ascii);
    last = y;
  }
}

void draw_lines(Grid& grid, const Rect& area, const std::vector<Column>& columns, uint64_t maximum,
                const PlotOptions& options) {
  const int rows = area.rows - 1;
  Canvas canvas(area.columns, rows, options.glyphs);
  draw_line(canvas, columns, maximum, Role::sent, U'o', [](const Column& c) { return c.sent; });
  draw_line(canvas, columns, maximum, Role::received, U'x',
            [](const Column& c) { return c.received; });
  draw_line(canvas, columns, maximum, Role::both, U'*', [](const Column& c) { return c.both(); });
  draw_axis(grid, area, options.glyphs);
  canvas.draw(grid, area.row, area.column);
  draw_horizontal_line(grid, area.end_row() - 1, area.column - 1, area.columns + 1, options.glyphs);
  const int axis = area.column - 1;
  draw_rate_label(grid, area.row, axis, maximum, options.in_bytes);
  if (rows >= 6) draw_rate_label(grid, area.row + rows / 2, axis, maximum / 2, options.in_bytes);
  draw_rate_label(grid, area.end_row() - 1, axis, 0, options.in_bytes);
}

}  // namespace

uint64_t round_up_rate(uint64_t bits_per_second) noexcept {
  constexpr uint64_t kLast = 1'000'000'000'000'000'000;
  for (uint64_t decade = 1000; decade < kLast; decade *= 10) {
    for (const uint64_t factor : {1U, 2U, 5U}) {
      if (decade * factor >= bits_per_second) return decade * factor;
    }
  }
  return std::max(kLast, bits_per_second);
}

void draw_plot(Grid& grid, const Rect& place, std::span<const SecondBytes> seconds,
               const PlotOptions& options) {
  if (place.columns < kLeastColumns || place.rows < kLeastRows) return;
  draw_legend(grid, place, seconds, options);
  const Rect area{place.row + 1, place.column + kLabelColumns, place.rows - 2,
                  place.columns - kLabelColumns};
  const int points = area.columns * (options.glyphs == Glyphs::utf8 ? 2 : 1);
  const Layout layout = layout_of(points, options.seconds);
  std::vector<Column> columns = columns_of(seconds, points, layout);
  double points_a_second = static_cast<double>(layout.points_a_second) / layout.seconds_a_point;
  if (!columns.empty() && static_cast<int>(columns.size()) < points) {
    points_a_second *= static_cast<double>(points) / static_cast<double>(columns.size());
    columns = stretched(std::move(columns), points);
  }
  const uint64_t maximum = maximum_of(columns, options);
  int axis_row = area.end_row() - 1;
  if (options.shape == PlotOptions::Shape::mirrored && area.rows >= 3) {
    draw_mirrored(grid, area, columns, maximum, options);
    axis_row = area.row + (area.rows - 1) / 2;
  } else {
    draw_lines(grid, area, columns, maximum, options);
  }
  draw_times(grid, area, place.end_row() - 1, axis_row, points_a_second, options.glyphs);
}

std::string sparkline(std::span<const uint64_t> values, int width, Glyphs glyphs) {
  if (width <= 0) return {};
  constexpr std::u32string_view kBlocks = U"▁▂▃▄▅▆▇█";
  constexpr std::u32string_view kAscii = U".:-=+*#%";
  const std::u32string_view levels = glyphs == Glyphs::utf8 ? kBlocks : kAscii;
  const auto cells = static_cast<size_t>(width);
  const size_t step = std::max<size_t>(1, (values.size() + cells - 1) / cells);
  uint64_t greatest = 1;
  for (const uint64_t value : values) {
    if (value != History::kUnknown) greatest = std::max(greatest, value);
  }
  std::vector<char32_t> line;
  for (size_t end = values.size(); end > 0;) {
    const size_t begin = end - std::min(end, step);
    bool known = false;
    uint64_t value = 0;
    for (size_t i = begin; i < end; ++i) {
      if (values[i] == History::kUnknown) continue;
      known = true;
      value = std::max(value, values[i]);
    }
    const int height = height_of(value, greatest, 8);
    const char32_t unknown = glyphs == Glyphs::utf8 ? U'·' : U'?';
    const char32_t none = known ? U' ' : unknown;
    line.push_back(height == 0 ? none : levels[static_cast<size_t>(height) - 1]);
    end = begin;
  }
  std::string out(cells - std::min(cells, line.size()), ' ');
  for (auto at = line.rbegin(); at != line.rend(); ++at) append_utf8(out, *at);
  return out;
}

}  // namespace weir::tui
