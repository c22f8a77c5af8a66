#pragma once

#include <string>

namespace weir::backends {

/// "setcap CAPABILITIES PATH" for this program, to be pasted into a shell.
std::string setcap_line(const std::string& capabilities);

/// What a user without the right to capture is told: the capability, and the `setcap` line.
std::string capture_permission_hint();

}  // namespace weir::backends
