#pragma once

#include <cstdint>
#include <string>

#include "engine/core/status.h"

namespace weir::backends {

/// What AF_XDP needs to know of an interface.
struct XdpLink {
  unsigned index = 0;
  uint32_t mtu = 0;
  uint32_t rx_queues = 1;
  uint32_t nic_ring = 0;  ///< entries of the card's own receive ring; 0: it has none
  /// The card takes the VLAN tag out of a frame, and an XDP program does not get to see it.
  bool strips_vlan = false;
};

/// Errors: not_found, device_gone when it is down, usage when it has no Ethernet frames.
Result<XdpLink> ask_link(const std::string& interface);

/// Receive queues that are in use now; 0: the driver does not tell.
uint32_t count_rx_queues(const std::string& interface) noexcept;

/// 0: there is no such interface.
uint32_t mtu_of(const std::string& interface) noexcept;

/// A socket that keeps the interface promiscuous for as long as it is open; -1: errno says why not.
int open_promiscuous(unsigned interface_index) noexcept;

}  // namespace weir::backends
