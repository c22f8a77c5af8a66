#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "backends/dpdk/dpdk_options.h"
#include "engine/core/status.h"

namespace weir::backends {

/// "net_pcap0" of "net_pcap0,rx_pcap=a.pcap".
std::string device_name(std::string_view port);

/// "0000:3b:00.0", or without the domain.
bool is_pci_address(std::string_view name);

/// A name that DPDK makes a virtual device of: "net_" and a driver.
bool is_virtual_device(std::string_view name);

/// The words of a command line: parted by blanks, quotes keep them together. An error is
/// Code::usage.
Result<std::vector<std::string>> split_words(std::string_view text);

/// What rte_eal_init() is called with.
struct EalArguments {
  std::vector<std::string> words;  ///< the program's name first
  bool no_huge = false;
  bool own_log = false;  ///< the user chose what is logged: it is for stderr
};

/// The EAL's options from weir's own and the user's, which win. Nothing is left on the disk
/// (--in-memory, --no-shconf, --no-telemetry), no thread is made, and only the cards that are named
/// are touched. `usable_cpus` are those of the process, `memory_bytes` what --no-huge takes at
/// most. Errors: usage, for options that cannot be had.
Result<EalArguments> eal_arguments(const DpdkOptions& options, const std::vector<int>& usable_cpus,
                                   uint64_t memory_bytes);

}  // namespace weir::backends
