#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "backends/pcap_file/decompressor.h"
#include "engine/core/status.h"

namespace weir::backends {

/// The bytes of one file, decompressed when its content says so: see decompressor.h. Used by the
/// scanner only, under its lock; only `fd()` and the byte count are for other threads.
class Input {
 public:
  enum class State : uint8_t {
    data,    ///< bytes were read
    wait,    ///< a pipe has nothing now
    end,     ///< nothing more will come
    failed,  ///< nothing more will come because of failure(); what came before is valid
  };
  struct Read {
    size_t bytes = 0;
    State state = State::data;
  };

  /// What can be said of `path` without reading from it: not_found, not_permitted, a directory.
  static std::optional<Status> check(const std::string& path);

  /// `path` as the user gave it, "-" for standard input. `done_bytes` counts what is read of the
  /// file as it lies on the disk.
  static Result<std::unique_ptr<Input>> open(const std::string& path,
                                             std::atomic<uint64_t>& done_bytes);
  ~Input();
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  /// Fills as much of `into` as there is without waiting. Bytes first, then the reason for none.
  Read read(std::span<uint8_t> into);

  /// After State::failed: why, in the words of a notice.
  const Status& failure() const noexcept { return failure_; }

  /// What poll(2) can wait for, -1 for a regular file.
  int fd() const noexcept { return pollable_ ? fd_ : -1; }

 private:
  Input(std::string where, int fd, bool pollable, std::atomic<uint64_t>& done_bytes);
  Read read_raw(std::span<uint8_t> into);
  std::optional<Read> look_at_head();
  Read decompress(std::span<uint8_t> into);

  Read fail_with(Status status);
  Read fail_with(Decompressor::State state);
  Read fail_with_cut();

  const std::string where_;
  const int fd_;
  const bool pollable_;
  std::atomic<uint64_t>& done_bytes_;
  uint64_t raw_bytes_ = 0;  ///< read of this file
  /// The first bytes, read to see what the file is; later what the decompressor has not taken yet.
  std::unique_ptr<uint8_t[]> head_;
  size_t head_at_ = 0;
  size_t head_end_ = 0;
  bool known_ = false;  ///< whether the content is compressed
  std::unique_ptr<Decompressor> decompressor_;
  Status failure_;
};

/// What the user reads for a path: "-" is "standard input".
std::string shown_path(const std::string& path);

}  // namespace weir::backends
