#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/ip_prefix.h"
#include "engine/core/packet.h"
#include "engine/core/status.h"

namespace weir::backends {

/// One network interface of this host, as the kernel tells of it to any user. What could not be
/// found out is empty.
struct Interface {
  std::string name;
  bool up = false;       ///< switched on by the administrator
  bool running = false;  ///< has a carrier
  bool loopback = false;
  std::vector<IpPrefix> addresses;  ///< with all bits of the address, not only those of the network
  std::optional<LinkType> link_type;
  std::optional<uint32_t> rx_queues;
  std::string driver;
};

/// Interfaces of the calling thread's network namespace, in the kernel's order.
Result<std::vector<Interface>> list_interfaces();

/// The interface's addresses, link-local ones included; with "any", those of all interfaces. Empty
/// when it has none or they cannot be read.
std::vector<IpPrefix> addresses_of(const std::string& interface);

/// The NUMA node of the device behind an interface; empty where there is none, as of virtual ones,
/// and where the kernel does not know.
std::optional<int> numa_node_of(const std::string& interface);

/// "10.0.0.1/24", "fe80::1/64".
std::string to_text(const IpPrefix& prefix);

}  // namespace weir::backends
