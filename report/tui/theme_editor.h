#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "report/tui/grid.h"
#include "report/tui/input.h"
#include "report/tui/line_editor.h"
#include "report/tui/rect.h"
#include "report/tui/theme.h"

namespace weir::tui {

/// A popup in which the roles of a theme get other colours, seen at once on the whole screen. It
/// reaches nothing: its owner shows theme() after each change, saves changes() or brings back the
/// theme that it began with. Owned and used by the UI thread.
class ThemeEditor {
 public:
  enum class Outcome : uint8_t {
    open,     ///< taken; nothing looks different
    changed,  ///< theme() is another one
    saved,    ///< the user wants changes() kept
    cancelled
  };

  explicit ThemeEditor(Theme base);

  Outcome handle(const Input& input);
  void draw(Grid& grid, const Rect& screen, Glyphs glyphs);
  /// Row and column of the cursor as drawn last, while a colour is typed.
  std::optional<std::pair<int, int>> cursor() const { return cursor_place_; }

  const Theme& base() const { return base_; }
  const Theme& theme() const { return theme_; }
  /// The roles that look different from the base, whole.
  std::vector<LookChange> changes() const;

 private:
  enum class Part : uint8_t { foreground, background };

  Outcome handle_list(const Input& input);
  Outcome handle_typing(const Input& input);
  Outcome type(Part part);
  Outcome set(const LookChange& change);
  Role role() const { return static_cast<Role>(row_); }

  Theme base_;
  Theme theme_;
  Theme before_;  ///< what Escape brings back while a colour is typed
  int row_ = 0;
  int top_ = 0;
  std::optional<Part> typing_;
  LineEditor editor_;
  std::optional<std::pair<int, int>> cursor_place_;
};

}  // namespace weir::tui
