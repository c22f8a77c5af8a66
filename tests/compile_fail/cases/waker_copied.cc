// expect: deleted

// Both would close one descriptor.
#include "engine/pipeline/waker.h"

int fd_of(const weir::Waker& waker) {
#ifdef MISUSE
  const weir::Waker other = waker;
#else
  const weir::Waker& other = waker;
#endif
  return other.fd();
}
