#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/core/clock.h"
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

/// The directions that an order ranks by: some orders are of one whatever was asked for.
inline OrderSide side_of(FlowOrder order, OrderSide asked) noexcept {
  if (order == FlowOrder::sent) return OrderSide::sent;
  return order == FlowOrder::received ? OrderSide::received : asked;
}

inline OrderSide opposite(OrderSide side) noexcept {
  if (side == OrderSide::both) return side;
  return side == OrderSide::sent ? OrderSide::received : OrderSide::sent;
}

/// The part of a count of both directions that is ranked by.
inline uint64_t counted(uint64_t sent, uint64_t received, OrderSide side) noexcept {
  if (side == OrderSide::sent) return sent;
  return side == OrderSide::received ? received : sent + received;
}

/// What a finished row is ranked by, the greatest first. Addresses and protocols are compared
/// elsewhere: for them it is 0. `flows`: live ones of a group, 1 for a flow.
inline uint64_t figure_of(const Traffic& sent, const Traffic& received, uint64_t duration_ns,
                          uint64_t flows, FlowOrder order, OrderSide asked) noexcept {
  const OrderSide side = side_of(order, asked);
  switch (order) {
    case FlowOrder::rate_2s: return counted(sent.rate_2s, received.rate_2s, side);
    case FlowOrder::rate_10s: return counted(sent.rate_10s, received.rate_10s, side);
    case FlowOrder::rate_40s: return counted(sent.rate_40s, received.rate_40s, side);
    case FlowOrder::packets: return counted(sent.packets, received.packets, side);
    case FlowOrder::peak: return counted(sent.rate_peak, received.rate_peak, side);
    case FlowOrder::duration: return duration_ns;
    case FlowOrder::flows: return flows;
    case FlowOrder::bytes:
    case FlowOrder::sent:
    case FlowOrder::received: return counted(sent.ip_bytes, received.ip_bytes, side);
    case FlowOrder::source:
    case FlowOrder::destination:
    case FlowOrder::protocol: break;
  }
  return 0;
}

/// Bits per second of a peak: the busiest second, but never less than the 2-second mean, which can
/// be half as much again where it covers parts of three seconds. It counts once it covers two.
inline uint64_t peak_rate(uint64_t busiest_bytes, uint64_t bytes_2s,
                          const RateWindows::Span& span) noexcept {
  const bool covered = span.length_ns[0] == RateWindows::kWindowSeconds[0] * kNsPerSecond;
  const uint64_t mean = covered ? RateWindows::bits_per_second(bytes_2s, span.length_ns[0]) : 0;
  return std::max(busiest_bytes * 8, mean);
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
