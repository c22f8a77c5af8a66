// Host names out of a DNS server that this test is, in every mood.

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "report/format.h"
#include "report/names/clean_text.h"
#include "report/names/names.h"
#include "tests/unit/names/fake_dns.h"
#include "tests/unit/names/temporary.h"

namespace weir::report {
namespace {

using test::Bytes;
using Datagrams = std::vector<Bytes>;
using test::dns_message;
using test::DnsQuestion;
using test::FakeDns;
using test::ptr_record;

constexpr uint64_t kLongMs = 20'000;  ///< for what takes milliseconds on an idle machine

/// The signals that the resolver's thread blocks; 0 where it is not there yet.
uint64_t blocked_by_resolver() {
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string name;
    std::getline(std::ifstream(task.path() / "comm"), name);
    std::ifstream status(task.path() / "status");
    for (std::string line; name == "weir-names" && std::getline(status, line);) {
      if (line.starts_with("SigBlk:")) return std::stoull(line.substr(7), nullptr, 16);
    }
  }
  return 0;
}

TEST(ResolverThread, LeavesSignalsToOthersButNotItsOwnCrash) {
  const Result<std::unique_ptr<Resolver>> resolver = Resolver::start({});
  ASSERT_TRUE(resolver);
  uint64_t blocked = 0;
  for (int i = 0; i < 1000 && blocked == 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    blocked = blocked_by_resolver();
  }
  const auto blocks = [&](int number) { return (blocked >> (number - 1) & 1) != 0; };
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGWINCH}) EXPECT_TRUE(blocks(number));
  for (const int number : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE}) EXPECT_FALSE(blocks(number));
}

IpBytes address(uint32_t host) {
  return {10, static_cast<uint8_t>(host >> 16), static_cast<uint8_t>(host >> 8),
          static_cast<uint8_t>(host)};
}

NamesOptions options_for(const FakeDns& dns) {
  NamesOptions options;
  options.resolver.servers = {dns.address()};
  options.resolver.hosts_file = "/nonexistent/hosts";
  options.resolver.timeout_ms = 100;
  return options;
}

std::unique_ptr<Names> start(const NamesOptions& options) {
  Result<std::unique_ptr<Names>> names = Names::start(options);
  EXPECT_TRUE(names) << to_string(names.error());
  return std::move(*names);
}

/// What is shown of 10.0.0.1 once the server has said what it says.
std::string shown(const FakeDns::Answer& answer, ResolverCounters* counters = nullptr) {
  const FakeDns dns(answer);
  const auto names = start(options_for(dns));
  EXPECT_EQ(names->host(4, address(1)), "10.0.0.1");
  EXPECT_TRUE(names->wait_answers(kLongMs));
  if (counters != nullptr) *counters = names->counters();
  return names->host(4, address(1));
}

FakeDns::Answer name_of(std::vector<std::string> labels) {
  return [labels = std::move(labels)](const DnsQuestion& question) {
    return Datagrams{dns_message(question, test::kDnsAnswer, {ptr_record(labels, 300)})};
  };
}

TEST(Resolver, ShowsTheNameOnceItIsKnown) {
  std::string asked;
  ResolverCounters counters;
  EXPECT_EQ(shown(
                [&](const DnsQuestion& question) {
                  asked = question.name;
                  return name_of({"host", "example", "com"})(question);
                },
                &counters),
            "host.example.com");
  EXPECT_EQ(asked, "1.0.0.10.in-addr.arpa");
  EXPECT_EQ(counters.asked, 1U);
  EXPECT_EQ(counters.answered, 1U);
  EXPECT_EQ(counters.failed, 0U);
}

TEST(Resolver, AsksOnceForAName) {
  const FakeDns dns(name_of({"a", "example"}));
  const auto names = start(options_for(dns));
  const uint64_t before = names->generation();
  for (int i = 0; i < 100; ++i) names->host(4, address(1));
  ASSERT_TRUE(names->wait_answers(kLongMs));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(names->host(4, address(1)), "a.example");
  EXPECT_EQ(dns.questions(), 1U);
  EXPECT_EQ(names->generation(), before + 1);
}

