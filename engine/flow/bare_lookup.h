#pragma once

#include <cstdint>

namespace weir {

/// The limit of this machine that `weir bench` prints beside its own rate: random hits in an
/// open-addressing table of `flows` 64-byte slots at half load, 16-byte keys, batches of 32 with
/// prefetch, one thread, nothing else. Millions of look-ups a second; takes about a second and 128
/// bytes a flow.
double bare_lookup_mpps(uint64_t flows);

}  // namespace weir
