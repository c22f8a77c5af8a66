#pragma once

#include "engine/pipeline/snapshot.h"
#include "report/tui/grid.h"
#include "report/tui/rect.h"

namespace weir::tui {

struct WorkersViewOptions {
  bool spins = false;  ///< --idle spin or yield: the CPU time says nothing of idleness
  bool in_bytes = false;
  int scroll = 0;  ///< first row below the headings; brought into range
  Glyphs glyphs = Glyphs::utf8;
};

/// Draws who does the work, worker by worker with the queues that it reads: packets and bits per
/// second between the two snapshots, drops by cause ("?" where the source cannot know), how full
/// the flow table is, untracked packets, idle share, CPUs. `previous` null: no rates yet. Pure.
void draw_workers(Grid& grid, const Rect& place, const Snapshot* previous, const Snapshot& current,
                  const WorkersViewOptions& options);

/// Rows that all of it takes, headings included: what is more than the height can be scrolled.
int workers_view_rows(const Snapshot& current);

}  // namespace weir::tui
