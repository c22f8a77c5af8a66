#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "report/tui/grid.h"
#include "report/tui/input.h"
#include "report/tui/line_editor.h"
#include "report/tui/rect.h"

namespace weir::tui {

/// A list to choose from in a popup: themes, interfaces. What is typed narrows it to items that
/// hold the text, whatever their case; arrows, page keys, wheel and mouse move; Enter, a click on
/// the chosen item or a double click chooses; Escape ends it. Owned and used by the UI thread.
class Chooser {
 public:
  struct Item {
    std::string label;
    std::string detail;  ///< dim, behind the label; looked through as well
  };
  enum class Outcome : uint8_t {
    ignored,  ///< not for the chooser
    open,     ///< taken; it goes on
    chosen,   ///< chosen() is what the user wants
    cancelled
  };
  /// Told of the item under the cursor whenever it becomes another one. A theme chooser shows the
  /// theme; when the chooser is cancelled, its owner brings back the old one.
  using Preview = std::function<void(size_t item)>;

  /// `swatches` adds a line with samples of the roles: with Preview, of the theme that is chosen.
  Chooser(std::string title, std::vector<Item> items, size_t chosen, Preview preview = {},
          bool swatches = false);

  Outcome handle(const Input& input);
  /// Draws the popup in the middle of `screen`, as large as its items need.
  void draw(Grid& grid, const Rect& screen, Glyphs glyphs);

  /// Index into the items as given; their number when none fits what was typed.
  size_t chosen() const noexcept;
  const std::vector<Item>& items() const noexcept { return items_; }

 private:
  Outcome handle_mouse(const Input& input);
  Outcome move_to(int at);
  void narrow();
  void draw_items(Grid& grid, const Rect& list) const;

  std::string title_;
  std::vector<Item> items_;
  Preview preview_;
  bool swatches_;
  LineEditor filter_;
  std::vector<size_t> shown_;  ///< indexes of items_
  int cursor_ = 0;             ///< index into shown_
  int top_ = 0;                ///< first of shown_ that is drawn
  Rect frame_;                 ///< as drawn last
  Rect list_;
};

/// One line of samples: a word in each of the roles that tell themes apart.
void draw_swatches(Grid& grid, const Rect& place);

}  // namespace weir::tui
