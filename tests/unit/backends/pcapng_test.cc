#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/backends/capture_bytes.h"
#include "tests/unit/backends/reading.h"

namespace weir::testing {
namespace {

using Strings = std::vector<std::string>;

/// A section of each byte order, interfaces of three link types and resolutions, every kind of
/// block. `ends` gets where the blocks end, `packets_at` how many packets are whole there.
PcapngBytes small_pcapng(std::vector<size_t>* ends = nullptr,
                         std::vector<size_t>* packets_at = nullptr) {
  PcapngBytes file(false);
  size_t packets = 0;
  const auto mark = [&](bool packet = false) {
    packets += packet ? 1 : 0;
    if (ends != nullptr) ends->push_back(file.size());
    if (packets_at != nullptr) packets_at->push_back(packets);
  };
  mark();
  file.interface(1, 0, file.time_options(9)), mark();
  file.interface(101), mark();
  file.enhanced(0, 1'700'000'000'000'000'005, payload(60, 1)), mark(true);
  file.enhanced(1, 1'700'000'000'000'007, payload(33, 2), 1500), mark(true);
  file.block(5, CaptureBytes().u32(0).u32(1).u32(2)), mark();  // interface statistics
  file.block(0x0bad0bad, CaptureBytes().raw("what nobody knows")), mark();
  file.obsolete(1, 77, 1'700'000'001'000'000, payload(41, 3)), mark(true);
  file.simple(50, payload(50, 4)), mark(true);
  file.section(true), mark();
  file.interface(276, 64, file.time_options(0x80 | 20, 1'600'000'000)), mark();
  file.enhanced(0, (uint64_t{100} << 20) + (1 << 19), payload(61, 5)), mark(true);
  file.simple(100, payload(64, 6)), mark(true);
  return file;
}

void expect_small(const std::vector<SeenPacket>& packets) {
  ASSERT_EQ(packets.size(), 6U);
  const auto check = [&](size_t i, LinkType link_type, uint16_t id, uint64_t ts_ns, size_t cap_len,
                         uint32_t wire_len) {
    SCOPED_TRACE(i);
    EXPECT_EQ(packets[i].link_type, link_type);
    EXPECT_EQ(packets[i].interface_id, id);
    EXPECT_EQ(packets[i].ts_ns, ts_ns);
    EXPECT_EQ(packets[i].wire_len, wire_len);
    EXPECT_EQ(packets[i].bytes, payload(cap_len, static_cast<uint8_t>(i + 1)));
  };
  check(0, LinkType::en10mb, 0, 1'700'000'000'000'000'005, 60, 60);
  check(1, LinkType::raw, 1, 1'700'000'000'000'007'000, 33, 1500);
  check(2, LinkType::raw, 1, 1'700'000'001'000'000'000, 41, 41);
  // No time of its own: the greatest before it.
  check(3, LinkType::en10mb, 0, 1'700'000'001'000'000'000, 50, 50);
  check(4, LinkType::linux_sll2, 0, 1'600'000'100'500'000'000, 61, 61);
  check(5, LinkType::linux_sll2, 0, 1'700'000'001'000'000'000, 64, 100);
}

TEST(Pcapng, SectionsInterfacesAndKindsOfBlocks) {
  const Reading reading = read_bytes(small_pcapng().bytes());
  EXPECT_EQ(reading.notices, Strings{});
  EXPECT_EQ(reading.info.link_type, LinkType::en10mb);
  expect_small(reading.packets);
}

TEST(Pcapng, OnePacketABatchIsTheSame) {
  const Reading reading = read_bytes(small_pcapng().bytes(), {}, 1);
  EXPECT_EQ(reading.notices, Strings{});
  expect_small(reading.packets);
}

TEST(Pcapng, CutAnywhere) {
  std::vector<size_t> ends;
  std::vector<size_t> packets_at;
  const std::vector<uint8_t> whole = small_pcapng(&ends, &packets_at).bytes();
  const Reading all = read_bytes(whole);
  for (size_t cut = 1; cut < whole.size(); ++cut) {
    size_t packets = 0;
    bool at_block = false;
    for (size_t i = 0; i < ends.size() && ends[i] <= cut; ++i) {
      packets = packets_at[i];
      at_block = ends[i] == cut;
    }
    const Reading reading = read_bytes(std::span(whole).first(cut));
    ASSERT_EQ(reading.packets.size(), packets) << "cut at " << cut;
    for (size_t i = 0; i < packets; ++i) EXPECT_EQ(reading.packets[i], all.packets[i]);
    const std::string place = "FILE: cut short at byte " + std::to_string(cut);
    const std::string notice = cut < 4 ? place + ", before its kind can be told"
                                       : place + ", after " + std::to_string(packets) +
                                             (packets == 1 ? " packet" : " packets");
    EXPECT_EQ(reading.notices, at_block ? Strings{} : Strings{notice}) << "cut at " << cut;
    EXPECT_EQ(reading.notice_codes, at_block ? std::vector<Code>{} : std::vector{Code::damaged});
    EXPECT_TRUE(reading.ended);
  }
}

/// The notice for a file with one good packet and then `damage`.
Strings notice_for(const auto& damage, bool big_endian) {
  PcapngBytes file(big_endian);
  file.interface(1).enhanced(0, 1'000'000, payload(60, 1));
  const std::string place =
      "FILE: garbled at byte " + std::to_string(file.size()) + ", after 1 packet: ";
  damage(file);
  const Reading reading = read_bytes(file.bytes());
  EXPECT_EQ(reading.packets.size(), 1U);
  EXPECT_EQ(reading.notice_codes, std::vector{Code::damaged});
  Strings notices = reading.notices;
  for (std::string& notice : notices) {
    if (notice.starts_with(place)) notice.erase(0, place.size());
  }
  return notices;
}

class PcapngGarbled : public ::testing::TestWithParam<bool> {
 protected:
  void expect(const std::string& notice, const auto& damage) {
    EXPECT_EQ(notice_for(damage, GetParam()), Strings{notice});
  }
};

TEST_P(PcapngGarbled, BlockLengths) {
  for (const uint32_t length : {0U, 4U, 11U, 13U, 34U, (16U << 20) + 4, UINT32_MAX - 3}) {
    expect("a block of " + std::to_string(length) + " bytes", [&](PcapngBytes& file) {
      const size_t at = file.size();
      file.enhanced(0, 1, payload(60, 2)).put32(at + 4, length);
    });
  }
  expect("the two lengths of a block differ",
         [](PcapngBytes& file) { file.enhanced(0, 1, payload(60, 2)).put32(file.size() - 4, 96); });
}

TEST_P(PcapngGarbled, Packets) {
  expect("a packet of interface 1, which was not described",
         [](PcapngBytes& file) { file.enhanced(1, 1, payload(60, 2)); });
  expect("a packet of interface 7, which was not described",
         [](PcapngBytes& file) { file.obsolete(7, 0, 1, payload(60, 2)); });
  expect("a packet block that is too short",
         [](PcapngBytes& file) { file.block(6, CaptureBytes().raw(payload(16, 0))); });
  expect("a packet block that is too short",
         [](PcapngBytes& file) { file.block(3, CaptureBytes()); });
  expect("a packet of 64 bytes", [](PcapngBytes& file) {
    const size_t at = file.size();
    file.enhanced(0, 1, payload(60, 2)).put32(at + 20, 64);
  });
  expect("a packet of 4294967295 bytes", [](PcapngBytes& file) {
    const size_t at = file.size();
    file.enhanced(0, 1, payload(60, 2)).put32(at + 20, UINT32_MAX);
  });
  expect("a packet of 262148 bytes",
         [](PcapngBytes& file) { file.enhanced(0, 1, payload(262148, 2)); });
  expect("a packet of 100 bytes", [](PcapngBytes& file) { file.simple(100, payload(96, 2)); });
}

TEST_P(PcapngGarbled, Sections) {
  expect("pcapng version 2.0 is not known",
         [](PcapngBytes& file) { file.section(GetParam(), 2, 0); });
  expect("pcapng version 1.1 is not known",
         [](PcapngBytes& file) { file.section(GetParam(), 1, 1); });
  expect("a section in no known byte order", [](PcapngBytes& file) {
    const size_t at = file.size();
    file.section(GetParam()).put32(at + 8, 0x1a2b3c4e);
  });
}

TEST_P(PcapngGarbled, Interfaces) {
  expect("an interface description that is too short",
         [](PcapngBytes& file) { file.block(1, CaptureBytes().u32(1)); });
  expect("an option that runs past its block", [](PcapngBytes& file) {
    CaptureBytes options(GetParam());
    options.u16(9).u16(5).u32(6);
    file.interface(1, 0, options.bytes());
  });
}

INSTANTIATE_TEST_SUITE_P(BothOrders, PcapngGarbled, ::testing::Bool(),
                         [](const auto& named) { return named.param ? "big" : "little"; });

// What was described in the section before is not known in the next.
TEST(Pcapng, ASectionForgetsInterfaces) {
  PcapngBytes file;
  file.interface(1).enhanced(0, 1, payload(60, 1)).section(true);
  const size_t at = file.size();
  file.simple(60, payload(60, 2));
  const Reading reading = read_bytes(file.bytes());
  EXPECT_EQ(reading.packets.size(), 1U);
  EXPECT_EQ(reading.notices,
            Strings{"FILE: garbled at byte " + std::to_string(at) +
                    ", after 1 packet: a packet of interface 0, which was not described"});
}

// The draft names version 1.2 as an equivalent of 1.0; the section length may be there or not, and
// is not needed.
TEST(Pcapng, Version1Point2AndSectionLength) {
  PcapngBytes file;
  file.section(false, 1, 2, 4096).interface(1).enhanced(0, 1, payload(60, 1));
  const Reading reading = read_bytes(file.bytes());
  EXPECT_EQ(reading.notices, Strings{});
  EXPECT_EQ(reading.packets.size(), 1U);
}

TEST(Pcapng, TimeResolutionsAndOffsets) {
  struct Case {
    uint8_t resolution;
    int64_t offset_s;
    uint64_t units;
    uint64_t ts_ns;
  };
  constexpr uint64_t kSecond = 1'000'000'000;
  const std::vector<Case> cases{
      {0, 0, 1'700'000'000, 1'700'000'000 * kSecond},
      {3, 0, 1'700'000'000'123, 1'700'000'000'123'000'000},
      {6, 0, 1'700'000'000'123'456, 1'700'000'000'123'456'000},
      {9, 0, 1'700'000'000'123'456'789, 1'700'000'000'123'456'789},
      {12, 0, 1'700'000'000'123'456'789, 1'700'000'000'123'456},  // picoseconds, rounded down
      {127, 0, UINT64_MAX, 0},
      {0x80, 0, 3, 3 * kSecond},
      {0x80 | 1, 0, 3, kSecond + kSecond / 2},
      {0x80 | 10, 0, 1024 * 7 + 256, 7 * kSecond + kSecond / 4},
      {0x80 | 32, 0, (uint64_t{1'700'000'000} << 32) + (1U << 31), 1'700'000'000'500'000'000},
      {0x80 | 63, 0, uint64_t{1} << 62, kSecond / 2},
      {0x80 | 64, 0, uint64_t{1} << 63, kSecond / 2},
      {0x80 | 127, 0, UINT64_MAX, 0},
      {6, 1'600'000'000, 5, 1'600'000'000'000'005'000},
      {9, -10, 11 * kSecond + 1, kSecond + 1},
      // What does not fit becomes the nearest that does.
      {9, -10, 1, 0},
      {0, 0, UINT64_MAX, UINT64_MAX},
      {9, INT64_MAX, UINT64_MAX, UINT64_MAX},
      {9, INT64_MIN, UINT64_MAX, 0},
  };
  for (const bool big_endian : {false, true}) {
    for (const Case& each : cases) {
      PcapngBytes file(big_endian);
      file.interface(1, 0, file.time_options(each.resolution, each.offset_s));
      file.enhanced(0, each.units, payload(4, 1));
      const Reading reading = read_bytes(file.bytes());
      ASSERT_EQ(reading.packets.size(), 1U);
      EXPECT_EQ(reading.packets[0].ts_ns, each.ts_ns)
          << "resolution " << int{each.resolution} << ", offset " << each.offset_s;
    }
  }
}

TEST(Pcapng, OptionsOfWrongLengthAndWithoutAnEnd) {
  CaptureBytes options;
  options.u16(9).u16(2).u16(3).pad4();    // if_tsresol has one byte
  options.u16(14).u16(4).u32(1'000'000);  // if_tsoffset has eight
  options.u16(2988).u16(6).u32(1).u16(0).pad4();
  PcapngBytes file;
  file.interface(1, 0, options.bytes()).enhanced(0, 5, payload(60, 1));
  const Reading reading = read_bytes(file.bytes());
  EXPECT_EQ(reading.notices, Strings{});
  ASSERT_EQ(reading.packets.size(), 1U);
  EXPECT_EQ(reading.packets[0].ts_ns, 5000U);
}

TEST(Pcapng, WhatStandsBehindTheEndOfOptionsIsNotRead) {
  CaptureBytes options;
  options.u16(0).u16(0).u16(9).u16(1).raw(std::vector<uint8_t>{0}).pad4();
  PcapngBytes file;
  file.interface(1, 0, options.bytes()).enhanced(0, 5, payload(60, 1));
  const Reading reading = read_bytes(file.bytes());
  ASSERT_EQ(reading.packets.size(), 1U);
  EXPECT_EQ(reading.packets[0].ts_ns, 5000U);
}

TEST(Pcapng, OptionsOfPacketsAreNoPayload) {
  PcapngBytes file;
  const auto options = CaptureBytes().u16(1).u16(5).raw("hello").pad4().u16(0).u16(0).bytes();
  file.interface(1);
  for (const size_t length : {0U, 1U, 2U, 3U, 4U}) {
    file.enhanced(0, 1, payload(length, 1), 0, options);
  }
  const Reading reading = read_bytes(file.bytes());
  EXPECT_EQ(reading.notices, Strings{});
  ASSERT_EQ(reading.packets.size(), 5U);
  for (size_t length = 0; length < 5; ++length) {
    EXPECT_EQ(reading.packets[length].bytes, payload(length, 1));
  }
}

TEST(Pcapng, BlocksLargerThanAChunk) {
  PcapngBytes file;
  file.interface(1).enhanced(0, 1, payload(60, 1));
  file.block(0x0bad0bad, CaptureBytes().raw(payload(3 << 20, 9)));
  file.enhanced(0, 1, payload(262144, 2)).enhanced(0, 1, payload(60, 3));
  const Reading reading = read_bytes(file.bytes());
  EXPECT_EQ(reading.notices, Strings{});
  ASSERT_EQ(reading.packets.size(), 3U);
  EXPECT_EQ(reading.packets[1].bytes, payload(262144, 2));
  EXPECT_EQ(reading.packets[2].bytes, payload(60, 3));
}

}  // namespace
}  // namespace weir::testing
