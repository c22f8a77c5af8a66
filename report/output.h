#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <optional>
#include <string>

#include "engine/core/status.h"

namespace weir::report {

/// Bytes on their way to a file descriptor: sinks format into buffer() and call spill() now and
/// then, so what is held stays bounded however long a report is. Every write is checked; the first
/// that fails (EPIPE, ENOSPC, ...) is remembered, and from then on nothing more is written.
/// The descriptor stays the caller's. One thread at a time, the sink's. SIGPIPE must be ignored.
class Output {
 public:
  static constexpr size_t kSpillBytes = size_t{64} << 10;

  /// `where` is what errors name: "stdout".
  Output(int fd, std::string where) : fd_(fd), where_(std::move(where)) {}
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  fmt::memory_buffer& buffer() noexcept { return buffer_; }

  /// Writes what is held once it is kSpillBytes or more.
  Result<void> spill() { return buffer_.size() < kSpillBytes ? Result<void>{} : flush(); }

  /// Writes all that is held. A sink ends each report with it, so that a reader sees whole blocks.
  Result<void> flush();

  /// The write that failed, if one has.
  const std::optional<Status>& error() const noexcept { return error_; }

 private:
  Result<void> write_all(const char* data, size_t size);

  int fd_;
  std::string where_;
  fmt::memory_buffer buffer_;
  std::optional<Status> error_;
};

}  // namespace weir::report
