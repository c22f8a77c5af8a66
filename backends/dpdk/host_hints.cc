#include "backends/dpdk/host_hints.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

namespace weir::backends {
namespace {

namespace fs = std::filesystem;

uint64_t number_in(const fs::path& path) {
  std::ifstream file(path);
  uint64_t number = 0;
  file >> number;
  return file ? number : 0;
}

std::string link_name(const fs::path& path) {
  std::error_code error;
  const fs::path target = fs::read_symlink(path, error);
  return error ? std::string() : target.filename().string();
}

Status no_port(const std::string& address, std::string message) {
  return {Code::not_found, Recovery::restart_backend, 0, address, std::move(message)};
}

/// Where the domain was left out it is 0000.
std::string whole_address(const std::string& address) {
  constexpr size_t kShort = 7;
  return address.size() == kShort ? "0000:" + address : address;
}

}  // namespace

std::optional<Status> missing_hugepages(const std::string& sys) {
  std::error_code error;
  uint64_t reserved = 0;
  uint64_t free = 0;
  for (const auto& entry : fs::directory_iterator(sys + "/kernel/mm/hugepages", error)) {
    reserved += number_in(entry.path() / "nr_hugepages");
    free += number_in(entry.path() / "free_hugepages");
  }
  if (free != 0) return std::nullopt;
  const std::string why = reserved == 0 ? "no hugepages are reserved"
                                        : "all " + std::to_string(reserved) + " hugepages are used";
  return Status{Code::io, Recovery::restart_backend, 0, "--backend dpdk",
                why + ": as root `sysctl -w vm.nr_hugepages=" + std::to_string(reserved + 256) +
                    "`, or --no-huge to do without"};
}

Status missing_pci_port(const std::string& address, const std::string& sys,
                        const std::string& dev) {
  const std::string whole = whole_address(address);
  const fs::path device = fs::path(sys) / "bus/pci/devices" / whole;
  std::error_code error;
  if (!fs::exists(device, error)) {
    return no_port(address, "no such PCI device; `dpdk-devbind.py -s` lists those there are");
  }
  const std::string driver = link_name(device / "driver");
  const std::string bind = "`dpdk-devbind.py -b vfio-pci " + whole + "`";
  if (driver.empty()) return no_port(address, "no driver has it: as root " + bind);
  if (driver != "vfio-pci" && driver != "uio_pci_generic" && driver != "igb_uio") {
    return no_port(address, "the kernel's driver " + driver + " has it: as root " + bind +
                                " takes it from the kernel");
  }
  const std::string group = link_name(device / "iommu_group");
  const std::string file = dev + "/vfio/" + group;
  if (driver == "vfio-pci" && !group.empty() && access(file.c_str(), R_OK | W_OK) != 0) {
    return {Code::not_permitted, Recovery::restart_backend, errno, address,
            "needs " + file + ": as root `chown " + std::to_string(getuid()) + " " + file + "`"};
  }
  return no_port(address,
                 "DPDK has no driver that takes it; --dpdk-args --log-level=pmd:debug "
                 "says more");
}

bool hides_losses(std::string_view driver) {
  // af_packet, tap: the kernel's, which they do not ask. af_xdp: leaves out what found the receive
  // ring full. virtio, vhost: the other side's.
  constexpr std::array<std::string_view, 6> kHide{"net_af_packet", "net_af_xdp",      "net_tap",
                                                  "net_virtio",    "net_virtio_user", "net_vhost"};
  return std::find(kHide.begin(), kHide.end(), driver) != kHide.end();
}

std::vector<std::string_view> more_losses(std::string_view driver) {
  // Packets that the card had no room for before they came to a queue.
  if (driver == "mlx5_pci" || driver == "mlx5_auxiliary") return {"rx_discards_phy"};
  return {};
}

}  // namespace weir::backends
