#include "engine/pipeline/bounded_ring.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <thread>
#include <vector>

namespace weir {
namespace {

TEST(BoundedRing, RefusesWhatWouldExceedItsDepth) {
  BoundedRing<int> ring(1, 10);
  const std::array<int, 6> items{1, 2, 3, 4, 5, 6};
  EXPECT_TRUE(ring.put(0, items.data(), 6));
  EXPECT_FALSE(ring.put(0, items.data(), 6)) << "all or nothing";
  EXPECT_EQ(ring.waiting(), 6U);
  EXPECT_TRUE(ring.put(0, items.data(), 4));
  EXPECT_FALSE(ring.put(0, items.data(), 1));
  ring.put_always(0, items.data(), 1);
  EXPECT_EQ(ring.waiting(), 11U);
  std::array<int, 20> out{};
  size_t taken = 0;
  while (const size_t count = ring.take(out.data(), 4)) taken += count;
  EXPECT_EQ(taken, 11U);
  EXPECT_EQ(ring.waiting(), 0U);
}

// What the worker's markers rely on: nothing is lost, and each producer's items keep their order.
TEST(BoundedRing, KeepsEveryProducersOrderUnderLoad) {
  constexpr uint32_t kProducers = 3;
  constexpr uint32_t kItems = 200'000;
  struct Item {
    uint32_t producer;
    uint32_t number;
  };
  BoundedRing<Item> ring(kProducers, 1000);
  std::vector<std::thread> threads;
  for (uint32_t producer = 0; producer < kProducers; ++producer) {
    threads.emplace_back([&ring, producer] {
      std::vector<Item> bulk;
      for (uint32_t number = 0; number < kItems;) {
        bulk.clear();
        for (uint32_t i = 0; i <= number % 200 && number < kItems; ++i)
          bulk.push_back({producer, number++});
        while (!ring.put(producer, bulk.data(), bulk.size())) std::this_thread::yield();
      }
    });
  }
  std::array<uint32_t, kProducers> next{};
  std::vector<Item> out(256);
  uint64_t taken = 0;
  bool in_order = true;
  while (taken < uint64_t{kProducers} * kItems) {
    const size_t count = ring.take(out.data(), out.size());
    for (size_t i = 0; i < count; ++i) in_order &= out[i].number == next[out[i].producer]++;
    taken += count;
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(in_order);
  EXPECT_EQ(ring.waiting(), 0U);
}

}  // namespace
}  // namespace weir
