#pragma once

#include <cstdint>

namespace weir {

/// What a worker does while no packet comes. Measured costs are in docs/tuning.md.
enum class IdlePolicy : uint8_t {
  park,   ///< sleeps until the kernel wakes it: an idle link costs nothing
  yield,  ///< asks again each time the scheduler lets it: a core, as long as nobody else wants it
  spin,   ///< asks again at once: a core
};

}  // namespace weir
