#include "backends/dpdk/module.h"

namespace weir::backends {
namespace {

std::unique_ptr<Backend> make(const std::string& port, const DpdkOptions& options) {
  return std::make_unique<Dpdk>(port, options);
}

constexpr DpdkModule kModule{WEIR_VERSION, kModuleLayout, make, list_dpdk_ports};

}  // namespace
}  // namespace weir::backends

extern "C" const weir::backends::DpdkModule* weir_dpdk_module();

const weir::backends::DpdkModule* weir_dpdk_module() {
  return &weir::backends::kModule;
}
