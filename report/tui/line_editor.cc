#include "report/tui/line_editor.h"

#include <algorithm>

#include "report/tui/unicode.h"

namespace weir::tui {
namespace {

bool is_control(char32_t character) {
  return character < 0x20 || (character >= 0x7F && character < 0xA0);
}

std::string to_utf8(std::u32string_view text) {
  std::string out;
  for (const char32_t character : text) append_utf8(out, character);
  return out;
}

}  // namespace

LineEditor::LineEditor(std::string prompt, size_t max_length)
    : prompt_(std::move(prompt)), max_length_(max_length) {}

LineEditor::Outcome LineEditor::handle(const Input& input) {
  if (input.kind != Input::Kind::key) return Outcome::ignored;
  switch (input.key) {
    case Key::character:
      if (input.alt) return Outcome::ignored;
      return input.control ? handle_control(input.character) : insert(input.character);
    case Key::enter: return Outcome::accepted;
    case Key::escape: return Outcome::cancelled;
    case Key::backspace: return erase(cursor_ - std::min<size_t>(cursor_, 1), cursor_);
    case Key::del: return erase(cursor_, cursor_ + 1);
    case Key::left: return move_to(cursor_ - std::min<size_t>(cursor_, 1));
    case Key::right: return move_to(cursor_ + 1);
    case Key::home: return move_to(0);
    case Key::end: return move_to(text_.size());
    case Key::up: return recall(true);
    case Key::down: return recall(false);
    default: return Outcome::ignored;
  }
}

LineEditor::Outcome LineEditor::handle_control(char32_t letter) {
  switch (letter) {
    case U'a': return move_to(0);
    case U'e': return move_to(text_.size());
    case U'b': return move_to(cursor_ - std::min<size_t>(cursor_, 1));
    case U'f': return move_to(cursor_ + 1);
    case U'd': return erase(cursor_, cursor_ + 1);
    case U'h': return erase(cursor_ - std::min<size_t>(cursor_, 1), cursor_);
    case U'k': return erase(cursor_, text_.size());
    case U'u': return erase(0, cursor_);
    case U'w': return erase(word_start(), cursor_);
    case U'p': return recall(true);
    case U'n': return recall(false);
    default: return Outcome::ignored;
  }
}

LineEditor::Outcome LineEditor::move_to(size_t at) {
  cursor_ = std::min(at, text_.size());
  return Outcome::moved;
}

LineEditor::Outcome LineEditor::erase(size_t from, size_t to) {
  to = std::min(to, text_.size());
  if (from >= to) return Outcome::moved;
  text_.erase(from, to - from);
  cursor_ = from;
  error_.clear();
  return Outcome::changed;
}

LineEditor::Outcome LineEditor::insert(char32_t character) {
  if (is_control(character) || text_.size() >= max_length_) return Outcome::moved;
  text_.insert(text_.begin() + static_cast<std::ptrdiff_t>(cursor_), character);
  ++cursor_;
  error_.clear();
  return Outcome::changed;
}

LineEditor::Outcome LineEditor::recall(bool earlier) {
  if (earlier ? recalled_ == 0 : recalled_ >= history_.size()) return Outcome::moved;
  if (recalled_ >= history_.size()) kept_ = text();
  const size_t to = earlier ? recalled_ - 1 : recalled_ + 1;
  const std::string line = to < history_.size() ? history_[to] : kept_;
  set_text(line);
  recalled_ = to;
  return Outcome::changed;
}

size_t LineEditor::word_start() const {
  size_t at = cursor_;
  while (at > 0 && text_[at - 1] == U' ') --at;
  while (at > 0 && text_[at - 1] != U' ') --at;
  return at;
}

std::string LineEditor::text() const {
  return to_utf8(text_);
}

void LineEditor::set_text(std::string_view text) {
  text_.clear();
  while (!text.empty() && text_.size() < max_length_) {
    const char32_t character = take_code_point(text);
    if (character != kNotUtf8 && !is_control(character)) text_ += character;
  }
  cursor_ = text_.size();
  recalled_ = history_.size();
  error_.clear();
}

void LineEditor::remember(const std::string& line) {
  std::erase(history_, line);
  if (!line.empty()) history_.push_back(line);
  if (history_.size() > kMaxHistory) history_.erase(history_.begin());
  recalled_ = history_.size();
}

size_t LineEditor::first_shown(int columns) const {
  size_t first = cursor_;
  int used = 1;  // the cursor
  while (first > 0) {
    used += width_of(shown_as(text_[first - 1]));
    if (used > columns) break;
    --first;
  }
  return first;
}

bool LineEditor::needs_two_rows(int columns) const {
  constexpr int kGap = 2;
  return !error_.empty() &&
         display_width(prompt_) + display_width(to_utf8(text_)) + kGap + display_width(error_) >
             columns;
}

int LineEditor::draw(Grid& grid, const Rect& place) const {
  if (place.empty()) return place.column;
  constexpr Style kPrompt{.role = Role::prompt, .bold = true};
  constexpr Style kError{.role = Role::warning};
  grid.fill(place.row, place.column, place.columns, U' ', Style{.role = Role::prompt});
  const int start = grid.put(place.row, place.column, prompt_, kPrompt, place.columns / 2);
  const int room = place.end_column() - start;
  const size_t first = first_shown(room);
  const std::u32string_view shown = std::u32string_view(text_).substr(first);
  const int end = grid.put(place.row, start, to_utf8(shown), Style{.role = Role::prompt}, room);
  const int cursor = start + display_width(to_utf8(shown.substr(0, cursor_ - first)));
  if (error_.empty()) return cursor;
  if (place.rows > 1) {
    grid.fill(place.row + 1, place.column, place.columns, U' ', kError);
    grid.put(place.row + 1, place.column, error_, kError, place.columns);
  } else if (place.end_column() - end > 4) {
    grid.put(place.row, end + 2, error_, kError, place.end_column() - end - 2);
  }
  return cursor;
}

}  // namespace weir::tui
