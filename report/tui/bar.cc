#include "report/tui/bar.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "report/tui/frame.h"

namespace weir::tui {
namespace {

constexpr Style kScale{.role = Role::scale};

ScaleMark mark_at(uint64_t bits_per_second, const Scale& scale, int columns, bool in_bytes) {
  ScaleMark mark;
  mark.label = scale_label(bits_per_second, in_bytes);
  mark.column = std::min(bar_length(bits_per_second, scale, columns), columns - 1);
  mark.label_column = std::min(mark.column, columns - static_cast<int>(mark.label.size()));
  return mark;
}

/// Every `step`th power of ten below the maximum, counted from the greatest.
std::vector<uint64_t> decades_below(uint64_t maximum, size_t step) {
  std::vector<uint64_t> all;
  for (uint64_t rate = 10; rate < maximum; rate *= 10) {
    all.push_back(rate);
    if (rate > UINT64_MAX / 10) break;
  }
  std::vector<uint64_t> chosen;
  for (size_t from_end = step - 1; from_end < all.size(); from_end += step)
    chosen.push_back(all[all.size() - 1 - from_end]);
  std::reverse(chosen.begin(), chosen.end());
  return chosen;
}

std::vector<uint64_t> parts_below(uint64_t maximum, unsigned parts) {
  std::vector<uint64_t> rates;
  for (unsigned part = 1; part < parts; ++part) {
    const double rate = static_cast<double>(maximum) * part / parts;
    rates.push_back(static_cast<uint64_t>(rate));
  }
  return rates;
}

bool fits(const std::vector<ScaleMark>& marks) {
  for (size_t i = 0; i < marks.size(); ++i) {
    if (marks[i].label_column < 0) return false;
    if (i == 0) continue;
    const ScaleMark& left = marks[i - 1];
    const int end = left.label_column + static_cast<int>(left.label.size());
    if (end + 1 > marks[i].label_column || left.column >= marks[i].column) return false;
  }
  return true;
}

/// Brings a label to the left, but not away from its tick, to make room for the next one.
void make_room(ScaleMark& mark, const ScaleMark& next) {
  const int length = static_cast<int>(mark.label.size());
  const int wanted = std::min(mark.label_column, next.label_column - 1 - length);
  if (wanted + length > mark.column) mark.label_column = wanted;
}

std::vector<ScaleMark> marks_of(const std::vector<uint64_t>& rates, const Scale& scale, int columns,
                                bool in_bytes) {
  std::vector<ScaleMark> marks;
  for (const uint64_t rate : rates) marks.push_back(mark_at(rate, scale, columns, in_bytes));
  const ScaleMark last = mark_at(scale.maximum_bits, scale, columns, in_bytes);
  // A maximum that somebody set may be just above a round number.
  const auto clears = [&](ScaleMark mark) {
    make_room(mark, last);
    return fits({mark, last});
  };
  while (!marks.empty() && !clears(marks.back())) marks.pop_back();
  marks.push_back(last);
  for (size_t i = marks.size() - 1; i > 0; --i) make_room(marks[i - 1], marks[i]);
  return marks;
}

/// Ticks and labels in one row: each label is to the right of its tick, the last to the left.
void draw_scale_row(Grid& grid, const Rect& place, const std::vector<ScaleMark>& marks,
                    const LineGlyphs& lines) {
  grid.fill(place.row, place.column, place.columns, lines.horizontal, kScale);
  if (marks.empty()) return;
  const auto length = [](const ScaleMark& mark) { return static_cast<int>(mark.label.size()); };
  const int last = marks.back().column - length(marks.back());
  for (const ScaleMark& mark : marks) {
    grid.fill(place.row, place.column + mark.column, 1, lines.tick, kScale);
    if (&mark == &marks.back()) {
      grid.put(place.row, place.column + last, mark.label, kScale);
    } else if (mark.column + 1 + length(mark) < last) {
      grid.put(place.row, place.column + mark.column + 1, mark.label, kScale);
    }
  }
}

}  // namespace

double scale_position(uint64_t bits_per_second, const Scale& scale) noexcept {
  if (bits_per_second == 0) return 0;
  if (bits_per_second >= scale.maximum_bits) return 1;
  const auto rate = static_cast<double>(bits_per_second);
  const auto maximum = static_cast<double>(scale.maximum_bits);
  return scale.logarithmic ? std::log(rate) / std::log(maximum) : rate / maximum;
}

int bar_length(uint64_t bits_per_second, const Scale& scale, int columns) noexcept {
  if (columns <= 0) return 0;
  return static_cast<int>(scale_position(bits_per_second, scale) * columns + 1e-9);
}

std::string scale_label(uint64_t bits_per_second, bool in_bytes) {
  constexpr std::array<std::string_view, 6> kPrefixes{"", "K", "M", "G", "T", "P"};
  double rest = static_cast<double>(bits_per_second) / (in_bytes ? 8 : 1);
  const std::string_view unit = in_bytes ? "B" : "b";
  if (rest < 1000 && rest == std::floor(rest))
    return fmt::format("{}{}", static_cast<uint64_t>(rest), unit);
  size_t power = 0;
  while (rest >= 999.5 && power + 1 < kPrefixes.size()) {
    rest /= 1000;
    ++power;
  }
  const int decimals = rest < 9.995 ? 2 : rest < 99.95 ? 1 : 0;
  return fmt::format("{:.{}f}{}{}", rest, decimals, kPrefixes[power], unit);
}

std::vector<ScaleMark> scale_marks(const Scale& scale, int columns, bool in_bytes) {
  if (columns <= 0 || scale.maximum_bits == 0) return {};
  constexpr std::array<unsigned, 4> kParts{10, 5, 2, 1};
  constexpr int kTenPartsColumns = 140;
  std::vector<ScaleMark> marks;
  if (scale.logarithmic) {
    for (size_t step = 1; step <= 20; ++step) {
      marks = marks_of(decades_below(scale.maximum_bits, step), scale, columns, in_bytes);
      if (fits(marks)) return marks;
    }
  } else {
    for (const unsigned parts : kParts) {
      if (parts == 10 && columns < kTenPartsColumns) continue;
      marks = marks_of(parts_below(scale.maximum_bits, parts), scale, columns, in_bytes);
      if (fits(marks)) return marks;
    }
  }
  return {};
}

void draw_scale(Grid& grid, const Rect& place, const Scale& scale, bool in_bytes, Glyphs glyphs) {
  if (place.empty()) return;
  const LineGlyphs& lines = line_glyphs(glyphs);
  const int line_row = place.row + 1;
  const bool with_line = place.rows > 1;
  if (with_line) {
    grid.fill(line_row, place.column, place.columns, lines.horizontal, kScale);
    grid.fill(line_row, place.column, 1, lines.bottom_left, kScale);
  }
  const std::vector<ScaleMark> marks = scale_marks(scale, place.columns, in_bytes);
  if (!with_line) return draw_scale_row(grid, place, marks, lines);
  for (const ScaleMark& mark : marks) {
    grid.put(place.row, place.column + mark.label_column, mark.label, kScale);
    grid.fill(line_row, place.column + mark.column, 1, lines.tick, kScale);
  }
}

void AutoMaximum::update(uint64_t bits_per_second, uint64_t now_ns) noexcept {
  while (value_ < bits_per_second && value_ < kGreatest) value_ *= 10;
  if (bits_per_second > value_ / 10 || now_ns < busy_ns_) busy_ns_ = now_ns;
  if (value_ > kLeast && now_ns - busy_ns_ >= kShrinkAfterNs) {
    value_ /= 10;
    busy_ns_ = now_ns;
  }
}

}  // namespace weir::tui
