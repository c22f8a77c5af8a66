#pragma once

#include <cstdint>
#include <vector>

namespace weir::cli {

/// In BenchOptions::packet_sizes: 7:4:1 of 64, 594 and 1518 bytes.
inline constexpr uint32_t kImix = 0;

/// `weir bench`: every combination of the lists is one configuration, one line of output.
struct BenchOptions {
  std::vector<unsigned> workers{1};
  std::vector<uint64_t> flows{1'000'000};
  std::vector<uint32_t> packet_sizes{64};  ///< frame with FCS, bytes, or kImix
  uint64_t packets = 50'000'000;
  uint32_t ipv6_percent = 0;  ///< of the flows
  uint32_t batch = 256;
  uint64_t max_flows = 0;  ///< 0: twice the flows of the configuration
  std::vector<int> cpus;   ///< empty: not pinned
  bool json = false;
};

/// Runs them all and prints. Returns the exit code of the program.
int run_bench(const BenchOptions& options);

}  // namespace weir::cli
