#include "engine/core/large_array.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <new>
#include <utility>

namespace weir {
namespace {

TEST(LargeArray, IsZeroFromEndToEnd) {
  for (const size_t size : {size_t{1}, size_t{1000}, (size_t{2} << 20) / 8 + 1}) {
    LargeArray<uint64_t> array(size);
    ASSERT_EQ(array.size(), size);
    for (size_t i = 0; i < size; ++i) ASSERT_EQ(array[i], 0U);
    array[0] = 1;
    array[size - 1] = 2;
    EXPECT_EQ(array[size - 1], 2U);
  }
}

TEST(LargeArray, EmptyOnesAreValid) {
  LargeArray<uint64_t> none;
  EXPECT_EQ(none.size(), 0U);
  EXPECT_EQ(LargeArray<uint64_t>(0).size(), 0U);
}

TEST(LargeArray, MovingTakesTheMemoryAlong) {
  LargeArray<uint32_t> first(10);
  first[3] = 42;
  const uint32_t* place = &first[3];
  LargeArray<uint32_t> second(std::move(first));
  EXPECT_EQ(&second[3], place);
  EXPECT_EQ(second[3], 42U);
  LargeArray<uint32_t> third(5);
  third = std::move(second);
  EXPECT_EQ(&third[3], place);
  EXPECT_EQ(third.size(), 10U);
  LargeArray<uint32_t>& same = third;
  third = std::move(same);
  EXPECT_EQ(third.size(), 10U);
  EXPECT_EQ(third[3], 42U);
}

// A table for millions of flows costs what the flows that exist cost: this is more than any machine
// of the tests has, and only its ends are touched.
TEST(LargeArray, WhatIsNotTouchedIsNotTaken) {
  constexpr size_t kSize = size_t{1} << 38;
  try {
    LargeArray<uint8_t> array(kSize);
    array[0] = 1;
    array[kSize - 1] = 2;
    EXPECT_EQ(array[kSize / 2], 0);
  } catch (const std::bad_alloc&) {
    GTEST_SKIP() << "this machine does not overcommit address space";
  }
}

TEST(LargeArray, MoreThanThereIsIsBadAlloc) {
  EXPECT_THROW(LargeArray<uint8_t>(size_t{1} << 60), std::bad_alloc);
  // Sizes whose bytes do not fit in 64 bits; the last would wrap to eight.
  constexpr size_t kMost = std::numeric_limits<size_t>::max();
  for (const size_t size : {kMost / 8, kMost, kMost / 8 + 2}) {
    EXPECT_THROW(LargeArray<uint64_t>{size}, std::bad_alloc) << size;
  }
}

}  // namespace
}  // namespace weir
