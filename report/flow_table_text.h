#pragma once

#include <fmt/format.h>

#include <string_view>

#include "engine/pipeline/snapshot.h"

namespace weir::report {

/// What a text sink shows of flows.
struct FlowTextOptions {
  bool in_bytes = false;  ///< rates in bytes per second (-B)
  FlowOrder order = FlowOrder::rate_10s;
};

/// "10 s rate", "source address", ... for headings.
std::string_view order_text(FlowOrder order) noexcept;

/// Appends the flows of a snapshot as a table, two lines a flow as iftop has it: from the local
/// side, and back to it. At most 80 columns wide.
void append_flow_table(fmt::memory_buffer& out, const Snapshot& snapshot,
                       const FlowTextOptions& options);

}  // namespace weir::report
