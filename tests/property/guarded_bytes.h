#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <span>

namespace weir::testing {

/// Memory that ends where the page behind it may not be touched: one byte read too many is a crash
/// at once, in every build. (An exact heap block shows that only under AddressSanitizer.)
class GuardedBytes {
 public:
  GuardedBytes() {
    void* memory =
        mmap(nullptr, kSize + page_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED || mprotect(static_cast<uint8_t*>(memory) + kSize, page_, PROT_NONE)) {
      ADD_FAILURE() << "no memory";
      std::abort();
    }
    memory_ = static_cast<uint8_t*>(memory);
  }
  ~GuardedBytes() { munmap(memory_, kSize + page_); }
  GuardedBytes(const GuardedBytes&) = delete;
  GuardedBytes& operator=(const GuardedBytes&) = delete;

  /// A copy of `bytes` that ends at the guard; valid until the next call.
  const uint8_t* hold(std::span<const uint8_t> bytes) {
    uint8_t* place = memory_ + kSize - bytes.size();
    if (!bytes.empty()) std::memcpy(place, bytes.data(), bytes.size());
    return place;
  }

 private:
  static constexpr size_t kSize = size_t{1} << 18;
  const size_t page_ = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  uint8_t* memory_ = nullptr;
};

}  // namespace weir::testing
