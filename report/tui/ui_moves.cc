#include <algorithm>

#include "report/tui/ui.h"

namespace weir::tui {

int Ui::visible_rows() const {
  const int each = lines_per_row(options_.view, options_.line_display);
  return layout_.list.rows > 0 ? std::max(1, layout_.list.rows / each) : 24;
}

std::optional<size_t> Ui::selected_index() const {
  if (!place().selected) return {};
  const auto row = std::find_if(rows_.begin(), rows_.end(), [&](const ListRow& one) {
    return one.flow.key == *place().selected;
  });
  if (row == rows_.end()) return {};
  return static_cast<size_t>(row - rows_.begin());
}

const ListRow* Ui::selected_row() const {
  const auto index = selected_index();
  return index ? &rows_[*index] : nullptr;
}

void Ui::keep_visible(size_t index) {
  const auto visible = static_cast<size_t>(visible_rows());
  if (index < place().top) place().top = index;
  if (index >= place().top + visible) place().top = index - visible + 1;
}

void Ui::select(size_t index, UiRequests& requests) {
  to_the_end_ = false;
  if (rows_.empty()) return;
  index = std::min(index, rows_.size() - 1);
  place().selected = rows_[index].flow.key;
  place().index = index;
  keep_visible(index);
  requests.redraw = true;
  widen(requests);
}

/// Who chooses an order wants to see what is first in it.
void Ui::to_the_top(UiRequests& requests) {
  place().top = 0;
  if (place().selected) select(0, requests);
}

/// Moves the cursor; the first time it comes to where one looks.
void Ui::move_by(int64_t rows, UiRequests& requests) {
  if (!is_list(options_.view)) {
    scroll_ = static_cast<int>(std::clamp<int64_t>(scroll_ + rows, 0, 1'000'000));
    requests.redraw = true;
    return;
  }
  if (rows_.empty()) return;
  const auto index = selected_index();
  if (!index) {
    const bool up = rows < 0;
    const auto visible = static_cast<size_t>(visible_rows());
    select(up ? place().top + visible - 1 : place().top, requests);
    return;
  }
  const auto last = static_cast<int64_t>(rows_.size()) - 1;
  const int64_t wanted = static_cast<int64_t>(*index) + rows;
  select(static_cast<size_t>(std::clamp<int64_t>(wanted, 0, last)), requests);
}

/// Moves what is seen, as a wheel does. The cursor stays within it.
void Ui::scroll_by(int64_t rows, UiRequests& requests) {
  if (!is_list(options_.view)) return move_by(rows, requests);
  to_the_end_ = false;
  const auto visible = static_cast<size_t>(visible_rows());
  const size_t last_top = rows_.size() > visible ? rows_.size() - visible : 0;
  const int64_t wanted = static_cast<int64_t>(place().top) + rows;
  place().top = static_cast<size_t>(std::clamp<int64_t>(wanted, 0, static_cast<int64_t>(last_top)));
  if (const auto index = selected_index()) {
    const size_t kept = std::clamp(*index, place().top, place().top + visible - 1);
    place().index = std::min(kept, rows_.size() - 1);
    place().selected = rows_[place().index].flow.key;
  }
  requests.redraw = true;
  widen(requests);
}

bool Ui::act_on_place(const KeyBinding& binding, UiRequests& requests, uint64_t now_ms) {
  const int64_t page = visible_rows();
  switch (binding.action) {
    case Action::down: move_by(1, requests); return true;
    case Action::up: move_by(-1, requests); return true;
    case Action::page_down: move_by(page, requests); return true;
    case Action::page_up: move_by(-page, requests); return true;
    case Action::half_page_down: move_by(std::max<int64_t>(1, page / 2), requests); return true;
    case Action::half_page_up: move_by(-std::max<int64_t>(1, page / 2), requests); return true;
    case Action::first:
      scroll_ = 0;
      if (is_list(options_.view)) select(0, requests);
      return true;
    case Action::last:
      if (!is_list(options_.view)) {
        move_by(1'000'000, requests);
        return true;
      }
      if (!rows_.empty()) select(rows_.size() - 1, requests);
      to_the_end_ = !rows_known_ || rows_.size() < std::min(row_count_, kMaxRows);
      widen(requests);
      return true;
    case Action::next_view:
    case Action::previous_view: {
      const int count = static_cast<int>(View::count_);
      const int step = binding.action == Action::next_view ? 1 : count - 1;
      go_to_view(static_cast<View>((static_cast<int>(options_.view) + step) % count), requests);
      return true;
    }
    case Action::go_to_view: go_to_view(static_cast<View>(binding.argument), requests); return true;
    case Action::open: open_selected(requests, now_ms); return true;
    case Action::back: go_back(requests); return true;
    default: return false;
  }
}

void Ui::go_to_view(View view, UiRequests& requests) {
  if (view == options_.view || view >= View::count_) return;
  options_.view = view;
  content_changed(requests);
}

/// Enter: what is behind the row, or all of a flow.
void Ui::open_selected(UiRequests& requests, uint64_t now_ms) {
  if (!is_list(options_.view)) return;
  const ListRow* row = selected_row();
  if (row == nullptr) {
    move_by(0, requests);
    if (place().selected) tell("A row is selected; Enter opens it", now_ms);
    return;
  }
  if (grouper_ != nullptr) return drill_into(*row, requests);
  details_ = row->flow;
  details_scroll_ = 0;
  overlay_ = Overlay::details;
  ++query_number_;
  requests.query_changed = true;
  requests.redraw = true;
}

void Ui::drill_into(const ListRow& row, UiRequests& requests) {
  constexpr size_t kDeepest = 16;
  if (path_.size() >= kDeepest) return;
  const View from = options_.view;
  path_.push_back(
      {from, place(), row.flow.key, parts(), row_label(names(), from, row.flow, parts())});
  options_.view = from == View::networks ? View::hosts : View::flows;
  place() = {};
  content_changed(requests);
}

/// Escape: one step out of what is open.
void Ui::go_back(UiRequests& requests) {
  requests.redraw = true;
  if (!path_.empty()) {
    const Step step = path_.back();
    path_.pop_back();
    options_.view = step.from;
    content_changed(requests);
    place() = step.place;
    return;
  }
  place().selected.reset();
}

}  // namespace weir::tui
