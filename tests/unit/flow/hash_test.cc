#include "engine/flow/hash.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "tests/unit/flow/keys.h"

namespace weir {
namespace {

using testing::v4_key;
using testing::v6_key;

TEST(Hash, EveryFieldOfTheKeyChangesIt) {
  for (const FlowKey& base : {v4_key(1), v6_key(1)}) {
    std::set<uint64_t> hashes{symmetric_hash(base, 7)};
    const size_t used = base.ip_version == 4 ? 4 : 16;
    size_t changes = 1;
    const auto expect_new = [&](FlowKey key) {
      hashes.insert(symmetric_hash(key, 7));
      EXPECT_EQ(hashes.size(), ++changes);
    };
    for (size_t i = 0; i < used; ++i) {
      FlowKey key = base;
      key.low_addr[i] ^= 1;
      expect_new(key);
      key = base;
      key.high_addr[i] ^= 1;
      expect_new(key);
    }
    FlowKey key = base;
    key.low_port ^= 1;
    expect_new(key);
    key = base;
    key.high_port ^= 1;
    expect_new(key);
    key = base;
    key.proto = 17;
    expect_new(key);
    key = base;
    key.vlan_count = 1;
    key.vlans[0] = 5;
    expect_new(key);
    key.vlans[0] = 6;
    expect_new(key);
  }
}

TEST(Hash, TheSeedChangesIt) {
  EXPECT_NE(symmetric_hash(v4_key(1), 1), symmetric_hash(v4_key(1), 2));
  EXPECT_NE(symmetric_hash(v6_key(1), 1), symmetric_hash(v6_key(1), 2));
}

// Sequential addresses are what real networks have; a weak hash shows there.
TEST(Hash, ShardsAreEvenForSequentialAddresses) {
  constexpr uint32_t kShards = 5;
  constexpr uint32_t kFlows = 100'000;
  std::vector<uint32_t> counts(kShards);
  for (uint32_t i = 0; i < kFlows; ++i)
    ++counts[shard_of(symmetric_hash(v4_key(i << 16), 3), kShards)];
  for (const uint32_t count : counts) {
    EXPECT_GT(count, kFlows / kShards * 98 / 100);
    EXPECT_LT(count, kFlows / kShards * 102 / 100);
  }
}

}  // namespace
}  // namespace weir
