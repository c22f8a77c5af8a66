#pragma once

#include "engine/pipeline/snapshot.h"
#include "report/tui/grid.h"
#include "report/tui/rect.h"

namespace weir::tui {

struct WorkersViewOptions {
  bool spins = false;  ///< --idle spin or yield: the CPU time says nothing of idleness
  bool in_bytes = false;
  int scroll = 0;  ///< rows left out at the top, but for the headings; brought into range
  Glyphs glyphs = Glyphs::utf8;
};

/// Draws who does the work. Workers: CPUs, idle share, packets per second between the two
/// snapshots, how full the flow table is, untracked packets. Queues: which worker reads it, packets
/// and bits per second, drops by cause ("?" where the source cannot know). `previous` null, or of
/// the same moment: no rates yet. Of a narrow place the less important columns are left out. Pure.
void draw_workers(Grid& grid, const Rect& place, const Snapshot* previous, const Snapshot& current,
                  const WorkersViewOptions& options);

/// Rows that all of it takes, headings included: what is more than the height can be scrolled.
int workers_view_rows(const Snapshot& current);

}  // namespace weir::tui
