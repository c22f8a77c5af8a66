#pragma once

#include "cli/options.h"
#include "cli/settings.h"

namespace weir::cli {

/// `weir [-i IF]...` and `weir -r FILE...`: opens, measures, prints. Returns the exit code. What is
/// wrong with a value is told with where it comes from.
int run_capture(const RunOptions& options, const Origins& origins);

}  // namespace weir::cli
