#pragma once

#include <cstdint>

#include "backends/registry.h"
#include "cli/bench_line.h"
#include "engine/core/status.h"

namespace weir::cli {

/// Stages of a worker that can be run without the others.
struct LoneStages {
  PacketCost generate;
  PacketCost parse;
};

/// Runs them one after the other in the calling thread, on the frames that `link` makes and in
/// batches of `batch`: first only receives, then receives, parses and makes updates as a worker
/// does. A few million packets, at least every frame once unless link.packets is less.
Result<LoneStages> measure_lone_stages(const backends::SyntheticOptions& link, uint32_t batch);

}  // namespace weir::cli
