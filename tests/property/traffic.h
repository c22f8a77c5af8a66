#pragma once

#include <rapidcheck.h>

#include <cstdint>
#include <vector>

#include "engine/core/clock.h"
#include "tests/support/scripted_backend.h"

namespace weir::testing {

inline constexpr uint64_t kTrafficStartNs = 1'700'000'000 * kNsPerSecond + 123'456'789;

/// One packet of random traffic, small enough for rapidcheck to shrink: `frames_of` makes it real.
struct TrafficStep {
  uint8_t flow = 0;
  uint8_t kind = 0;  ///< see frame_of()
  uint8_t time = 0;  ///< see frames_of()
  uint16_t amount = 0;
  bool back = false;  ///< from the other end of the flow
};

inline void showValue(const TrafficStep& step, std::ostream& out) {
  out << "{flow " << +step.flow << " kind " << +step.kind << " time " << +step.time << " amount "
      << step.amount << (step.back ? " back}" : "}");
}

struct TrafficShape {
  uint8_t flows = 12;
  bool ordered = false;  ///< no time stamp is less than an earlier one
};

inline rc::Gen<std::vector<TrafficStep>> traffic_steps(TrafficShape shape) {
  return rc::gen::container<std::vector<TrafficStep>>(rc::gen::build<TrafficStep>(
      rc::gen::set(&TrafficStep::flow, rc::gen::inRange<uint8_t>(0, shape.flows)),
      rc::gen::set(&TrafficStep::kind, rc::gen::inRange<uint8_t>(0, 16)),
      rc::gen::set(&TrafficStep::time, rc::gen::inRange<uint8_t>(0, shape.ordered ? 12 : 16)),
      rc::gen::set(&TrafficStep::amount, rc::gen::inRange<uint16_t>(0, 1400)),
      rc::gen::set(&TrafficStep::back)));
}

/// The ends of a flow: some in 10.0.0.0/8, some not, one with both ends on one address.
inline std::vector<uint8_t> frame_of(const TrafficStep& step) {
  const uint32_t a = step.flow == 0 ? 0x0a000001 : 0x0a000000 + (step.flow % 7U) * 0x00800000U;
  const uint32_t b = step.flow == 0 ? 0x0a000001 : 0x09fffff0 + step.flow;
  const auto port = static_cast<uint16_t>(4000 + step.flow % 3);
  std::vector<uint8_t> frame =
      udp_frame(step.back ? b : a, step.back ? a : b, step.back ? uint16_t{53} : port,
                step.back ? port : uint16_t{53}, static_cast<uint16_t>(18 + step.amount % 1200));
  switch (step.kind) {
    case 10: return arp_frame();
    case 11: frame.resize(30); break;  // cut in the IP header
    case 12: frame[14] = 0x51; break;  // no such IP version
    case 13:                           // TCP
      frame[23] = 6;
      frame[47] = static_cast<uint8_t>(step.amount);
      break;
    case 14: frame[16] = frame[17] = 0; break;  // total length from the wire
    default: break;
  }
  return frame;
}

/// `rounds` repetitions of the steps, each going on where the time of the one before was.
inline std::vector<ScriptedPacket> frames_of(const std::vector<TrafficStep>& steps,
                                             uint32_t rounds) {
  std::vector<ScriptedPacket> packets;
  uint64_t now_ns = kTrafficStartNs;
  for (uint32_t round = 0; round < rounds; ++round) {
    for (const TrafficStep& step : steps) {
      ScriptedPacket packet;
      packet.bytes = frame_of(step);
      uint64_t back_ns = 0;
      switch (step.time) {
        case 0: break;                                               // the same moment
        case 11: now_ns += step.amount * 60 * kNsPerMs; break;       // up to 84 s without
        case 12: now_ns += (step.amount % 3) * kNsPerSecond; break;  // whole seconds
        case 13: back_ns = step.amount * 2 * kNsPerMs; break;        // a little out of order
        case 14: back_ns = step.amount * 28 * kNsPerMs; break;       // up to 39 s
        case 15: back_ns = 41 * kNsPerSecond + step.amount * 123'457; break;  // past every window
        default: now_ns += uint64_t{step.amount} * 1'234'567 / 4; break;      // up to 0.4 s
      }
      packet.ts_ns = now_ns - back_ns;
      // What the wire length claims: mostly the truth, sometimes all that 32 bits can say.
      if (step.kind == 11) packet.wire_len = 1000;
      if (step.kind == 14) packet.wire_len = UINT32_MAX - step.amount;
      if (step.kind == 15) packet.wire_len = 0x80000000U + step.amount;
      packets.push_back(std::move(packet));
    }
  }
  return packets;
}

}  // namespace weir::testing
