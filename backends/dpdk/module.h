#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "backends/dpdk/dpdk.h"
#include "engine/core/packet.h"

namespace weir::backends {

/// Sizes of what crosses between the program and the module. Each side writes down its own, so that
/// a module of another build is told from the right one before anything of it is used.
using ModuleLayout = std::array<size_t, 8>;
inline constexpr ModuleLayout kModuleLayout{
    sizeof(Backend),     sizeof(CaptureQueue), sizeof(CaptureOptions), sizeof(CaptureInfo),
    sizeof(PacketBatch), sizeof(PacketView),   sizeof(Status),         sizeof(DpdkOptions)};

/// The module weir_dpdk.so: this backend and DPDK's libraries, which the program does not link. It
/// is loaded when somebody asks for it and never unloaded: the EAL, its threads and what ends with
/// the process live in it. It has its own copy of what it uses of weir's libraries, so nothing
/// there may keep state. Exceptions do not leave its functions, but for lack of memory.
struct DpdkModule {
  const char* version;  ///< WEIR_VERSION
  ModuleLayout layout;
  std::unique_ptr<Backend> (*make)(const std::string& port, const DpdkOptions& options);
  Result<std::vector<DpdkPort>> (*list_ports)(const DpdkOptions& options);
};

/// The one symbol of the module, a function that gives its table.
inline constexpr const char* kDpdkModuleEntry = "weir_dpdk_module";
using DpdkModuleEntry = const DpdkModule* (*)();

}  // namespace weir::backends
