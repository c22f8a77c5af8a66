#pragma once

#include <optional>
#include <string>
#include <vector>

#include "report/alerts.h"
#include "report/tui/bar.h"
#include "report/tui/columns.h"
#include "report/tui/grid.h"
#include "report/tui/labels.h"
#include "report/tui/list_rows.h"
#include "report/tui/rect.h"

namespace weir::tui {

/// Everything that a list is drawn from. A view of others' objects, made for one drawing.
struct ListScene {
  View view = View::flows;
  const std::vector<ListRow>* rows = nullptr;
  const UiOptions* options = nullptr;
  ShownParts parts;  ///< of paired views
  Names names;
  Scale scale;
  size_t top = 0;  ///< first row that is drawn
  std::optional<FlowKey> selected;
  bool marks = false;                          ///< some row is pinned
  const report::AlertMarks* alerts = nullptr;  ///< null: none
  bool exact = false;                          ///< bytes and packets to the last digit
};

/// Lines that a row takes.
int lines_per_row(View view, LineDisplay display) noexcept;

/// The line of column titles.
void draw_titles(Grid& grid, const Rect& place, const ListScene& scene, const ColumnPlan& plan);
/// The rows, as many as fit; the last one may be cut. Returns how many are to be seen whole.
int draw_list(Grid& grid, const Rect& place, const ListScene& scene, const ColumnPlan& plan);
/// What a click on the line of titles sorts by.
std::optional<SortKey> sort_at(View view, const ColumnPlan& plan, int column);
/// What the titles sort by, from the left.
std::vector<SortKey> sort_keys(View view, const ColumnPlan& plan);

/// The rate of the longest bar that the row has: of the sum, where one line shows it.
uint64_t longest_bar(const ListRow& row, View view, const UiOptions& options) noexcept;

/// "1.23Mb", "1.50kB", "12,345", "1.23M": at most eight columns.
std::string short_bytes(uint64_t bytes);
std::string short_count(uint64_t count);

}  // namespace weir::tui
