#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/ip_prefix.h"
#include "engine/pipeline/snapshot.h"
#include "report/format.h"

namespace weir::tui {

/// The pages of the screen, in the order of their tabs.
enum class View : uint8_t {
  flows,
  hosts,
  pairs,
  ports,
  networks,
  vlans,
  processes,
  workers,
  history,
  count_  ///< how many there are
};

/// How a flow is shown (iftop's -t key and line-display directive).
enum class LineDisplay : uint8_t {
  two_line,           ///< sent, and below it received
  one_line_both,      ///< sent and received added up
  one_line_sent,      ///< only sent
  one_line_received,  ///< only received
};

/// What a list is sorted by: a click on a column title says all of it.
struct SortKey {
  FlowOrder order = FlowOrder::rate_10s;
  /// Of columns that show a rate of one direction; both: of the directions that rows show.
  OrderSide side = OrderSide::both;
  bool by_process = false;  ///< by the process's name, of the rows that are listed
  bool operator==(const SortKey&) const = default;
};

/// A network with a name of the user's; of those that hold an address the longest counts.
struct NamedNetwork {
  std::string name;
  IpPrefix prefix;
};

/// Everything of the screen that flags, the environment or the configuration may set, and that the
/// user may change by a key and save again. Plain data. Ui keeps a copy and changes it.
struct UiOptions {
  View view = View::flows;                 ///< shown first
  bool resolve_names = true;               ///< -n: false
  bool service_names = true;               ///< -N: false
  bool source_ports = true;                ///< false: flows are summed over their local ports
  bool destination_ports = true;           ///< false: flows are summed over their remote ports
  bool hide_source = false;                ///< iftop's hide-source
  bool hide_destination = false;           ///< iftop's hide-destination
  bool bars = true;                        ///< -b: false
  bool in_bytes = false;                   ///< -B
  bool log_scale = false;                  ///< iftop's log-scale
  uint64_t scale_max_bits = 0;             ///< -m, bits per second; 0: follows the traffic
  uint32_t bar_seconds = 10;               ///< which rate the bars show: 2, 10 or 40
  FlowOrder order = FlowOrder::rate_10s;   ///< -o
  OrderSide order_side = OrderSide::both;  ///< SortKey::side
  bool order_by_process = false;           ///< SortKey::by_process
  bool reversed = false;                   ///< the order from below
  LineDisplay line_display = LineDisplay::two_line;
  bool cumulative = false;      ///< a column with totals (iftop's show-totals)
  bool process_column = false;  ///< which process a flow belongs to
  bool column_titles = true;
  std::optional<bool> hover;  ///< explanations beside the mouse; empty: unless `remote`
  bool remote = false;        ///< over ssh, where each move of the mouse is a packet
  bool frame = true;          ///< tabs and lines around the list
  std::string filter;         ///< display filter (iftop's screen-filter)
  std::string theme = "default";
  uint32_t refresh_ms = 1000;  ///< between two snapshots
  std::vector<NamedNetwork> networks;
  uint8_t prefix_v4 = 24;                         ///< networks without a name: 0 to 32
  uint8_t prefix_v6 = 64;                         ///< 0 to 128
  report::TimeZone zone = report::TimeZone::utc;  ///< of the times that are shown
  bool vlan_keys = false;                         ///< flows are told apart by VLAN (--key vlan)

  // What the program runs with, for the title line and the prompts.
  std::string interface;                ///< shown until there is a snapshot
  bool workers_spin = false;            ///< --idle spin or yield: CPU time says nothing of idleness
  std::string capture_filter;           ///< -f
  std::vector<std::string> themes;      ///< the user's own; the chooser has the built-in ones too
  std::vector<std::string> interfaces;  ///< names the chooser offers
};

inline SortKey sort_of(const UiOptions& options) {
  return {options.order, options.order_side, options.order_by_process};
}

}  // namespace weir::tui
