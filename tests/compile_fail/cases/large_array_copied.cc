// expect: use of deleted function .*LargeArray|call to deleted constructor of .*LargeArray
#include <utility>

#include "engine/core/large_array.h"

size_t twice(weir::LargeArray<int>& array) {
#ifdef MISUSE
  const weir::LargeArray<int> other(array);
#else
  const weir::LargeArray<int> other(std::move(array));
#endif
  return other.size();
}
