#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace weir::report {

/// The port of a service's name or alias in /etc/services, whatever the protocol; of the best known
/// ones also where that file is missing. Letters of either case. The first call in a process reads
/// the file (once, some 13 kB; 0.2 ms), later ones read memory. Any thread.
std::optional<uint16_t> service_port_by_name(std::string_view name);

/// Reads the file now, at the start of the program, so that no later call does.
void load_service_ports();

}  // namespace weir::report
