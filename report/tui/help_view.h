#pragma once

#include <span>
#include <string_view>

#include "report/tui/grid.h"
#include "report/tui/rect.h"

namespace weir::tui {

/// A line of the help: under which heading, which keys, what they do. Entries of a section follow
/// one another.
struct HelpEntry {
  std::string_view section;
  std::string_view key;
  std::string_view text;
};

/// Draws all entries under their headings in as many columns as they need and as fit. About 60 fit
/// on 80x24. Where they do not fit all the same, the first line says so, and `scroll` columns of
/// text are left out at the left. Returns how far one can scroll: 0 when everything is shown. Pure.
int draw_help(Grid& grid, const Rect& place, std::string_view title,
              std::span<const HelpEntry> entries, Glyphs glyphs, int scroll = 0);

}  // namespace weir::tui
