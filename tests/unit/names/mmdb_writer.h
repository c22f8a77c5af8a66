#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/core/ip_prefix.h"

namespace weir::report::test {

/// What a test database says of a network. Empty texts and a number of 0 are left out.
struct MmdbRecord {
  IpPrefix network;
  std::string country;             ///< country.iso_code
  std::string registered_country;  ///< registered_country.iso_code
  uint32_t as_number = 0;
  std::string as_name;
};

/// A file of MaxMind's format 2.0 (maxmind.github.io/MaxMind-DB): a tree of IPv6 with 32-bit
/// records, IPv4 under ::/96. The networks must not overlap.
std::string mmdb_file(const std::vector<MmdbRecord>& records);

}  // namespace weir::report::test
