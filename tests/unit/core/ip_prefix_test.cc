#include "engine/core/ip_prefix.h"

#include <gtest/gtest.h>

#include <vector>

namespace weir {
namespace {

IpPrefix v4(IpBytes address, uint8_t length) {
  return {address, 4, length};
}

TEST(IpPrefix, HoldsWhatAgreesInItsFirstBits) {
  const IpPrefix ten = v4({10, 1, 2, 3}, 8);  // bits past the length are ignored
  EXPECT_TRUE(ten.contains(4, {10, 0, 0, 0}));
  EXPECT_TRUE(ten.contains(4, {10, 255, 255, 255}));
  EXPECT_FALSE(ten.contains(4, {11, 1, 2, 3}));
  EXPECT_FALSE(ten.contains(4, {9, 1, 2, 3}));
}

TEST(IpPrefix, LengthsThatAreNotWholeBytes) {
  const IpPrefix prefix = v4({172, 16, 0, 0}, 12);
  EXPECT_TRUE(prefix.contains(4, {172, 16, 0, 1}));
  EXPECT_TRUE(prefix.contains(4, {172, 31, 255, 255}));
  EXPECT_FALSE(prefix.contains(4, {172, 32, 0, 0}));
  EXPECT_FALSE(prefix.contains(4, {172, 15, 255, 255}));
  const IpPrefix pair = v4({192, 0, 2, 6}, 31);
  EXPECT_TRUE(pair.contains(4, {192, 0, 2, 7}));
  EXPECT_FALSE(pair.contains(4, {192, 0, 2, 5}));
}

TEST(IpPrefix, EverythingAndOneAddress) {
  EXPECT_TRUE(v4({1, 2, 3, 4}, 0).contains(4, {250, 0, 0, 1}));
  EXPECT_TRUE(v4({1, 2, 3, 4}, 32).contains(4, {1, 2, 3, 4}));
  EXPECT_FALSE(v4({1, 2, 3, 4}, 32).contains(4, {1, 2, 3, 5}));
  IpPrefix host{{}, 6, 128};
  host.address[15] = 9;
  IpBytes other{};
  other[15] = 9;
  EXPECT_TRUE(host.contains(6, other));
  other[15] = 8;
  EXPECT_FALSE(host.contains(6, other));
}

// Every length against the bits themselves.
TEST(IpPrefix, EveryLengthOfBothVersions) {
  for (const uint8_t version : {uint8_t{4}, uint8_t{6}}) {
    const unsigned bits = version == 4 ? 32 : 128;
    for (unsigned length = 0; length <= bits; ++length) {
      IpPrefix prefix{{}, version, static_cast<uint8_t>(length)};
      for (unsigned bit = 0; bit < bits; ++bit) {
        IpBytes address{};
        address[bit / 8] = static_cast<uint8_t>(0x80U >> (bit % 8));
        EXPECT_EQ(prefix.contains(version, address), bit >= length)
            << "length " << length << " bit " << bit;
      }
    }
  }
}

TEST(IpPrefix, TheVersionsStayApart) {
  EXPECT_FALSE(v4({}, 0).contains(6, {}));
  EXPECT_FALSE((IpPrefix{{}, 6, 0}).contains(4, {}));
}

TEST(IpPrefix, AnyOfSeveral) {
  const std::vector<IpPrefix> networks{v4({10}, 8), v4({192, 168}, 16), {{0xfd}, 6, 8}};
  EXPECT_TRUE(contains_any(networks, 4, {192, 168, 1, 1}));
  EXPECT_TRUE(contains_any(networks, 6, {0xfd, 1}));
  EXPECT_FALSE(contains_any(networks, 4, {192, 169, 1, 1}));
  EXPECT_FALSE(contains_any({}, 4, {10, 0, 0, 1}));
}

}  // namespace
}  // namespace weir
