#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace weir {

/// An IP address in network byte order; IPv4 in the first four bytes, the others zero.
using IpBytes = std::array<uint8_t, 16>;

/// A network such as 10.0.0.0/8 or 2001:db8::/32. Bits past `length` in `address` are ignored.
struct IpPrefix {
  IpBytes address{};
  uint8_t ip_version = 4;  ///< 4 or 6
  uint8_t length = 32;     ///< in bits: at most 32 for IPv4, 128 for IPv6

  bool contains(uint8_t version, const IpBytes& other) const noexcept {
    if (version != ip_version) return false;
    const unsigned whole = length / 8U;
    if (!std::equal(address.begin(), address.begin() + whole, other.begin())) return false;
    const unsigned rest = length % 8U;
    if (rest == 0) return true;
    const auto mask = static_cast<uint8_t>(0xFFU << (8U - rest));
    return ((address[whole] ^ other[whole]) & mask) == 0;
  }

  bool operator==(const IpPrefix&) const = default;
};

/// True when any of the networks holds the address.
inline bool contains_any(std::span<const IpPrefix> networks, uint8_t version,
                         const IpBytes& address) noexcept {
  return std::any_of(networks.begin(), networks.end(),
                     [&](const IpPrefix& network) { return network.contains(version, address); });
}

}  // namespace weir
