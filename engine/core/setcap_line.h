#pragma once

#include <string>

namespace weir {

/// "setcap CAPABILITIES PATH" for this program, to be pasted into a shell.
std::string setcap_line(const std::string& capabilities);

}  // namespace weir
