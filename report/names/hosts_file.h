#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

#include "report/names/address_cache.h"

namespace weir::report {

inline constexpr size_t kMaxHostsBytes = 8U << 20;
inline constexpr size_t kMaxHostsEntries = 65536;

using HostsTable = std::unordered_map<AddressKey, std::string, AddressKeyHash>;

/// hosts(5): the first name of the first line of each address, cleaned. Lines that are wrong are
/// passed over, and so is what is beyond 65536 addresses.
HostsTable parse_hosts(std::string_view text);

}  // namespace weir::report
