#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>

#include "engine/core/ip_prefix.h"
#include "engine/core/uint128.h"

namespace weir::processes {

inline constexpr uint8_t kTcp = 6;
inline constexpr uint8_t kUdp = 17;
inline constexpr uint8_t kDccp = 33;
inline constexpr uint8_t kSctp = 132;
inline constexpr uint8_t kUdpLite = 136;
inline constexpr uint8_t kRaw = 255;  ///< to ask for raw sockets; each has a protocol of its own

/// Protocols whose sockets have ports.
inline bool has_ports(uint8_t proto) noexcept {
  return proto == kTcp || proto == kUdp || proto == kDccp || proto == kSctp || proto == kUdpLite;
}

/// What a packet must match to be a socket's. A peer of zeros: of any; a local address of zeros:
/// any of the namespace's. Without padding, so equal exactly when the bytes are.
struct SocketKey {
  IpBytes local{};
  IpBytes peer{};
  uint16_t local_port = 0;  ///< 0 of raw sockets
  uint16_t peer_port = 0;
  uint16_t net = 0;  ///< the network namespace, as numbered by the tracker; 0: weir's own
  uint8_t proto = 0;
  uint8_t ip_version = 0;

  bool operator==(const SocketKey& other) const noexcept {
    return std::memcmp(this, &other, sizeof *this) == 0;
  }
};
static_assert(sizeof(SocketKey) == 40);
static_assert(std::has_unique_object_representations_v<SocketKey>);

/// One socket of a dump. IPv4-mapped IPv6 addresses are IPv4 ones here already.
struct SocketRecord {
  SocketKey key;
  uint64_t cookie = 0;       ///< tells sockets apart that had the same inode; 0: not known
  uint32_t inode = 0;        ///< 0: no process has it any more, or not yet
  bool serves_ipv4 = false;  ///< bound to ::, and takes IPv4 too
};

/// A process let go of the last descriptor of a socket.
struct SocketRelease {
  uint64_t cookie = 0;  ///< as in SocketRecord
  uint32_t pid = 0;
  uint32_t uid = 0;
  std::string command;  ///< raw: the name of the thread, of at most 15 bytes
};

/// An address of a namespace's interfaces.
struct LocalAddress {
  IpBytes address{};
  uint8_t ip_version = 0;
  bool broadcast = false;

  bool operator==(const LocalAddress&) const = default;
};

inline bool is_zero(const IpBytes& address) noexcept {
  return address == IpBytes{};
}

/// Turns addresses as the kernel gives them into what packets have: IPv4 where an IPv6 socket
/// speaks it, and the protocol of a raw socket, which the kernel keeps where the port is.
SocketRecord canonical(SocketRecord record, bool v6_only);

/// Both halves of a product, folded: what wyhash is made of. With a secret in both factors nobody
/// can choose keys that collide.
inline uint64_t fold(uint64_t a, uint64_t b) noexcept {
  const auto product = static_cast<uint128_t>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

inline uint64_t hash_of(const SocketKey& key, uint64_t seed) noexcept {
  uint64_t words[5];
  std::memcpy(words, &key, sizeof words);
  constexpr uint64_t kOne = 0x9E3779B97F4A7C15;
  constexpr uint64_t kTwo = 0xE7037ED1A0B428DB;
  // Three products that do not wait for each other.
  const uint64_t local = fold(words[0] ^ seed, words[1] ^ (seed + kOne));
  const uint64_t peer = fold(words[2] ^ (seed + kTwo), words[3] ^ (seed - kOne));
  const uint64_t rest = fold(words[4] ^ seed, (seed - kTwo) | 1);
  return fold(local ^ (peer << 1 | peer >> 63) ^ seed, rest ^ kTwo);
}

}  // namespace weir::processes
