#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace weir::backends {

/// What a port spreads packets over its queues by.
struct Spreading {
  uint64_t fields = 0;     ///< RTE_ETH_RSS_*; 0: the port does not hash
  bool addresses = false;  ///< IPv4 and IPv6 addresses, and nothing else
};

/// Address fields only, where the port knows such a hash for IPv4 and IPv6 both: ports would part
/// fragments from their flow (docs/decisions/0005). Otherwise what the port has, for the spreading
/// alone.
Spreading choose_spreading(uint64_t offered) noexcept;

/// A Toeplitz key of 16 bits repeated: swapping the two addresses, or the two ports, gives the same
/// hash.
std::vector<uint8_t> symmetric_key(uint32_t bytes);

/// Entry i of the redirection table names queue i modulo their number. False when the driver
/// cannot.
bool redirect_to(uint16_t port, uint16_t table_size, std::span<const uint16_t> queues);

/// Whether the started port hashes nothing but addresses, with this key.
bool hashes_symmetrically(uint16_t port, const std::vector<uint8_t>& key);

}  // namespace weir::backends
