#pragma once

#include "backends/dpdk/module.h"

namespace weir::backends {

/// Loads the module with this backend and DPDK's libraries, at the first call; it stays until the
/// process ends. Called by the thread that opens captures. Errors: not_found, with what to install,
/// when the module or one of DPDK's libraries is not there or is of another build.
Result<const DpdkModule*> load_dpdk_module();

}  // namespace weir::backends
