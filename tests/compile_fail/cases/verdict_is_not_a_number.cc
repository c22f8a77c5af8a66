// expect: cannot convert|could not convert|cannot initialize|invalid conversion

// A count is asked for by name; a number may be another enumeration's.
#include "engine/core/counters.h"

uint64_t parsed(const weir::PacketCounts& counts) {
#ifdef MISUSE
  const weir::Verdict verdict = 0;
#else
  const weir::Verdict verdict = weir::Verdict::parsed;
#endif
  return counts.of(verdict);
}
