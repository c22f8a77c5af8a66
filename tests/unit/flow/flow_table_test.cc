#include "engine/flow/flow_table.h"

#include <gtest/gtest.h>

#include <random>
#include <unordered_map>
#include <vector>

#include "engine/flow/hash.h"
#include "tests/unit/flow/keys.h"

namespace weir {
namespace {

using testing::hashed;
using testing::v4_key;
using testing::v6_key;

constexpr uint32_t kNone = BucketIndex::kNone;
constexpr uint64_t kSeed = 9;

TEST(FlowTable, FindsWhatWasInsertedAndNothingElse) {
  FlowTable table(100, kSeed, FlowTable::Growth::none);
  const uint32_t a = table.insert(hashed(v4_key(1), 11));
  const uint32_t b = table.insert(hashed(v6_key(1), 12));
  EXPECT_EQ(table.find(hashed(v4_key(1), 11)), a);
  EXPECT_EQ(table.find(hashed(v6_key(1), 12)), b);
  EXPECT_EQ(table.find(hashed(v4_key(2), 11)), kNone);
  EXPECT_EQ(table.find(hashed(v6_key(2), 12)), kNone);
  EXPECT_EQ(table.key_of(a), v4_key(1));
  EXPECT_EQ(table.key_of(b), v6_key(1));
}

// An attacker who could aim flows at one hash would get slow look-ups, never wrong ones.
TEST(FlowTable, KeysUnderOneHashStayApart) {
  FlowTable table(200, kSeed, FlowTable::Growth::none);
  std::vector<uint32_t> numbers;
  for (uint32_t i = 0; i < 100; ++i) {
    numbers.push_back(table.insert(hashed(v4_key(i), 42)));
    numbers.push_back(table.insert(hashed(v6_key(i), 42)));
  }
  for (uint32_t i = 0; i < 100; ++i) {
    EXPECT_EQ(table.find(hashed(v4_key(i), 42)), numbers[2 * i]);
    EXPECT_EQ(table.find(hashed(v6_key(i), 42)), numbers[2 * i + 1]);
  }
  for (uint32_t i = 0; i < 100; i += 2) table.erase(numbers[2 * i], 42);
  for (uint32_t i = 0; i < 100; ++i) {
    EXPECT_EQ(table.find(hashed(v4_key(i), 42)), i % 2 == 0 ? kNone : numbers[2 * i]);
    EXPECT_EQ(table.find(hashed(v6_key(i), 42)), numbers[2 * i + 1]);
  }
}

TEST(FlowTable, FullTableRefusesUntilAnEntryIsErased) {
  FlowTable table(10, kSeed, FlowTable::Growth::none);
  for (uint32_t i = 0; i < 10; ++i) EXPECT_NE(table.insert(hashed(v4_key(i), i)), kNone);
  EXPECT_EQ(table.insert(hashed(v4_key(10), 10)), kNone);
  EXPECT_EQ(table.size(), 10U);
  table.erase(table.find(hashed(v4_key(3), 3)), 3);
  EXPECT_EQ(table.find(hashed(v4_key(3), 3)), kNone);
  EXPECT_NE(table.insert(hashed(v4_key(10), 10)), kNone);
  EXPECT_NE(table.find(hashed(v4_key(10), 10)), kNone);
}

// The whole life of a table against the standard library's map, at full load, with erasing.
TEST(FlowTable, BehavesLikeAMap) {
  constexpr uint32_t kCapacity = 5000;
  FlowTable table(kCapacity, kSeed, FlowTable::Growth::none);
  std::unordered_map<uint32_t, uint32_t> model;
  std::mt19937 random(1);
  for (int step = 0; step < 300'000; ++step) {
    const uint32_t id = random() % (kCapacity * 2);
    const FlowKey key = id % 3 == 0 ? v6_key(id) : v4_key(id);
    const uint64_t hash = symmetric_hash(key, kSeed);
    const uint32_t number = table.find(hashed(key, hash));
    const auto known = model.find(id);
    ASSERT_EQ(number, known == model.end() ? kNone : known->second);
    if (number != kNone && random() % 3 == 0) {
      table.erase(number, hash);
      model.erase(id);
    } else if (number == kNone) {
      const uint32_t inserted = table.insert(hashed(key, hash));
      ASSERT_EQ(inserted == kNone, model.size() == kCapacity);
      if (inserted != kNone) model[id] = inserted;
    }
    ASSERT_EQ(table.size(), model.size());
  }
  for (const auto& [id, number] : model) {
    EXPECT_EQ(table.key_of(number), id % 3 == 0 ? v6_key(id) : v4_key(id));
    EXPECT_TRUE(table.live(number));
  }
}

// Past the first capacity of an index that grows (32768) and the second (131072), with flows that
// ended in between: every flow keeps its number.
TEST(FlowTable, AGrowingOneKeepsEveryFlowInItsPlace) {
  constexpr uint32_t kCapacity = 150'000;
  FlowTable table(kCapacity, kSeed, FlowTable::Growth::when_full);
  const auto flow_of = [](uint32_t id) {
    const FlowKey key = id % 3 == 0 ? v6_key(id) : v4_key(id);
    return hashed(key, symmetric_hash(key, kSeed));
  };
  std::unordered_map<uint32_t, uint32_t> model;
  for (uint32_t id = 0; model.size() < kCapacity; ++id) {
    const uint32_t number = table.insert(flow_of(id));
    ASSERT_NE(number, kNone);
    model[id] = number;
    const uint32_t ended = id / 2;
    if (id % 7 != 0 || !model.contains(ended)) continue;
    table.erase(model[ended], flow_of(ended).hash);
    model.erase(ended);
  }
  EXPECT_EQ(table.insert(flow_of(1'000'000)), kNone) << "full";
  for (const auto& [id, number] : model) {
    ASSERT_EQ(table.find(flow_of(id)), number);
    ASSERT_EQ(table.hash_of(number), flow_of(id).hash);
  }
}

}  // namespace
}  // namespace weir
