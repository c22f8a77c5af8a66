#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>

#include "report/process_source.h"
#include "report/processes/proc_reader.h"

namespace weir::processes {

/// The script that a process runs by its "#!" line, as the process says itself: its name is that of
/// the script and not of the interpreter, and the script is among its first arguments. Empty: none.
/// `command_line` as in /proc/PID/cmdline.
std::string script_of(std::string_view command, std::string_view executable,
                      std::string_view command_line);

/// Finds the package and the SHA-256 of a process's executable, through /proc/PID/exe and
/// /proc/PID/root, so that of a container its own packages are asked, and of a deleted file what
/// still runs. An executable is read once for each device, inode, size and time of change. One
/// thread; a call takes as long as the executable is to be read.
class PublisherReader {
 public:
  static constexpr uint64_t kMaxBytes = 1ULL << 30;  ///< larger ones get no SHA-256
  static constexpr size_t kMaxCached = 4096;

  /// `stopping`: gives up between two blocks when it becomes true.
  PublisherReader(ProcReader proc, const std::atomic<bool>& stopping)
      : proc_(std::move(proc)), stopping_(stopping) {}

  report::Publisher read(uint32_t pid);
  size_t files_hashed() const { return files_hashed_; }

 private:
  /// Device, inode, size, time of change in ns.
  using Identity = std::tuple<uint64_t, uint64_t, uint64_t, int64_t>;
  std::string sha256(int fd, uint64_t bytes);
  void find_package(uint32_t pid, report::Publisher& publisher);
  void find_script(uint32_t pid, report::Publisher& publisher);

  ProcReader proc_;
  const std::atomic<bool>& stopping_;
  std::map<Identity, std::string> hashes_;
  std::map<std::pair<Identity, std::string>, report::Publisher> packages_;
  size_t files_hashed_ = 0;
};

}  // namespace weir::processes
