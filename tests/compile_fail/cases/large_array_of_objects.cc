// expect: static assertion failed|static_assert failed

// Its memory is zeros from the kernel: nothing is constructed and nothing destroyed.
#include <string>

#include "engine/core/large_array.h"

#ifdef MISUSE
using Element = std::string;
#else
using Element = char;
#endif

size_t size_of_ten() {
  return weir::LargeArray<Element>(10).size();
}
