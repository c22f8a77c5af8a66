// What is read from files at start, and what is remembered.

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <random>
#include <string>

#include "report/names/address_cache.h"
#include "report/names/clean_text.h"
#include "report/names/dns_answer.h"
#include "report/names/hosts_file.h"
#include "report/names/name_store.h"
#include "report/names/names.h"
#include "report/names/service_table.h"
#include "report/names/text_file.h"
#include "tests/unit/names/fake_dns.h"
#include "tests/unit/names/temporary.h"

namespace weir::report {
namespace {

constexpr uint8_t kTcp = 6;
constexpr uint8_t kUdp = 17;

AddressKey v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d) {
  return {{a, b, c, d}, 4};
}

TEST(Services, ReadsTheFile) {
  const ServiceTable table = ServiceTable::parse(
      "# comment\n\nhttps\t443/tcp # http over TLS\nquic 443/udp\r\nsecond 443/tcp\nmine "
      "6000/sctp");
  EXPECT_EQ(table.name(kTcp, 443), "https");
  EXPECT_EQ(table.name(kUdp, 443), "quic");
  EXPECT_EQ(table.name(132, 6000), "mine");
  EXPECT_EQ(table.name(kTcp, 6000), "");
  EXPECT_EQ(table.name(1, 443), "");
}

TEST(Services, KnowsTheBestKnownWithoutAFile) {
  const ServiceTable table = ServiceTable::load("/nonexistent/services");
  EXPECT_EQ(table.name(kTcp, 22), "ssh");
  EXPECT_EQ(table.name(kUdp, 53), "domain");
  EXPECT_EQ(table.name(kUdp, 443), "https");
  EXPECT_EQ(table.name(kUdp, 22), "");
  EXPECT_GE(table.size(), 60U);
}

TEST(Services, TheFileComesFirst) {
  EXPECT_EQ(ServiceTable::parse("gate 22/tcp\n").name(kTcp, 22), "gate");
}

TEST(Services, PassesOverHostileLines) {
  const std::string text = "evil\x1b[2J 7001/tcp\n" + std::string(100000, 'a') + " 7002/tcp\n" +
                           "x 99999/tcp\nx 70000/tcp\nx -1/tcp\nx 0/tcp\nx 7003\nx 7003/\n" +
                           "x 7003/foo\nx /tcp\nx\n\xff\xfe 7004/tcp\n" + "ok 7005/tcp\n" +
                           std::string("nul\0 7006/tcp\n", 14) + "late 7007/tcp";
  const ServiceTable table = ServiceTable::parse(text);
  for (const uint16_t port : {7001, 7002, 7003, 7004, 7006}) EXPECT_EQ(table.name(kTcp, port), "");
  EXPECT_EQ(table.name(kTcp, 7005), "ok");
  EXPECT_EQ(table.name(kTcp, 7007), "late");
}

TEST(Services, RandomBytesGiveNoNameThatIsNotClean) {
  std::mt19937 random(3);
  for (int round = 0; round < 200; ++round) {
    std::string text = "a 1/tcp\nb 2/udp\nccc 300/tcp\n";
    for (int i = 0; i < 8; ++i) text[random() % text.size()] = static_cast<char>(random());
    const ServiceTable table = ServiceTable::parse(text);
    for (uint32_t port = 0; port < 1000; ++port) {
      const std::string name(table.name(kTcp, static_cast<uint16_t>(port)));
      EXPECT_EQ(clean_text(name, 64), name);
    }
  }
}

TEST(TextFile, IsBoundedAndNeverWaits) {
  const test::TemporaryFolder folder;
  EXPECT_EQ(read_text_file(folder.path("none"), 10), std::nullopt);
  EXPECT_EQ(read_text_file(folder.put("short", "ab\nc"), 10), "ab\nc");
  EXPECT_EQ(read_text_file(folder.put("long", "ab\ncd\nefghijk"), 10), "ab\ncd\n");
  ASSERT_EQ(::mkfifo(folder.path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(read_text_file(folder.path("pipe"), 10), std::nullopt);
  EXPECT_EQ(read_text_file(folder.path(""), 10), std::nullopt);
}

TEST(Hosts, TheFirstNameOfTheFirstLineCounts) {
  const HostsTable table = parse_hosts(
      "127.0.0.1\tlocalhost\n10.0.0.1 one.example one # first\n10.0.0.1 two\n"
      "2001:db8::1 six\nfe80::1%eth0 link\nnonsense name\n10.0.0.9\n10.0.0.8 e\x1bvil\n");
  EXPECT_EQ(table.at(v4(10, 0, 0, 1)), "one.example");
  EXPECT_EQ(table.at(v4(10, 0, 0, 8)), "e?vil");
  EXPECT_EQ(table.at({{0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 6}), "six");
  EXPECT_EQ(table.size(), 5U);
}

TEST(Hosts, AreBounded) {
  std::string text;
  for (int i = 0; i < 70000; ++i) {
    text += "10." + std::to_string(i >> 16) + '.' + std::to_string(i >> 8 & 255) + '.' +
            std::to_string(i & 255) + " h\n";
  }
  EXPECT_EQ(parse_hosts(text).size(), kMaxHostsEntries);
}

TEST(ReverseName, IsThatOfTheRfcs) {
  EXPECT_EQ(reverse_name(v4(192, 0, 2, 5)), "5.2.0.192.in-addr.arpa");
  // RFC 3596 section 2.5.
  EXPECT_EQ(reverse_name({{0x43, 0x21, 0, 0, 0, 1, 0, 2, 0, 3, 0, 4, 0x56, 0x7, 0x89, 0xab}, 6}),
            "b.a.9.8.7.0.6.5.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.0.0.0.0.1.2.3.4.ip6.arpa");
}

/// The bytes after the header of "1.0.0.10.in-addr.arpa", type PTR, class IN.
test::DnsQuestion question() {
  test::DnsQuestion asked;
  asked.raw = test::encoded_name({"1", "0", "0", "10", "in-addr", "arpa"});
  asked.raw.insert(asked.raw.end(), {0, 12, 0, 1});
  return asked;
}

TEST(PtrAnswer, HasTheFirstNameAndTheShortestTtl) {
  const auto message = test::dns_message(
      question(), test::kDnsAnswer,
      {test::ptr_record({"first", "example"}, 70'000), test::ptr_record({"second"}, 300)});
  const PtrAnswer answer = parse_ptr_answer(message, v4(10, 0, 0, 1));
  EXPECT_EQ(answer.name, "first.example");
  EXPECT_EQ(answer.ttl_s, 300U);
}

TEST(PtrAnswer, CutAnywhereHasNoName) {
  const auto message =
      test::dns_message(question(), test::kDnsAnswer, {test::ptr_record({"host", "example"}, 300)});
  EXPECT_EQ(parse_ptr_answer(message, v4(10, 0, 0, 1)).ttl_s, 300U);
  for (size_t size = 0; size < message.size(); ++size) {
    const test::Bytes cut(message.begin(), message.begin() + static_cast<ptrdiff_t>(size));
    EXPECT_EQ(parse_ptr_answer(cut, v4(10, 0, 0, 1)).name, "") << size;
  }
}

TEST(PtrAnswer, IsKeptForAMinuteToAnHour) {
  EXPECT_EQ(lifetime_s(0), 60U);
  EXPECT_EQ(lifetime_s(61), 61U);
  EXPECT_EQ(lifetime_s(UINT32_MAX), 3600U);
}

TEST(LocalMatter, IsNotAskedOfDns) {
  for (const AddressKey& key : {v4(0, 0, 0, 0), v4(127, 0, 0, 1), v4(169, 254, 1, 1),
                                v4(224, 0, 0, 251), v4(255, 255, 255, 255)}) {
    EXPECT_TRUE(is_local_matter(key)) << reverse_name(key);
  }
  EXPECT_TRUE(is_local_matter({{}, 6}));
  EXPECT_TRUE(is_local_matter({{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 6}));
  EXPECT_TRUE(is_local_matter({{0xFE, 0x80, 1}, 6}));
  EXPECT_TRUE(is_local_matter({{0xFF, 2}, 6}));
  EXPECT_TRUE(is_local_matter({{1, 2, 3, 4}, 0}));
  EXPECT_FALSE(is_local_matter(v4(10, 0, 0, 1)));
  EXPECT_FALSE(is_local_matter(v4(169, 253, 0, 1)));
  EXPECT_FALSE(is_local_matter({{0xFD, 1}, 6}));
  EXPECT_FALSE(is_local_matter({{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}, 6}));
}

TEST(AddressCache, WhatWasLookedAtLongestAgoMakesRoom) {
  AddressCache<int> cache(2);
  cache.put(v4(1, 0, 0, 0), 1);
  cache.put(v4(2, 0, 0, 0), 2);
  ASSERT_NE(cache.find(v4(1, 0, 0, 0)), nullptr);
  cache.put(v4(3, 0, 0, 0), 3);
  EXPECT_EQ(cache.find(v4(2, 0, 0, 0)), nullptr);
  EXPECT_EQ(*cache.find(v4(1, 0, 0, 0)), 1);
  cache.put(v4(3, 0, 0, 0), 4);
  EXPECT_EQ(*cache.find(v4(3, 0, 0, 0)), 4);
  EXPECT_EQ(cache.size(), 2U);
}

TEST(NameStore, TheNewestComesFirstAndTheOldestIsDropped) {
  NameStore store(100, 3);
  EXPECT_TRUE(store.look_up(v4(1, 0, 0, 0), 0).wake);
  for (uint8_t i = 2; i <= 4; ++i) EXPECT_FALSE(store.look_up(v4(i, 0, 0, 0), 0).wake);
  EXPECT_EQ(store.counters().dropped, 1U);
  store.look_up(v4(4, 0, 0, 0), 0);  // waits already
  EXPECT_EQ(store.take(2), (std::vector{v4(4, 0, 0, 0), v4(3, 0, 0, 0)}));
  store.look_up(v4(4, 0, 0, 0), 0);  // is on its way
  store.look_up(v4(1, 0, 0, 0), 0);  // was dropped
  EXPECT_EQ(store.take(9), (std::vector{v4(1, 0, 0, 0), v4(2, 0, 0, 0)}));
  EXPECT_FALSE(store.has_waiting());
}

TEST(NameStore, NamesAgeAndStayUntilThereIsANewerOne) {
  NameStore store(100, 10);
  const AddressKey key = v4(10, 0, 0, 1);
  EXPECT_EQ(store.look_up(key, 0).name, "");
  store.take(1);
  store.found(key, "old", 100, true);
  EXPECT_EQ(store.generation(), 1U);
  EXPECT_EQ(store.look_up(key, 99).name, "old");
  EXPECT_FALSE(store.has_waiting());
  EXPECT_EQ(store.look_up(key, 100).name, "old");
  EXPECT_EQ(store.take(1).size(), 1U);
  store.no_answer(key, 200);
  EXPECT_EQ(store.look_up(key, 150).name, "old");
  EXPECT_FALSE(store.has_waiting());
  store.look_up(key, 200);
  store.take(1);
  store.found(key, "new", 300, true);
  EXPECT_EQ(store.look_up(key, 250).name, "new");
  EXPECT_EQ(store.generation(), 2U);
  store.look_up(key, 300);
  store.take(1);
  store.not_found(key, 400, true);
  EXPECT_EQ(store.look_up(key, 350).name, "");
  EXPECT_FALSE(store.has_waiting());
  EXPECT_TRUE(store.wait_settled(0));
}

TEST(NameStore, RemembersNoMoreThanItMay) {
  NameStore store(10, 1000);
  for (uint8_t i = 0; i < 100; ++i) {
    store.look_up(v4(10, 0, 0, i), 0);
    store.take(1);
    store.found(v4(10, 0, 0, i), "h", 1000, true);
  }
  EXPECT_EQ(store.look_up(v4(10, 0, 0, 99), 1).name, "h");
  EXPECT_EQ(store.look_up(v4(10, 0, 0, 89), 1).name, "");
}

TEST(Names, WithoutHostsThereIsNoThreadAndNoSocket) {
  const auto tasks = [] {
    size_t count = 0;
    for ([[maybe_unused]] const auto& task : std::filesystem::directory_iterator("/proc/self/task"))
      ++count;
    return count;
  };
  const auto descriptors = [] {
    size_t count = 0;
    for ([[maybe_unused]] const auto& fd : std::filesystem::directory_iterator("/proc/self/fd"))
      ++count;
    return count;
  };
  const size_t tasks_before = tasks();
  const size_t descriptors_before = descriptors();
  NamesOptions options;
  options.hosts = false;
  const auto names = Names::start(options);
  ASSERT_TRUE(names);
  EXPECT_EQ((*names)->host(4, {127, 0, 0, 1}), "127.0.0.1");
  EXPECT_EQ((*names)->service(kTcp, 22), "ssh");
  EXPECT_EQ((*names)->service(kTcp, 1), (*names)->service(kTcp, 1));
  EXPECT_EQ((*names)->origin(4, {192, 0, 2, 1}), "");
  EXPECT_EQ(tasks(), tasks_before);
  EXPECT_EQ(descriptors(), descriptors_before);
  (*names)->show_services(false);
  EXPECT_EQ((*names)->service(kTcp, 22), "22");
}

}  // namespace
}  // namespace weir::report
