#include "cli/units.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::cli {
namespace {

constexpr uint64_t kMs = 1'000'000;
constexpr uint64_t kSecond = 1000 * kMs;

template <class T>
void expect_usage(const Result<T>& result, std::string_view text) {
  ASSERT_FALSE(result) << text;
  EXPECT_EQ(result.error().code, Code::usage);
  EXPECT_NE(result.error().message.find("'" + std::string(text) + "'"), std::string::npos)
      << result.error().message;
}

TEST(Number, InRange) {
  EXPECT_EQ(parse_number("1", 1, 4096), 1U);
  EXPECT_EQ(parse_number("4096", 1, 4096), 4096U);
  EXPECT_EQ(parse_number("18446744073709551615", 0, UINT64_MAX), UINT64_MAX);
}

TEST(Number, Bad) {
  for (const char* text : {"", "0", "4097", "-1", "+1", " 1", "1 ", "1k", "0x10", "1.5", "x",
                           "18446744073709551616"}) {
    expect_usage(parse_number(text, 1, 4096), text);
  }
  EXPECT_EQ(parse_number("0", 1, 4096).error().message, "'0' is not a number from 1 to 4096");
}

TEST(Count, ByThousands) {
  EXPECT_EQ(parse_count("5", 0, UINT64_MAX), 5U);
  EXPECT_EQ(parse_count("200k", 0, UINT64_MAX), 200'000U);
  EXPECT_EQ(parse_count("5M", 0, UINT64_MAX), 5'000'000U);
  EXPECT_EQ(parse_count("1G", 0, UINT64_MAX), 1'000'000'000U);
}

TEST(Count, Bad) {
  for (const char* text : {"", "k", "5T", "5MM", "1.5M", "-5", "99999999999999999G"}) {
    expect_usage(parse_count(text, 0, UINT64_MAX), text);
  }
  expect_usage(parse_count("11k", 1, 10'000), "11k");
}

TEST(Bandwidth, AsIftopReadsIt) {
  EXPECT_EQ(parse_bandwidth("1000000"), 1'000'000U);
  EXPECT_EQ(parse_bandwidth("8b"), 8U);
  EXPECT_EQ(parse_bandwidth("10k"), 10U << 10);
  EXPECT_EQ(parse_bandwidth("10m"), 10U << 20);
  EXPECT_EQ(parse_bandwidth("2G"), 2ULL << 30);
  EXPECT_EQ(parse_bandwidth("0"), 0U) << "no limit";
  for (const char* text :
       {"", "m", "10MB", "-1", "1.5M", "99999999999999999999", "9999999999999G"}) {
    expect_usage(parse_bandwidth(text), text);
  }
}

TEST(Size, By1024) {
  EXPECT_EQ(parse_size_bytes("65536"), 65'536U);
  EXPECT_EQ(parse_size_bytes("512K"), 512U << 10);
  EXPECT_EQ(parse_size_bytes("64M"), 64U << 20);
  EXPECT_EQ(parse_size_bytes("2G"), 2ULL << 30);
}

TEST(Size, Bad) {
  for (const char* text : {"", "0", "0M", "M", "64MB", "64 M", "-1", "1e6", "99999999999G"}) {
    expect_usage(parse_size_bytes(text), text);
  }
}

TEST(Duration, Units) {
  EXPECT_EQ(parse_duration_ns("0"), 0U);
  EXPECT_EQ(parse_duration_ns("2"), 2 * kSecond);
  EXPECT_EQ(parse_duration_ns("0.5"), 500 * kMs);
  EXPECT_EQ(parse_duration_ns("250us"), 250'000U);
  EXPECT_EQ(parse_duration_ns("500ms"), 500 * kMs);
  EXPECT_EQ(parse_duration_ns("2s"), 2 * kSecond);
  EXPECT_EQ(parse_duration_ns("1.5m"), 90 * kSecond);
  EXPECT_EQ(parse_duration_ns("1h"), 3600 * kSecond);
}

TEST(Duration, Bad) {
  for (const char* text : {"", "s", "2d", "-1", "1.", ".5", "1.2.3", "1,5", "1e3", "2 s",
                           "0.1234567890", "999999999999h", "9223372037", "18446744073"}) {
    expect_usage(parse_duration_ns(text), text);
  }
}

TEST(Network, Ipv4) {
  const IpPrefix ten{{10, 0, 0, 0}, 4, 8};
  EXPECT_EQ(parse_network("10.0.0.0/8", 4), ten);
  EXPECT_EQ(parse_network("10.0.0.0/255.0.0.0", 4), ten);
  EXPECT_EQ(parse_network("10.0.0.1", 4), (IpPrefix{{10, 0, 0, 1}, 4, 32}));
  EXPECT_EQ(parse_network("0.0.0.0/0", 4)->length, 0);
  EXPECT_EQ(parse_network("0.0.0.0/0.0.0.0", 4)->length, 0);
  EXPECT_EQ(parse_network("10.9.8.0/255.255.254.0", 4)->length, 23);
}

TEST(Network, Ipv6) {
  const IpPrefix documentation{{0x20, 0x01, 0x0d, 0xb8}, 6, 32};
  EXPECT_EQ(parse_network("2001:db8::/32", 6), documentation);
  EXPECT_EQ(parse_network("2001:db8::/ffff:ffff::", 6), documentation);
  EXPECT_EQ(parse_network("::1", 6)->length, 128);
}

TEST(Network, Bad) {
  for (const char* text :
       {"", "/8", "10/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8/8",
        "2001:db8::/32", "10.0.0.0/255.0.255.0", "10.0.0.0/253.0.0.0"}) {
    expect_usage(parse_network(text, 4), text);
  }
  for (const char* text : {"10.0.0.0/8", "2001:db8::/129", "2001:db8::/ffff::ffff", "::/x"}) {
    expect_usage(parse_network(text, 6), text);
  }
}

TEST(CountList, CommaSeparated) {
  EXPECT_EQ(parse_count_list("1,2,4", 1, 64), (std::vector<uint64_t>{1, 2, 4}));
  EXPECT_EQ(parse_count_list("1k", 1, 2000), (std::vector<uint64_t>{1000}));
  for (const char* text : {"", ",", "1,", ",1", "1,,2", "1;2", "65"}) {
    EXPECT_FALSE(parse_count_list(text, 1, 64)) << text;
  }
}

}  // namespace
}  // namespace weir::cli
