#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/backends/capture_bytes.h"
#include "tests/unit/backends/reading.h"

namespace weir::testing {
namespace {

using Strings = std::vector<std::string>;
using Option = std::pair<uint16_t, uint64_t>;

constexpr uint16_t kIfReceived = 4;
constexpr uint16_t kIfDrop = 5;
constexpr uint16_t kFilterAccept = 6;
constexpr uint16_t kOsDrop = 7;
constexpr uint16_t kUserDelivered = 8;
constexpr uint16_t kDropCount = 4;  // of a packet

std::vector<uint8_t> options(bool big_endian, const std::vector<Option>& all) {
  CaptureBytes bytes(big_endian);
  for (const auto& [code, value] : all) bytes.u16(code).u16(8).u64(value);
  return bytes.u16(0).u16(0).bytes();
}

/// A pcapng file that is written block by block, with statistics.
class File {
 public:
  explicit File(bool big_endian = false) : big_endian_(big_endian), bytes_(big_endian) {}

  File& section() {
    bytes_.section(big_endian_);
    return *this;
  }
  File& interface() {
    bytes_.interface(1);
    return *this;
  }
  File& packet(uint32_t id, const std::vector<Option>& all = {}, size_t length = 61) {
    bytes_.enhanced(id, 1, payload(length, 1), 0,
                    all.empty() ? std::vector<uint8_t>{} : options(big_endian_, all));
    return *this;
  }
  File& statistics(uint32_t id, const std::vector<Option>& all) {
    CaptureBytes body(big_endian_);
    bytes_.block(5, body.u32(id).u32(0).u32(1).raw(options(big_endian_, all)));
    return *this;
  }
  PcapngBytes& raw() { return bytes_; }
  const std::vector<uint8_t>& bytes() const { return bytes_.bytes(); }
  Reading read() const { return read_bytes(bytes()); }

