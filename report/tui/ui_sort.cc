#include <algorithm>
#include <string>
#include <vector>

#include "report/flow_table_text.h"
#include "report/tui/ui.h"

namespace weir::tui {
namespace {

std::string text_of(const SortKey& key) {
  if (key.by_process) return "process";
  std::string text(report::order_text(key.order));
  if (key.side == OrderSide::sent) text += " sent";
  if (key.side == OrderSide::received) text += " received";
  return text;
}

}  // namespace

/// The directions that count: as in iftop those that are shown, unless a column of one direction
/// was chosen.
OrderSide Ui::order_side() const {
  if (options_.order_side != OrderSide::both) return options_.order_side;
  switch (options_.line_display) {
    case LineDisplay::one_line_sent: return OrderSide::sent;
    case LineDisplay::one_line_received: return OrderSide::received;
    default: return OrderSide::both;
  }
}

/// The engine knows no processes, so this is an order of the rows that are listed. Those without a
/// process's name come last.
void Ui::sort_by_process() {
  if (options_.view != View::flows && options_.view != View::processes) return;
  struct Named {
    std::string name;
    ListRow row;
  };
  std::vector<Named> named;
  named.reserve(rows_.size());
  for (ListRow& row : rows_) {
    std::string name = options_.view == View::processes
                           ? row_label(names(), options_.view, row.flow, parts())
                           : flow_process_label(processes_.get(), row.flow);
    named.push_back({std::move(name), row});
  }
  std::stable_sort(named.begin(), named.end(), [&](const Named& one, const Named& other) {
    if (one.row.pinned != other.row.pinned) return one.row.pinned;
    if (one.name.empty() != other.name.empty()) return other.name.empty();
    return options_.reversed ? other.name < one.name : one.name < other.name;
  });
  for (size_t at = 0; at < named.size(); ++at) rows_[at] = named[at].row;
}

void Ui::sort_by(const SortKey& key, UiRequests& requests, uint64_t now_ms) {
  if (key != sort_of(options_)) options_.reversed = false;
  options_.order = key.order;
  options_.order_side = key.side;
  options_.order_by_process = key.by_process;
  order_changed(requests);
  to_the_top(requests);
  tell("Sorted by " + text_of(key), now_ms);
}

/// Left and Right, as in btop: every column that is there can be reached.
void Ui::sort_by_next_column(int step, UiRequests& requests, uint64_t now_ms) {
  if (!is_list(options_.view)) return;
  const std::vector<SortKey> keys = sort_keys(options_.view, plan_);
  const auto at = std::find(keys.begin(), keys.end(), sort_of(options_));
  const auto last = static_cast<ptrdiff_t>(keys.size()) - 1;
  const ptrdiff_t wanted = at == keys.end() ? 0 : (at - keys.begin()) + step;
  sort_by(keys[static_cast<size_t>(std::clamp<ptrdiff_t>(wanted, 0, last))], requests, now_ms);
}

/// Rows show other directions: the order is by them, and bars are as long as they are.
void Ui::show_direction(UiRequests& requests) {
  options_.order_side = OrderSide::both;
  if (frozen_) {
    ++query_number_;
    requests.query_changed = true;
  } else {
    order_changed(requests);
  }
  scale_maximum_ = {};
  busiest_rate_ = 0;
  if (shown_ != nullptr) note_scale();
}

void Ui::next_bar_average(UiRequests& requests) {
  const bool by_bars = options_.order_side != OrderSide::both;
  options_.bar_seconds = options_.bar_seconds == 2 ? 10 : options_.bar_seconds == 10 ? 40 : 2;
  if (!by_bars) return;
  // The column that it is sorted by shows the other rate now.
  options_.order = options_.bar_seconds == 2    ? FlowOrder::rate_2s
                   : options_.bar_seconds == 10 ? FlowOrder::rate_10s
                                                : FlowOrder::rate_40s;
  order_changed(requests);
}

void Ui::freeze(UiRequests& requests) {
  if (frozen_) return order_changed(requests);
  frozen_ = true;
  for (size_t rank = 0; rank < rows_.size(); ++rank) {
    frozen_ranks_.emplace(rows_[rank].flow.key, rank);
  }
  widen(requests);
}

bool Ui::act_on_order(const KeyBinding& binding, UiRequests& requests, uint64_t now_ms) {
  switch (binding.action) {
    case Action::sort:
      sort_by({static_cast<FlowOrder>(binding.argument)}, requests, now_ms);
      return true;
    case Action::sort_left: sort_by_next_column(-1, requests, now_ms); return true;
    case Action::sort_right: sort_by_next_column(1, requests, now_ms); return true;
    case Action::reverse:
      options_.reversed = !options_.reversed;
      order_changed(requests);
      to_the_top(requests);
      tell(options_.reversed ? "Order reversed" : "Order as usual", now_ms);
      return true;
    case Action::freeze:
      freeze(requests);
      tell(frozen_ ? "Order frozen; new rows come below" : "Order unfrozen", now_ms);
      return true;
    case Action::pause:
      paused_ = !paused_;
      tell(paused_ ? "Display paused; losses are still shown" : "Display goes on", now_ms);
      if (!paused_ && newest_ != nullptr) {
        content_number_ = query_number_;  // what was held may have been filtered meanwhile
        adopt(newest_);
      }
      return true;
    default: return false;
  }
}

}  // namespace weir::tui
