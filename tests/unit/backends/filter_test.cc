#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "backends/bpf/bpf_filter.h"
#include "backends/pcap_file/pcap_file.h"
#include "tests/support/scripted_backend.h"
#include "tests/unit/backends/capture_bytes.h"
#include "tests/unit/backends/reading.h"

namespace weir::testing {
namespace {

using backends::BpfFilter;
using Strings = std::vector<std::string>;

CaptureOptions filtered(const std::string& filter) {
  CaptureOptions options;
  options.filter = filter;
  return options;
}

std::vector<uint8_t> udp(uint16_t port) {
  return udp_frame(0x0a000001, 0x0a000002, 5000, port);
}
std::vector<uint8_t> bare_ip(uint16_t port) {
  const std::vector<uint8_t> frame = udp(port);
  return {frame.begin() + 14, frame.end()};
}
/// IPv4 and UDP behind a Linux cooked header, version 1.
std::vector<uint8_t> cooked(uint16_t port) {
  std::vector<uint8_t> packet{0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0};
  const std::vector<uint8_t> ip = bare_ip(port);
  packet.insert(packet.end(), ip.begin(), ip.end());
  return packet;
}

TEST(BpfFilter, MatchesByLinkType) {
  const auto check = [](LinkType link_type, const auto& make) {
    const auto filter = BpfFilter::compile("udp port 53", link_type, 262144);
    ASSERT_TRUE(filter) << to_string(filter.error());
    for (const uint16_t port : {53, 54}) {
      const std::vector<uint8_t> packet = make(port);
      const auto length = static_cast<uint32_t>(packet.size());
      EXPECT_EQ(filter->matches(packet.data(), length, length), port == 53);
    }
  };
  check(LinkType::en10mb, udp);
  check(LinkType::raw, bare_ip);
  check(LinkType::raw_bsd, bare_ip);
  check(LinkType::raw_openbsd, bare_ip);
  check(LinkType::ipv4, bare_ip);
  check(LinkType::linux_sll, cooked);
}

constexpr const char* kOwn = "src net fe80::/10 or dst net fe80::/10";

TEST(CaptureFilter, ErrorsNameWhatWasTyped) {
  for (const std::string typed :
       {"frob", "tcp) or (udp", "port", "host 10.0.0.999", "vlan and ("}) {
    CaptureOptions options = filtered(typed);
    options.left_out = kOwn;
    std::vector<std::string> notes;
    const auto filter = backends::compile_in_memory(options, LinkType::en10mb, notes);
    ASSERT_FALSE(filter) << typed;
    EXPECT_EQ(filter.error().code, Code::usage);
    EXPECT_EQ(filter.error().where, "filter '" + typed + "'");
    EXPECT_EQ(to_string(filter.error()).find("fe80"), std::string::npos);
    EXPECT_TRUE(notes.empty());
  }
}

TEST(CaptureFilter, WhatIsLeftOutIsLeftOutOfEither) {
  for (const std::string typed : {"", "udp", "udp port 53 or vlan"}) {
    CaptureOptions options = filtered(typed);
    options.left_out = "host 10.0.0.2";
    std::vector<std::string> notes;
    const auto filter = backends::compile_in_memory(options, LinkType::en10mb, notes);
    ASSERT_TRUE(filter && *filter) << typed;
    const std::vector<uint8_t> frame = udp(53);
    const auto length = static_cast<uint32_t>(frame.size());
    EXPECT_FALSE((*filter)->matches(frame.data(), length, length)) << typed;
    options.left_out = "host 10.0.0.3";
    const auto other = backends::compile_in_memory(options, LinkType::en10mb, notes);
    ASSERT_TRUE(other && *other);
    EXPECT_TRUE((*other)->matches(frame.data(), length, length)) << typed;
  }
}

// libpcap knows no addresses behind NFLOG's header.
TEST(CaptureFilter, WhatALinkCannotLeaveOutIsANote) {
  constexpr auto kNflog = static_cast<LinkType>(239);
  CaptureOptions options;
  options.left_out = kOwn;
  std::vector<std::string> notes;
  EXPECT_TRUE(backends::compile_in_memory(options, kNflog, notes));
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_NE(notes[0].find("fe80"), std::string::npos);
  options.filter = "udp";
  notes.clear();
  const auto typed = backends::compile_in_memory(options, kNflog, notes);
  ASSERT_FALSE(typed);
  EXPECT_EQ(typed.error().where, "filter 'udp'");
}

TEST(CaptureFilter, WantingOnlyWhatIsLeftOutIsSaid) {
  CaptureOptions options = filtered("src net fe80::/10");
  options.left_out = kOwn;
  std::vector<std::string> notes;
  const auto filter = backends::compile_in_memory(options, LinkType::en10mb, notes);
  ASSERT_FALSE(filter);
  EXPECT_EQ(filter.error().where, "filter 'src net fe80::/10'");
  EXPECT_NE(filter.error().message.find("left out"), std::string::npos);
}

TEST(BpfFilter, NothingIsReadBehindTheCapture) {
  const auto filter = BpfFilter::compile("udp port 53", LinkType::en10mb, 262144);
  ASSERT_TRUE(filter);
  const std::vector<uint8_t> packet = udp(53);
  const auto wire_len = static_cast<uint32_t>(packet.size());
  for (uint32_t cap_len = 0; cap_len < wire_len; ++cap_len) {
    const std::vector<uint8_t> exact(packet.begin(), packet.begin() + cap_len);
    EXPECT_EQ(filter->matches(exact.data(), cap_len, wire_len), cap_len >= 38) << cap_len;
  }
}

TEST(BpfFilter, WrongExpressions) {
  for (const std::string text : {"port", "host 1.2.3.4.5", "udp port 65536", "(", "frob 3"}) {
    const auto filter = BpfFilter::compile(text, LinkType::en10mb, 262144);
    ASSERT_FALSE(filter) << text;
    EXPECT_EQ(filter.error().code, Code::usage);
    EXPECT_EQ(filter.error().recovery, Recovery::give_up);
    EXPECT_EQ(filter.error().where, "filter '" + text + "'");
    EXPECT_FALSE(filter.error().message.empty());
  }
}

TEST(BpfFilter, RejectAll) {
  const std::vector<uint8_t> packet = udp(53);
  const auto length = static_cast<uint32_t>(packet.size());
  EXPECT_FALSE(BpfFilter::reject_all().matches(packet.data(), length, length));
}

TEST(BpfFilter, CompilesFromManyThreads) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([i] {
      for (int round = 0; round < 50; ++round) {
        const std::string expression = "udp port " + std::to_string(1 + i * 1000 + round);
        EXPECT_TRUE(BpfFilter::compile(expression, LinkType::en10mb, 65535));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(FileFilter, SelectsAndCountsOnlyWhatItSelects) {
  CaptureBytes file = pcap_header({});
  for (uint16_t i = 0; i < 1000; ++i) {
    add_record(file, i, 0, udp(static_cast<uint16_t>(50 + i % 10)));
  }
  const Reading reading = read_bytes(file.bytes(), filtered("udp port 53"));
  ASSERT_EQ(reading.packets.size(), 100U);
  for (size_t i = 0; i < 100; ++i) {
    EXPECT_EQ(reading.packets[i].ts_ns, (3 + 10 * i) * 1'000'000'000);
  }
}

TEST(FileFilter, ALongFileWithoutAnyMatchEnds) {
  CaptureBytes file = pcap_header({});
  for (uint32_t i = 0; i < 60'000; ++i) add_record(file, i, 0, payload(100, 1));
  const Reading reading = read_bytes(file.bytes(), filtered("udp port 53"));
  EXPECT_TRUE(reading.ended);
  EXPECT_EQ(reading.packets.size(), 0U);
  EXPECT_EQ(reading.notices, Strings{});
}

// The filter sees the whole packet, the snaplen is applied to what it lets through.
TEST(FileFilter, BeforeTheSnaplen) {
  CaptureBytes file = pcap_header({});
  std::vector<uint8_t> data = udp(53);
  data.resize(500, 0xee);
  add_record(file, 1, 0, data);
  CaptureOptions options = filtered("ether[400] = 0xee");
  options.snaplen = 64;
  const Reading reading = read_bytes(file.bytes(), options);
  ASSERT_EQ(reading.packets.size(), 1U);
  EXPECT_EQ(reading.packets[0].bytes.size(), 64U);
}

TEST(FileFilter, MixedLinkTypes) {
  PcapngBytes file;
  file.interface(1).interface(101).interface(113);
  for (const uint16_t port : {53, 54, 53}) {
    file.enhanced(0, port, udp(port)).enhanced(1, port, bare_ip(port));
    file.enhanced(2, port, cooked(port));
  }
  const Reading reading = read_bytes(file.bytes(), filtered("udp port 53"));
  EXPECT_EQ(reading.notices, Strings{});
  ASSERT_EQ(reading.packets.size(), 6U);
  for (size_t i = 0; i < 6; ++i) EXPECT_EQ(reading.packets[i].interface_id, i % 3);
}

// "ether" means nothing on bare IP: those packets are left out, and that is said once.
TEST(FileFilter, WhereTheExpressionDoesNotFit) {
  PcapngBytes file;
  file.interface(1).interface(228);
  for (const uint16_t port : {1, 2, 3}) {
    file.enhanced(0, port, udp(port)).enhanced(1, port, bare_ip(port));
  }
  const Reading reading = read_bytes(file.bytes(), filtered("vlan or ether src 00:00:00:00:00:00"));
  EXPECT_EQ(reading.packets.size(), 3U);
  ASSERT_EQ(reading.notices.size(), 1U);
  EXPECT_TRUE(reading.notices[0].starts_with("FILE: packets of link type 228 are left out: "))
      << reading.notices[0];
  EXPECT_EQ(reading.notice_codes, std::vector{Code::usage});
}

TEST(FileFilter, AWrongOneIsAnErrorOfOpen) {
  const TempFile file(pcap_header({}).bytes());
  backends::PcapFile backend({file.path()});
  const auto opened = backend.open(filtered("udp port nonsense"));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::usage);
  EXPECT_TRUE(backend.open(filtered("udp port 53"))) << "nothing stayed open";
}

}  // namespace
}  // namespace weir::testing
