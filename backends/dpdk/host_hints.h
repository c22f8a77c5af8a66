#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/status.h"

namespace weir::backends {

/// Why there is no memory in hugepages, with what mends it; nothing when some are free.
std::optional<Status> missing_hugepages(const std::string& sys = "/sys");

/// What keeps DPDK from a PCI device that it does not have as a port, with what mends it.
Status missing_pci_port(const std::string& address, const std::string& sys = "/sys",
                        const std::string& dev = "/dev");

/// Drivers that lose packets without counting them: their drops are unknown, not 0.
bool hides_losses(std::string_view driver);

/// Names of a driver's own counts of packets that its ordinary ones leave out.
std::vector<std::string_view> more_losses(std::string_view driver);

}  // namespace weir::backends
