#include "engine/flow/bare_lookup.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>

#include "engine/core/clock.h"
#include "engine/core/large_array.h"
#include "engine/core/uint128.h"
#include "engine/flow/hash.h"

namespace weir {
namespace {

struct alignas(64) Slot {
  uint64_t key[2];
  uint64_t packets;
};

constexpr size_t kBatch = 32;

}  // namespace

double bare_lookup_mpps(uint64_t flows) {
  const uint64_t slots = std::bit_ceil(std::max<uint64_t>(flows, 1) * 2);
  LargeArray<Slot> table(slots);
  const auto key_of = [](uint64_t flow) { return mum(flow + 1, 0x9e3779b97f4a7c15) | 1; };
  const auto place = [&](uint64_t key) {
    uint64_t at = mum(key, 0xe7037ed1a0b428db) & (slots - 1);
    while (table[at].key[0] != key && table[at].key[0] != 0) at = (at + 1) & (slots - 1);
    return at;
  };
  for (uint64_t flow = 0; flow < flows; ++flow) table[place(key_of(flow))].key[0] = key_of(flow);

  const SystemClock clock;
  constexpr uint64_t kRunNs = 700 * kNsPerMs;
  std::array<uint64_t, kBatch> keys{};
  uint64_t random = 88172645463325252;
  uint64_t lookups = 0;
  const uint64_t started_ns = clock.monotonic_ns();
  uint64_t now_ns = started_ns;
  while (now_ns - started_ns < kRunNs) {
    for (int batch = 0; batch < 1024; ++batch) {
      for (uint64_t& key : keys) {
        random ^= random << 13;  // xorshift64 (Marsaglia)
        random ^= random >> 7;
        random ^= random << 17;
        key = key_of(static_cast<uint64_t>(static_cast<uint128_t>(random) * flows >> 64));
        __builtin_prefetch(&table[mum(key, 0xe7037ed1a0b428db) & (slots - 1)], 1);
      }
      for (const uint64_t key : keys) ++table[place(key)].packets;
    }
    lookups += 1024 * kBatch;
    now_ns = clock.monotonic_ns();
  }
  return static_cast<double>(lookups) * 1e3 / static_cast<double>(now_ns - started_ns);
}

}  // namespace weir
