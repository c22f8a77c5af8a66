#pragma once

#include <cstdio>
#include <cstdlib>

namespace weir::fuzz {

/// What must hold for every input. Not assert(): it has to hold in a release build too, where the
/// corpus is replayed.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "fuzz: not so: %s\n", what);
  std::abort();
}

}  // namespace weir::fuzz
