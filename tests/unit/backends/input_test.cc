#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "backends/pcap_file/pcap_file.h"
#include "tests/unit/backends/capture_bytes.h"
#include "tests/unit/backends/reading.h"

namespace weir::testing {
namespace {

using Strings = std::vector<std::string>;
using backends::PcapFile;

std::vector<uint8_t> numbered_pcap(uint32_t packets, uint32_t first = 0) {
  CaptureBytes file = pcap_header({});
  for (uint32_t i = first; i < first + packets; ++i) {
    std::vector<uint8_t> data = payload(60 + i % 50, static_cast<uint8_t>(i));
    for (int byte = 0; byte < 4; ++byte) data[byte] = static_cast<uint8_t>(i >> (8 * byte));
    add_record(file, i, 0, data);
  }
  return file.bytes();
}

uint32_t number_of(const SeenPacket& packet) {
  return packet.bytes[0] | packet.bytes[1] << 8 | packet.bytes[2] << 16 |
         static_cast<uint32_t>(packet.bytes[3]) << 24;
}

Status open_error(std::vector<std::string> paths) {
  PcapFile backend(std::move(paths));
  auto opened = backend.open({});
  EXPECT_FALSE(opened);
  return opened ? Status{} : opened.error();
}

TEST(Paths, None) {
  EXPECT_EQ(open_error({}).code, Code::usage);
}

TEST(Paths, Missing) {
  const Status status = open_error({"/nonexistent/a.pcap"});
  EXPECT_EQ(status.code, Code::not_found);
  EXPECT_EQ(to_string(status), "/nonexistent/a.pcap: No such file or directory");
  EXPECT_EQ(status.recovery, Recovery::give_up);
}

TEST(Paths, ADirectory) {
  const Status status = open_error({::testing::TempDir()});
  EXPECT_EQ(status.code, Code::not_found);
  EXPECT_TRUE(status.message.ends_with("is a directory, not a file")) << status.message;
}

TEST(Paths, Unreadable) {
  const TempFile file(numbered_pcap(1));
  ASSERT_EQ(chmod(file.path().c_str(), 0), 0);
  // Root may read everything, so it becomes somebody else, in a process of its own.
  EXPECT_EXIT(
      {
        constexpr uid_t kNobody = 65534;
        if (geteuid() == 0 && setuid(kNobody) != 0) _exit(1);
        const Status status = open_error({file.path()});
        _exit(status.code == Code::not_permitted && status.where == file.path() ? 0 : 2);
      },
      ::testing::ExitedWithCode(0), "");
}

// Before anything is read: a mistyped name is not found out after an hour.
TEST(Paths, TheLastIsLookedAtBeforeTheFirstIsRead) {
  const TempFile good(numbered_pcap(1));
  EXPECT_EQ(open_error({good.path(), "/nonexistent/b.pcap"}).where, "/nonexistent/b.pcap");
}

TEST(Paths, OneThatDisappearsLaterIsANotice) {
  const TempFile good(numbered_pcap(3));
  auto gone = std::make_unique<TempFile>(numbered_pcap(3));
  const std::string path = gone->path();
  PcapFile backend({path, good.path()});
  ASSERT_TRUE(backend.open({}));
  gone.reset();
  size_t packets = 0;
  for (;;) {
    const auto batch = backend.queue(0).receive(256);
    ASSERT_TRUE(batch);
    if (batch->state() == PacketBatch::State::end) break;
    packets += batch->packets().size();
  }
  EXPECT_EQ(packets, 3U);
  const std::vector<Status> notices = backend.take_notices();
  ASSERT_EQ(notices.size(), 1U);
  EXPECT_EQ(notices[0].where, path);
  EXPECT_EQ(notices[0].code, Code::damaged) << "the run must not end as if nothing were missing";
  EXPECT_TRUE(backend.take_notices().empty()) << "each is told once";
}

TEST(Content, Empty) {
  const Reading reading = read_bytes({});
  EXPECT_EQ(reading.notices, Strings{"FILE: empty"});
  EXPECT_EQ(reading.notice_codes, std::vector{Code::damaged});
  EXPECT_TRUE(reading.ended);
}

// A file whose first page cannot be read, as on a failing disk.
TEST(Content, AReadErrorIsDamage) {
  const Reading reading = read_files({"/proc/self/mem"});
  EXPECT_EQ(reading.notices, Strings{"/proc/self/mem: cannot be read at byte 0: "
                                     "Input/output error, after 0 packets"});
  EXPECT_EQ(reading.notice_codes, std::vector{Code::damaged});
  EXPECT_TRUE(reading.ended);
}

TEST(Files, OneAfterTheOtherWithTheDamagedBetween) {
  const TempFile first(numbered_pcap(10));
  std::vector<uint8_t> cut = numbered_pcap(5, 10);
  cut.resize(cut.size() - 7);
  const TempFile second(cut);
  const TempFile third(payload(100, 1));
  const TempFile fourth({});
  const TempFile fifth(gzip(numbered_pcap(6, 14)));
  const Reading reading =
      read_files({first.path(), second.path(), third.path(), fourth.path(), fifth.path()}, {}, 7);
  ASSERT_EQ(reading.packets.size(), 20U);
  for (uint32_t i = 0; i < 20; ++i) EXPECT_EQ(number_of(reading.packets[i]), i);
  Strings expected = Strings{
      second.path() + ": cut short at byte " + std::to_string(cut.size()) + ", after 4 packets",
      third.path() + ": not a capture file", fourth.path() + ": empty"};
  Strings notices = reading.notices;
  // Files without a packet are in the order of their names, which are random here.
  std::sort(expected.begin(), expected.end());
  std::sort(notices.begin(), notices.end());
  EXPECT_EQ(notices, expected);
  EXPECT_EQ(reading.info.name, first.path() + " and 4 more");
}

TEST(Files, ManyEmptyOnesDoNotHideTheLast) {
  const TempFile empty({});
  const TempFile good(numbered_pcap(2));
  std::vector<std::string> paths(100, empty.path());
  paths.push_back(good.path());
  const Reading reading = read_files(paths);
  EXPECT_EQ(reading.packets.size(), 2U);
  EXPECT_EQ(reading.notices.size(), 100U);
}

TEST(Files, ReadAgainAfterClose) {
  const TempFile file(numbered_pcap(5));
  PcapFile backend({file.path()});
  EXPECT_EQ(read_all(backend).packets.size(), 5U);
  EXPECT_EQ(read_all(backend).packets.size(), 5U);
}

TEST(Files, ProgressCountsBytesOnTheDisk) {
  const std::vector<uint8_t> packed = gzip(numbered_pcap(1000));
  const TempFile file(packed);
  PcapFile backend({file.path(), file.path()});
  ASSERT_TRUE(backend.open({}));
  EXPECT_EQ(backend.progress().done_bytes, 0U);
  EXPECT_EQ(backend.progress().total_bytes, 2 * packed.size());
  while (backend.queue(0).receive(256)->state() != PacketBatch::State::end) {
  }
  EXPECT_EQ(backend.progress().done_bytes, 2 * packed.size());
}

TEST(Files, ALossIsUnknownAndNotZero) {
  const TempFile file(numbered_pcap(1));
  PcapFile backend({file.path()});
  ASSERT_TRUE(backend.open({}));
  EXPECT_FALSE(backend.queue(0).drops().kernel.has_value());
  EXPECT_FALSE(backend.queue(0).drops().nic.has_value());
}

// All packets once, each queue in file order, whoever asks.
TEST(Queues, ShareTheFile) {
  constexpr uint32_t kPackets = 20'000;
  const TempFile file(numbered_pcap(kPackets));
  for (const uint32_t queues : {2U, 5U}) {
    PcapFile backend({file.path()});
    CaptureOptions options;
    options.queues = queues;
    const auto info = backend.open(options);
    ASSERT_TRUE(info);
    EXPECT_EQ(info->queues, queues);
    EXPECT_FALSE(info->symmetric);
    std::vector<std::vector<SeenPacket>> seen(queues);
    std::vector<std::thread> readers;
    for (uint32_t i = 0; i < queues; ++i) {
      readers.emplace_back([&backend, &seen, i] {
        for (;;) {
          const auto batch = backend.queue(i).receive(64);
          if (!batch || batch->state() == PacketBatch::State::end) break;
          for (const PacketView& view : batch->packets()) seen[i].emplace_back(view);
        }
      });
    }
    for (std::thread& reader : readers) reader.join();
    std::vector<uint32_t> numbers;
    for (const auto& packets : seen) {
      uint32_t before = 0;
      for (const SeenPacket& packet : packets) {
        EXPECT_GE(number_of(packet), before);
        before = number_of(packet);
        numbers.push_back(before);
      }
    }
    std::sort(numbers.begin(), numbers.end());
    ASSERT_EQ(numbers.size(), kPackets);
    for (uint32_t i = 0; i < kPackets; ++i) ASSERT_EQ(numbers[i], i);
  }
}

TEST(Leases, AreBoundedAndUsedAgain) {
  constexpr uint32_t kPackets = 30'000;  // about 3 MB: every chunk is needed again
  const TempFile file(numbered_pcap(kPackets));
  PcapFile backend({file.path()});
  ASSERT_TRUE(backend.open({}));
  CaptureQueue& queue = backend.queue(0);
  std::vector<PacketBatch> held;
  uint32_t next = 0;
  for (bool ended = false; !ended;) {
    auto batch = queue.receive(500);
    ASSERT_TRUE(batch);
    if (batch->state() == PacketBatch::State::packets) {
      held.push_back(std::move(*batch));
      if (held.size() < PcapFile::kMostLeases) continue;
      const auto none = queue.receive(500);
      ASSERT_TRUE(none);
      ASSERT_EQ(none->state(), PacketBatch::State::empty) << "a ninth lease";
    } else {
      ASSERT_EQ(batch->state(), PacketBatch::State::end);
      ended = true;
    }
    // What was read last is still as it was read, in all of the leases.
    for (const PacketBatch& each : held) {
      for (const PacketView& view : each.packets()) {
        const SeenPacket packet(view);
        ASSERT_EQ(number_of(packet), next);
        std::vector<uint8_t> expected = payload(60 + next % 50, static_cast<uint8_t>(next));
        std::copy_n(packet.bytes.begin(), 4, expected.begin());
        ASSERT_EQ(packet.bytes, expected);
        ++next;
      }
    }
    held.clear();
  }
  EXPECT_EQ(next, kPackets);
}

TEST(Leases, TheClockIsThatOfTheBatchBefore) {
  CaptureBytes pcap = pcap_header({});
  for (const uint32_t seconds : {5, 9, 7, 8, 10}) add_record(pcap, seconds, 0, payload(60, 1));
  const TempFile file(pcap.bytes());
  PcapFile backend({file.path()});
  ASSERT_TRUE(backend.open({}));
  std::vector<uint64_t> clocks;
  for (;;) {
    const auto batch = backend.queue(0).receive(2);
    ASSERT_TRUE(batch);
    if (batch->state() != PacketBatch::State::packets) break;
    clocks.push_back(batch->clock_ns() / 1'000'000'000);
  }
  EXPECT_EQ(clocks, (std::vector<uint64_t>{0, 9, 9}));
}

TEST(Snaplen, CutsTheCaptureAndNotTheWireLength) {
  CaptureOptions options;
  options.snaplen = 64;
  const Reading reading = read_bytes(numbered_pcap(50), options);
  ASSERT_EQ(reading.packets.size(), 50U);
  for (uint32_t i = 0; i < 50; ++i) {
    EXPECT_EQ(reading.packets[i].bytes.size(), std::min(64U, 60 + i));
    EXPECT_EQ(reading.packets[i].wire_len, 60 + i);
  }
}

}  // namespace
}  // namespace weir::testing
