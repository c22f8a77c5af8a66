#pragma once

#include <cstdint>

namespace weir::backends {

/// What the built-in generator makes. Packet k of a run is the same for any number of queues.
struct SyntheticOptions {
  uint64_t packets = 0;        ///< 0: without end
  uint64_t rate_pps = 0;       ///< packets per second of real time; 0: as fast as possible
  uint32_t flows = 1000;       ///< biflows, 1..16777216, visited in a seeded random order
  uint32_t packet_size = 64;   ///< frame with FCS, 64..9018; captures show 4 bytes less
  bool imix = false;           ///< 7:4:1 of 64, 594 and 1518 bytes instead of packet_size
  uint32_t ipv6_percent = 10;  ///< of the flows
  uint32_t udp_percent = 30;   ///< of the flows; the others are TCP
  uint64_t seed = 1;
  uint64_t gap_ns = 1000;  ///< packet time between two packets where rate_pps is 0
  bool by_clock = false;   ///< where rate_pps is 0: a batch has the host's time instead
};

}  // namespace weir::backends
