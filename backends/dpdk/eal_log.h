#pragma once

#include <cstdint>
#include <cstdio>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace weir::backends {

/// What DPDK logs, instead of on stderr and in syslog: the newest lines that tell of an error.
/// Any thread writes.
class EalLog {
 public:
  /// A stream for rte_openlog_stream(); it lives as long as the process. Null without memory.
  FILE* open_stream();

  /// The lines since the last call, without DPDK's prefixes ("EAL: ").
  std::vector<std::string> take_errors();

  void add(std::string_view text, bool error);

 private:
  static constexpr size_t kMostLines = 16;

  std::mutex mutex_;
  std::deque<std::string> errors_;
};

/// Keeps what is written on stdout and stderr off them, for as long as it lives: some of DPDK's
/// start goes past its log. For a time in which nobody else writes.
class QuietStreams {
 public:
  QuietStreams();
  ~QuietStreams();
  QuietStreams(const QuietStreams&) = delete;
  QuietStreams& operator=(const QuietStreams&) = delete;

  /// What was written so far.
  std::string text() const;

 private:
  void restore() noexcept;

  int memory_fd_ = -1;
  int stdout_fd_ = -1;
  int stderr_fd_ = -1;
};

}  // namespace weir::backends
