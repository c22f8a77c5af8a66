#pragma once

#include <string>

namespace weir::backends {

/// What a user without the right to capture is told: the capability, and the `setcap` line with
/// this program's path as one word of a shell.
std::string capture_permission_hint();

}  // namespace weir::backends
