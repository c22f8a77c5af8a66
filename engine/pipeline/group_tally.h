#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/core/flow_key.h"
#include "engine/core/large_array.h"
#include "engine/flow/hash.h"

namespace weir {

/// Groups by key, numbered in the order of their first appearance, and what they are ranked by: a
/// cache line each. Open addressing, at most half full. Its memory is kept from one use to the
/// next.
class GroupTally {
 public:
  struct alignas(64) Group {
    FlowKey key;
    uint64_t bytes;
    uint64_t score;
  };
  static_assert(sizeof(Group) == 64);

  explicit GroupTally(uint64_t seed) : seed_(seed) {}

  /// Forgets all groups and makes room for `most`; what is not used of it costs nothing.
  void clear(size_t most) {
    slots_.assign(kFirstSlots, kNone);
    size_ = 0;
    if (groups_.size() < most) groups_ = LargeArray<Group>(most);
  }

  uint64_t hash_of(const FlowKey& key) const noexcept { return symmetric_hash(key, seed_); }

  /// Starts loading where a key with this hash will be looked for; then what it may be.
  void prefetch_slot(uint64_t hash) const noexcept {
    __builtin_prefetch(&slots_[hash & (slots_.size() - 1)], 0, 3);
  }
  void prefetch_group(uint64_t hash) const noexcept {
    const uint32_t number = slots_[hash & (slots_.size() - 1)];
    if (number != kNone) __builtin_prefetch(&groups_[number], 1, 3);
  }

  /// The number of a key, which is new when it was not there.
  uint32_t number_of(const FlowKey& key, uint64_t hash) {
    size_t at = hash & (slots_.size() - 1);
    for (; slots_[at] != kNone; at = (at + 1) & (slots_.size() - 1)) {
      if (groups_[slots_[at]].key == key) return slots_[at];
    }
    slots_[at] = size_;
    groups_[size_] = {key, 0, 0};
    ++size_;
    if (size_t{size_} * 2 > slots_.size()) grow();
    return size_ - 1;
  }

  size_t size() const noexcept { return size_; }
  Group& operator[](size_t number) noexcept { return groups_[number]; }
  const Group& operator[](size_t number) const noexcept { return groups_[number]; }

 private:
  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr size_t kFirstSlots = 1U << 10;

  void grow() {
    slots_.assign(slots_.size() * 4, kNone);
    for (uint32_t number = 0; number < size_; ++number) {
      size_t at = hash_of(groups_[number].key) & (slots_.size() - 1);
      while (slots_[at] != kNone) at = (at + 1) & (slots_.size() - 1);
      slots_[at] = number;
    }
  }

  const uint64_t seed_;
  std::vector<uint32_t> slots_;
  LargeArray<Group> groups_;  ///< by number
  uint32_t size_ = 0;
};

inline constexpr uint32_t kNoGroup = UINT32_MAX;

/// Kept from one snapshot to the next, as long as groups are asked for.
struct GroupScratch {
  explicit GroupScratch(uint64_t seed) : tally(seed) {}

  GroupTally tally;
  /// By view: its groups, with GroupMember::reversed in the lowest bit.
  std::vector<std::array<uint32_t, 2>> groups_of;
  std::vector<uint32_t> row_of;  ///< by group; kNoGroup: not listed

  struct Member {
    FlowKey group;
    uint64_t hash;
    uint64_t bytes;
    uint64_t score;
    uint32_t view;
    uint32_t which;  ///< index into the view's groups
    bool reversed;
  };
  std::vector<Member> waiting;

  /// Puts those that wait into their groups.
  void settle() {
    for (const Member& member : waiting) tally.prefetch_group(member.hash);
    for (const Member& member : waiting) {
      const uint32_t number = tally.number_of(member.group, member.hash);
      groups_of[member.view][member.which] = number << 1 | (member.reversed ? 1U : 0U);
      tally[number].bytes += member.bytes;
      tally[number].score += member.score;
    }
    waiting.clear();
  }
};

}  // namespace weir
