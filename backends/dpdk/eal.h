#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "backends/dpdk/dpdk_options.h"
#include "engine/core/status.h"

namespace weir::backends {

/// Starts DPDK's EAL, once a process; it ends with the process. Any later call gives the answer of
/// the first. Called by the thread that opens captures, which keeps its CPUs. `memory_bytes` is
/// what --no-huge takes.
Result<void> start_eal(const DpdkOptions& options, uint64_t memory_bytes);

/// Whether its memory is without hugepages.
bool eal_has_no_hugepages();

/// Whether the user wants to see what DPDK logs.
bool eal_logs_on_stderr();

/// Errors that DPDK has logged since the last call.
std::vector<std::string> take_eal_errors();

/// The first of them, which is the cause of the others, or `otherwise`.
std::string first_eal_error(const std::string& otherwise);

/// Makes the calling thread one of the EAL's, until it ends: caches of packet memory go by it.
void register_with_eal() noexcept;

}  // namespace weir::backends
