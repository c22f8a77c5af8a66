#pragma once

#include <string>
#include <vector>

namespace weir::cli {

/// What iftop says about an interface on standard error before it starts, a line each:
/// "interface: eth0", "IP address is: ...", "IPv6 address is: ...", "MAC address is: ...".
/// Addresses that the interface does not have are left out.
std::vector<std::string> interface_lines(const std::string& interface);

}  // namespace weir::cli
