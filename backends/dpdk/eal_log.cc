#include "backends/dpdk/eal_log.h"

#include <fcntl.h>
#include <rte_log.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace weir::backends {
namespace {

/// "EAL: ", "ETHDEV: ", "rte_pmd_af_packet_probe(): " say who logs, not what is wrong.
std::string_view without_prefixes(std::string_view line) {
  constexpr size_t kLongest = 40;
  for (;;) {
    const size_t end = line.find(": ");
    if (end > kLongest) return line;  // npos too
    const std::string_view prefix = line.substr(0, end);
    const bool function = prefix.ends_with("()") && prefix.find(' ') == std::string_view::npos;
    const bool component =
        prefix.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") == std::string_view::npos;
    if (!function && !component) return line;
    line.remove_prefix(end + 2);
  }
}

}  // namespace

void EalLog::add(std::string_view text, bool error) {
  if (!error) return;
  const std::lock_guard lock(mutex_);
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view line = without_prefixes(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty() || (!errors_.empty() && errors_.back() == line)) continue;
    if (errors_.size() == kMostLines) errors_.pop_front();
    errors_.emplace_back(line);
  }
}

std::vector<std::string> EalLog::take_errors() {
  const std::lock_guard lock(mutex_);
  const std::deque<std::string> errors = std::exchange(errors_, {});
  return {errors.begin(), errors.end()};
}

FILE* EalLog::open_stream() {
  cookie_io_functions_t functions{};
  functions.write = [](void* log, const char* text, size_t size) -> ssize_t {
    const int level = rte_log_cur_msg_loglevel();
    static_cast<EalLog*>(log)->add({text, size}, level >= 0 && level <= int{RTE_LOG_ERR});
    return static_cast<ssize_t>(size);
  };
  FILE* stream = fopencookie(this, "w", functions);
  // A write a line, in the thread whose level it is.
  if (stream != nullptr) setvbuf(stream, nullptr, _IOLBF, BUFSIZ);
  return stream;
}

QuietStreams::QuietStreams() {
  fflush(stdout);
  memory_fd_ = memfd_create("weir-eal", MFD_CLOEXEC);
  stdout_fd_ = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  stderr_fd_ = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  if (memory_fd_ < 0 || stdout_fd_ < 0 || stderr_fd_ < 0) return;
  dup2(memory_fd_, STDOUT_FILENO);
  dup2(memory_fd_, STDERR_FILENO);
}

QuietStreams::~QuietStreams() {
  restore();
  for (const int fd : {memory_fd_, stdout_fd_, stderr_fd_}) {
    if (fd >= 0) close(fd);
  }
}

void QuietStreams::restore() noexcept {
  fflush(stdout);
  if (memory_fd_ < 0 || stdout_fd_ < 0 || stderr_fd_ < 0) return;
  dup2(stdout_fd_, STDOUT_FILENO);
  dup2(stderr_fd_, STDERR_FILENO);
}

std::string QuietStreams::text() const {
  fflush(stdout);
  std::array<char, 8192> text{};
  const ssize_t got = memory_fd_ < 0 ? 0 : pread(memory_fd_, text.data(), text.size(), 0);
  return got > 0 ? std::string(text.data(), static_cast<size_t>(got)) : std::string();
}

}  // namespace weir::backends
