#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/pipeline/snapshot.h"
#include "report/tui/grid.h"
#include "report/tui/rect.h"
#include "report/tui/ui_options.h"

/// The top of the screen: what is captured, how much, and what is missing. Pure functions.
namespace weir::tui {

struct StatusScene {
  const Snapshot* newest = nullptr;  ///< null: nothing yet
  const UiOptions* options = nullptr;
  std::optional<uint64_t> packets_per_second;
  std::optional<uint64_t> paused_ns;  ///< the moment that is held
  bool frozen = false;
  size_t alerts = 0;  ///< raised now
  std::string capture_filter;
  uint64_t missed_before = 0;  ///< by engines before this one, of other filters or interfaces
  std::map<std::string, uint32_t> attempts;  ///< by CaptureInfo::name, of captures that failed
};

/// What a piece of the status line tells.
enum class StatusPart : uint8_t {
  program,
  interface,
  waiting,
  backend,
  workers,
  rate,
  packet_rate,
  missed,
  missed_before,
  capture,
  paused,
  alerts,
  frozen,
  untracked,
  restarts,
  law,
  flows,
  filter
};

/// A piece of the status line; where they do not all fit, those with the highest rank go.
struct StatusPiece {
  std::string text;
  Style style;
  int rank = 0;
  StatusPart part = StatusPart::program;
};

/// Where a piece was drawn.
struct StatusPlace {
  Rect place;
  StatusPart part;
};

std::vector<StatusPiece> status_pieces(const StatusScene& scene);
/// Rows that all pieces need, at most `most`.
int status_rows(const std::vector<StatusPiece>& pieces, int columns, int most);
std::vector<StatusPlace> draw_status(Grid& grid, const Rect& place,
                                     const std::vector<StatusPiece>& pieces);

/// "missed 0", "missed 1,234 (nic 5, kernel 1,229, queue 0)", "missed 0 (nic ?)".
std::string missed_text(const Accounting& accounting);

/// iftop's three lines at the bottom, or the last of them alone. The rates stand under those of the
/// list: `rate_ends` are the columns behind them, of 2, 10 and 40 seconds, -1 where there is none.
struct TotalsScene {
  const Snapshot* newest = nullptr;
  bool in_bytes = false;
  bool alert = false;  ///< one is on the total
  int rate_ends[3] = {-1, -1, -1};
};
void draw_totals(Grid& grid, const Rect& place, const TotalsScene& scene);

}  // namespace weir::tui
