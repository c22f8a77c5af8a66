#pragma once

#include <span>
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

/// The list as text, ranges joined: "0,2-5". Ascending, without duplicates.
std::string cpu_list_text(std::span<const int> cpus);

/// CPUs of a NUMA node, in ascending order; empty when there is no such node.
std::vector<int> cpus_of_node(int node);

/// Lets the calling thread run on these CPUs only and names it (at most 15 characters are kept, see
/// pthread_setname_np(3)). No CPUs leave the affinity alone.
Result<void> place_this_thread(std::span<const int> cpus, const std::string& name);

}  // namespace weir
