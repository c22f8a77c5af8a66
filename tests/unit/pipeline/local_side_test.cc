#include "engine/pipeline/local_side.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <thread>

namespace weir {
namespace {

IpPrefix prefix_of(const std::string& text) {
  const size_t slash = text.find('/');
  IpPrefix prefix;
  prefix.ip_version = text.find(':') == std::string::npos ? 4 : 6;
  EXPECT_EQ(inet_pton(prefix.ip_version == 4 ? AF_INET : AF_INET6, text.substr(0, slash).c_str(),
                      prefix.address.data()),
            1)
      << text;
  prefix.length = slash == std::string::npos
                      ? static_cast<uint8_t>(prefix.ip_version == 4 ? 32 : 128)
                      : static_cast<uint8_t>(std::stoi(text.substr(slash + 1)));
  return prefix;
}

std::vector<IpPrefix> prefixes_of(const std::vector<std::string>& texts) {
  std::vector<IpPrefix> prefixes;
  for (const std::string& text : texts) prefixes.push_back(prefix_of(text));
  return prefixes;
}

struct Case {
  std::string low;
  std::string high;
  LinkSide link;
  bool from_high;
  std::string expected;  ///< rule and side, or "nothing"
};

std::string text_of(const std::optional<SideChoice>& choice) {
  if (!choice) return "nothing";
  constexpr const char* kRules[] = {"given", "address", "network", "link", "private", "first"};
  return std::string(kRules[static_cast<size_t>(choice->rule)]) + (choice->high ? " high" : " low");
}

void expect(const LocalSide& local, const Case& at) {
  FlowKey key;
  key.low_addr = prefix_of(at.low).address;
  key.high_addr = prefix_of(at.high).address;
  key.ip_version = prefix_of(at.low).ip_version;
  EXPECT_EQ(text_of(local.choose(key, at.link, at.from_high)), at.expected)
      << at.low << " " << at.high;
}

constexpr LinkSide kUnknown = LinkSide::unknown;

// An interface 192.168.1.20/24 with fd00::20/64, and -F 192.168.1.128/25.
const LocalSide::Config kHost{{}, prefixes_of({"192.168.1.20/24", "fd00::20/64"}), {}};

TEST(LocalSide, AnAddressOfTheInterfaceIsLocalAmongItsNeighbours) {
  const LocalSide local(kHost);
  expect(local, {"192.168.1.1", "192.168.1.20", kUnknown, false, "address high"});
  expect(local, {"192.168.1.20", "192.168.1.200", kUnknown, false, "address low"});
  expect(local, {"fd00::1", "fd00::20", kUnknown, false, "address high"});
  expect(local, {"fd00::20", "fd00::21", kUnknown, false, "address low"});
}

TEST(LocalSide, TheNetworkDecidesWhereNeitherOrBothAreTheInterfaces) {
  const LocalSide local(kHost);
  expect(local, {"1.1.1.1", "192.168.1.7", kUnknown, false, "network high"});
  expect(local, {"192.168.1.7", "192.168.2.7", kUnknown, false, "network low"});
  expect(local, {"fd00::7", "fd00:0:0:1::7", kUnknown, false, "network low"});
  const LocalSide two({{}, prefixes_of({"192.168.1.20/24", "10.0.0.1/8"}), {}});
  expect(two, {"10.0.0.1", "192.168.1.20", kUnknown, false, "nothing"});
}

TEST(LocalSide, WhatIsGivenComesBeforeTheInterface) {
  const LocalSide local(
      {prefixes_of({"192.168.1.128/25", "2001:db8::/32"}), prefixes_of({"192.168.1.20/24"}), {}});
  expect(local, {"192.168.1.20", "192.168.1.200", LinkSide::sent, false, "given high"});
  expect(local, {"192.168.1.1", "192.168.1.20", kUnknown, false, "address high"});
  expect(local, {"1.1.1.1", "192.168.1.127", kUnknown, false, "network high"});
  expect(local, {"2001:db7:ffff::", "2001:db8::", kUnknown, false, "given high"});
  expect(local,
         {"2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::", kUnknown, false, "given low"});
}

TEST(LocalSide, TheLinkIsAskedAfterTheInterfaceAndBeforePrivateRanges) {
  const LocalSide local(kHost);
  for (const bool from_high : {false, true}) {
    expect(local, {"1.1.1.1", "10.0.0.1", LinkSide::sent, from_high,
                   from_high ? "link high" : "link low"});
    expect(local, {"1.1.1.1", "10.0.0.1", LinkSide::received, from_high,
                   from_high ? "link low" : "link high"});
    expect(local, {"192.168.1.1", "192.168.1.20", LinkSide::received, from_high, "address high"});
    expect(local, {"1.1.1.1", "192.168.1.3", LinkSide::sent, from_high, "network high"});
  }
  expect(local, {"1.1.1.1", "10.0.0.1", kUnknown, false, "private high"});
}

TEST(LocalSide, PrivateRangesToTheirLastAddress) {
  const LocalSide local;
  for (const char* inside : {"10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255",
                             "192.168.0.0", "192.168.255.255", "169.254.0.0", "169.254.255.255"}) {
    expect(local, {"1.1.1.1", inside, kUnknown, false, "private high"});
    expect(local, {inside, "224.0.0.1", kUnknown, false, "private low"});
    expect(local, {"10.1.1.1", inside, kUnknown, false, "nothing"});
  }
  for (const char* outside : {"9.255.255.255", "11.0.0.0", "172.15.255.255", "172.32.0.0",
                              "192.167.255.255", "192.169.0.0", "169.253.255.255", "169.255.0.0",
                              "127.0.0.1", "0.0.0.0", "255.255.255.255"}) {
    expect(local, {"1.1.1.1", outside, kUnknown, false, "nothing"});
  }
  for (const char* inside : {"fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                             "fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}) {
    expect(local, {"2001:db8::1", inside, kUnknown, false, "private high"});
  }
  for (const char* outside :
       {"fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "fe00::", "fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fec0::", "ff02::1", "::1"}) {
    expect(local, {"2001:db8::1", outside, kUnknown, false, "nothing"});
  }
}

TEST(LocalSide, NetworksMayOverlapAndReachTheEnds) {
  const LocalSide local({prefixes_of({"0.0.0.0/1", "64.0.0.0/2", "96.0.0.0/3", "255.255.255.255/32",
                                      "255.255.255.255/32", "ff00::/8"}),
                         {},
                         {}});
  expect(local, {"0.0.0.0", "128.0.0.0", kUnknown, false, "given low"});
  expect(local, {"127.255.255.255", "255.255.255.254", kUnknown, false, "given low"});
  expect(local, {"128.0.0.0", "255.255.255.255", kUnknown, false, "given high"});
  expect(local, {"::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", kUnknown, false, "given high"});
  const LocalSide all({prefixes_of({"0.0.0.0/0", "::/0"}), {}, {}});
  expect(all, {"0.0.0.0", "255.255.255.255", kUnknown, false, "nothing"});
  expect(all, {"::1", "2001:db8::1", kUnknown, false, "nothing"});
  expect(all, {"1.1.1.1", "10.0.0.1", kUnknown, false, "private high"});
}

TEST(LocalSides, AReaderSeesTheNewestAndKeepsWhatItHas) {
  LocalSides sides({std::make_shared<const LocalSide>(), std::make_shared<const LocalSide>()});
  LocalSides::Reader reader(sides);
  const FlowKey key = [] {
    FlowKey made;
    made.ip_version = 4;
    made.low_addr = prefix_of("1.1.1.1").address;
    made.high_addr = prefix_of("2.2.2.2").address;
    return made;
  }();
  const LocalSide* old = &reader.of(1);
  sides.set(1,
            std::make_shared<const LocalSide>(LocalSide::Config{{}, {prefix_of("2.2.2.2")}, {}}));
  EXPECT_EQ(&reader.of(1), old) << "until refresh()";
  EXPECT_FALSE(old->choose(key, kUnknown, false));
  reader.refresh();
  EXPECT_TRUE(reader.of(1).choose(key, kUnknown, false)->high);
  EXPECT_FALSE(reader.of(0).choose(key, kUnknown, false));
}

// For the thread sanitizer: one writer, several readers.
TEST(LocalSides, AreExchangedWhileTheyAreRead) {
  LocalSides sides;
  std::atomic<bool> stop{false};
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      LocalSides::Reader reader(sides);
      FlowKey key;
      key.ip_version = 4;
      while (!stop.load()) {
        reader.refresh();
        EXPECT_FALSE(reader.of(0).choose(key, kUnknown, false));
      }
    });
  }
  for (int i = 0; i < 1000; ++i) sides.set(0, std::make_shared<const LocalSide>());
  stop.store(true);
  for (std::thread& reader : readers) reader.join();
}

}  // namespace
}  // namespace weir
