#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <deque>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "backends/af_xdp/xdp_program.h"
#include "backends/af_xdp/xsk_queue.h"
#include "backends/af_xdp/xsk_rings.h"
#include "backends/af_xdp/xsk_sizes.h"

namespace weir::testing {
namespace {

using backends::BpfFilter;
using backends::fits_one_frame;
using backends::kXdpHeadroom;
using backends::mtu_too_great;
using backends::redirect_program;
using backends::xsk_sizes;
using backends::XskQueue;
using backends::XskRings;
using backends::XskSizes;
using backends::XskTaking;

constexpr uint32_t kFrames = 64;
constexpr uint32_t kFrameBytes = 2048;
constexpr uint32_t kContinued = 1;

/// The kernel's side of the rings of one socket, in memory of ours.
class FakeKernel {
 public:
  explicit FakeKernel(uint32_t rx_entries = kFrames, uint32_t start_at = 0) {
    rx_entries_.resize(rx_entries);
    rx_producer_ = rx_consumer_ = fill_producer_ = fill_consumer_ = start_at;
    xsk_ring_cons rx{};
    rx.mask = rx_entries - 1;
    rx.size = rx_entries;
    rx.producer = &rx_producer_;
    rx.consumer = &rx_consumer_;
    rx.ring = rx_entries_.data();
    xsk_ring_prod fill{};
    fill.mask = kFrames - 1;
    fill.size = kFrames;
    fill.producer = &fill_producer_;
    fill.consumer = &fill_consumer_;
    fill.ring = fill_entries_.data();
    fill.flags = &fill_flags_;
    rings.start(rx, fill, umem_.data(), kFrames, kFrameBytes);
  }

  /// False when a real kernel would count a drop.
  bool receive(uint8_t mark, uint32_t length, bool continued = false) {
    if (fill_consumer_ == fill_producer_) return false;
    if (rx_producer_ - rx_consumer_ == rx_entries_.size()) return false;
    const uint64_t frame = fill_entries_[fill_consumer_++ & (kFrames - 1)];
    EXPECT_EQ(frame % kFrameBytes, 0U);
    EXPECT_LT(frame, umem_.size());
    const uint64_t at = frame + kXdpHeadroom;
    std::memset(&umem_[at], mark, length);
    rx_entries_[rx_producer_ & (rx_entries_.size() - 1)] = {at, length, continued ? kContinued : 0};
    ++rx_producer_;
    return true;
  }

  std::multiset<uint64_t> in_fill_ring() const {
    std::multiset<uint64_t> frames;
    for (uint32_t i = fill_consumer_; i != fill_producer_; ++i) {
      frames.insert(fill_entries_[i & (kFrames - 1)]);
    }
    return frames;
  }
  void ask_for_wakeup(bool ask) { fill_flags_ = ask ? XDP_RING_NEED_WAKEUP : 0; }

  XskRings rings;

