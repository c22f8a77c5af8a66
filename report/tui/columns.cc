#include "report/tui/columns.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "report/tui/list_rows.h"

namespace weir::tui {
namespace {

using What = Column::What;

struct Kind {
  What what;
  int width;  ///< with the blank before it
  std::string_view title;
  FlowOrder order = FlowOrder::rate_10s;
};

// In the order of the screen. Those of a rate of one direction are sorted by whichever rate the
// bars show.
constexpr std::array kKinds = {
    Kind{What::protocol, 6, "proto", FlowOrder::protocol},
    Kind{What::process, 21, "process"},
    Kind{What::flows, 9, "flows", FlowOrder::flows},
    Kind{What::sent, 10, "sent"},
    Kind{What::received, 10, "recv"},
    Kind{What::bytes_sent, 11, "sent", FlowOrder::sent},
    Kind{What::bytes_received, 11, "received", FlowOrder::received},
    Kind{What::duration, 13, "time", FlowOrder::duration},
    Kind{What::packets, 10, "packets", FlowOrder::packets},
    Kind{What::peak, 9, "peak", FlowOrder::peak},
    Kind{What::cumulative, 9, "total", FlowOrder::bytes},
    Kind{What::rate_2s, 9, "2 s", FlowOrder::rate_2s},
    Kind{What::rate_10s, 9, "10 s", FlowOrder::rate_10s},
    Kind{What::rate_40s, 9, "40 s", FlowOrder::rate_40s},
};

FlowOrder rate_order(uint32_t seconds) noexcept {
  if (seconds <= 2) return FlowOrder::rate_2s;
  return seconds <= 10 ? FlowOrder::rate_10s : FlowOrder::rate_40s;
}

SortKey sort_of(const Kind& kind, const UiOptions& options) noexcept {
  switch (kind.what) {
    case What::sent: return {rate_order(options.bar_seconds), OrderSide::sent};
    case What::received: return {rate_order(options.bar_seconds), OrderSide::received};
    case What::process: return {.by_process = true};
    default: return {kind.order};
  }
}

/// With what is written in full: numbers, and the names of two processes.
int width_of(const Kind& kind, bool exact) {
  if (!exact) return kind.width;
  switch (kind.what) {
    case What::process: return 49;
    case What::bytes_sent:
    case What::bytes_received: return 24;
    case What::flows: return 12;
    case What::cumulative: return 24;
    case What::packets: return 20;
    default: return kind.width;
  }
}

const Kind& kind_of(What what) {
  return *std::find_if(kKinds.begin(), kKinds.end(),
                       [&](const Kind& kind) { return kind.what == what; });
}

What main_rate(FlowOrder order) {
  if (order == FlowOrder::rate_2s) return What::rate_2s;
  return order == FlowOrder::rate_40s ? What::rate_40s : What::rate_10s;
}

std::optional<What> sorted_by(View view, const UiOptions& options) {
  const SortKey sort = tui::sort_of(options);
  for (const Kind& kind : kKinds) {
    if (kind.what == What::process && view != View::flows) continue;
    if (sort_of(kind, options) == sort) return kind.what;
  }
  return {};
}

/// What is wanted, the most wanted first; some only where there is plenty of room.
std::vector<What> wanted(View view, int width, const UiOptions& options, bool exact) {
  constexpr int kWide = 132;
  constexpr int kVeryWide = 160;
  std::vector<What> list;
  if (const auto sorted = sorted_by(view, options)) list.push_back(*sorted);
  list.push_back(main_rate(options.order));
  const bool paired = is_paired(view);
  if (exact) list.insert(list.end(), {What::cumulative, What::packets});
  if (exact && !paired) list.insert(list.end(), {What::bytes_sent, What::bytes_received});
  if (!paired) list.insert(list.end(), {What::sent, What::received, What::flows});
  if (paired && options.cumulative) list.push_back(What::cumulative);
  if (view == View::flows && options.process_column) list.push_back(What::process);
  list.insert(list.end(), {What::rate_10s, What::rate_2s, What::rate_40s});
  if (!paired) list.push_back(What::cumulative);
  if (view == View::flows && width >= 100) list.push_back(What::protocol);
  if (paired && view != View::flows && width >= 100) list.push_back(What::flows);
  if (width >= kWide) list.insert(list.end(), {What::cumulative, What::peak});
  if (width >= kVeryWide) list.insert(list.end(), {What::packets, What::duration});
  return list;
}

void share_names(ColumnPlan& plan) {
  const int both = std::max(0, plan.names_width - kArrowWidth);
  plan.first_width = (both + 1) / 2;
  plan.second_column = plan.names_begin + plan.first_width + kArrowWidth;
  plan.second_width = both / 2;
}

}  // namespace

SortKey name_sort(View view) noexcept {
  if (view == View::processes) return {.by_process = true};
  return {FlowOrder::source};
}

ColumnPlan plan_columns(View view, int width, const UiOptions& options, bool marks, bool exact) {
  ColumnPlan plan;
  plan.names_begin = marks ? std::min(2, std::max(0, width)) : 0;
  const int least_names = is_paired(view) ? 32 : 14;
  int room = width - plan.names_begin - least_names;
  std::vector<What> taken;
  for (const What what : wanted(view, width, options, exact)) {
    if (std::find(taken.begin(), taken.end(), what) != taken.end()) continue;
    const int needed = width_of(kind_of(what), exact);
    // One column is always there, names or not, as long as it fits at all.
    if (needed > room && !(taken.empty() && needed <= width - plan.names_begin)) continue;
    room -= needed;
    taken.push_back(what);
  }
  int used = 0;
  for (const What what : taken) used += width_of(kind_of(what), exact);
  int at = width - used;
  plan.names_width = std::max(0, at - plan.names_begin);
  for (const Kind& kind : kKinds) {
    if (std::find(taken.begin(), taken.end(), kind.what) == taken.end()) continue;
    const int columns = width_of(kind, exact);
    plan.columns.push_back({kind.what, at + 1, columns - 1, kind.title, sort_of(kind, options)});
    at += columns;
  }
  share_names(plan);
  return plan;
}

}  // namespace weir::tui
