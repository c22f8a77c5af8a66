#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/backends/capture_bytes.h"
#include "tests/unit/backends/reading.h"

namespace weir::testing {
namespace {

using Strings = std::vector<std::string>;

struct Record {
  uint8_t type = 2;  // Ethernet
  uint16_t losses = 0;
  int extensions = 0;
  uint32_t padding = 0;
  uint32_t wire_extra = 4;  ///< the FCS
};

void add_erf(std::vector<uint8_t>& file, uint32_t seconds, std::span<const uint8_t> data,
             const Record& record = {}) {
  const bool ethernet = record.type == 2 || record.type == 11 || record.type == 16;
  const size_t length =
      16 + 8 * record.extensions + (ethernet ? 2 : 0) + data.size() + record.padding;
  CaptureBytes time(false);
  time.u32(0x80000000).u32(seconds);  // half a second
  CaptureBytes rest(true);
  rest.raw(std::vector<uint8_t>{static_cast<uint8_t>(record.type | (record.extensions ? 0x80 : 0)),
                                0x04});
  rest.u16(length).u16(record.losses).u16(data.size() + record.wire_extra);
  for (int i = 0; i < record.extensions; ++i) {
    rest.u64(i + 1 < record.extensions ? 0x8300000000000000 : 0x0300000000000000);
  }
  if (ethernet) rest.u16(0);
  rest.raw(data).raw(std::vector<uint8_t>(record.padding, 0));
  file.insert(file.end(), time.bytes().begin(), time.bytes().end());
  file.insert(file.end(), rest.bytes().begin(), rest.bytes().end());
}

std::vector<uint8_t> file_of(int records, const Record& record = {}) {
  std::vector<uint8_t> file;
  for (int i = 0; i < records; ++i) {
    add_erf(file, 1'700'000'000 + i, payload(60 + i, static_cast<uint8_t>(i)), record);
  }
  return file;
}

void expect_frames(const Reading& reading, size_t count, LinkType link_type) {
  EXPECT_EQ(reading.notices, Strings{});
  ASSERT_EQ(reading.packets.size(), count);
  EXPECT_EQ(reading.info.link_type, link_type);
  for (size_t i = 0; i < count; ++i) {
    EXPECT_EQ(reading.packets[i].bytes, payload(60 + i, static_cast<uint8_t>(i)));
    EXPECT_EQ(reading.packets[i].wire_len, 60 + i);
    EXPECT_EQ(reading.packets[i].link_type, link_type);
    EXPECT_EQ(reading.packets[i].ts_ns, (1'700'000'000 + i) * 1'000'000'000 + 500'000'000);
  }
}

TEST(Erf, Ethernet) {
  expect_frames(read_bytes(file_of(30)), 30, LinkType::en10mb);
  expect_frames(read_bytes(file_of(3)), 3, LinkType::en10mb);
  // A short file is taken when every record of it is right.
  expect_frames(read_bytes(file_of(1)), 1, LinkType::en10mb);
}

TEST(Erf, ExtensionHeadersAndPadding) {
  for (const int extensions : {1, 2, 7}) {
    expect_frames(read_bytes(file_of(5, {.extensions = extensions, .padding = 7})), 5,
                  LinkType::en10mb);
  }
}

TEST(Erf, BareIp) {
  for (const uint8_t type : {22, 23}) {
    expect_frames(read_bytes(file_of(4, {.type = type, .wire_extra = 0})), 4, LinkType::raw);
  }
}

TEST(Erf, Hdlc) {
  std::vector<uint8_t> file;
  const std::vector<uint8_t> cisco = {0x0f, 0x00, 0x08, 0x00, 0x45};
  const std::vector<uint8_t> ppp = {0xff, 0x03, 0x00, 0x21, 0x45};
  for (uint32_t i = 0; i < 3; ++i) {
    add_erf(file, 10 + i, cisco, {.type = 1});
    add_erf(file, 10 + i, ppp, {.type = 1});
  }
  const Reading reading = read_bytes(file);
  ASSERT_EQ(reading.packets.size(), 6U);
  EXPECT_EQ(reading.packets[0].link_type, static_cast<LinkType>(104));
  EXPECT_EQ(reading.packets[0].bytes, cisco);
  EXPECT_EQ(reading.packets[1].link_type, LinkType::ppp_serial);
  EXPECT_EQ(reading.packets[1].bytes, ppp);
}

// What pcap has no other link type for keeps its record header.
TEST(Erf, OtherRecords) {
  const std::vector<uint8_t> file = file_of(3, {.type = 21});
  const Reading reading = read_bytes(file);
  ASSERT_EQ(reading.packets.size(), 3U);
  EXPECT_EQ(reading.packets[0].link_type, static_cast<LinkType>(197));
  EXPECT_EQ(reading.packets[0].bytes, std::vector<uint8_t>(file.begin(), file.begin() + 76));
}

TEST(Erf, RecordsWithoutPacketsAreSkipped) {
  std::vector<uint8_t> file = file_of(3);
  add_erf(file, 0, payload(20, 1), {.type = 48});
  add_erf(file, 1'700'000'004, payload(20, 1), {.type = 27});
  expect_frames(read_bytes(file), 3, LinkType::en10mb);
}

TEST(Erf, Losses) {
  DropCounts drops = read_bytes(file_of(4, {.losses = 100})).drops;
  EXPECT_EQ(drops.nic, 400U);
  EXPECT_EQ(drops.kernel, std::nullopt);
  // A colour is in the counter's place: no count.
  drops = read_bytes(file_of(4, {.type = 11, .losses = 100})).drops;
  EXPECT_EQ(drops.nic, std::nullopt);
  EXPECT_EQ(drops.partly_known, 0U);
  std::vector<uint8_t> mixed = file_of(3, {.losses = 5});
  add_erf(mixed, 1'700'000'004, payload(60, 1), {.type = 11, .losses = 100});
  drops = read_bytes(mixed).drops;
  EXPECT_EQ(drops.nic, std::nullopt);
  EXPECT_EQ(drops.partly_known, 15U);
}

TEST(Erf, CutAndGarbled) {
  const std::vector<uint8_t> file = file_of(4);
  const size_t three = file_of(3).size();
  EXPECT_EQ(read_bytes(std::span(file).first(three + 20)).notices,
            Strings{"FILE: cut short at byte " + std::to_string(three + 20) + ", after 3 packets"});
  std::vector<uint8_t> garbled = file_of(30);
  const size_t at = file_of(29).size();
  garbled[at + 10] = garbled[at + 11] = 0;
  EXPECT_EQ(read_bytes(garbled).notices, Strings{"FILE: garbled at byte " + std::to_string(at) +
                                                 ", after 29 packets: a record of 0 bytes"});
}

// No magic number: each of these in one record of the first ones says that it is something else.
TEST(Erf, IsNotGuessedFromLittle) {
  const auto is_erf = [](size_t at, uint8_t value) {
    std::vector<uint8_t> file = file_of(5);
    file[file_of(2).size() + at] = value;
    return !read_bytes(file).packets.empty();
  };
  EXPECT_TRUE(is_erf(9, 0x0c));
  EXPECT_FALSE(is_erf(8, 0));      // a type that was never used
  EXPECT_FALSE(is_erf(8, 0x7f));   // one that is not known
  EXPECT_FALSE(is_erf(10, 0xff));  // a length that leaves the file
  EXPECT_FALSE(is_erf(7, 0x10));   // decades before
  EXPECT_FALSE(is_erf(7, 0x90));   // decades after
  EXPECT_TRUE(read_bytes(payload(100'000, 9)).packets.empty());
  EXPECT_TRUE(read_bytes(std::vector<uint8_t>(5000, 0x30)).packets.empty());
}

}  // namespace
}  // namespace weir::testing