 private:
  bool big_endian_;
  PcapngBytes bytes_;
};

void expect_drops(const Reading& reading, std::optional<uint64_t> nic,
                  std::optional<uint64_t> kernel, uint64_t partly_known = 0) {
  EXPECT_EQ(reading.notices, Strings{});
  EXPECT_EQ(reading.drops.nic, nic);
  EXPECT_EQ(reading.drops.kernel, kernel);
  EXPECT_EQ(reading.drops.partly_known, partly_known);
}

TEST(Losses, AFileThatSaysNothingLeavesThemUnknown) {
  CaptureBytes pcap = pcap_header({});
  add_record(pcap, 1, 0, payload(60, 1));
  expect_drops(read_bytes(pcap.bytes()), {}, {});
  expect_drops(File().interface().packet(0).read(), {}, {});
  expect_drops(File().read(), {}, {});
  const Reading nothing = read_bytes({});
  EXPECT_EQ(nothing.drops.nic, std::nullopt);
  EXPECT_EQ(nothing.drops.kernel, std::nullopt);
}

TEST(Losses, OfOneInterfaceInBothByteOrders) {
  for (const bool big_endian : {false, true}) {
    expect_drops(File(big_endian)
                     .interface()
                     .packet(0)
                     .statistics(0, {{kIfReceived, 5000},
                                     {kIfDrop, 300},
                                     {kFilterAccept, 4000},
                                     {kOsDrop, 700},
                                     {kUserDelivered, 3300}})
                     .read(),
                 300, 700);
  }
}

TEST(Losses, NoneToldIsZeroAndNotUnknown) {
  expect_drops(File().interface().packet(0).statistics(0, {{kIfDrop, 0}, {kOsDrop, 0}}).read(), 0,
               0);
}

TEST(Losses, OneCauseToldLeavesTheOtherUnknown) {
  expect_drops(File().interface().statistics(0, {{kIfDrop, 3}}).read(), 3, {});
  expect_drops(File().interface().statistics(0, {{kOsDrop, 4}}).read(), {}, 4);
  expect_drops(File().interface().statistics(0, {{kIfReceived, 9}}).read(), {}, {});
}

// The counters are sums since the capture began.
TEST(Losses, TheLastStatisticsCount) {
  expect_drops(File()
                   .interface()
                   .packet(0)
                   .statistics(0, {{kIfDrop, 1}, {kOsDrop, 2}})
                   .packet(0)
                   .statistics(0, {{kIfDrop, 10}, {kOsDrop, 20}})
                   .statistics(0, {{kIfDrop, 12}})
                   .read(),
               12, 20);
}

TEST(Losses, InterfacesAndSectionsAddUp) {
  File file;
  file.interface().interface();
  file.statistics(0, {{kIfDrop, 1}, {kOsDrop, 10}}).statistics(1, {{kIfDrop, 2}, {kOsDrop, 20}});
  file.section().interface().packet(0).statistics(0, {{kIfDrop, 4}, {kOsDrop, 40}});
  expect_drops(file.read(), 7, 70);
}

TEST(Losses, AnInterfaceThatTellsNothingLeavesASumThatIsALowerBound) {
  expect_drops(File().interface().interface().statistics(1, {{kIfDrop, 2}, {kOsDrop, 20}}).read(),
               {}, {}, 22);
  expect_drops(
      File().interface().statistics(0, {{kIfDrop, 2}, {kOsDrop, 20}}).section().interface().read(),
      {}, {}, 22);
}

TEST(Losses, FilesAddUp) {
  const TempFile first(File().interface().statistics(0, {{kIfDrop, 1}, {kOsDrop, 10}}).bytes());
  const TempFile second(
      File(true).interface().statistics(0, {{kIfDrop, 300}, {kOsDrop, 700}}).bytes());
  const TempFile silent(File().interface().packet(0).bytes());
  const TempFile half(File().interface().statistics(0, {{kOsDrop, 5}}).bytes());
  expect_drops(read_files({first.path(), second.path()}), 301, 710);
  expect_drops(read_files({first.path(), silent.path(), second.path()}), {}, {}, 1011);
  expect_drops(read_files({silent.path(), first.path()}), {}, {}, 11);
  expect_drops(read_files({first.path(), half.path()}), {}, 15, 1);
  // Told by one queue, however many there are.
  CaptureOptions queues;
  queues.queues = 3;
  expect_drops(read_files({first.path(), second.path()}, queues), 301, 710);
}

TEST(Losses, OfPackets) {
  for (const bool big_endian : {false, true}) {
    File file(big_endian);
    file.interface().packet(0, {{2, 7}, {kDropCount, 4}}).packet(0).packet(0, {{kDropCount, 6}});
    expect_drops(file.read(), {}, 10);
  }
  // Two interfaces, one tells.
  expect_drops(File().interface().interface().packet(0, {{kDropCount, 4}}).packet(1).read(), {}, {},
               4);
}

// Both count the same packets, so they never add up.
TEST(Losses, OfPacketsAndStatisticsAreTheSamePackets) {
  const auto both = [](uint64_t dropcount, const std::vector<Option>& statistics) {
    return File().interface().packet(0, {{kDropCount, dropcount}}).statistics(0, statistics).read();
  };
  expect_drops(both(900, {{kIfDrop, 300}, {kOsDrop, 700}}), 300, 700);
  expect_drops(both(1200, {{kIfDrop, 300}, {kOsDrop, 700}}), 300, 900);
  expect_drops(both(400, {{kIfDrop, 300}}), 300, 100);
  expect_drops(both(200, {{kIfDrop, 300}}), 300, 0);
  expect_drops(both(500, {{kOsDrop, 700}}), {}, 700);
}

TEST(Losses, OfTheObsoletePacketBlock) {
  File file;
  file.interface();
  file.raw().obsolete(0, 5, 1, payload(60, 1)).obsolete(0, 0xffff, 1, payload(60, 1));
  expect_drops(file.read(), {}, 5);
  File none;
  none.interface();
  none.raw().obsolete(0, 0xffff, 1, payload(60, 1));
  expect_drops(none.read(), {}, {});
}

// A length that does not fit is no number, and no reason to stop.
TEST(Losses, OptionsOfAnOddLength) {
  for (const uint16_t length : {0, 1, 4, 7, 9, 16}) {
    File file;
    file.interface().packet(0);
    CaptureBytes body;
    body.u32(0).u32(0).u32(1).u16(kIfDrop).u16(length).raw(std::vector<uint8_t>(length, 1)).pad4();
    file.raw().block(5, body.u16(kOsDrop).u16(8).u64(9));
    file.packet(0);
    expect_drops(file.read(), {}, 9);
    EXPECT_EQ(file.read().packets.size(), 2U);
  }
}

TEST(Losses, StatisticsThatMakeNoSenseAreSkipped) {
  File file;
  file.interface().packet(0).statistics(1, {{kIfDrop, 1}, {kOsDrop, 1}});  // not described
  file.statistics(UINT32_MAX, {{kIfDrop, 1}});
  file.raw().block(5, CaptureBytes().u32(0).u32(0));  // too short
  CaptureBytes runs_past;
  file.raw().block(5, runs_past.u32(0).u32(0).u32(0).u16(kIfDrop).u16(800).u32(0));
  CaptureBytes no_end;
  file.raw().block(5, no_end.u32(0).u32(0).u32(0).u16(kOsDrop).u16(8).u64(6));
  file.packet(0);
  const Reading reading = file.read();
  expect_drops(reading, {}, 6);
  EXPECT_EQ(reading.packets.size(), 2U);
}

TEST(Losses, HostileCounts) {
  constexpr uint64_t kMost = UINT64_MAX;
  // 2^64-1 is how writers say that they do not know.
  expect_drops(File().interface().statistics(0, {{kIfDrop, kMost}, {kOsDrop, kMost}}).read(), {},
               {});
  expect_drops(File().interface().packet(0, {{kDropCount, kMost}}).read(), {}, {});
  // What is one less adds up to no more than 64 bits hold.
  File file;
  file.interface().interface();
  file.statistics(0, {{kIfDrop, kMost - 1}, {kOsDrop, kMost - 1}});
  file.statistics(1, {{kIfDrop, kMost - 1}, {kOsDrop, 5}});
  file.packet(0, {{kDropCount, kMost - 1}}).packet(0, {{kDropCount, kMost - 1}});
  expect_drops(file.read(), kMost, kMost);
  // The sum of a file that tells one cause and of one that tells none.
  File half;
  half.interface().statistics(0, {{kIfDrop, kMost - 1}, {kOsDrop, kMost - 1}}).interface();
  expect_drops(half.read(), {}, {}, kMost);
}

// A file that is cut tells what came before, and a packet's options are not taken for more.
TEST(Losses, ACutFile) {
  File file;
  file.interface().packet(0).statistics(0, {{kIfDrop, 3}, {kOsDrop, 4}}).packet(0);
  const std::vector<uint8_t>& all = file.bytes();
  const Reading late = read_bytes(std::span(all).first(all.size() - 8));
  EXPECT_EQ(late.notices.size(), 1U);
  EXPECT_EQ(late.drops.nic, 3U);
  EXPECT_EQ(late.drops.kernel, 4U);
  File damaged;
  damaged.interface();
  std::vector<uint8_t> bad(options(false, {{kDropCount, 7}}));
  bad[2] = 200;  // longer than its block
  damaged.raw().enhanced(0, 1, payload(60, 1), 0, bad);
  expect_drops(damaged.read(), {}, {});
}

}  // namespace
}  // namespace weir::testing
