#include "report/text_table.h"

#include <algorithm>
#include <numeric>
#include <string_view>
#include <utility>

namespace weir::report {
namespace {

constexpr size_t kGap = 2;
constexpr size_t kLeastFlexible = 12;

/// Characters, not bytes: names may be UTF-8. Continuation bytes are 10xxxxxx (RFC 3629).
size_t width_of(std::string_view cell) {
  return static_cast<size_t>(std::count_if(cell.begin(), cell.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80;
  }));
}

void end_line(std::string& line, fmt::memory_buffer& out) {
  line.erase(line.find_last_not_of(' ') + 1);
  line += '\n';
  out.append(line);
  line.clear();
}

}  // namespace

TextTable::TextTable(std::vector<Align> columns, size_t flexible, size_t page_width)
    : columns_(std::move(columns)), flexible_(flexible), page_width_(page_width) {}

std::vector<size_t> TextTable::widths(size_t indent) const {
  std::vector<size_t> widths(columns_.size(), 0);
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  const size_t total =
      std::accumulate(widths.begin(), widths.end(), indent + kGap * (widths.size() - 1));
  if (total > page_width_) {
    size_t& flexible = widths[flexible_];
    const size_t over = total - page_width_;
    const size_t least = std::min(flexible, kLeastFlexible);
    flexible = std::max(least, flexible > over ? flexible - over : 0);
  }
  return widths;
}

void TextTable::print_row(fmt::memory_buffer& out, const std::vector<std::string>& cells,
                          const std::vector<size_t>& widths, size_t indent) const {
  std::string line(indent, ' ');
  size_t column = indent;  // where the next cell starts
  for (size_t i = 0; i < cells.size(); ++i) {
    const size_t width = width_of(cells[i]);
    const size_t pad = widths[i] > width ? widths[i] - width : 0;
    if (columns_[i] == Align::right) line.append(pad, ' ');
    line += cells[i];
    if (columns_[i] == Align::left) line.append(pad, ' ');
    line.append(kGap, ' ');
    column += widths[i] + kGap;
    if (width > widths[i] && i + 1 < cells.size()) {
      end_line(line, out);
      line.append(column, ' ');
    }
  }
  end_line(line, out);
}

void TextTable::print(fmt::memory_buffer& out, size_t indent) const {
  const std::vector<size_t> column_widths = widths(indent);
  for (const auto& row : rows_) print_row(out, row, column_widths, indent);
}

}  // namespace weir::report
