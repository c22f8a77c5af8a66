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
    shown_high = 1,  ///< the key's high endpoint is shown first; decided by the first packet
    dirty = 2,       ///< `counts` holds something
  };

  /// The key in 16 bytes: addresses, ports and protocol of IPv4 without VLANs; otherwise ("wide")
  /// the hash, and the key itself lies in FlowTable::wide_keys_.
  uint64_t key_words[2];
  SlotCounts counts[2];  ///< from the key's low and high endpoint
  uint32_t second;       ///< packet time of `counts`, seconds since the epoch
  uint32_t first_ns;     ///< least and greatest packet time within that second, ns
  uint32_t last_ns;
  uint32_t seen_second;  ///< greatest packet time of the flow, for the flow time-out
  uint8_t tcp_flags;     ///< of the unpublished packets
  uint8_t flags;
  uint16_t reserved0;
  uint32_t reserved1;
};
static_assert(sizeof(FlowEntry) == 64);

/// A shard's flows: fixed capacity, never grown, one owner thread, no allocation after
/// construction. Entries are taken from the front of a slab, so that few flows use little memory;
/// their numbers are stable for as long as the flow lives.
class FlowTable {
 public:
  explicit FlowTable(uint32_t capacity);

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
  uint32_t prefetch_entry(const FlowKey& key, uint64_t hash) const noexcept {
    const uint32_t candidate = index_.first_candidate(hash);
    if (candidate != BucketIndex::kNone) {
      __builtin_prefetch(&entries_[candidate], 1, 3);
      if (!is_compact(key)) __builtin_prefetch(&wide_keys_[candidate], 0, 3);
    }
    return candidate;
  }

  /// True when entry `number` is the flow `key`.
  bool holds(uint32_t number, const FlowKey& key, uint64_t hash) const noexcept {
    const CompactKey compact = compact_key(key);
    const FlowEntry& entry = entries_[number];
    if (entry.key_words[0] == compact.words[0] && entry.key_words[1] == compact.words[1]) {
      return true;
    }
    return entry.key_words[1] == kWide && entry.key_words[0] == hash && wide_keys_[number] == key;
  }

  /// The number of the flow's entry, or BucketIndex::kNone.
  uint32_t find(const FlowKey& key, uint64_t hash) const noexcept;

  /// Adds a flow that find() did not find. kNone when the table is full.
  uint32_t insert(const FlowKey& key, uint64_t hash) noexcept;

  /// Frees the entry of a live flow; its number may be used again.
  void erase(uint32_t number, uint64_t hash) noexcept;

  FlowEntry& entry(uint32_t number) noexcept { return entries_[number]; }
  const FlowEntry& entry(uint32_t number) const noexcept { return entries_[number]; }

  /// False for a number whose flow was erased.
  bool live(uint32_t number) const noexcept { return entries_[number].key_words[1] != 0; }

  FlowKey key_of(uint32_t number) const noexcept;

 private:
  /// The second key word of an entry whose key is in wide_keys_: no compact key's.
  static constexpr uint64_t kWide = 0xff;

  BucketIndex index_;
  LargeArray<FlowEntry> entries_;
  LargeArray<FlowKey> wide_keys_;  ///< by entry number; untouched pages cost nothing
  LargeArray<uint32_t> free_;      ///< numbers of erased entries, a stack
  uint32_t free_count_ = 0;
  uint32_t used_end_ = 0;
  uint32_t size_ = 0;
};

}  // namespace weir
