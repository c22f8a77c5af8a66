#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace weir {

/// What is known when threads are placed.
struct PlacementRequest {
  uint32_t workers = 1;
  std::vector<int> cpus;       ///< asked for: worker i on the i-th; empty: not asked for
  int reporter_cpu = -1;       ///< asked for; -1: not
  std::vector<int> usable;     ///< by this process, ascending
  bool live = false;           ///< packets do not wait for the workers
  std::optional<int> node;     ///< the NUMA node of the captured interfaces, when it is one
  std::vector<int> node_cpus;  ///< of that node, ascending
};

/// Where threads may run. A thread without CPUs may run anywhere.
struct Placement {
  std::vector<std::vector<int>> workers;  ///< by worker
  std::vector<int> reporter;
  std::string text;  ///< what was chosen and why, for people
};

/// CPUs that were asked for are kept to. Otherwise a live capture has its workers on the CPUs of
/// the NUMA node that the interface is attached to, all but one, and the reporter on that one: the
/// kernel goes on choosing among them, so that no worker is tied to the CPU that the interface's
/// interrupts keep busy. Where there are not two CPUs more than workers nothing is set.
Placement choose_placement(const PlacementRequest& request);

}  // namespace weir
