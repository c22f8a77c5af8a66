#pragma once

#include <cstdint>

namespace weir::testing {

/// Requests for memory that the calling thread has made: malloc and its kin, operator new, which
/// uses it, and mmap. Linking counted_allocations.cc puts the counters in front of libc. Under a
/// sanitizer, which does the same for its own purpose, nothing is counted.
uint64_t allocations_of_this_thread() noexcept;

/// False under a sanitizer.
bool allocations_are_counted() noexcept;

}  // namespace weir::testing
