#include "report/tui/layout.h"

namespace weir::tui {

Layout make_layout(int columns, int rows, const UiOptions& options, const LayoutNeeds& needs) {
  Layout layout;
  int top = 0;
  int bottom = rows;
  const auto take_top = [&](Rect& part, int height) {
    height = std::clamp(height, 0, bottom - top);
    part = {top, 0, height, columns};
    top += height;
  };
  const auto take_bottom = [&](Rect& part, int height) {
    height = std::clamp(height, 0, bottom - top);
    bottom -= height;
    part = {bottom, 0, height, columns};
  };
  take_top(layout.status, rows >= 16 ? needs.status_rows : 1);
  if (rows >= 2) take_bottom(layout.message, 1);
  if (rows >= 7 && options.frame) take_top(layout.tabs, 1);
  if (rows >= 6 && needs.path) take_top(layout.path, 1);
  if (needs.list && options.bars && rows >= 14) take_top(layout.scale, rows >= 20 ? 2 : 1);
  if (needs.list && options.column_titles && rows >= 8) take_top(layout.titles, 1);
  if (rows >= 8) take_bottom(layout.totals, rows >= 14 ? 3 : 1);
  if (rows >= 20 && options.frame) take_bottom(layout.rule, 1);
  layout.list = {top, 0, bottom - top, columns};
  return layout;
}

}  // namespace weir::tui
