#pragma once

#include <string>
#include <vector>

namespace weir::backends {

/// How DPDK's EAL is started. It is started once a process, with the options of the port that is
/// opened first; all ports of a run have the same.
struct DpdkOptions {
  std::vector<std::string> ports;  ///< of the whole run, as `-i` was given them
  std::vector<int> cpus;           ///< of the workers (`--cpus`); empty: those of the process
  bool no_huge = false;            ///< memory without hugepages
  std::string arguments;           ///< more of the EAL's options, as on a command line
};

}  // namespace weir::backends
