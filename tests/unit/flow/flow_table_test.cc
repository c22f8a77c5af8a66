#include "engine/flow/flow_table.h"

#include <gtest/gtest.h>

#include <random>
#include <unordered_map>
#include <vector>

#include "engine/flow/hash.h"
#include "tests/unit/flow/keys.h"

namespace weir {
namespace {

using testing::v4_key;
using testing::v6_key;

constexpr uint32_t kNone = BucketIndex::kNone;

TEST(FlowTable, FindsWhatWasInsertedAndNothingElse) {
  FlowTable table(100);
  const uint32_t a = table.insert(v4_key(1), 11);
  const uint32_t b = table.insert(v6_key(1), 12);
  EXPECT_EQ(table.find(v4_key(1), 11), a);
  EXPECT_EQ(table.find(v6_key(1), 12), b);
  EXPECT_EQ(table.find(v4_key(2), 11), kNone);
  EXPECT_EQ(table.find(v6_key(2), 12), kNone);
  EXPECT_EQ(table.key_of(a), v4_key(1));
  EXPECT_EQ(table.key_of(b), v6_key(1));
}

// An attacker who could aim flows at one hash would get slow look-ups, never wrong ones.
TEST(FlowTable, KeysUnderOneHashStayApart) {
  FlowTable table(200);
  std::vector<uint32_t> numbers;
  for (uint32_t i = 0; i < 100; ++i) {
    numbers.push_back(table.insert(v4_key(i), 42));
    numbers.push_back(table.insert(v6_key(i), 42));
  }
  for (uint32_t i = 0; i < 100; ++i) {
    EXPECT_EQ(table.find(v4_key(i), 42), numbers[2 * i]);
    EXPECT_EQ(table.find(v6_key(i), 42), numbers[2 * i + 1]);
  }
  for (uint32_t i = 0; i < 100; i += 2) table.erase(numbers[2 * i], 42);
  for (uint32_t i = 0; i < 100; ++i) {
    EXPECT_EQ(table.find(v4_key(i), 42), i % 2 == 0 ? kNone : numbers[2 * i]);
    EXPECT_EQ(table.find(v6_key(i), 42), numbers[2 * i + 1]);
  }
}

TEST(FlowTable, FullTableRefusesUntilAnEntryIsErased) {
  FlowTable table(10);
  for (uint32_t i = 0; i < 10; ++i) EXPECT_NE(table.insert(v4_key(i), i), kNone);
  EXPECT_EQ(table.insert(v4_key(10), 10), kNone);
  EXPECT_EQ(table.size(), 10U);
  table.erase(table.find(v4_key(3), 3), 3);
  EXPECT_EQ(table.find(v4_key(3), 3), kNone);
  EXPECT_NE(table.insert(v4_key(10), 10), kNone);
  EXPECT_NE(table.find(v4_key(10), 10), kNone);
}

// The whole life of a table against the standard library's map, at full load, with erasing.
TEST(FlowTable, BehavesLikeAMap) {
  constexpr uint32_t kCapacity = 5000;
  FlowTable table(kCapacity);
  std::unordered_map<uint32_t, uint32_t> model;
  std::mt19937 random(1);
  for (int step = 0; step < 300'000; ++step) {
    const uint32_t id = random() % (kCapacity * 2);
    const FlowKey key = id % 3 == 0 ? v6_key(id) : v4_key(id);
    const uint64_t hash = symmetric_hash(key, 9);
    const uint32_t number = table.find(key, hash);
    const auto known = model.find(id);
    ASSERT_EQ(number, known == model.end() ? kNone : known->second);
    if (number != kNone && random() % 3 == 0) {
      table.erase(number, hash);
      model.erase(id);
    } else if (number == kNone) {
      const uint32_t inserted = table.insert(key, hash);
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

}  // namespace
}  // namespace weir
