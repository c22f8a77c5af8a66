#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "backends/pcap_file/pcap_file.h"
#include "tests/unit/backends/capture_bytes.h"
#include "tests/unit/backends/packing.h"
#include "tests/unit/backends/reading.h"

namespace weir::testing {
namespace {

using Strings = std::vector<std::string>;

constexpr size_t kPackets = 1500;  // more than one chunk and one compressed buffer hold

/// Frames whose bytes do not compress.
std::vector<uint8_t> long_pcap() {
  CaptureBytes file = pcap_header({});
  uint32_t state = 1;
  for (uint32_t i = 0; i < kPackets; ++i) {
    std::vector<uint8_t> data(60 + i % 700);
    for (uint8_t& byte : data) {
      state = state * 1664525 + 1013904223;
      byte = static_cast<uint8_t>(state >> 24);
    }
    add_record(file, 1'700'000'000 + i, 0, data);
  }
  return file.bytes();
}

void append(std::vector<uint8_t>& to, std::span<const uint8_t> more) {
  to.insert(to.end(), more.begin(), more.end());
}

/// Reads to the end as the worker does: polls the descriptor whenever there is nothing.
std::vector<SeenPacket> read_pipe(const std::string& path, std::vector<Status>& notices) {
  constexpr int kPatienceMs = 20'000;
  backends::PcapFile backend({path});
  std::vector<SeenPacket> packets;
  if (!backend.open({})) return packets;
  CaptureQueue& queue = backend.queue(0);
  for (;;) {
    const auto batch = queue.receive(256);
    if (!batch || batch->state() == PacketBatch::State::end) break;
    for (const PacketView& view : batch->packets()) packets.emplace_back(view);
    pollfd ready{queue.wait_fd(), POLLIN, 0};
    if (batch->state() == PacketBatch::State::empty && poll(&ready, 1, kPatienceMs) == 0) break;
  }
  notices = backend.take_notices();
  return packets;
}

class Compression : public ::testing::TestWithParam<Packing> {
 protected:
  std::vector<uint8_t> packed(std::span<const uint8_t> content) const {
    return pack(GetParam(), content);
  }
  void expect_all(const Reading& reading) const {
    ASSERT_EQ(expected_.packets.size(), kPackets);
    EXPECT_EQ(reading.notices, Strings{});
    EXPECT_TRUE(reading.packets == expected_.packets);
  }
  void expect_start(const Reading& reading) const {
    ASSERT_LE(reading.packets.size(), kPackets);
    EXPECT_TRUE(
        std::equal(reading.packets.begin(), reading.packets.end(), expected_.packets.begin()));
  }

  const std::vector<uint8_t> plain_ = long_pcap();
  const Reading expected_ = read_bytes(plain_);
};

TEST_P(Compression, Whole) {
  const Reading reading = read_bytes(packed(plain_));
  EXPECT_EQ(reading.info.link_type, LinkType::en10mb);
  expect_all(reading);
}

TEST_P(Compression, Concatenated) {
  for (const size_t step : {size_t{20'000}, size_t{65536}, size_t{300'001}}) {
    std::vector<uint8_t> all;
    for (size_t at = 0; at < plain_.size(); at += step) {
      append(all, packed(std::span(plain_).subspan(at, std::min(step, plain_.size() - at))));
    }
    expect_all(read_bytes(all));
  }
}

TEST_P(Compression, EmptyMembersAndTrailingZeros) {
  std::vector<uint8_t> all = packed({});
  append(all, packed(plain_));
  append(all, packed({}));
  all.resize(all.size() + 100'000);
  expect_all(read_bytes(all));
}

TEST_P(Compression, Cut) {
  const std::vector<uint8_t> all = packed(plain_);
  for (size_t cut = 6; cut < all.size(); cut += all.size() / 13) {
    const Reading reading = read_bytes(std::span(all).first(cut));
    expect_start(reading);
    EXPECT_EQ(reading.notices,
              Strings{"FILE: compressed data cut short at byte " + std::to_string(cut) +
                      ", after " + std::to_string(reading.packets.size()) +
                      (reading.packets.size() == 1 ? " packet" : " packets")});
    EXPECT_EQ(reading.notice_codes, std::vector{Code::damaged});
  }
}

TEST_P(Compression, CutInTheLastBytes) {
  const std::vector<uint8_t> all = packed(plain_);
  const Reading reading = read_bytes(std::span(all).first(all.size() - 1));
  expect_start(reading);
  ASSERT_EQ(reading.notices.size(), 1U);
  EXPECT_TRUE(reading.notices[0].starts_with("FILE: compressed data cut short at byte "))
      << reading.notices[0];
}

// Wherever a byte is changed: what is handed out before is right, or it is said.
TEST_P(Compression, Damaged) {
  const std::vector<uint8_t> all = packed(plain_);
  for (size_t at = 6; at < all.size(); at += all.size() / 17) {
    std::vector<uint8_t> changed = all;
    changed[at] ^= 0x55;
    const Reading reading = read_bytes(changed);
    if (reading.packets == expected_.packets && reading.notices.empty()) continue;
    ASSERT_EQ(reading.notices.size(), 1U) << at;
    EXPECT_NE(reading.notice_codes, std::vector{Code::io}) << reading.notices[0];
  }
}

// The last bytes of each format are a checksum or part of what it covers.
TEST_P(Compression, AWrongChecksumIsSaid) {
  std::vector<uint8_t> all = packed(plain_);
  // gzip ends in checksum and length, xz in a footer with its own checksum.
  const size_t from_end = GetParam() == Packing::gzip ? 6 : GetParam() == Packing::xz ? 10 : 3;
  all[all.size() - from_end] ^= 0x41;
  const Reading reading = read_bytes(all);
  expect_start(reading);
  ASSERT_EQ(reading.notices.size(), 1U);
  EXPECT_TRUE(reading.notices[0].starts_with("FILE: compressed data garbled at byte "))
      << reading.notices[0];
}

TEST_P(Compression, SomethingElseBehindAMember) {
  std::vector<uint8_t> all = packed(plain_);
  const size_t end = all.size();
  append(all, std::vector<uint8_t>{0, 0, 'x', 'y'});
  const Reading reading = read_bytes(all);
  EXPECT_TRUE(reading.packets == expected_.packets);
  EXPECT_EQ(reading.notices, Strings{"FILE: compressed data garbled at byte " +
                                     std::to_string(end + 2) + ", after 1500 packets"});
}

TEST_P(Compression, EveryCaptureFormatInside) {
  PcapngBytes file;
  file.interface(1).enhanced(0, 1, payload(60, 1)).enhanced(0, 2, payload(60, 2));
  const Reading reading = read_bytes(packed(file.bytes()));
  EXPECT_EQ(reading.notices, Strings{});
  EXPECT_EQ(reading.packets.size(), 2U);
  EXPECT_EQ(read_bytes(packed({})).notices, Strings{"FILE: empty"});
  const std::vector<uint8_t> twice = packed(packed(plain_));
  ASSERT_EQ(read_bytes(twice).notices.size(), 1U);
  EXPECT_TRUE(read_bytes(twice).notices[0].ends_with("within compressed data: unpack it first"));
}

// 256 MiB of zeros behind the header: one packet of no bytes after the other. It is walked in the
// memory of a few chunks; the time is what a bomb costs.
TEST_P(Compression, ABombIsStreamed) {
  CaptureBytes file = pcap_header({});
  std::vector<uint8_t> all = packed(file.bytes());
  const std::vector<uint8_t> zeros = packed(std::vector<uint8_t>(8 << 20));
  for (int i = 0; i < 4; ++i) append(all, zeros);
  const Reading reading = read_bytes(all, {}, 4096);
  EXPECT_EQ(reading.notices, Strings{});
  EXPECT_EQ(reading.packets.size(), (32U << 20) / 16);
}

// The magic number comes byte by byte.
TEST_P(Compression, FromAPipe) {
  const std::vector<uint8_t> all = packed(plain_);
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  std::thread writer([&] {
    for (size_t at = 0; at < all.size();) {
      const size_t length = at < 8 ? 1 : std::min<size_t>(all.size() - at, 30'000);
      const ssize_t wrote = write(ends[1], all.data() + at, length);
      if (wrote <= 0) break;
      at += static_cast<size_t>(wrote);
      if (at <= 8) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    close(ends[1]);
  });
  std::vector<Status> notices;
  const auto packets = read_pipe("/proc/self/fd/" + std::to_string(ends[0]), notices);
  writer.join();
  close(ends[0]);
  EXPECT_TRUE(notices.empty());
  EXPECT_TRUE(packets == expected_.packets);
}

std::string name_of(const ::testing::TestParamInfo<Packing>& tested) {
  switch (tested.param) {
    case Packing::gzip: return "gzip";
    case Packing::zstd: return "zstd";
    case Packing::lz4: return "lz4";
    case Packing::bzip2: return "bzip2";
    case Packing::xz: break;
  }
  return "xz";
}

INSTANTIATE_TEST_SUITE_P(All, Compression,
                         ::testing::Values(Packing::gzip, Packing::zstd, Packing::lz4,
                                           Packing::bzip2, Packing::xz),
                         name_of);

// pzstd writes a frame without data in front of each with some; LZ4 knows the same frame.
TEST(SkippableFrames, AreSkipped) {
  for (const Packing packing : {Packing::zstd, Packing::lz4}) {
    std::vector<uint8_t> all;
    CaptureBytes skipped;
    skipped.u32(0x184d2a53).u32(5).raw("weir!");
    append(all, skipped.bytes());
    append(all, skipped.bytes());
    CaptureBytes file = pcap_header({});
    add_record(file, 1, 0, payload(60, 1));
    append(all, pack(packing, file.bytes()));
    append(all, skipped.bytes());
    const Reading reading = read_bytes(all);
    EXPECT_EQ(reading.notices, Strings{});
    EXPECT_EQ(reading.packets.size(), 1U);
  }
}

TEST(WindowsOfHostileSize, AreRefused) {
  CaptureBytes file = pcap_header({});
  add_record(file, 1, 0, payload(60, 1));
  const Strings refused{
      "FILE: compressed data that need more than 128 MiB of memory, "
      "after 0 packets"};
  EXPECT_EQ(read_bytes(zstd_with_window(file.bytes(), 27)).packets.size(), 1U);
  EXPECT_EQ(read_bytes(zstd_with_window(file.bytes(), 28)).notices, refused);
  EXPECT_EQ(read_bytes(xz_with_window(file.bytes(), 26)).packets.size(), 1U);
  EXPECT_EQ(read_bytes(xz_with_window(file.bytes(), 28)).notices, refused);
}

}  // namespace
}  // namespace weir::testing
