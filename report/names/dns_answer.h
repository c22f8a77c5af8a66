#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "report/names/address_cache.h"

namespace weir::report {

/// The name under which DNS keeps the name of an address: "4.3.2.1.in-addr.arpa" (RFC 1035 section
/// 3.5), or the nibbles under "ip6.arpa" (RFC 3596 section 2.5).
std::string reverse_name(const AddressKey& key);

/// True where an answer could only come from someone who makes it up: addresses of this host, this
/// link, groups, and none. They are looked for in the hosts file alone.
bool is_local_matter(const AddressKey& key);

/// What the answer to a reverse question says.
struct PtrAnswer {
  std::string name;    ///< the first one, cleaned; empty: none, or none that is of use
  uint32_t ttl_s = 0;  ///< the shortest of the records
};

/// How long a name is kept, in seconds: its TTL, but at least a minute and at most an hour, so that
/// neither a TTL of 0 nor one of years is taken at its word.
uint64_t lifetime_s(uint32_t ttl_s);

/// Reads a whole DNS message, whatever is in it.
PtrAnswer parse_ptr_answer(std::span<const uint8_t> message, const AddressKey& key);

}  // namespace weir::report
