// Walking TPACKET_V3 blocks made by hand, garbled ones included, and cutting rings into blocks.

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/if_packet.h>

#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

#include "backends/af_packet/block_cursor.h"
#include "backends/af_packet/ring_layout.h"

namespace weir::testing {
namespace {

using backends::BlockCursor;
using backends::BpfInstruction;
using backends::PacketShape;
using backends::RingLayout;

constexpr uint32_t kBlockBytes = 4096;
constexpr uint32_t kFirst = 48;
constexpr uint32_t kMac = 82;

struct MadePacket {
  uint32_t cap_len = 60;
  uint32_t wire_len = 60;
  uint32_t status = 0;
  uint16_t tci = 0;
  uint16_t tpid = 0;
};

/// A block as the kernel fills it.
class MadeBlock {
 public:
  explicit MadeBlock(const std::vector<MadePacket>& packets) : bytes_(kBlockBytes) {
    uint32_t at = kFirst;
    for (size_t i = 0; i < packets.size(); ++i) {
      const MadePacket& packet = packets[i];
      tpacket3_hdr header{};
      header.tp_sec = 1000;
      header.tp_nsec = static_cast<uint32_t>(i);
      header.tp_snaplen = packet.cap_len;
      header.tp_len = packet.wire_len;
      header.tp_status = packet.status;
      header.tp_mac = kMac;
      header.hv1.tp_vlan_tci = packet.tci;
      header.hv1.tp_vlan_tpid = packet.tpid;
      const uint32_t room = TPACKET_ALIGN(kMac + packet.cap_len);
      header.tp_next_offset = i + 1 == packets.size() ? 0 : room;
      put(at, header);
      std::memset(&bytes_[at + kMac], static_cast<int>(i), packet.cap_len);
      places_.push_back(at);
      at += room;
    }
    set_count(static_cast<uint32_t>(packets.size()), kFirst);
  }

  void set_count(uint32_t packets, uint32_t first) {
    tpacket_block_desc block{};
    block.hdr.bh1.num_pkts = packets;
    block.hdr.bh1.offset_to_first_pkt = first;
    put(0, block);
  }

  tpacket3_hdr header(size_t packet) const {
    tpacket3_hdr header;
    std::memcpy(&header, &bytes_[places_[packet]], sizeof header);
    return header;
  }
  void set_header(size_t packet, const tpacket3_hdr& header) { put(places_[packet], header); }

  BlockCursor cursor() const { return {bytes_.data(), kBlockBytes}; }
  const std::vector<uint8_t>& bytes() const { return bytes_; }
  std::vector<uint8_t>& bytes() { return bytes_; }

 private:
  template <class T>
  void put(uint32_t at, const T& value) {
    std::memcpy(&bytes_[at], &value, sizeof value);
  }

  std::vector<uint8_t> bytes_;
  std::vector<uint32_t> places_;
};

std::vector<PacketView> walk(BlockCursor cursor, uint32_t most, bool* broken = nullptr,
                             const PacketShape& shape = {}) {
  std::vector<PacketView> all;
  std::vector<PacketView> views(most);
  while (!cursor.done()) {
    const uint32_t count = cursor.fill(views.data(), most, shape);
    EXPECT_LE(count, most);
    all.insert(all.end(), views.begin(), views.begin() + count);
  }
  if (broken != nullptr) *broken = cursor.broken();
  return all;
}

TEST(BlockCursor, GivesEveryPacketOnceWhateverTheBatch) {
  const MadeBlock block(std::vector<MadePacket>(10, MadePacket{60, 1500, 0, 0, 0}));
  for (uint32_t most = 1; most <= 11; ++most) {
    bool broken = true;
    const std::vector<PacketView> views = walk(block.cursor(), most, &broken);
    EXPECT_FALSE(broken);
    ASSERT_EQ(views.size(), 10U);
    for (size_t i = 0; i < views.size(); ++i) {
      EXPECT_EQ(views[i].ts_ns, 1000 * kNsPerSecond + i);
      EXPECT_EQ(views[i].cap_len, 60U);
      EXPECT_EQ(views[i].wire_len, 1500U);
      EXPECT_EQ(views[i].data[0], i);
      EXPECT_EQ(views[i].vlan_tpid, 0);
      EXPECT_EQ(views[i].link_type, LinkType::en10mb);
    }
  }
}

TEST(BlockCursor, AnEmptyBlockHasNothing) {
  EXPECT_TRUE(MadeBlock({}).cursor().done());
}

TEST(BlockCursor, RestoresTheTagWithItsBytes) {
  const MadeBlock block({{60, 100, TP_STATUS_VLAN_VALID | TP_STATUS_VLAN_TPID_VALID, 7, 0x88a8},
                         {60, 100, TP_STATUS_VLAN_VALID, 8, 0},
                         {60, 100, 0, 9, 0x8100}});
  const std::vector<PacketView> views = walk(block.cursor(), 8, nullptr, {LinkType::en10mb, 62});
  ASSERT_EQ(views.size(), 3U);
  EXPECT_EQ(views[0].vlan_tci, 7);
  EXPECT_EQ(views[0].vlan_tpid, 0x88a8);
  EXPECT_EQ(views[0].wire_len, 104U);
  EXPECT_EQ(views[0].cap_len, 58U) << "62 with the tag";
  EXPECT_EQ(views[1].vlan_tpid, 0x8100);
  EXPECT_EQ(views[2].vlan_tpid, 0);
  EXPECT_EQ(views[2].wire_len, 100U);
  EXPECT_EQ(views[2].cap_len, 60U);
}

TEST(BlockCursor, FiltersByTagAndCutsAfterwards) {
  const MadeBlock block({{60, 100, TP_STATUS_VLAN_VALID, 7, 0},
                         {60, 100, 0, 0, 0},
                         {60, 100, TP_STATUS_VLAN_VALID, 8, 0}});
  const std::vector<BpfInstruction> tag_is_8{
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, static_cast<uint32_t>(SKF_AD_OFF + SKF_AD_VLAN_TAG)},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 8},
      {BPF_RET | BPF_K, 0, 0, 1},
      {BPF_RET | BPF_K, 0, 0, 0}};
  BlockCursor cursor = block.cursor();
  std::vector<PacketView> views(8);
  ASSERT_EQ(cursor.fill_filtered(views.data(), 8, {LinkType::en10mb, 40}, tag_is_8), 1U);
  EXPECT_EQ(views[0].data[0], 2);
  EXPECT_LE(views[0].cap_len, 40U);
  EXPECT_TRUE(cursor.done());
}

