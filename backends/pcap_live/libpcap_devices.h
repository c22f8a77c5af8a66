#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/core/packet.h"

/// libpcap captures more than the kernel's interfaces: "any", netfilter's logs and queues, USB and
/// Bluetooth monitors, the message bus, cards with drivers of their own. None of them is known to
/// AF_PACKET, and many have packets that are not of a network.
namespace weir::backends {

struct LibpcapDevice {
  std::string name;
  std::string description;
  std::optional<LinkType> link_type;  ///< empty: opening it tells
  bool may_carry_ip = true;
};

/// What this libpcap offers here beyond the kernel's interfaces. Any user may ask. It lists one of
/// a kind that has numbers ("nflog" is also "nflog:5"). "any" alone where libpcap has no answer.
std::vector<LibpcapDevice> list_libpcap_devices();

/// True for a name that the kernel has no interface for: if it can be opened, libpcap can.
bool is_of_libpcap(const std::string& name);

}  // namespace weir::backends
