#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "report/tui/grid.h"
#include "report/tui/input.h"
#include "report/tui/rect.h"

namespace weir::tui {

/// A line of text that the user edits: a filter, a file name. UTF-8, one cursor, the keys of a
/// shell (arrows, Home and Ctrl-A, End and Ctrl-E, Ctrl-U, Ctrl-K, Ctrl-W, Del and Ctrl-D,
/// Backspace, up and down for earlier lines). Control characters are not taken. Owned and used by
/// the UI thread.
class LineEditor {
 public:
  enum class Outcome : uint8_t {
    ignored,  ///< not a key of the editor
    moved,    ///< the cursor, or nothing at all
    changed,  ///< the text
    accepted,
    cancelled
  };
  static constexpr size_t kMaxHistory = 50;

  /// `max_length` is in characters.
  explicit LineEditor(std::string prompt = "", size_t max_length = 512);

  Outcome handle(const Input& input);

  std::string text() const;
  /// Replaces the text; the cursor is behind it, the error is gone.
  void set_text(std::string_view text);
  /// Said below the line, or behind the text where there is one row, until the text changes.
  void set_error(std::string error) { error_ = std::move(error); }
  const std::string& error() const noexcept { return error_; }
  /// Adds an accepted line to those that Up brings back; empty ones and repetitions are not added.
  void remember(const std::string& line);

  /// There is an error, and one row does not hold it beside the text.
  bool needs_two_rows(int columns) const;
  /// Draws prompt and text in the first row, the error in the second if there is one. Text that is
  /// too long scrolls so that the cursor is seen. Returns the column of the cursor.
  int draw(Grid& grid, const Rect& place) const;

 private:
  Outcome handle_control(char32_t letter);
  Outcome move_to(size_t at);
  Outcome erase(size_t from, size_t to);
  Outcome insert(char32_t character);
  Outcome recall(bool earlier);
  size_t word_start() const;
  /// First character that is drawn when the text has `columns`.
  size_t first_shown(int columns) const;

  std::string prompt_;
  size_t max_length_;
  std::u32string text_;
  size_t cursor_ = 0;  ///< in characters
  std::string error_;
  std::vector<std::string> history_;  ///< oldest first
  size_t recalled_ = 0;               ///< index into history_; its size: none
  std::string kept_;                  ///< what was typed before Up
};

}  // namespace weir::tui
