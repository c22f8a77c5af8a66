#pragma once

namespace weir {

/// Products of two 64-bit numbers. Both compilers have it; the keyword says that it is not ISO C++.
__extension__ typedef unsigned __int128 uint128_t;
__extension__ typedef __int128 int128_t;

}  // namespace weir
