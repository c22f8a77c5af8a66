#pragma once

#include <cstdint>

namespace weir::testing {

/// Requests for memory that the calling thread has made: malloc and its kin, operator new, which
/// uses it, and mmap. Linking counted_allocations.cc puts the counters in front of libc. A
/// sanitizer does the same for its own purpose: then uncounted_allocations.cc is linked instead.
uint64_t allocations_of_this_thread() noexcept;

bool allocations_are_counted() noexcept;

}  // namespace weir::testing
