#include "backends/dpdk/attach.h"

#include <rte_bus.h>
#include <rte_dev.h>
#include <rte_devargs.h>
#include <rte_errno.h>
#include <rte_ethdev.h>

#include <string_view>
#include <utility>

#include "backends/dpdk/eal.h"
#include "backends/dpdk/eal_arguments.h"
#include "backends/dpdk/host_hints.h"

namespace weir::backends {
namespace {

Status no_port(const std::string& name, std::string why) {
  return {Code::not_found, Recovery::restart_backend, 0, name, std::move(why)};
}

AttachedPort describe(uint16_t id) {
  AttachedPort port;
  port.id = id;
  rte_eth_dev_info info{};
  if (rte_eth_dev_info_get(id, &info) != 0) return port;
  if (info.driver_name != nullptr) port.driver = info.driver_name;
  if (info.device == nullptr) return port;
  port.device = rte_dev_name(info.device);
  const rte_bus* bus = rte_dev_bus(info.device);
  port.is_virtual = bus != nullptr && std::string_view(rte_bus_name(bus)) == "vdev";
  const rte_devargs* arguments = rte_dev_devargs(info.device);
  if (arguments != nullptr && arguments->args != nullptr) port.arguments = arguments->args;
  return port;
}

Status cannot_make(const std::string& name, int error) {
  if (is_pci_address(name)) return missing_pci_port(name);
  const std::string why = first_eal_error(rte_strerror(error < 0 ? -error : error));
  if (is_virtual_device(name)) return no_port(name, "DPDK cannot make this device: " + why);
  return no_port(name, "DPDK has no port of this name; `weir devices --backend dpdk` lists them");
}

}  // namespace

Result<AttachedPort> attach_port(const std::string& port, const std::string& arguments) {
  const std::string name = device_name(port);
  uint16_t id = 0;
  if (rte_eth_dev_get_port_by_name(name.c_str(), &id) == 0) return describe(id);
  if (!is_pci_address(name) && !is_virtual_device(name)) return fail(cannot_make(name, 0));
  const std::string whole = arguments.empty() ? port : name + "," + arguments;
  const int made = rte_dev_probe(whole.c_str());
  if (made != 0 || rte_eth_dev_get_port_by_name(name.c_str(), &id) != 0) {
    return fail(cannot_make(name, made));
  }
  return describe(id);
}

void detach_port(const AttachedPort& port) noexcept {
  rte_eth_dev_info info{};
  if (rte_eth_dev_info_get(port.id, &info) != 0) return;
  unsigned ports_of_device = 0;
  uint16_t sibling = 0;
  RTE_ETH_FOREACH_DEV_SIBLING(sibling, port.id) {
    ++ports_of_device;
  }
  rte_eth_dev_close(port.id);
  // A device with several ports, captured or not, stays for the others.
  if (ports_of_device == 1 && info.device != nullptr) rte_dev_remove(info.device);
}

}  // namespace weir::backends
