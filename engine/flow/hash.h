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

/// Hash of a canonical key; both directions of a flow have one key, so it is symmetric. The seed is
/// random for a live run: who does not know it cannot aim many flows at one bucket or one shard. An
/// IPv4 key without VLANs costs two multiplications (measured in bench/micro), any other four.
inline uint64_t symmetric_hash(const FlowKey& key, uint64_t seed) noexcept {
  constexpr uint64_t kSecret0 = 0xa0761d6478bd642f;
  constexpr uint64_t kSecret1 = 0xe7037ed1a0b428db;
  constexpr uint64_t kSecret2 = 0x8ebc6af09c88c6e3;
  uint64_t words[6];
  static_assert(sizeof words == sizeof key);
  std::memcpy(words, &key, sizeof words);
  // words[0..1] low address, [2..3] high address, [4] ports and protocol and version and VLAN
  // count, [5] VLANs. For IPv4 the addresses are in the lower halves of [0] and [2].
  const uint64_t tail = mum(words[4] ^ kSecret0, seed ^ kSecret1);
  if (key.ip_version == 4 && key.vlan_count == 0) {
    return mum((words[0] | words[2] << 32) ^ seed ^ kSecret2, tail ^ kSecret1);
  }
  const uint64_t low = mum(words[0] ^ seed ^ kSecret1, words[1] ^ kSecret2);
  const uint64_t high = mum(words[2] ^ std::rotl(seed, 32) ^ kSecret2, words[3] ^ kSecret0);
  return mum(low ^ tail, std::rotl(high, 17) ^ words[5] ^ kSecret1);
}

/// Which of `shards` owns the flow. Uses the upper half of the hash; buckets use the lower, so that
/// one shard's flows still spread over all of its buckets.
inline uint32_t shard_of(uint64_t hash, uint32_t shards) noexcept {
  return static_cast<uint32_t>(((hash >> 32) * shards) >> 32);
}

}  // namespace weir