 private:
  std::vector<uint8_t> umem_ = std::vector<uint8_t>(size_t{kFrames} * kFrameBytes);
  std::vector<xdp_desc> rx_entries_;
  std::array<uint64_t, kFrames> fill_entries_{};
  uint32_t rx_producer_ = 0;
  uint32_t rx_consumer_ = 0;
  uint32_t fill_producer_ = 0;
  uint32_t fill_consumer_ = 0;
  uint32_t fill_flags_ = 0;
};

std::multiset<uint64_t> all_frames() {
  std::multiset<uint64_t> frames;
  for (uint64_t i = 0; i < kFrames; ++i) frames.insert(i * kFrameBytes);
  return frames;
}

XskTaking everything() {
  XskTaking taking;
  taking.ts_ns = 7;
  taking.snaplen = 262144;
  return taking;
}

TEST(XskRings, EveryFrameStartsInTheFillRing) {
  FakeKernel kernel;
  EXPECT_EQ(kernel.in_fill_ring(), all_frames());
  EXPECT_EQ(kernel.rings.look(), 0U);
}

TEST(XskRings, ALookTakesNoteOfWhatIsThereAndNoMore) {
  FakeKernel kernel;
  std::array<PacketView, 8> views;
  kernel.receive(1, 60);
  kernel.receive(2, 100);
  EXPECT_EQ(kernel.rings.take(views, everything()), 0U) << "before a look";
  EXPECT_EQ(kernel.rings.look(), 2U);
  kernel.receive(3, 70);
  ASSERT_EQ(kernel.rings.take(views, everything()), 2U);
  EXPECT_EQ(views[0].cap_len, 60U);
  EXPECT_EQ(views[0].data[59], 1);
  EXPECT_EQ(views[1].wire_len, 100U);
  EXPECT_EQ(views[1].data[0], 2);
  EXPECT_EQ(views[1].ts_ns, 7U);
  EXPECT_EQ(kernel.rings.pending(), 0U);
  EXPECT_EQ(kernel.rings.look(), 1U);
}

TEST(XskRings, FramesStayLentUntilTheyAreGivenBack) {
  FakeKernel kernel;
  std::array<PacketView, kFrames> views;
  for (uint32_t i = 0; i < kFrames; ++i) ASSERT_TRUE(kernel.receive(static_cast<uint8_t>(i), 60));
  EXPECT_FALSE(kernel.receive(99, 60)) << "no frame is free";
  kernel.rings.look();
  ASSERT_EQ(kernel.rings.take(views, everything()), kFrames);
  EXPECT_FALSE(kernel.receive(99, 60)) << "they are lent";
  for (uint32_t i = 0; i < kFrames; ++i) EXPECT_EQ(views[i].data[0], i);
  kernel.rings.give_back();
  EXPECT_EQ(kernel.in_fill_ring(), all_frames());
  EXPECT_TRUE(kernel.receive(99, 60));
  kernel.rings.give_back();
  EXPECT_EQ(kernel.in_fill_ring().size(), kFrames - 1) << "given back twice";
}

TEST(XskRings, NoFrameIsLostOrDoubledInALongRun) {
  std::mt19937 random(1);
  // Counters that wrap on the way.
  FakeKernel kernel(32, UINT32_MAX - 1000);
  std::deque<uint8_t> expected;
  std::array<PacketView, 16> views;
  uint8_t mark = 0;
  for (int round = 0; round < 5000; ++round) {
    for (uint32_t i = random() % 24; i > 0; --i) {
      if (kernel.receive(mark, 60 + mark)) expected.push_back(mark++);
    }
    if (kernel.rings.pending() == 0) kernel.rings.look();
    const uint32_t count = kernel.rings.take({views.data(), random() % 17}, everything());
    for (uint32_t i = 0; i < count; ++i) {
      ASSERT_EQ(views[i].data[0], expected.front()) << "round " << round;
      ASSERT_EQ(views[i].wire_len, 60U + expected.front());
      expected.pop_front();
    }
    kernel.rings.give_back();
    ASSERT_EQ(kernel.in_fill_ring().size() + expected.size(), kFrames) << "round " << round;
  }
  do {
    const uint32_t count = kernel.rings.take(views, everything());
    expected.erase(expected.begin(), expected.begin() + count);
    kernel.rings.give_back();
  } while (kernel.rings.pending() != 0 || kernel.rings.look() != 0);
  EXPECT_TRUE(expected.empty());
  EXPECT_EQ(kernel.in_fill_ring(), all_frames());
}

TEST(XskRings, TheSnapshotLengthCutsTheViewOnly) {
  FakeKernel kernel;
  std::array<PacketView, 2> views;
  kernel.receive(1, 1000);
  kernel.receive(2, 60);
  kernel.rings.look();
  XskTaking taking = everything();
  taking.snaplen = 64;
  ASSERT_EQ(kernel.rings.take(views, taking), 2U);
  EXPECT_EQ(views[0].cap_len, 64U);
  EXPECT_EQ(views[0].wire_len, 1000U);
  EXPECT_EQ(views[1].cap_len, 60U);
}

TEST(XskRings, WhatTheFilterRejectsTakesNoRoomAndGoesBack) {
  const auto longer = BpfFilter::compile("greater 100", LinkType::en10mb, 0);
  ASSERT_TRUE(longer);
  FakeKernel kernel;
  std::array<PacketView, 2> views;
  for (const uint32_t length : {60U, 100U, 61U, 62U, 200U, 300U}) kernel.receive(1, length);
  kernel.rings.look();
  XskTaking taking = everything();
  taking.filter = &*longer;
  taking.snaplen = 64;  // matched before it is cut
  ASSERT_EQ(kernel.rings.take(views, taking), 2U);
  EXPECT_EQ(views[0].wire_len, 100U);
  EXPECT_EQ(views[1].wire_len, 200U);
  EXPECT_EQ(kernel.rings.pending(), 1U);
  kernel.rings.give_back();
  EXPECT_EQ(kernel.in_fill_ring().size(), kFrames - 1);
}

TEST(XskRings, APacketInSeveralFramesIsOneView) {
  FakeKernel kernel;
  std::array<PacketView, 4> views;
  kernel.receive(1, 1792, true);
  kernel.receive(2, 1792, true);
  kernel.receive(3, 400);
  kernel.receive(4, 60);
  kernel.rings.look();
  ASSERT_EQ(kernel.rings.take({views.data(), 1}, everything()), 1U) << "a packet, not an entry";
  EXPECT_EQ(views[0].cap_len, 1792U);
  EXPECT_EQ(views[0].wire_len, 2U * 1792 + 400);
  EXPECT_EQ(views[0].data[0], 1);
  ASSERT_EQ(kernel.rings.take(views, everything()), 1U);
  EXPECT_EQ(views[0].data[0], 4);
  kernel.rings.give_back();
  EXPECT_EQ(kernel.in_fill_ring(), all_frames());
}

TEST(XskRings, APacketWhoseEndIsNotThereWaits) {
  FakeKernel kernel;
  std::array<PacketView, 4> views;
  kernel.receive(1, 60);
  kernel.receive(2, 1792, true);
  EXPECT_EQ(kernel.rings.look(), 1U);
  EXPECT_EQ(kernel.rings.take(views, everything()), 1U);
  kernel.rings.give_back();
  EXPECT_EQ(kernel.rings.look(), 0U);
  kernel.receive(3, 8);
  EXPECT_EQ(kernel.rings.look(), 2U);
  ASSERT_EQ(kernel.rings.take(views, everything()), 1U);
  EXPECT_EQ(views[0].wire_len, 1800U);
}

TEST(XskRings, TheDriverMayAskToBeWoken) {
  FakeKernel kernel;
  EXPECT_FALSE(kernel.rings.fill_needs_wakeup());
  kernel.ask_for_wakeup(true);
  EXPECT_TRUE(kernel.rings.fill_needs_wakeup());
}

TEST(XskSizes, MemoryBecomesFrames) {
  const XskSizes sizes = xsk_sizes(64 << 20, 1500, 0);
  EXPECT_EQ(sizes.frame_bytes, 2048U);
  EXPECT_EQ(sizes.frames, 32768U);
  EXPECT_EQ(sizes.rx_entries, 32768U) << "all of it waits for the reader where no card takes any";
  EXPECT_EQ(xsk_sizes(0, 1500, 0).frames, 64U);
  EXPECT_EQ(xsk_sizes(UINT64_MAX, 1500, 0).frames, 1U << 20);
  EXPECT_EQ(xsk_sizes(100 << 20, 1500, 0).frames, 32768U) << "a power of two";
}

TEST(XskSizes, TheFillRingHoldsTheCardsAndTheReceiveRing) {
  for (uint32_t nic_ring = 1; nic_ring <= 8192; nic_ring *= 2) {
    const XskSizes sizes = xsk_sizes(64 << 20, 1500, nic_ring);
    EXPECT_GE(sizes.frames, nic_ring + sizes.rx_entries) << nic_ring;
    EXPECT_EQ(sizes.rx_entries & (sizes.rx_entries - 1), 0U);
  }
  EXPECT_EQ(xsk_sizes(256 << 10, 1500, 4096).rx_entries, 64U) << "a card that takes all: half";
}

TEST(XskSizes, AFrameHoldsThePacketWhereItCan) {
  EXPECT_EQ(xsk_sizes(64 << 20, 1770, 0).frame_bytes, 2048U);
  EXPECT_EQ(xsk_sizes(64 << 20, 1771, 0).frame_bytes, 4096U);
  EXPECT_TRUE(fits_one_frame(3818));
  EXPECT_FALSE(fits_one_frame(3819));
  const Status status = mtu_too_great("eth0", 9000);
  EXPECT_EQ(to_string(status),
            "eth0: its MTU of 9000 is more than AF_XDP can take here; `ip link set eth0 mtu 3818` "
            "sets the greatest that it can");
}

TEST(XskGroup, TheFirstFailureIsEverybodysOnceAllAreEmpty) {
  backends::XskGroup group(2, -1, {0, 1});
  EXPECT_EQ(group.failure(), nullptr);
  group.fail_with({Code::device_gone, Recovery::restart_backend, ENXIO, "dev", "gone", 7});
  group.fail_with({Code::io, Recovery::restart_backend, EIO, "dev", "another", 8});
  ASSERT_NE(group.failure(), nullptr);
  EXPECT_EQ(group.failure()->message, "gone");
  EXPECT_EQ(group.failure()->worked_ns, 7U);
  group.drained();
  EXPECT_FALSE(group.all_drained());
  group.drained();
  EXPECT_TRUE(group.all_drained());
}

TEST(XskSizes, AFrameOfItsSizeTakesTheGreatestMtu) {
  for (const uint32_t frame_bytes : {backends::kSmallFrame, backends::kLargeFrame}) {
    const uint32_t most = backends::most_mtu(frame_bytes);
    EXPECT_EQ(backends::xsk_sizes(1 << 20, most, 0).frame_bytes, frame_bytes);
    if (frame_bytes == backends::kLargeFrame) continue;
    EXPECT_GT(backends::xsk_sizes(1 << 20, most + 1, 0).frame_bytes, frame_bytes);
  }
}

TEST(XskQueue, RestsNoLongerThanTheRingLasts) {
  EXPECT_EQ(XskQueue::rest_ns(1 << 20), XskQueue::kRestNs);
  EXPECT_EQ(XskQueue::rest_ns(16384), 507'904U);
  EXPECT_EQ(XskQueue::rest_ns(128), 0U) << "a small ring is read at once";
}

/// Assembled by hand from the instruction set's encoding (RFC 9669).
TEST(XdpProgram, IsTheseBytes) {
  const std::array<uint8_t, 48> expected{
      0x61, 0x12, 0x10, 0, 0,    0,    0, 0,  // r2 = *(u32 *)(r1 + 16)
      0x18, 0x11, 0,    0, 0x39, 0x30, 0, 0,  // r1 = map 12345
      0,    0,    0,    0, 0,    0,    0, 0,  //
      0xb7, 0x03, 0,    0, 2,    0,    0, 0,  // r3 = XDP_PASS
      0x85, 0,    0,    0, 51,   0,    0, 0,  // call bpf_redirect_map
      0x95, 0,    0,    0, 0,    0,    0, 0,  // exit
  };
  const auto program = redirect_program(12345);
  static_assert(sizeof program == sizeof expected);
  EXPECT_EQ(std::memcmp(program.data(), expected.data(), expected.size()), 0);
}

}  // namespace
}  // namespace weir::testing
