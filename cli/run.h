#pragma once

#include "cli/options.h"

namespace weir::cli {

/// `weir [-i IF]...` and `weir -r FILE...`: opens, measures, prints. Returns the exit code.
int run_capture(const RunOptions& options);

}  // namespace weir::cli
