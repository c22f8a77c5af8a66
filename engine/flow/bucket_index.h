#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "engine/core/large_array.h"

namespace weir {

/// A hash index of fixed size from hashes to entry numbers, which the caller keeps entries and keys
/// under. A bucket is one cache line: twelve one-byte tags, probed all at once, and the twelve
/// entry numbers. A flow that finds its bucket full goes to the next one and leaves a count behind,
/// so that a look-up stops at the first bucket that nothing overflowed from, and erasing needs no
/// tombstones.
///
/// One thread uses it. Nothing allocates after construction.
class BucketIndex {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  /// Room for `capacity` entries at 2/3 load: measured, a fuller table makes one look-up in ten
  /// read a second line.
  explicit BucketIndex(uint32_t capacity)
      : capacity_(capacity), count_(capacity / 8 + 2), buckets_(static_cast<size_t>(count_)) {}

  uint32_t capacity() const noexcept { return capacity_; }

  // Inline, as all that only prefetch: GCC 12 takes a call of such a function for one without
  // effect and drops it.
  [[gnu::always_inline]] void prefetch(uint64_t hash) const noexcept {
    __builtin_prefetch(&buckets_[home(hash)], 1, 3);
  }

  /// The first entry number under this hash's tag, kNone when the bucket has none. Not yet an
  /// answer: tags collide. `prefetch(number)` is called for each of those that there are.
  template <class Prefetch>
  [[gnu::always_inline]] uint32_t candidate(uint64_t hash, Prefetch&& prefetch) const noexcept {
    const Bucket& bucket = buckets_[home(hash)];
    uint32_t hits = match(bucket, tag_of(hash));
    if (hits == 0) return kNone;
    const uint32_t first = bucket.entries[std::countr_zero(hits)];
    prefetch(first);
    while ((hits &= hits - 1) != 0) [[unlikely]]
      prefetch(bucket.entries[std::countr_zero(hits)]);
    return first;
  }

  /// The entry number for which `equal(number)` holds, among those stored under `hash`; or kNone.
  template <class Equal>
  uint32_t find(uint64_t hash, Equal&& equal) const noexcept {
    const uint8_t tag = tag_of(hash);
    uint32_t at = home(hash);
    for (uint32_t probes = 0; probes < count_; ++probes) {
      const Bucket& bucket = buckets_[at];
      for (uint32_t hits = match(bucket, tag); hits != 0; hits &= hits - 1) {
        const uint32_t entry = bucket.entries[std::countr_zero(hits)];
        if (equal(entry)) return entry;
      }
      if (bucket.overflowed == 0) return kNone;
      at = next(at);
    }
    return kNone;
  }

  /// Stores `entry` under `hash`. The caller knows that it is not there and that there are fewer
  /// entries than the capacity, so there is always room.
  void insert(uint64_t hash, uint32_t entry) noexcept {
    uint32_t at = home(hash);
    for (;;) {
      Bucket& bucket = buckets_[at];
      const uint32_t free = match(bucket, 0);
      if (free != 0) {
        const int slot = std::countr_zero(free);
        bucket.tags[slot] = tag_of(hash);
        bucket.entries[slot] = entry;
        return;
      }
      // A saturated count stays: the bucket is read past for ever, which is slow and not wrong.
      if (bucket.overflowed != UINT16_MAX) ++bucket.overflowed;
      at = next(at);
    }
  }

  /// Removes `entry`, which was stored under `hash`.
  void erase(uint64_t hash, uint32_t entry) noexcept {
    uint32_t at = home(hash);
    for (uint32_t probes = 0; probes < count_; ++probes) {
      Bucket& bucket = buckets_[at];
      for (uint32_t hits = match(bucket, tag_of(hash)); hits != 0; hits &= hits - 1) {
        const int slot = std::countr_zero(hits);
        if (bucket.entries[slot] == entry) {
          bucket.tags[slot] = 0;
          return;
        }
      }
      if (bucket.overflowed != UINT16_MAX) --bucket.overflowed;
      at = next(at);
    }
  }

 private:
  static constexpr int kSlots = 12;
  struct alignas(64) Bucket {
    uint8_t tags[kSlots];  ///< 0: free
    uint16_t overflowed;   ///< entries that passed this bucket because it was full
    uint16_t unused;
    uint32_t entries[kSlots];
  };
  static_assert(sizeof(Bucket) == 64);

  uint32_t home(uint64_t hash) const noexcept {
    return static_cast<uint32_t>(((hash & UINT32_MAX) * count_) >> 32);
  }
  uint32_t next(uint32_t at) const noexcept { return at + 1 == count_ ? 0 : at + 1; }

  // The tag comes from bits that neither home() nor shard_of() leans on: the middle ones.
  static uint8_t tag_of(uint64_t hash) noexcept {
    const auto tag = static_cast<uint8_t>(hash >> 28 ^ hash >> 36);
    return tag == 0 ? 1 : tag;
  }

  /// A bit a slot whose tag is `tag`.
  static uint32_t match(const Bucket& bucket, uint8_t tag) noexcept {
#if defined(__SSE2__)
    const __m128i tags = _mm_load_si128(reinterpret_cast<const __m128i*>(bucket.tags));
    const __m128i hits = _mm_cmpeq_epi8(tags, _mm_set1_epi8(static_cast<char>(tag)));
    return static_cast<uint32_t>(_mm_movemask_epi8(hits)) & ((1U << kSlots) - 1);
#else
    uint32_t hits = 0;
    for (int slot = 0; slot < kSlots; ++slot) {
      hits |= static_cast<uint32_t>(bucket.tags[slot] == tag) << slot;
    }
    return hits;
#endif
  }

  uint32_t capacity_;
  uint32_t count_;
  LargeArray<Bucket> buckets_;
};

}  // namespace weir
