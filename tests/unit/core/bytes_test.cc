#include "engine/core/bytes.h"

#include <gtest/gtest.h>

#include <array>

namespace weir {
namespace {

constexpr std::array<uint8_t, 10> kBytes{0xf1, 0xe2, 0xd3, 0xc4, 0xb5, 0xa6, 0x97, 0x88, 0x79, 0};

TEST(Bytes, AreReadInTheOrderTheNameSaysAtAnyAddress) {
  EXPECT_EQ(load_be16(&kBytes[0]), 0xf1e2);
  EXPECT_EQ(load_le16(&kBytes[0]), 0xe2f1);
  EXPECT_EQ(load_be32(&kBytes[0]), 0xf1e2d3c4);
  EXPECT_EQ(load_le32(&kBytes[0]), 0xc4d3e2f1);
  EXPECT_EQ(load_be64(&kBytes[0]), 0xf1e2d3c4b5a69788);
  EXPECT_EQ(load_le64(&kBytes[0]), 0x8897a6b5c4d3e2f1);
  EXPECT_EQ(load_be16(&kBytes[1]), 0xe2d3);
  EXPECT_EQ(load_be32(&kBytes[1]), 0xe2d3c4b5);
  EXPECT_EQ(load_be64(&kBytes[1]), 0xe2d3c4b5a6978879);
  EXPECT_EQ(load_le64(&kBytes[1]), 0x798897a6b5c4d3e2);
}

TEST(Cursor, KnowsWhatIsLeftAndNeverPromisesMore) {
  Cursor cursor(kBytes.data(), 4);
  EXPECT_TRUE(cursor.has(0));
  EXPECT_TRUE(cursor.has(4));
  EXPECT_FALSE(cursor.has(5));
  EXPECT_FALSE(cursor.has(SIZE_MAX)) << "a length that would wrap a sum";
  cursor.skip(3);
  EXPECT_EQ(cursor.at(), &kBytes[3]);
  EXPECT_EQ(cursor.left(), 1U);
  EXPECT_TRUE(cursor.has(1));
  EXPECT_FALSE(cursor.has(2));
  cursor.skip(1);
  EXPECT_TRUE(cursor.has(0));
  EXPECT_FALSE(cursor.has(1));
  EXPECT_FALSE(Cursor(nullptr, 0).has(1));
}

}  // namespace
}  // namespace weir
