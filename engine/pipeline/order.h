#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/flow/rate_windows.h"
#include "engine/pipeline/snapshot.h"

/// What lists of flows and of groups have in common.
namespace weir {

inline bool by_rate(FlowOrder order) noexcept {
  return order == FlowOrder::rate_2s || order == FlowOrder::rate_10s ||
         order == FlowOrder::rate_40s;
}

/// Index into RateWindows::kWindowSeconds.
inline size_t window_of(FlowOrder order) noexcept {
  switch (order) {
    case FlowOrder::rate_2s: return 0;
    case FlowOrder::rate_40s: return 2;
    default: return 1;
  }
}

/// One direction of what a flow, a group or everything counted.
template <class Counted>
void set_counts(Traffic& traffic, const Counted& counted, size_t side) noexcept {
  traffic.packets = counted.packets[side];
  traffic.ip_bytes = counted.ip_bytes[side];
  traffic.wire_bytes = counted.wire_bytes[side];
}

inline void set_rates(Traffic& traffic, const std::array<uint64_t, 3>& bytes,
                      const RateWindows::Span& span) noexcept {
  traffic.rate_2s = RateWindows::bits_per_second(bytes[0], span.length_ns[0]);
  traffic.rate_10s = RateWindows::bits_per_second(bytes[1], span.length_ns[1]);
  traffic.rate_40s = RateWindows::bits_per_second(bytes[2], span.length_ns[2]);
}

}  // namespace weir
