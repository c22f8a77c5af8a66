#pragma once

#include <array>
#include <cstdint>

#include "engine/core/ether_types.h"
#include "engine/core/verdict.h"

namespace weir {

/// What one worker counted of one capture. Plain numbers with one writer, the worker; they cross
/// threads as a whole, by value, at the end of an epoch.
struct PacketCounts {
  uint64_t received = 0;       ///< packets handed out by the backend
  uint64_t wire_bytes = 0;     ///< of all received packets
  uint64_t ip_bytes = 0;       ///< of the parsed ones
  uint64_t dropped_queue = 0;  ///< parsed, then lost because a shard ring was full
  std::array<uint64_t, kVerdicts> verdicts{};
  std::array<uint64_t, kReasons> reasons{};
  /// Of the packets whose reason is other_ethertype or unknown_ethertype, each exactly once.
  EtherTypeCounts ether_types;
  uint64_t first_ns = UINT64_MAX;  ///< least packet time, UINT64_MAX before the first packet
  uint64_t last_ns = 0;            ///< greatest packet time

  uint64_t of(Verdict verdict) const noexcept { return verdicts[static_cast<size_t>(verdict)]; }
  uint64_t of(Reason reason) const noexcept { return reasons[static_cast<size_t>(reason)]; }

  PacketCounts& operator+=(const PacketCounts& other) noexcept {
    received += other.received;
    wire_bytes += other.wire_bytes;
    ip_bytes += other.ip_bytes;
    dropped_queue += other.dropped_queue;
    for (size_t i = 0; i < kVerdicts; ++i) verdicts[i] += other.verdicts[i];
    for (size_t i = 0; i < kReasons; ++i) reasons[i] += other.reasons[i];
    ether_types += other.ether_types;
    first_ns = first_ns < other.first_ns ? first_ns : other.first_ns;
    last_ns = last_ns > other.last_ns ? last_ns : other.last_ns;
    return *this;
  }
};

}  // namespace weir