template <class Change>
void expect_broken_at(size_t packet, Change change) {
  MadeBlock block(std::vector<MadePacket>(5));
  tpacket3_hdr header = block.header(packet);
  change(header);
  block.set_header(packet, header);
  for (const uint32_t most : {1U, 8U}) {
    bool broken = false;
    EXPECT_LE(walk(block.cursor(), most, &broken).size(), packet + 1);
    EXPECT_TRUE(broken);
  }
}

TEST(BlockCursor, StopsAtOffsetsThatLeadOutside) {
  for (const size_t packet : {0U, 3U}) {
    expect_broken_at(packet, [](tpacket3_hdr& h) { h.tp_mac = 5000; });
    expect_broken_at(packet, [](tpacket3_hdr& h) { h.tp_snaplen = 5000; });
    expect_broken_at(packet, [](tpacket3_hdr& h) { h.tp_snaplen = UINT32_MAX - 40; });
    expect_broken_at(packet, [](tpacket3_hdr& h) { h.tp_next_offset = 0; });
    expect_broken_at(packet, [](tpacket3_hdr& h) { h.tp_next_offset = 8; });
    expect_broken_at(packet, [](tpacket3_hdr& h) { h.tp_next_offset = kBlockBytes - 50; });
    expect_broken_at(packet, [](tpacket3_hdr& h) { h.tp_next_offset = UINT32_MAX; });
  }
  for (const uint32_t first : {kBlockBytes - 10, kBlockBytes, UINT32_MAX}) {
    MadeBlock block(std::vector<MadePacket>(5));
    block.set_count(5, first);
    bool broken = false;
    EXPECT_TRUE(walk(block.cursor(), 8, &broken).empty());
    EXPECT_TRUE(broken);
  }
  MadeBlock block(std::vector<MadePacket>(5));
  block.set_count(6, kFirst);
  bool broken = false;
  EXPECT_EQ(walk(block.cursor(), 8, &broken).size(), 5U);
  EXPECT_TRUE(broken) << "more packets promised than are there";
}

// Any bytes at all: every view lies in the block.
TEST(BlockCursor, GarbageStaysInside) {
  std::mt19937 random(1);
  for (int round = 0; round < 3000; ++round) {
    MadeBlock block(std::vector<MadePacket>(20));
    for (int i = 0; i < 20; ++i) {
      block.bytes()[12 + random() % 2000] = static_cast<uint8_t>(random());
    }
    const uint8_t* const begin = block.bytes().data();
    BlockCursor cursor = block.cursor();
    std::vector<PacketView> views(64);
    for (int call = 0; call < 40 && !cursor.done(); ++call) {
      const uint32_t count = cursor.fill(views.data(), 64, {});
      for (uint32_t i = 0; i < count; ++i) {
        ASSERT_GE(views[i].data, begin);
        ASSERT_LE(views[i].data + views[i].cap_len, begin + kBlockBytes);
      }
    }
  }
}

TEST(RingLayout, TakesWhatWasAskedForOrTheLeastThereIs) {
  for (const uint64_t bytes :
       {uint64_t{1}, uint64_t{65536}, uint64_t{200'000}, uint64_t{1} << 20, uint64_t{64} << 20,
        (uint64_t{64} << 20) + 12345, uint64_t{5} << 30, UINT64_MAX}) {
    const RingLayout layout = backends::ring_layout(bytes);
    EXPECT_GE(layout.blocks, backends::ring::kLeastBlocks);
    EXPECT_EQ(layout.block_bytes % 4096, 0U);
    EXPECT_EQ(layout.block_bytes & (layout.block_bytes - 1), 0U);
    if (bytes >= 65536) {
      EXPECT_LE(layout.bytes(), bytes);
    }
    if (bytes >= 65536 && bytes <= backends::ring::kMostBytes) {
      EXPECT_GT(layout.bytes() + layout.block_bytes, bytes);
    }
  }
  EXPECT_EQ(backends::ring_layout(64ULL << 20).bytes(), 64ULL << 20);
  EXPECT_EQ(backends::ring_layout(256 << 10).bytes(), 256U << 10);
  EXPECT_EQ(backends::ring_layout(0).bytes(), 64U << 10);
}

TEST(RingLayout, AllRingsTakeHalfOfTheMemoryAtMost) {
  EXPECT_EQ(backends::most_ring_bytes(8ULL << 30, 1), 4ULL << 30);
  EXPECT_EQ(backends::most_ring_bytes(8ULL << 30, 4), 1ULL << 30);
  EXPECT_EQ(backends::most_ring_bytes(8ULL << 30, 0), 4ULL << 30);
}

}  // namespace
}  // namespace weir::testing
