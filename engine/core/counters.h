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
  /// A packet that is an aggregate (IEEE 802.11 A-MSDU) has one verdict, that of its first parsed
  /// subframe; the others are counted here. `wire_bytes` and `ip_bytes` have the bytes of all.
  uint64_t subframes = 0;
  uint64_t subframes_dropped = 0;  ///< parsed, then lost because a shard ring was full
  std::array<uint64_t, kVerdicts> subframe_verdicts{};
  std::array<uint64_t, kReasons> reasons{};
  /// Of the packets whose reason is other_ethertype or unknown_ethertype, each exactly once.
  EtherTypeCounts ether_types;
  uint64_t first_ns = UINT64_MAX;  ///< least packet time, UINT64_MAX before the first packet
  uint64_t last_ns = 0;            ///< greatest packet time

  uint64_t of(Verdict verdict) const noexcept { return verdicts[static_cast<size_t>(verdict)]; }
  uint64_t of(Reason reason) const noexcept { return reasons[static_cast<size_t>(reason)]; }

  /// Subframes without a flow key: not IP, malformed, cut, ...
  uint64_t subframes_unread() const noexcept {
    uint64_t unread = 0;
    for (size_t i = 0; i < kVerdicts; ++i) {
      if (i != static_cast<size_t>(Verdict::parsed)) unread += subframe_verdicts[i];
    }
    return unread;
  }

  PacketCounts& operator+=(const PacketCounts& other) noexcept {
    received += other.received;
    wire_bytes += other.wire_bytes;
    ip_bytes += other.ip_bytes;
    dropped_queue += other.dropped_queue;
    for (size_t i = 0; i < kVerdicts; ++i) verdicts[i] += other.verdicts[i];
    subframes += other.subframes;
    subframes_dropped += other.subframes_dropped;
    for (size_t i = 0; i < kVerdicts; ++i) subframe_verdicts[i] += other.subframe_verdicts[i];
    for (size_t i = 0; i < kReasons; ++i) reasons[i] += other.reasons[i];
    ether_types += other.ether_types;
    first_ns = first_ns < other.first_ns ? first_ns : other.first_ns;
    last_ns = last_ns > other.last_ns ? last_ns : other.last_ns;
    return *this;
  }
};

}  // namespace weir
