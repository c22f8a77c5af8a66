#pragma once

#include <string>
#include <vector>

namespace weir::backends {

/// The files in the order of their first packets' time stamps, so that it does not matter in which
/// order they were named; files that start at the same moment are in the order of their names.
/// What has no packet or cannot be read comes after them, then pipes and standard input, in the
/// order given: looking into those would wait for their writers.
std::vector<std::string> in_order_of_time(const std::vector<std::string>& paths);

}  // namespace weir::backends
