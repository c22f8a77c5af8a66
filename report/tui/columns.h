#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "report/tui/ui_options.h"

/// Which columns of numbers a list has, and where. Pure functions of options and width.
namespace weir::tui {

struct Column {
  enum class What : uint8_t {
    protocol,
    process,
    flows,
    sent,      ///< the rate that the bars show, of one direction
    received,  ///< the same of the other
    bytes_sent,
    bytes_received,
    duration,
    packets,
    peak,
    cumulative,
    rate_2s,
    rate_10s,
    rate_40s,
  };
  What what = What::rate_10s;
  int column = 0;  ///< where its cells begin; there is a blank between two
  int width = 0;
  std::string_view title;
  SortKey sort;  ///< what a click on it sorts by

  int end() const noexcept { return column + width; }
};

/// The columns at the right, from the left; what is left of the first is for names. Where the width
/// is short they give way: what most rows do without goes first, the rate that the list is sorted
/// by last.
struct ColumnPlan {
  int names_begin = 0;  ///< behind the marks of pinned rows
  int names_width = 0;
  /// Of paired views: columns of each of the two names. Between them is " => ".
  int first_width = 0;
  int second_column = 0;
  int second_width = 0;
  std::vector<Column> columns;
};

inline constexpr int kArrowWidth = 4;
inline constexpr int kExportColumns = 240;

/// What the name in front is sorted by.
SortKey name_sort(View view) noexcept;

/// `exact`: with bytes and packets to the last digit, for an export of some kExportColumns.
ColumnPlan plan_columns(View view, int width, const UiOptions& options, bool marks,
                        bool exact = false);

}  // namespace weir::tui
