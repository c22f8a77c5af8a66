#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "report/processes/host.h"

namespace weir::processes {

/// Reads a /proc tree (or one that looks like it: tests make their own). Owned by the poller's
/// host; one thread. What a process puts in its names never becomes part of a path.
class ProcReader {
 public:
  explicit ProcReader(std::string root = "/proc") : root_(std::move(root)) {}

  void pids(std::vector<uint32_t>& out) const;
  Access list_fds(uint32_t pid, std::vector<uint32_t>& out) const;
  Access sockets_at(uint32_t pid, std::span<const uint32_t> fds, std::vector<uint32_t>& out) const;
  std::string program(uint32_t pid) const;
  uint64_t namespace_of(uint32_t pid) const;
  std::string path(uint32_t pid, std::string_view name) const;
  std::string path(std::string_view name) const { return root_ + "/" + std::string(name); }

 private:
  std::string root_;
};

/// The file from its start, at most `max_bytes`; empty when it cannot be read.
std::string read_text(const std::string& path, size_t max_bytes);

/// The text of a symbolic link; empty when it cannot be read.
std::string read_link(const std::string& path);

}  // namespace weir::processes
