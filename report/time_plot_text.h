#pragma once

#include <fmt/format.h>

#include <cstdint>

#include "engine/pipeline/snapshot.h"

namespace weir::report {

struct TimePlotOptions {
  bool in_bytes = false;  ///< rates in bytes per second (-B)
  bool utf8 = false;      ///< blocks, else what ASCII has
};

/// The seconds that a plot of the snapshot shows: the last 41, or as long as the run was. 0: there
/// is nothing to see, because no packets were in them or it is a single one.
uint32_t plotted_seconds(const Snapshot& snapshot);

/// Appends two plots of IP traffic over these seconds, what was sent above what was received, each
/// five rows high, at most 60 columns wide, and with a scale of its own that ends at its busiest
/// second. A second with any traffic shows at least the least mark.
void append_time_plot(fmt::memory_buffer& out, const Snapshot& snapshot,
                      const TimePlotOptions& options);

}  // namespace weir::report
