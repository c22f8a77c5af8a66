// Large files are read where they lie. What a file does while it is read must not end the program.

#include "backends/pcap_file/mapping.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "backends/pcap_file/pcap_file.h"
#include "tests/unit/backends/capture_bytes.h"
#include "tests/unit/backends/reading.h"

namespace weir::testing {
namespace {

using backends::Mapping;
using backends::PcapFile;

constexpr size_t kPage = 4096;
constexpr uint32_t kPackets = 30'000;

/// 3 MB: large enough to be mapped.
std::vector<uint8_t> large_pcap() {
  CaptureBytes file = pcap_header({});
  for (uint32_t i = 0; i < kPackets; ++i) {
    add_record(file, i, 0, payload(60 + i % 50, static_cast<uint8_t>(i)));
  }
  return file.bytes();
}

/// Reads `packets` packets of an opened backend, or to its end, and checks that each is as written.
uint32_t read_some(PcapFile& backend, uint32_t first, uint32_t packets) {
  uint32_t number = first;
  while (number < first + packets) {
    const auto batch = backend.queue(0).receive(std::min(256U, first + packets - number));
    if (!batch || batch->state() != PacketBatch::State::packets) break;
    for (const PacketView& packet : batch->packets()) {
      const std::vector<uint8_t> bytes(packet.data, packet.data + packet.cap_len);
      EXPECT_EQ(bytes, payload(60 + number % 50, static_cast<uint8_t>(number)));
      ++number;
    }
  }
  return number - first;
}

TEST(Mapping, APageThatWentReadsAsZerosAndIsNamed) {
  const TempFile file(std::vector<uint8_t>(10 * kPage, 7));
  const int fd = open(file.path().c_str(), O_RDONLY);
  const auto mapping = Mapping::of(fd, 10 * kPage);
  close(fd);
  ASSERT_TRUE(mapping);
  const std::span<const uint8_t> bytes = mapping->bytes();
  ASSERT_EQ(bytes.size(), 10 * kPage);
  EXPECT_EQ(bytes[10 * kPage - 1], 7);
  EXPECT_EQ(mapping->lost_from(), 10 * kPage);
  std::filesystem::resize_file(file.path(), 4 * kPage);
  EXPECT_EQ(bytes[6 * kPage + 1], 0);
  EXPECT_EQ(mapping->lost_from(), 6 * kPage);
  EXPECT_EQ(bytes[5 * kPage], 0);
  EXPECT_EQ(mapping->lost_from(), 5 * kPage);
  EXPECT_EQ(bytes[4 * kPage - 1], 7);
}

TEST(Mapping, WhatWasGivenBackCanBeReadAgain) {
  constexpr size_t kSize = size_t{20} << 20;
  const TempFile file(std::vector<uint8_t>(kSize, 3));
  const int fd = open(file.path().c_str(), O_RDONLY);
  const auto mapping = Mapping::of(fd, kSize);
  close(fd);
  ASSERT_TRUE(mapping);
  mapping->done_before(kSize - 1);
  EXPECT_EQ(mapping->bytes()[0], 3);
  EXPECT_EQ(mapping->lost_from(), kSize);
}

// Another fault on the bus is not weir's to hide.
TEST(MappingDeathTest, AnotherBusErrorStillEndsTheProgram) {
  const TempFile file(std::vector<uint8_t>(2 * kPage, 7));
  const int fd = open(file.path().c_str(), O_RDONLY);
  const auto mapping = Mapping::of(fd, 2 * kPage);
  ASSERT_TRUE(mapping);
  const auto* others =
      static_cast<const volatile char*>(mmap(nullptr, 2 * kPage, PROT_READ, MAP_SHARED, fd, 0));
  std::filesystem::resize_file(file.path(), 0);
  EXPECT_DEATH((void)others[kPage], "");
  munmap(const_cast<char*>(others), 2 * kPage);
  close(fd);
}

TEST(MappedPcap, IsTheSameAsInSmallPieces) {
  const std::vector<uint8_t> bytes = large_pcap();
  const Reading reading = read_bytes(bytes);
  EXPECT_TRUE(reading.notices.empty());
  EXPECT_EQ(reading.packets, read_bytes(gzip(bytes)).packets) << "which is not mapped";
}

TEST(MappedPcap, ACutAtItsEndIsSaid) {
  std::vector<uint8_t> bytes = large_pcap();
  const size_t whole = bytes.size() - 5;
  bytes.resize(whole);
  const Reading reading = read_bytes(bytes);
  EXPECT_EQ(reading.packets.size(), kPackets - 1);
  EXPECT_EQ(reading.notices, std::vector{"FILE: cut short at byte " + std::to_string(whole) +
                                         ", after " + std::to_string(kPackets - 1) + " packets"});
}

TEST(MappedPcap, WhatIsWrittenMeanwhileIsReadToo) {
  const TempFile file(large_pcap());
  PcapFile backend({file.path()});
  ASSERT_TRUE(backend.open({}));
  EXPECT_EQ(read_some(backend, 0, 1000), 1000U);
  CaptureBytes more;
  for (uint32_t i = kPackets; i < kPackets + 500; ++i) {
    add_record(more, i, 0, payload(60 + i % 50, static_cast<uint8_t>(i)));
  }
  std::ofstream(file.path(), std::ios::app | std::ios::binary)
      .write(reinterpret_cast<const char*>(more.bytes().data()),
             static_cast<std::streamsize>(more.size()));
  EXPECT_EQ(read_some(backend, 1000, UINT32_MAX / 2), kPackets - 1000 + 500);
  EXPECT_TRUE(backend.take_notices().empty());
}

TEST(MappedPcap, AFileThatIsMadeShorterGivesWhatIsWholeAndSaysSo) {
  const TempFile file(large_pcap());
  PcapFile backend({file.path()});
  ASSERT_TRUE(backend.open({}));
  EXPECT_EQ(read_some(backend, 0, 1000), 1000U);
  constexpr size_t kLeft = size_t{1} << 20;
  std::filesystem::resize_file(file.path(), kLeft);
  size_t whole = 24;
  uint32_t packets = 0;
  while (whole + 16 + 60 + packets % 50 <= kLeft) whole += 16 + 60 + packets++ % 50;
  EXPECT_EQ(read_some(backend, 1000, UINT32_MAX / 2), packets - 1000);
  const std::vector<Status> notices = backend.take_notices();
  ASSERT_EQ(notices.size(), 1U);
  EXPECT_EQ(notices[0].code, Code::damaged);
  EXPECT_NE(notices[0].message.find("became shorter"), std::string::npos) << notices[0].message;
}

}  // namespace
}  // namespace weir::testing
