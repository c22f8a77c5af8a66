#include "backends/pcap_file/input.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace weir::backends {
namespace {

constexpr size_t kHeadBytes = 64 << 10;

Status status_of_errno(int error, const std::string& where) {
  Code code = Code::io;
  if (error == ENOENT || error == ENOTDIR) code = Code::not_found;
  if (error == EACCES || error == EPERM) code = Code::not_permitted;
  return {code, Recovery::give_up, error, where, std::generic_category().message(error)};
}

}  // namespace

std::string shown_path(const std::string& path) {
  return path == "-" ? "standard input" : path;
}

std::optional<Status> Input::check(const std::string& path) {
  if (path == "-") return std::nullopt;
  struct stat found{};
  // Not opened: a pipe would take that for a reader that has come and gone.
  if (stat(path.c_str(), &found) != 0 || access(path.c_str(), R_OK) != 0) {
    return status_of_errno(errno, path);
  }
  if (S_ISDIR(found.st_mode)) {
    return Status{Code::not_found, Recovery::give_up, EISDIR, path, "is a directory, not a file"};
  }
  return std::nullopt;
}

Result<std::unique_ptr<Input>> Input::open(const std::string& path,
                                           std::atomic<uint64_t>& done_bytes) {
  const int fd = path == "-" ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                             : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return fail(status_of_errno(errno, shown_path(path)));
  struct stat found{};
  const bool regular = fstat(fd, &found) == 0 && S_ISREG(found.st_mode);
  if (regular) posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
  return std::unique_ptr<Input>(new Input(shown_path(path), fd, !regular, done_bytes));
}

Input::Input(std::string where, int fd, bool pollable, std::atomic<uint64_t>& done_bytes)
    : where_(std::move(where)),
      fd_(fd),
      pollable_(pollable),
      done_bytes_(done_bytes),
      head_(std::make_unique_for_overwrite<uint8_t[]>(kHeadBytes)) {}

Input::~Input() {
  close(fd_);
}

Input::Read Input::fail_with(Status status) {
  failure_ = std::move(status);
  return {0, State::failed};
}

Input::Read Input::read_raw(std::span<uint8_t> into) {
  if (pollable_) {
    // Standard input is shared with other programs, so it is asked instead of made non-blocking.
    pollfd ready{fd_, POLLIN, 0};
    if (poll(&ready, 1, 0) == 0) return {0, State::wait};
  }
  ssize_t got = 0;
  do {
    got = ::read(fd_, into.data(), into.size());
  } while (got < 0 && errno == EINTR);
  if (got < 0) {
    if (errno == EAGAIN) return {0, State::wait};
    Status status = status_of_errno(errno, where_);
    status.code = Code::io;
    status.message = "cannot be read at byte " + std::to_string(raw_bytes_) + ": " + status.message;
    return fail_with(std::move(status));
  }
  const auto bytes = static_cast<size_t>(got);
  raw_bytes_ += bytes;
  done_bytes_.fetch_add(bytes, std::memory_order_relaxed);
  return {bytes, bytes == 0 ? State::end : State::data};
}

/// Finds out whether the content is compressed; a value is what read() returns instead.
std::optional<Input::Read> Input::look_at_head() {
  while (head_end_ < kCompressionMagicBytes) {
    const Read read = read_raw({head_.get() + head_end_, kHeadBytes - head_end_});
    if (read.state == State::wait || read.state == State::failed) return read;
    if (read.state == State::end) break;
    head_end_ += read.bytes;
  }
  known_ = true;
  decompressor_ = make_decompressor({head_.get(), head_end_});
  return std::nullopt;
}

Input::Read Input::read(std::span<uint8_t> into) {
  if (!known_) {
    if (const std::optional<Read> none = look_at_head()) return *none;
  }
  if (decompressor_) return decompress(into);
  if (head_at_ == head_end_) return read_raw(into);
  const size_t bytes = std::min(into.size(), head_end_ - head_at_);
  std::memcpy(into.data(), head_.get() + head_at_, bytes);
  head_at_ += bytes;
  return {bytes, State::data};
}

Input::Read Input::decompress(std::span<uint8_t> into) {
  size_t made = 0;
  while (made < into.size()) {
    Read read{0, State::data};
    if (head_at_ == head_end_) {
      read = read_raw({head_.get(), kHeadBytes});
      if (read.bytes == 0) {
        if (made != 0) break;  // the reason comes again at the next call
        if (read.state != State::end || !decompressor_->inside_member()) return read;
      }
      head_at_ = 0;
      head_end_ = read.bytes;
    }
    // Without input at the end of the file: what is still held back.
    const Decompressor::Step step =
        decompressor_->step({head_.get() + head_at_, head_end_ - head_at_}, into.subspan(made));
    head_at_ += step.taken;
    made += step.made;
    if (step.state != Decompressor::State::more && made == 0) return fail_with(step.state);
    if (step.state != Decompressor::State::more) break;
    if (read.state == State::end && made == 0) return fail_with_cut();
  }
  return {made, State::data};
}

Input::Read Input::fail_with_cut() {
  return fail_with({Code::damaged, Recovery::give_up, 0, where_,
                    "compressed data cut short at byte " + std::to_string(raw_bytes_)});
}

Input::Read Input::fail_with(Decompressor::State state) {
  Status status{Code::damaged, Recovery::give_up, 0, where_, ""};
  if (state == Decompressor::State::no_memory) {
    status.code = Code::io;
    status.sys_errno = ENOMEM;
    status.message = "out of memory";
  } else if (state == Decompressor::State::too_large) {
    status.message = "compressed data that need more than 128 MiB of memory";
  } else {
    const uint64_t at = raw_bytes_ - (head_end_ - head_at_);
    status.message = "compressed data garbled at byte " + std::to_string(at);
  }
  return fail_with(std::move(status));
}

}  // namespace weir::backends
