#pragma once

#include <array>
#include <cstdint>

#include "engine/core/flow_key.h"
#include "engine/flow/flow_table.h"
#include "engine/pipeline/local_side.h"

namespace weir {

/// What a shard tells the reporter, in order, through its report ring: one cache line each.
struct alignas(64) Delta {
  enum class Kind : uint8_t {
    opened,     ///< `entry` now is the flow `key`
    traffic,    ///< packets of flow `entry` within one second
    closed,     ///< flow `entry` was idle for the time-out; the number may be used again
    epoch_end,  ///< everything up to this epoch was said; see Shard::report()
  };
  static constexpr uint32_t kUntracked = UINT32_MAX;  ///< `entry` of packets that found no room

  enum Flags : uint8_t {
    shown_high = 1,  ///< opened: the key's high endpoint is the local side, shown first
    smeared = 2,     ///< traffic: of more than one second, so it is no peak's
    first_high = 4,  ///< traffic: the packet of `first_ns` is the key's high endpoint's
  };

  struct Traffic {
    uint32_t second;    ///< packet time, seconds since the epoch
    uint32_t first_ns;  ///< offsets of the first and last packet into it
    uint32_t last_ns;
    std::array<SlotCounts, 2> counts;  ///< low and high endpoint; sent and received for kUntracked
    uint32_t handshake;                ///< FlowEntry::handshake
  };

  Kind kind = Kind::epoch_end;
  uint8_t flags = 0;
  uint8_t tcp_flags = 0;
  SideRule rule = SideRule::given;  ///< opened: what decided shown_high
  uint32_t entry = 0;
  union {
    FlowKey key;
    Traffic traffic;
    uint64_t epoch;
  };

  Delta() : epoch(0) {}
};
static_assert(sizeof(Delta) == 64);

}  // namespace weir
