#pragma once

#include "backends/host/machine.h"
#include "cli/options.h"
#include "cli/plan.h"
#include "engine/core/status.h"

namespace weir::cli {

/// Makes the table of flows, and the capture ring where nobody asked for one, as large as memory
/// limits allow, and says so in a note of the plan. A table that was asked for and does not fit
/// under a limit is Code::usage; what is free at the moment is no limit, and only shrinks the
/// default.
Result<void> fit_memory(const RunOptions& options, const host::MemoryRoom& room, RunPlan& plan);

}  // namespace weir::cli
