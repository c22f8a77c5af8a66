#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/core/ip_prefix.h"

namespace weir::report {

inline constexpr size_t kMostAlerts = 64;

/// A threshold of the user's: what is watched, which rate over which window is too much, and what
/// is then done. Plain data.
struct AlertRule {
  enum class Subject : uint8_t {
    total,     ///< all traffic
    host,      ///< one address: prefixes
    network,   ///< all addresses of `prefixes` together
    port,      ///< one service: port, and proto where it is not 0
    any_host,  ///< every address for itself
    any_port,  ///< every service for itself
    any_flow,  ///< every flow for itself
  };
  enum class Unit : uint8_t { bits, packets };
  enum class Direction : uint8_t { both, sent, received };

  std::string name;  ///< for people; unique
  Subject subject = Subject::total;
  std::string network;  ///< name of the network, where it was given by name
  std::vector<IpPrefix> prefixes;
  uint16_t port = 0;
  uint8_t proto = 0;
  Unit unit = Unit::bits;  ///< packets: of the total only
  Direction direction = Direction::both;
  uint64_t over = 0;       ///< of the unit, per second
  uint32_t window_s = 10;  ///< 2, 10 or 40
  bool bell = true;
  bool ends_run = false;  ///< --exit-over

  bool operator==(const AlertRule&) const = default;
};

}  // namespace weir::report
