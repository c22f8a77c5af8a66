#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/pipeline/snapshot.h"
#include "report/tui/ui_options.h"

/// The rows of a list, whatever the view: flows, and groups in the shape of flows. Pure functions.
namespace weir::tui {

struct ListRow {
  FlowRow flow;        ///< of a group: its key, the low side shown first
  uint64_t flows = 1;  ///< of a group: live ones
  bool pinned = false;
};

/// The view's rows are groups, one of whose ends or both are shown as "A => B".
constexpr bool is_paired(View view) noexcept {
  return view == View::flows || view == View::pairs;
}
/// The view is a list at all.
constexpr bool is_list(View view) noexcept {
  return view < View::workers;
}

std::vector<ListRow> list_rows(std::span<const FlowRow> flows);
std::vector<ListRow> list_rows(std::span<const GroupRow> groups);

/// Sorts as snapshots are: see FlowOrder and OrderSide. Pinned rows come first.
void sort_rows(std::vector<ListRow>& rows, FlowOrder order, OrderSide side, bool reversed);

Traffic sum(const Traffic& sent, const Traffic& received) noexcept;

/// Which of the three rates: 2, 10 or 40 seconds.
uint64_t rate_of(const Traffic& traffic, uint32_t seconds) noexcept;

}  // namespace weir::tui
