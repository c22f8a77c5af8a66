#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "report/process_source.h"

namespace weir::processes {

/// Names a process for good: its pid and start time.
using ProcessIdentity = std::pair<uint32_t, uint64_t>;

/// Looks up publishers for the thread that polls, which never waits for one: the seam between the
/// two. Neither call blocks.
class Publishers {
 public:
  virtual ~Publishers() = default;
  /// False when too many are waiting: ask again.
  virtual bool want(const ProcessIdentity& process) = 0;
  /// Adds those found since the last call.
  virtual void take(
      std::vector<std::pair<ProcessIdentity, std::shared_ptr<const report::Publisher>>>& out) = 0;
};

/// With a thread of its own, of the lowest priority, which rests nineteen times as long as it
/// worked: at most a twentieth of a core while executables are read for the first time.
/// If a file system does not answer (NFS, FUSE) only that thread waits; the destructor leaves it to
/// itself after a moment.
std::unique_ptr<Publishers> make_publishers();

}  // namespace weir::processes
