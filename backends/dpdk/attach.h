#pragma once

#include <cstdint>
#include <string>

#include "engine/core/status.h"

namespace weir::backends {

/// A port of DPDK that is there.
struct AttachedPort {
  uint16_t id = 0;
  std::string device;     ///< name on its bus
  std::string arguments;  ///< of the device, to make it again
  std::string driver;
  bool is_virtual = false;  ///< on the bus of virtual devices
};

/// Finds the port of this name, or makes its device: `port` as `-i` has it, `arguments` those that
/// it had before. Errors: not_found, not_permitted, with what DPDK or the host says.
Result<AttachedPort> attach_port(const std::string& port, const std::string& arguments);

/// Closes the port and takes its device from DPDK.
void detach_port(const AttachedPort& port) noexcept;

}  // namespace weir::backends
