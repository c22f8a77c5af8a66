#pragma once

#include <string>

namespace weir::backends {

/// What a user without the right to capture is told: the capability, and the `setcap` line.
std::string capture_permission_hint();

}  // namespace weir::backends
