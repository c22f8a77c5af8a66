#pragma once

#include "report/tui/rect.h"
#include "report/tui/ui_options.h"

namespace weir::tui {

/// Which parts the screen has, from the top. Parts that there is no room for are empty.
struct Layout {
  Rect status;
  Rect tabs;
  Rect path;  ///< what was drilled into and the filter, where there is one
  Rect scale;
  Rect titles;
  Rect list;
  Rect rule;  ///< a line between list and totals
  Rect totals;
  Rect message;  ///< or the prompt
};

/// What decides about parts beyond the size.
struct LayoutNeeds {
  int status_rows = 1;
  bool path = false;
  bool list = true;  ///< the view is a list: it has titles and a scale
};

/// What most needs the room gets it: the list at 40x10, everything from 80x22 on. Pure.
Layout make_layout(int columns, int rows, const UiOptions& options, const LayoutNeeds& needs);

}  // namespace weir::tui