TEST(Resolver, ReadsIPv6) {
  const FakeDns dns(name_of({"six", "example"}));
  const auto names = start(options_for(dns));
  const IpBytes six{0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  EXPECT_EQ(names->host(6, six), "2001:db8::1");
  ASSERT_TRUE(names->wait_answers(kLongMs));
  EXPECT_EQ(names->host(6, six), "six.example");
}

TEST(Resolver, ShowsTheAddressWhereThereIsNoName) {
  ResolverCounters counters;
  EXPECT_EQ(shown(
                [](const DnsQuestion& question) {
                  return Datagrams{dns_message(question, test::kDnsNoSuchName, {})};
                },
                &counters),
            "10.0.0.1");
  EXPECT_EQ(counters.failed, 1U);
  EXPECT_EQ(shown([](const DnsQuestion& question) {
              return Datagrams{dns_message(question, test::kDnsAnswer, {})};
            }),
            "10.0.0.1");
  EXPECT_EQ(shown([](const DnsQuestion& question) {
              return Datagrams{dns_message(question, test::kDnsFailure, {})};
            }),
            "10.0.0.1");
}

TEST(Resolver, RemembersThatThereIsNoName) {
  const FakeDns dns([](const DnsQuestion& question) {
    return Datagrams{dns_message(question, test::kDnsNoSuchName, {})};
  });
  const auto names = start(options_for(dns));
  for (int i = 0; i < 3; ++i) {
    names->host(4, address(1));
    ASSERT_TRUE(names->wait_answers(kLongMs));
  }
  EXPECT_EQ(dns.questions(), 1U);
  EXPECT_EQ(names->generation(), 0U);
}

TEST(Resolver, NothingADnsServerSaysDrivesATerminal) {
  for (const std::string label : {"\x1b[2J", "\x1b]0;title\x07", "a\nb",
                                  "\x9b"
                                  "31m",
                                  "b\xc3\xbc"
                                  "cher",
                                  "a b", "\r", "\t"}) {
    const std::string text = shown(name_of({label, "example"}));
    EXPECT_EQ(printable(text), text);
    EXPECT_EQ(clean_text(text, 300), text);
    EXPECT_TRUE(text == "10.0.0.1" || text.ends_with(".example")) << text;
  }
}

TEST(Resolver, RefusesANameThatIsAnAddress) {
  EXPECT_EQ(shown(name_of({"192", "0", "2", "1"})), "10.0.0.1");
}

TEST(Resolver, NamesAreBounded) {
  const std::string label(63, 'a');
  EXPECT_EQ(shown(name_of({label, label, label, std::string(61, 'b')})).size(), 253U);
  // 255 bytes of text: 257 on the wire, which RFC 1035 does not allow.
  EXPECT_EQ(shown(name_of({label, label, label, label})), "10.0.0.1");
}

TEST(Resolver, KeepsPunycodeAsItIs) {
  EXPECT_EQ(shown(name_of({"xn--bcher-kva", "example"})), "xn--bcher-kva.example");
}

TEST(Resolver, IgnoresAnswersToOtherQuestions) {
  const auto answer = [](const DnsQuestion& question) {
    DnsQuestion other = question;
    other.id = static_cast<uint16_t>(question.id + 1);
    const Bytes wrong = dns_message(other, test::kDnsAnswer, {ptr_record({"evil"}, 300)});
    return Datagrams{wrong, dns_message(question, test::kDnsAnswer, {ptr_record({"good"}, 300)})};
  };
  EXPECT_EQ(shown(answer), "good");
}

TEST(Resolver, LivesWithATruncatedAnswer) {
  // c-ares asks again over TCP, where nobody listens.
  EXPECT_EQ(shown([](const DnsQuestion& question) {
              return Datagrams{dns_message(question, test::kDnsTruncated, {})};
            }),
            "10.0.0.1");
}

TEST(Resolver, LivesWithAnAnswerCutAnywhere) {
  const FakeDns dns([](const DnsQuestion& question) {
    Bytes message = dns_message(question, test::kDnsAnswer, {ptr_record({"whole", "name"}, 9)});
    const size_t last = question.name.find('.');
    message.resize(std::min<size_t>(std::stoul(question.name.substr(0, last)), message.size()));
    return Datagrams{message};
  });
  NamesOptions options = options_for(dns);
  options.resolver.timeout_ms = 20;
  options.resolver.tries = 1;
  const auto names = start(options);
  for (uint32_t i = 0; i < 90; ++i) names->host(4, address(i));
  ASSERT_TRUE(names->wait_answers(kLongMs));
  for (uint32_t i = 0; i < 90; ++i) {
    const std::string text = names->host(4, address(i));
    EXPECT_TRUE(text == "10.0.0." + std::to_string(i) || text == "whole.name") << text;
  }
  EXPECT_EQ(names->host(4, address(89)), "whole.name");
}

TEST(Resolver, LivesWithRandomBytes) {
  std::mt19937 random(7);
  const FakeDns dns([&](const DnsQuestion& question) {
    Bytes message =
        dns_message(question, test::kDnsAnswer, {ptr_record({"a", "b"}, 9), ptr_record({"c"}, 9)});
    // The identity stays, so that c-ares looks at the rest.
    for (int i = 0; i < 4; ++i) {
      message[2 + random() % (message.size() - 2)] = static_cast<uint8_t>(random());
    }
    return Datagrams{message};
  });
  NamesOptions options = options_for(dns);
  options.resolver.timeout_ms = 20;
  options.resolver.tries = 1;
  const auto names = start(options);
  for (uint32_t i = 0; i < 500; ++i) names->host(4, address(i));
  ASSERT_TRUE(names->wait_answers(kLongMs));
  for (uint32_t i = 0; i < 500; ++i) {
    const std::string text = names->host(4, address(i));
    EXPECT_EQ(clean_text(text, kMaxHostNameBytes), text);
  }
}

TEST(Resolver, NeverBlocksWhileTheServerIsSilent) {
  const FakeDns dns([](const DnsQuestion&) { return Datagrams{}; });
  NamesOptions options = options_for(dns);
  options.resolver.timeout_ms = 2000;
  options.resolver.max_queue = 100;
  options.resolver.max_outstanding = 8;
  auto names = start(options);
  using std::chrono::steady_clock;
  std::chrono::nanoseconds all{};
  std::vector<std::chrono::nanoseconds> each;
  for (uint32_t i = 0; i < 1000; ++i) {
    const auto begin = steady_clock::now();
    names->host(4, address(i));
    each.push_back(steady_clock::now() - begin);
    all += each.back();
  }
  std::sort(each.begin(), each.end());
  // Of a thread that is not run for a while nothing can be said: hence not the very longest.
  EXPECT_LT(each[989], std::chrono::milliseconds(1));
  EXPECT_LT(all, std::chrono::milliseconds(1000));
  const ResolverCounters counters = names->counters();
  EXPECT_LE(counters.asked, 8U);
  EXPECT_GE(counters.dropped, 1000U - 100U - 8U);
  EXPECT_LE(dns.questions(), 8U);
  const auto begin = steady_clock::now();
  names.reset();
  EXPECT_LT(steady_clock::now() - begin, std::chrono::milliseconds(1000));
}

TEST(Resolver, ASilentServerIsGivenUpAfterItsTimeOuts) {
  ResolverCounters counters;
  EXPECT_EQ(shown([](const DnsQuestion&) { return Datagrams{}; }, &counters), "10.0.0.1");
  EXPECT_EQ(counters.failed, 1U);
  EXPECT_EQ(counters.asked, 1U);
}

TEST(Resolver, WhatWasDroppedIsAskedWhenSeenAgain) {
  const FakeDns dns(name_of({"late"}));
  NamesOptions options = options_for(dns);
  options.resolver.max_queue = 4;
  options.resolver.max_outstanding = 1;
  const auto names = start(options);
  for (uint32_t i = 0; i < 2000; ++i) names->host(4, address(i));
  ASSERT_TRUE(names->wait_answers(kLongMs));
  EXPECT_GT(names->counters().dropped, 0U);
  const auto is_named = [&](uint32_t i) { return names->host(4, address(i)) == "late"; };
  EXPECT_TRUE(is_named(1999));
  uint32_t unnamed = 0;
  while (unnamed < 2000 && is_named(unnamed)) ++unnamed;
  ASSERT_LT(unnamed, 2000U);
  ASSERT_TRUE(names->wait_answers(kLongMs));
  EXPECT_TRUE(is_named(unnamed));
}

TEST(Resolver, TheHostsFileComesFirst) {
  const test::TemporaryFolder folder;
  const FakeDns dns(name_of({"dns"}));
  NamesOptions options = options_for(dns);
  options.resolver.hosts_file = folder.put("hosts", "10.0.0.1 mine\n127.0.0.1 localhost\n");
  const auto names = start(options);
  names->host(4, address(1));
  names->host(4, {127, 0, 0, 1});
  names->host(4, {127, 0, 0, 2});
  names->host(4, {224, 0, 0, 1});
  names->host(0, {});
  ASSERT_TRUE(names->wait_answers(kLongMs));
  EXPECT_EQ(names->host(4, address(1)), "mine");
  EXPECT_EQ(names->host(4, {127, 0, 0, 1}), "localhost");
  EXPECT_EQ(names->host(4, {127, 0, 0, 2}), "127.0.0.2");
  EXPECT_EQ(names->host(4, {224, 0, 0, 1}), "224.0.0.1");
  EXPECT_EQ(dns.questions(), 0U);
  EXPECT_EQ(names->counters().asked, 0U);
}

TEST(Resolver, ReadsAHostsFileAgainThatHasChanged) {
  const test::TemporaryFolder folder;
  const FakeDns dns(name_of({"dns"}));
  NamesOptions options = options_for(dns);
  options.resolver.hosts_file = folder.path("hosts");
  options.resolver.look_at_files_ms = 0;
  const auto names = start(options);
  names->host(4, address(1));
  ASSERT_TRUE(names->wait_answers(kLongMs));
  EXPECT_EQ(names->host(4, address(1)), "dns");
  folder.put("hosts", "10.0.0.2 added\n");
  names->host(4, address(2));
  ASSERT_TRUE(names->wait_answers(kLongMs));
  EXPECT_EQ(names->host(4, address(2)), "added");
}

TEST(Resolver, AsksTheServersOfAResolvConfThatHasChanged) {
  // resolv.conf knows no port but 53, so each run of the test takes an address of its own.
  const std::string net = "127.53." + std::to_string(getpid() >> 8 & 255) + '.';
  const std::string first_host = net + std::to_string(getpid() & 254);
  const std::string second_host = net + std::to_string((getpid() & 254) + 1);
  const FakeDns first([](const DnsQuestion&) { return Datagrams{}; }, first_host, 53);
  const FakeDns second(name_of({"second"}), second_host, 53);
  if (!first.is_bound() || !second.is_bound()) GTEST_SKIP() << "needs port 53 of " << net << "0/24";
  const test::TemporaryFolder folder;
  NamesOptions options;
  options.resolver.hosts_file = "/nonexistent/hosts";
  options.resolver.resolv_conf = folder.put("resolv.conf", "nameserver " + first_host + '\n');
  options.resolver.look_at_files_ms = 0;
  const auto names = start(options);
  names->host(4, address(1));
  const auto limit = std::chrono::steady_clock::now() + std::chrono::milliseconds(kLongMs);
  while (first.questions() == 0 && std::chrono::steady_clock::now() < limit) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  ASSERT_EQ(first.questions(), 1U);
  folder.put("resolv.conf", "nameserver " + second_host + '\n');
  names->host(4, address(2));
  ASSERT_TRUE(names->wait_answers(kLongMs));
  EXPECT_EQ(names->host(4, address(2)), "second");
  // What was on its way to the old server is told from an answer: it is asked for again later.
  EXPECT_EQ(names->counters().failed, 1U);
}

TEST(Resolver, IsOffAndOnWhileRunning) {
  const FakeDns dns(name_of({"named"}));
  NamesOptions options = options_for(dns);
  options.hosts = false;
  const auto names = start(options);
  EXPECT_EQ(names->host(4, address(1)), "10.0.0.1");
  EXPECT_TRUE(names->wait_answers(0));
  EXPECT_EQ(dns.questions(), 0U);
  ASSERT_TRUE(names->show_hosts(true));
  names->host(4, address(1));
  ASSERT_TRUE(names->wait_answers(kLongMs));
  EXPECT_EQ(names->host(4, address(1)), "named");
  ASSERT_TRUE(names->show_hosts(false));
  EXPECT_EQ(names->host(4, address(1)), "10.0.0.1");
  ASSERT_TRUE(names->show_hosts(true));
  EXPECT_EQ(names->host(4, address(1)), "named");
}

TEST(Resolver, RefusesServersThatAreNone) {
  NamesOptions options;
  options.resolver.servers = {"not an address"};
  const auto names = Names::start(options);
  ASSERT_FALSE(names);
  EXPECT_EQ(names.error().code, Code::usage);
  EXPECT_NE(names.error().where.find("not an address"), std::string::npos);
}

}  // namespace
}  // namespace weir::report
