#include "report/tui/chooser.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "report/tui/frame.h"

namespace weir::tui {
namespace {

constexpr int kLeastWidth = 30;
constexpr size_t kMaxFilter = 64;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool holds(std::string_view text, std::string_view part) {
  const auto at = std::search(text.begin(), text.end(), part.begin(), part.end(),
                              [](char a, char b) { return lower(a) == lower(b); });
  return at != text.end() || part.empty();
}

struct Swatch {
  std::string_view word;
  Style style;
};

constexpr std::array<Swatch, 9> kSwatches{{{"text", {}},
                                           {"sent", {.role = Role::sent}},
                                           {"received", {.role = Role::received}},
                                           {"total", {.role = Role::both}},
                                           {"bar", {.background = Role::bar_sent}},
                                           {"bar", {.background = Role::bar_received}},
                                           {"selected", {.role = Role::selected}},
                                           {"missed", {.role = Role::missed, .bold = true}},
                                           {"dim", {.role = Role::dim}}}};

int swatches_width() {
  int width = -1;
  for (const Swatch& swatch : kSwatches) width += static_cast<int>(swatch.word.size()) + 1;
  return width;
}

}  // namespace

void draw_swatches(Grid& grid, const Rect& place) {
  int at = place.column;
  for (const Swatch& swatch : kSwatches) {
    if (at + static_cast<int>(swatch.word.size()) > place.end_column()) return;
    at = grid.put(place.row, at, swatch.word, swatch.style) + 1;
  }
}

Chooser::Chooser(std::string title, std::vector<Item> items, size_t chosen, Preview preview,
                 bool swatches)
    : title_(std::move(title)),
      items_(std::move(items)),
      preview_(std::move(preview)),
      swatches_(swatches),
      filter_("filter: ", kMaxFilter) {
  for (size_t i = 0; i < items_.size(); ++i) shown_.push_back(i);
  if (chosen < items_.size()) cursor_ = static_cast<int>(chosen);
}

size_t Chooser::chosen() const noexcept {
  return shown_.empty() ? items_.size() : shown_[static_cast<size_t>(cursor_)];
}

Chooser::Outcome Chooser::handle(const Input& input) {
  if (input.kind == Input::Kind::mouse) return handle_mouse(input);
  if (input.kind != Input::Kind::key) return Outcome::ignored;
  const int page = std::max(1, list_.rows - 1);
  switch (input.key) {
    case Key::enter: return shown_.empty() ? Outcome::open : Outcome::chosen;
    case Key::escape: return Outcome::cancelled;
    case Key::up: return move_to(cursor_ - 1);
    case Key::down: return move_to(cursor_ + 1);
    case Key::page_up: return move_to(cursor_ - page);
    case Key::page_down: return move_to(cursor_ + page);
    case Key::home: return move_to(0);
    case Key::end: return move_to(static_cast<int>(shown_.size()) - 1);
    default: break;
  }
  const LineEditor::Outcome outcome = filter_.handle(input);
  if (outcome == LineEditor::Outcome::changed) narrow();
  return outcome == LineEditor::Outcome::ignored ? Outcome::ignored : Outcome::open;
}

Chooser::Outcome Chooser::handle_mouse(const Input& input) {
  if (input.mouse == Mouse::wheel_up) return move_to(cursor_ - 1);
  if (input.mouse == Mouse::wheel_down) return move_to(cursor_ + 1);
  if (input.mouse != Mouse::press_left && input.mouse != Mouse::double_left) return Outcome::open;
  if (!frame_.contains(input.row, input.column)) return Outcome::cancelled;
  if (!list_.contains(input.row, input.column)) return Outcome::open;
  const int at = top_ + input.row - list_.row;
  if (at >= static_cast<int>(shown_.size())) return Outcome::open;
  if (at == cursor_ || input.mouse == Mouse::double_left) {
    move_to(at);
    return Outcome::chosen;
  }
  return move_to(at);
}

Chooser::Outcome Chooser::move_to(int at) {
  const size_t before = chosen();
  cursor_ = std::clamp(at, 0, std::max(0, static_cast<int>(shown_.size()) - 1));
  if (preview_ && chosen() != before && chosen() < items_.size()) preview_(chosen());
  return Outcome::open;
}

void Chooser::narrow() {
  const size_t before = chosen();
  const std::string wanted = filter_.text();
  shown_.clear();
  cursor_ = 0;
  top_ = 0;
  for (size_t i = 0; i < items_.size(); ++i) {
    if (!holds(items_[i].label, wanted) && !holds(items_[i].detail, wanted)) continue;
    if (i == before) cursor_ = static_cast<int>(shown_.size());
    shown_.push_back(i);
  }
  if (preview_ && chosen() != before && chosen() < items_.size()) preview_(chosen());
}

void Chooser::draw_items(Grid& grid, const Rect& list) const {
  int label_width = 0;
  for (const Item& item : items_) label_width = std::max(label_width, display_width(item.label));
  for (int i = 0; i < list.rows; ++i) {
    const auto at = static_cast<size_t>(top_) + static_cast<size_t>(i);
    if (at >= shown_.size()) return;
    const Item& item = items_[shown_[at]];
    const bool under_cursor = top_ + i == cursor_;
    const Style label{.role = under_cursor ? Role::selected : Role::text};
    const Style detail{.role = under_cursor ? Role::selected : Role::dim};
    const int row = list.row + i;
    grid.fill(row, list.column, list.columns, U' ', label);
    grid.put(row, list.column, item.label, label, list.columns);
    const int room = list.columns - label_width - 2;
    if (room > 0) grid.put(row, list.column + label_width + 2, item.detail, detail, room);
  }
}

void Chooser::draw(Grid& grid, const Rect& screen, Glyphs glyphs) {
  int width = std::max({kLeastWidth, display_width(title_) + 4, swatches_ ? swatches_width() : 0});
  int label_width = 0;
  int detail_width = 0;
  for (const Item& item : items_) {
    label_width = std::max(label_width, display_width(item.label));
    detail_width = std::max(detail_width, display_width(item.detail));
  }
  width = std::max(width, label_width + (detail_width > 0 ? detail_width + 2 : 0));
  const int extra = 1 + (swatches_ ? 1 : 0);
  // As high as all items need, whatever is typed: a popup that jumps is hard to click.
  const int height = static_cast<int>(items_.size()) + extra;
  const Rect inside = draw_popup(grid, screen, height, width, title_, glyphs);
  frame_ = {inside.row - 1, inside.column - 2, inside.rows + 2, inside.columns + 4};
  list_ = {inside.row + extra, inside.column, std::max(0, inside.rows - extra), inside.columns};
  if (inside.empty()) return;
  filter_.draw(grid, {inside.row, inside.column, 1, inside.columns});
  if (swatches_) draw_swatches(grid, {inside.row + 1, inside.column, 1, inside.columns});
  const int total = static_cast<int>(shown_.size());
  top_ = std::clamp(top_, std::max(0, cursor_ - list_.rows + 1), cursor_);
  top_ = std::clamp(top_, 0, std::max(0, total - list_.rows));
  draw_items(grid, list_);
  if (shown_.empty() && list_.rows > 0)
    grid.put(list_.row, list_.column, "nothing fits", Style{.role = Role::dim}, list_.columns);
  draw_scroll_position(grid, frame_, top_, std::min(list_.rows, total - top_), total);
}

}  // namespace weir::tui
