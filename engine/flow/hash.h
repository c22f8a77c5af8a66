#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "engine/core/flow_key.h"
#include "engine/core/uint128.h"

namespace weir {

/// Both halves of a 64 x 64 multiplication folded together: the mixing step of wyhash and its
/// descendants, two instructions, and every input bit reaches every output bit.
inline uint64_t mum(uint64_t a, uint64_t b) noexcept {
  const auto product = static_cast<uint128_t>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

inline constexpr uint64_t kHashSecrets[3] = {0xa0761d6478bd642f, 0xe7037ed1a0b428db,
                                             0x8ebc6af09c88c6e3};

/// symmetric_hash() of an IPv4 key without VLANs, from both addresses and from the word that holds
/// ports and protocol (words 0 | 2 << 32 and 4 of the key).
inline uint64_t symmetric_hash_v4(uint64_t addresses, uint64_t ports_proto,
                                  uint64_t seed) noexcept {
  const uint64_t tail = mum(ports_proto ^ kHashSecrets[0], seed ^ kHashSecrets[1]);
  return mum(addresses ^ seed ^ kHashSecrets[2], tail ^ kHashSecrets[1]);
}

/// Hash of a canonical key; both directions of a flow have one key, so it is symmetric. The seed is
/// random for a live run: who does not know it cannot aim many flows at one bucket or one shard. An
/// IPv4 key without VLANs costs two multiplications (measured in bench/micro), any other four.
inline uint64_t symmetric_hash(const FlowKey& key, uint64_t seed) noexcept {
  uint64_t words[6];
  static_assert(sizeof words == sizeof key);
  std::memcpy(words, &key, sizeof words);
  // words[0..1] low address, [2..3] high address, [4] ports and protocol and version and VLAN
  // count, [5] VLANs. For IPv4 the addresses are in the lower halves of [0] and [2].
  if (key.ip_version == 4 && key.vlan_count == 0) {
    return symmetric_hash_v4(words[0] | words[2] << 32, words[4], seed);
  }
  const auto [secret0, secret1, secret2] = kHashSecrets;
  const uint64_t tail = mum(words[4] ^ secret0, seed ^ secret1);
  const uint64_t low = mum(words[0] ^ seed ^ secret1, words[1] ^ secret2);
  const uint64_t high = mum(words[2] ^ std::rotl(seed, 32) ^ secret2, words[3] ^ secret0);
  return mum(low ^ tail, std::rotl(high, 17) ^ words[5] ^ secret1);
}

/// Which of `shards` owns the flow. Uses the upper half of the hash; buckets use the lower, so that
/// one shard's flows still spread over all of its buckets.
inline uint32_t shard_of(uint64_t hash, uint32_t shards) noexcept {
  return static_cast<uint32_t>(((hash >> 32) * shards) >> 32);
}

}  // namespace weir
