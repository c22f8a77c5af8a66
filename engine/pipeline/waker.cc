#include "engine/pipeline/waker.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

namespace weir {

Waker::Waker() : fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

Waker::~Waker() {
  close(fd_);
}

void Waker::awake() noexcept {
  asleep_.store(false, std::memory_order_relaxed);
  uint64_t rings = 0;
  [[maybe_unused]] const ssize_t ignored = read(fd_, &rings, sizeof rings);
}

void Waker::ring() noexcept {
  const int saved_errno = errno;
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t ignored = write(fd_, &one, sizeof one);
  errno = saved_errno;
}

}  // namespace weir
