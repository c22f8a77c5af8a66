#include "engine/core/packet.h"

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace weir {
namespace {

/// Remembers what it got back.
class Owner final : public BatchOwner {
 public:
  void release(uint64_t token) noexcept override { released.push_back(token); }
  std::vector<uint64_t> released;
};

class PacketBatchTest : public ::testing::Test {
 protected:
  PacketBatch lease(uint64_t token) { return PacketBatch(packets, owner, token, token * 10); }

  std::array<PacketView, 3> packets{};
  Owner owner;
};

static_assert(std::is_nothrow_move_constructible_v<PacketBatch>);
static_assert(std::is_nothrow_move_assignable_v<PacketBatch>);
static_assert(!std::is_copy_constructible_v<PacketBatch>);
static_assert(!std::is_copy_assignable_v<PacketBatch>);

TEST_F(PacketBatchTest, GivesItsMemoryBackOnceWhenItGoes) {
  {
    const PacketBatch batch = lease(7);
    EXPECT_EQ(batch.state(), PacketBatch::State::packets);
    EXPECT_EQ(batch.packets().size(), 3U);
    EXPECT_EQ(batch.packets().data(), packets.data());
    EXPECT_EQ(batch.clock_ns(), 70U);
    EXPECT_TRUE(owner.released.empty());
  }
  EXPECT_EQ(owner.released, std::vector<uint64_t>{7});
}

TEST_F(PacketBatchTest, AMovedOneHoldsTheLease) {
  {
    PacketBatch first = lease(7);
    const PacketBatch second = std::move(first);
    EXPECT_TRUE(owner.released.empty());
    EXPECT_EQ(second.packets().size(), 3U);
    EXPECT_EQ(second.clock_ns(), 70U);
    EXPECT_EQ(second.state(), PacketBatch::State::packets);
  }
  EXPECT_EQ(owner.released, std::vector<uint64_t>{7}) << "by one of the two, once";
}

TEST_F(PacketBatchTest, AssigningGivesBackWhatWasHeldAndNothingElse) {
  {
    PacketBatch batch = lease(1);
    batch = lease(2);
    EXPECT_EQ(owner.released, std::vector<uint64_t>{1});
    batch = PacketBatch::none();
    EXPECT_EQ(owner.released, (std::vector<uint64_t>{1, 2}));
    EXPECT_EQ(batch.state(), PacketBatch::State::empty);
    EXPECT_TRUE(batch.packets().empty());
  }
  EXPECT_EQ(owner.released, (std::vector<uint64_t>{1, 2}));
}

TEST_F(PacketBatchTest, AssigningToItselfKeepsTheLease) {
  {
    PacketBatch batch = lease(5);
    PacketBatch& same = batch;
    batch = std::move(same);
    EXPECT_TRUE(owner.released.empty());
    EXPECT_EQ(batch.packets().size(), 3U);
  }
  EXPECT_EQ(owner.released, std::vector<uint64_t>{5});
}

TEST_F(PacketBatchTest, LeasesGoBackInTheOrderTheyAreDropped) {
  std::optional<PacketBatch> first(lease(1));
  std::optional<PacketBatch> second(lease(2));
  std::optional<PacketBatch> third(lease(3));
  second.reset();
  third.reset();
  first.reset();
  EXPECT_EQ(owner.released, (std::vector<uint64_t>{2, 3, 1}));
}

TEST_F(PacketBatchTest, ABatchWithoutPacketsHasNoOwner) {
  const PacketBatch none = PacketBatch::none();
  const PacketBatch ended = PacketBatch::ended();
  EXPECT_EQ(none.state(), PacketBatch::State::empty);
  EXPECT_EQ(ended.state(), PacketBatch::State::end);
  EXPECT_TRUE(none.packets().empty());
  EXPECT_TRUE(ended.packets().empty());
}

}  // namespace
}  // namespace weir
