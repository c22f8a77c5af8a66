#pragma once

#include <cstdint>
#include <span>

#include "engine/core/flow_key.h"
#include "engine/core/large_array.h"
#include "engine/flow/bucket_index.h"

namespace weir {

/// Packets and bytes of one direction within one second of one flow.
struct SlotCounts {
  uint32_t packets = 0;
  uint32_t ip_bytes = 0;
  uint32_t wire_bytes = 0;
};

/// What a shard keeps of one flow: one cache line, so that a packet costs one miss beside its
/// bucket's. Not totals: those are the reporter's. Only what was not yet published, all of it
/// within one second of packet time; a packet of another second publishes it first.
struct alignas(64) FlowEntry {
  enum Flags : uint8_t {
    dirty = 2,    ///< `counts` holds something
    smeared = 4,  ///< `second` and `first_ns` do not tell when the packets of `counts` came
  };

  CompactKey key;        ///< as in HashedKey; a wide key lies in FlowTable::wide_keys_
  SlotCounts counts[2];  ///< from the key's low and high endpoint
  uint32_t second;       ///< packet time of `counts`, seconds since the epoch
  uint32_t first;        ///< first_of(): the least packet time within that second, and who sent it
  uint32_t last_ns;      ///< the greatest one
  uint32_t seen_second;  ///< greatest packet time of the flow, for the flow time-out
  uint8_t tcp_flags;     ///< of the unpublished packets
  uint8_t flags;
  uint16_t reserved;
  uint32_t handshake;  ///< handshake_of(): the best among the unpublished packets; 0: none

  /// A packet's time within its second, and whether it is the high endpoint's. In one number, so
  /// that the least of them is the earliest packet and of two at the same time the low endpoint's:
  /// it tells who spoke first, whatever order they came in.
  static uint32_t first_of(uint32_t offset_ns, bool from_high) noexcept {
    return offset_ns << 1 | (from_high ? 1U : 0U);
  }
  /// What a SYN, or a SYN-ACK (`answer`), says about who opened the connection. The greater of two
  /// is the better: a SYN, the earlier, the low endpoint's.
  static uint32_t handshake_of(bool answer, uint32_t offset_ns, bool opener_high) noexcept {
    return ~((answer ? 1U << 31 : 0U) | first_of(offset_ns, opener_high));
  }
};
static_assert(sizeof(FlowEntry) == 64);

/// A shard's flows: fixed capacity, one owner thread. Entries are taken from the front of a slab,
/// so that few flows use little memory; their numbers are stable for as long as the flow lives.
///
/// Where packets cannot wait the index has its full size from the start, and nothing is allocated
/// or moved later. Where they can, it starts small and is built anew, four times as large, each
/// time it is full: an index that is not larger than its flows need stays in the cache.
class FlowTable {
 public:
  enum class Growth : uint8_t { none, when_full };

  /// `hash_seed` is the one of the hashes that flows come with.
  FlowTable(uint32_t capacity, uint64_t hash_seed, Growth growth);

  uint32_t size() const noexcept { return size_; }
  uint32_t capacity() const noexcept { return static_cast<uint32_t>(entries_.size()); }
  /// Entry numbers ever used are below this.
  uint32_t used_end() const noexcept { return used_end_; }

  // A batch is looked up in three passes, so that its cache misses overlap: prefetch every bucket,
  // then every entry, then find them.
  [[gnu::always_inline]] void prefetch_bucket(uint64_t hash) const noexcept {
    index_.prefetch(hash);
  }
  /// Returns the entry's number, if there is one; whether it is the flow's, holds() tells.
  [[gnu::always_inline]] uint32_t prefetch_entry(const HashedKey& flow) const noexcept {
    return index_.candidate(flow.hash, [&](uint32_t number) __attribute__((always_inline)) {
      __builtin_prefetch(&entries_[number], 1, 3);
      if (flow.is_wide()) __builtin_prefetch(&wide_keys_[number], 0, 3);
    });
  }

  /// True when entry `number` is the flow's.
  bool holds(uint32_t number, const HashedKey& flow) const noexcept {
    if (entries_[number].key != flow.compact) return false;
    return !flow.is_wide() || wide_keys_[number] == flow.wide;
  }

  /// The number of the flow's entry, or BucketIndex::kNone.
  uint32_t find(const HashedKey& flow) const noexcept;

  /// Adds a flow that find() did not find. kNone when the table is full. Throws std::bad_alloc
  /// where there is no memory to grow.
  uint32_t insert(const HashedKey& flow);

  /// Frees the entry of a live flow; its number may be used again.
  void erase(uint32_t number, uint64_t hash) noexcept;

  FlowEntry& entry(uint32_t number) noexcept { return entries_[number]; }
  const FlowEntry& entry(uint32_t number) const noexcept { return entries_[number]; }

  /// False for a number whose flow was erased.
  bool live(uint32_t number) const noexcept { return entries_[number].key.words[1] != 0; }

  FlowKey key_of(uint32_t number) const noexcept;
  uint64_t hash_of(uint32_t number) const noexcept;

 private:
  void grow();

  uint64_t hash_seed_;
  BucketIndex index_;
  LargeArray<FlowEntry> entries_;
  LargeArray<FlowKey> wide_keys_;  ///< by entry number; untouched pages cost nothing
  LargeArray<uint32_t> free_;      ///< numbers of erased entries, a stack
  uint32_t free_count_ = 0;
  uint32_t used_end_ = 0;
  uint32_t size_ = 0;
};

}  // namespace weir
