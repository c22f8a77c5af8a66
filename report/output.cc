#include "report/output.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include <system_error>

namespace weir::report {

Result<void> Output::flush() {
  if (error_) {
    buffer_.clear();
    return fail(*error_);
  }
  const Result<void> written = write_all(buffer_.data(), buffer_.size());
  buffer_.clear();
  if (!written) error_ = written.error();
  return written;
}

Result<void> Output::write_all(const char* data, size_t size) {
  while (size > 0) {
    const ssize_t written = ::write(fd_, data, size);
    if (written > 0) {
      data += written;
      size -= static_cast<size_t>(written);
      continue;
    }
    if (written == 0 || errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      // Whoever shares the descriptor made it non-blocking: wait as a blocking one would.
      pollfd ready{fd_, POLLOUT, 0};
      ::poll(&ready, 1, -1);
      continue;
    }
    return fail(
        {Code::io, Recovery::give_up, errno, where_, std::generic_category().message(errno)});
  }
  return {};
}

}  // namespace weir::report
