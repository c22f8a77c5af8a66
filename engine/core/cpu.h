#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/core/status.h"

namespace weir {

/// CPUs this process may run on (its affinity mask), in ascending order; never empty.
std::vector<int> usable_cpus();

/// Parses a list such as "0,2-5,8": the order is kept, a duplicate is an error. The error is
/// Code::usage.
Result<std::vector<int>> parse_cpu_list(std::string_view text);

/// Pins the calling thread to one CPU and names it (at most 15 characters are kept, see
/// pthread_setname_np(3)). `cpu` < 0 leaves the affinity alone.
Result<void> place_this_thread(int cpu, const std::string& name);

}  // namespace weir
