#include "backends/pcap_file/file_order.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/unit/backends/capture_bytes.h"
#include "tests/unit/backends/reading.h"

namespace weir::testing {
namespace {

using backends::in_order_of_time;

std::vector<uint8_t> from_second(uint32_t second) {
  CaptureBytes pcap = pcap_header({});
  add_record(pcap, second, 0, payload(60, 1));
  add_record(pcap, second + 1, 0, payload(60, 2));
  return pcap.bytes();
}

TEST(FileOrder, ThreeFilesInAnyOrderAreReadByTime) {
  const TempFile old_file(from_second(100));
  const TempFile middle(from_second(5000));
  const TempFile new_file(from_second(1'700'000'000));
  std::vector<std::string> paths{old_file.path(), middle.path(), new_file.path()};
  const std::vector<std::string> by_time = paths;
  std::sort(paths.begin(), paths.end());
  int orders = 0;
  do {
    EXPECT_EQ(in_order_of_time(paths), by_time);
    std::vector<uint64_t> seconds;
    for (const SeenPacket& packet : read_files(paths).packets) {
      seconds.push_back(packet.ts_ns / 1'000'000'000);
    }
    EXPECT_EQ(seconds, (std::vector<uint64_t>{100, 101, 5000, 5001, 1'700'000'000, 1'700'000'001}));
    ++orders;
  } while (std::next_permutation(paths.begin(), paths.end()));
  EXPECT_EQ(orders, 6);
}

TEST(FileOrder, FilesOfOneMomentAreInTheOrderOfTheirNames) {
  const TempFile one(from_second(100));
  const TempFile other(from_second(100));
  const std::vector<std::string> sorted{std::min(one.path(), other.path()),
                                        std::max(one.path(), other.path())};
  EXPECT_EQ(in_order_of_time({one.path(), other.path()}), sorted);
  EXPECT_EQ(in_order_of_time({other.path(), one.path()}), sorted);
}

TEST(FileOrder, WhatHasNoTimeComesAfterAndPipesLast) {
  const TempFile file(from_second(100));
  const TempFile empty(pcap_header({}).bytes());
  const TempFile garbled(payload(500, 9));
  const std::string missing = "/nonexistent/weir.pcap";
  std::vector<std::string> expected{file.path(), empty.path(), garbled.path(), missing};
  std::sort(expected.begin() + 1, expected.end());
  expected.emplace_back("/dev/null");
  expected.emplace_back("-");
  EXPECT_EQ(
      in_order_of_time({"/dev/null", "-", missing, garbled.path(), empty.path(), file.path()}),
      expected);
  EXPECT_EQ(in_order_of_time({"-"}), std::vector<std::string>{"-"});
  EXPECT_EQ(in_order_of_time({}), std::vector<std::string>{});
}

}  // namespace
}  // namespace weir::testing
