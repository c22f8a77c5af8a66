#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <string>
#include <vector>

namespace weir::report {

/// Lines of aligned cells. Every column is as wide as its widest cell, except that one column, the
/// flexible one, gives way when a line would be wider than the page: a cell too wide for it stays
/// whole and the rest of its row goes on the next line, so nothing is ever cut. One use, one
/// thread.
class TextTable {
 public:
  enum class Align : char { left, right };

  /// `flexible` is the index of the column that gives way.
  TextTable(std::vector<Align> columns, size_t flexible, size_t page_width = 80);

  /// A row has at most as many cells as there are columns; missing ones are empty.
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }

  /// Appends the rows, each after `indent` blanks, two blanks between columns, none at the end.
  void print(fmt::memory_buffer& out, size_t indent) const;

 private:
  std::vector<size_t> widths(size_t indent) const;
  void print_row(fmt::memory_buffer& out, const std::vector<std::string>& cells,
                 const std::vector<size_t>& widths, size_t indent) const;

  std::vector<Align> columns_;
  size_t flexible_;
  size_t page_width_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace weir::report
