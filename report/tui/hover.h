#pragma once

#include <string>
#include <string_view>

#include "report/tui/columns.h"
#include "report/tui/grid.h"
#include "report/tui/rect.h"
#include "report/tui/status_line.h"

/// What the figures of the screen mean, in plain words, and the box that says it beside the mouse.
/// Pure functions.
namespace weir::tui {

/// Parts of the screen that are explained as a whole.
enum class ScreenPart : uint8_t { scale, totals, workers, history, path };

std::string_view about(StatusPart part) noexcept;
std::string_view about(Column::What what) noexcept;
std::string_view about(View view) noexcept;
std::string_view about(ScreenPart part) noexcept;

/// A box with the text, wrapped, below the cell at `row`, `column` or above it, inside the grid.
/// Returns where it is; empty where there is no room for it.
Rect draw_hover(Grid& grid, int row, int column, std::string_view text, Glyphs glyphs);

}  // namespace weir::tui
