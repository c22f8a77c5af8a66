#include "engine/flow/flow_table.h"

namespace weir {
FlowTable::FlowTable(uint32_t capacity)
    : index_(capacity), entries_(capacity), wide_keys_(capacity), free_(capacity) {}

uint32_t FlowTable::find(const FlowKey& key, uint64_t hash) const noexcept {
  return index_.find(hash, [&](uint32_t number) { return holds(number, key, hash); });
}

uint32_t FlowTable::insert(const FlowKey& key, uint64_t hash) noexcept {
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
  if (is_compact(key)) {
    const CompactKey compact = compact_key(key);
    entry.key_words[0] = compact.words[0];
    entry.key_words[1] = compact.words[1];
  } else {
    entry.key_words[0] = hash;
    entry.key_words[1] = kWide;
    wide_keys_[number] = key;
  }
  index_.insert(hash, number);
  ++size_;
  return number;
}

void FlowTable::erase(uint32_t number, uint64_t hash) noexcept {
  index_.erase(hash, number);
  entries_[number].key_words[1] = 0;
  free_[free_count_++] = number;
  --size_;
}

FlowKey FlowTable::key_of(uint32_t number) const noexcept {
  const FlowEntry& entry = entries_[number];
  if (entry.key_words[1] == kWide) return wide_keys_[number];
  return key_of_compact({{entry.key_words[0], entry.key_words[1]}});
}

}  // namespace weir
