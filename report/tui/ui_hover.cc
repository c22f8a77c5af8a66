#include <algorithm>

#include "report/format.h"
#include "report/tui/hover.h"
#include "report/tui/ui.h"

namespace weir::tui {
namespace {

constexpr uint64_t kHoverMs = 500;

std::string rates_text(std::string_view name, const Traffic& traffic, bool in_bytes) {
  return std::string(name) + " " + report::rate_text(traffic.rate_2s, in_bytes) + ", " +
         report::rate_text(traffic.rate_10s, in_bytes) + ", " +
         report::rate_text(traffic.rate_40s, in_bytes) + " (2, 10, 40 s), " +
         report::bytes_text(traffic.ip_bytes) + " in all, peak " +
         report::rate_text(traffic.rate_peak, in_bytes);
}

}  // namespace

const ListRow* Ui::row_at(int row) const {
  const Rect& list = layout_.list;
  if (!is_list(options_.view) || row < list.row || row >= list.end_row()) return nullptr;
  const int each = lines_per_row(options_.view, options_.line_display);
  const size_t index = place().top + static_cast<size_t>((row - list.row) / each);
  return index < rows_.size() ? &rows_[index] : nullptr;
}

/// Names that were cut are whole here.
std::string Ui::row_text(const ListRow& row) const {
  std::string text = report::printable(row_label(names(), options_.view, row.flow, parts()));
  if (options_.view == View::hosts) {
    const FlowKey& host = row.flow.key;
    const std::string address = report::address_text(host.ip_version, host.low_addr);
    if (text != address) text += "\n" + address;
    const std::string origin = name_source_.origin(host.ip_version, host.low_addr);
    if (!origin.empty()) text += "\n" + report::printable(origin);
  }
  text += "\n" + rates_text("sent", row.flow.sent, options_.in_bytes);
  text += "\n" + rates_text("received", row.flow.received, options_.in_bytes);
  return text;
}

/// What there is to be said of a cell; empty: nothing.
std::string Ui::hover_text(int row, int column) const {
  for (const StatusPlace& piece : status_places_) {
    if (piece.place.contains(row, column)) return std::string(about(piece.part));
  }
  for (const auto& [view, place] : tabs_) {
    if (place.contains(row, column)) return std::string(about(view));
  }
  if (layout_.path.contains(row, column)) return std::string(about(ScreenPart::path));
  if (layout_.totals.contains(row, column)) return std::string(about(ScreenPart::totals));
  if (layout_.scale.contains(row, column)) return std::string(about(ScreenPart::scale));
  if (layout_.titles.contains(row, column)) {
    for (const Column& title : plan_.columns) {
      const int at = column - layout_.titles.column;
      if (at >= title.column && at < title.end()) return std::string(about(title.what));
    }
    return std::string(about(options_.view));
  }
  if (!layout_.list.contains(row, column)) return {};
  if (options_.view == View::workers) return std::string(about(ScreenPart::workers));
  if (options_.view == View::history) return std::string(about(ScreenPart::history));
  const ListRow* listed = row_at(row);
  return listed == nullptr ? std::string() : row_text(*listed);
}

void Ui::hide_hover(UiRequests& requests) {
  if (hover_ && hover_->shown) requests.redraw = true;
  hover_.reset();
}

/// Moves cost nothing but this: nothing is drawn until the mouse rests.
void Ui::follow_mouse(const Input& input, UiRequests& requests, uint64_t now_ms) {
  if (!wants_motion() || overlay_ != Overlay::none) return hide_hover(requests);
  if (hover_ && hover_->row == input.row && hover_->column == input.column) return;
  const bool same = hover_ && hover_->shown &&
                    hover_text(input.row, input.column) == hover_text(hover_->row, hover_->column);
  if (same) return;  // still on what is explained
  hide_hover(requests);
  hover_ = {input.row, input.column, now_ms, false};
}

/// A right click shows at once. False: there the click means something else.
bool Ui::explain(const Input& input, UiRequests& requests) {
  if (overlay_ != Overlay::none || input.mouse != Mouse::press_right || row_at(input.row)) {
    return false;
  }
  if (hover_text(input.row, input.column).empty()) return false;
  hover_ = {input.row, input.column, 0, true};
  requests.redraw = true;
  return true;
}

void Ui::toggle_hover(UiRequests& requests, uint64_t now_ms) {
  options_.hover = !wants_motion();
  requests.mouse_motion = wants_motion();
  tell(wants_motion() ? "Explanations where the mouse rests" : "Explanations on right click only",
       now_ms);
}

void Ui::draw_hover_box(Grid& grid, Glyphs glyphs, uint64_t now_ms) {
  if (!hover_ || overlay_ != Overlay::none) return;
  if (!hover_->shown && now_ms - hover_->since_ms < kHoverMs) return;
  hover_->shown = true;
  draw_hover(grid, hover_->row, hover_->column, hover_text(hover_->row, hover_->column), glyphs);
}

}  // namespace weir::tui
