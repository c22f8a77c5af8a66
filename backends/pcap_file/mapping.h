#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace weir::backends {

/// A file in memory without a copy, for reading from front to back. A page that is no longer there
/// when it is read, because the file was made shorter, reads as zeros: the SIGBUS that says so is
/// caught for these addresses, and only for them. lost_from() tells afterwards.
///
/// Measured against reading in chunks (380 MB, every packet touched): 0.075 s of CPU time and
/// 0.091.
class Mapping {
 public:
  /// Maps the first `size` bytes of an open file; null when that cannot be done.
  static std::unique_ptr<Mapping> of(int fd, size_t size);
  ~Mapping();
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  std::span<const uint8_t> bytes() const noexcept { return {data_, size_}; }

  /// Where the first page begins that could not be read so far (the file was made shorter, or the
  /// device failed); the size when there is none.
  size_t lost_from() const noexcept;

  /// Everything before `offset` was read: its pages need not count as this process's memory any
  /// more. Reading them again is slower, not wrong.
  void done_before(size_t offset) noexcept;

 private:
  Mapping(const uint8_t* data, size_t size, size_t place) noexcept
      : data_(data), size_(size), place_(place) {}

  const uint8_t* const data_;
  const size_t size_;
  const size_t place_;  ///< in the list that the signal handler reads
  size_t done_ = 0;
};

}  // namespace weir::backends
