#include "engine/flow/flow_table.h"

#include <algorithm>
#include <utility>

#include "engine/flow/hash.h"

namespace weir {
namespace {

constexpr uint32_t kFirstCapacity = 1U << 15;  ///< of an index that grows: 256 KiB
constexpr uint32_t kGrowth = 4;

}  // namespace

FlowTable::FlowTable(uint32_t capacity, uint64_t hash_seed, Growth growth)
    : hash_seed_(hash_seed),
      index_(growth == Growth::none ? capacity : std::min(capacity, kFirstCapacity)),
      entries_(capacity),
      wide_keys_(capacity),
      free_(capacity) {}

uint32_t FlowTable::find(const HashedKey& flow) const noexcept {
  return index_.find(flow.hash, [&](uint32_t number) { return holds(number, flow); });
}

uint32_t FlowTable::insert(const HashedKey& flow) {
  if (size_ == index_.capacity() && size_ < capacity()) grow();
  uint32_t number = 0;
  if (free_count_ != 0) {
    number = free_[--free_count_];
  } else if (used_end_ < capacity()) {
    number = used_end_++;
  } else {
    return BucketIndex::kNone;
  }
  FlowEntry& entry = entries_[number];
  entry = FlowEntry{};
  entry.key = flow.compact;
  if (flow.is_wide()) wide_keys_[number] = flow.wide;
  index_.insert(flow.hash, number);
  ++size_;
  return number;
}

/// Builds the index anew. Entries and their numbers stay.
void FlowTable::grow() {
  constexpr uint32_t kAhead = 16;
  BucketIndex larger(
      static_cast<uint32_t>(std::min<uint64_t>(capacity(), uint64_t{index_.capacity()} * kGrowth)));
  for (uint32_t number = 0; number < used_end_; ++number) {
    if (number + kAhead < used_end_) larger.prefetch(hash_of(number + kAhead));
    if (live(number)) larger.insert(hash_of(number), number);
  }
  index_ = std::move(larger);
}

void FlowTable::erase(uint32_t number, uint64_t hash) noexcept {
  index_.erase(hash, number);
  entries_[number].key.words[1] = 0;
  free_[free_count_++] = number;
  --size_;
}

uint64_t FlowTable::hash_of(uint32_t number) const noexcept {
  const CompactKey& key = entries_[number].key;
  if (key.words[1] == kWideKey) return key.words[0];
  return symmetric_hash_v4(key.words[0], key.words[1], hash_seed_);
}

FlowKey FlowTable::key_of(uint32_t number) const noexcept {
  const CompactKey& key = entries_[number].key;
  return key.words[1] == kWideKey ? wide_keys_[number] : key_of_compact(key);
}

}  // namespace weir
