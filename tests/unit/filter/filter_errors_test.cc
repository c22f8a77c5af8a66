// What display filters are refused, and what is said of them.

#include <gtest/gtest.h>

#include <chrono>

#include "report/filter/display_filter.h"
#include "tests/unit/filter/flows.h"

namespace weir::report {
namespace {

std::string error_of(const std::string& filter) {
  const auto parsed = parse_display_filter(filter, nullptr);
  if (parsed) return "none";
  EXPECT_EQ(parsed.error().code, Code::usage);
  return parsed.error().message;
}

std::string repeated(std::string_view part, size_t times) {
  std::string out;
  for (size_t i = 0; i < times; ++i) out += part;
  return out;
}

TEST(DisplayFilterErrors, NameTheColumnAndWhatWasExpected) {
  EXPECT_EQ(error_of("net foo"), "column 5: 'foo' is not a network such as 10.0.0.0/8 or fd00::/8");
  EXPECT_EQ(error_of("tcp and net 10.0.0.0/33"),
            "column 13: '10.0.0.0/33' is not a network such as 10.0.0.0/8 or fd00::/8");
  EXPECT_EQ(error_of("net"), "column 4: expected a network such as 10.0.0.0/8 or fd00::/8");
  EXPECT_EQ(error_of("host "), "column 6: expected an address or part of a host name");
  EXPECT_EQ(error_of("host and tcp"), "column 6: 'and' is not an address or part of a host name");
  EXPECT_EQ(error_of("port 65536"),
            "column 6: '65536' is not a port such as 443, 8000-8100 or https");
  EXPECT_EQ(error_of("port 8100-8000"),
            "column 6: '8100-8000' is not a port such as 443, 8000-8100 or https");
  EXPECT_EQ(error_of("proto 256"),
            "column 7: '256' is not a protocol such as tcp, udp6, icmp or 47");
  EXPECT_EQ(error_of("proto 66"), "none") << "a number is never one with a version behind it";
  EXPECT_EQ(error_of("proto 2576"),
            "column 7: '2576' is not a protocol such as tcp, udp6, icmp or 47");
  EXPECT_EQ(error_of("vlan 4096"), "column 6: '4096' is not a VLAN from 0 to 4095");
  EXPECT_EQ(error_of("src proto tcp"),
            "column 5: 'proto' is not what src or dst may stand before: host, net or port");
  EXPECT_EQ(error_of("not foo"),
            "column 5: 'foo' is not a term such as host, net, port, proto, ip or vlan");
  EXPECT_EQ(error_of("tcp or"),
            "column 7: expected a term such as host, net, port, proto, ip or vlan");
  EXPECT_EQ(error_of("and tcp"),
            "column 1: 'and' is not a term such as host, net, port, proto, ip or vlan");
}

TEST(DisplayFilterErrors, Parentheses) {
  EXPECT_EQ(error_of("(tcp or udp"), "column 1: '(' is not closed");
  EXPECT_EQ(error_of("tcp)"), "column 4: ')' has no '(' before it");
  EXPECT_EQ(error_of("()"),
            "column 2: ')' is not a term such as host, net, port, proto, ip or vlan");
  EXPECT_EQ(error_of(repeated("(", 64) + "tcp" + repeated(")", 64)), "none");
  EXPECT_EQ(error_of(repeated("(", 65) + "tcp" + repeated(")", 65)),
            "column 65: more than 64 parentheses are open");
  EXPECT_EQ(error_of(repeated("(", 10'000) + "tcp" + repeated(")", 10'000)),
            "column 1: a filter has at most 4096 bytes, not 20003");
  EXPECT_EQ(error_of(repeated("(", 4'000)), "column 65: more than 64 parentheses are open");
}

TEST(DisplayFilterErrors, LongOnesAreBounded) {
  EXPECT_EQ(error_of(repeated("x", 256)), "none");
  EXPECT_EQ(error_of(repeated("x", 257)),
            "column 1: a text or regular expression has at most 256 bytes, not 257");
  EXPECT_EQ(error_of(repeated("!", 4'000) + "tcp"), "none");
  EXPECT_EQ(
      error_of("net " + repeated("1", 2'000)),
      "column 5: '" + repeated("1", 40) + "...' is not a network such as 10.0.0.0/8 or fd00::/8");
  EXPECT_EQ(error_of("tcp" + repeated(" or tcp", 500)), "none");
}

TEST(DisplayFilterErrors, ColumnsAreCharactersAndNotBytes) {
  EXPECT_EQ(error_of("host \xC3\xA9\xC3\xA9 net foo"),
            "column 13: 'foo' is not a network such as 10.0.0.0/8 or fd00::/8");
  const std::string long_word = "net x" + repeated("\xC3\xA9", 100);
  EXPECT_EQ(error_of(long_word), "column 5: 'x" + repeated("\xC3\xA9", 19) +
                                     "...' is not a network such as 10.0.0.0/8 or fd00::/8")
      << "cut between characters";
}

TEST(DisplayFilterErrors, NoTextAtAll) {
  EXPECT_EQ(error_of("tcp\x1b[2J"), "column 4: a control character");
  EXPECT_EQ(error_of(std::string("ab\0c", 4)), "column 3: a control character");
  EXPECT_EQ(error_of("ab\x7f"), "column 3: a control character");
  for (const char* bad : {"a\xFF", "a\xC3", "a\xC0\x80", "a\xED\xA0\x80", "a\xF4\x90\x80\x80",
                          "a\xE0\x80\x80", "a\x80", "a\xF0\x9F\x98"}) {
    EXPECT_EQ(error_of(bad), "column 2: a byte that is not UTF-8");
    EXPECT_EQ(error_of("/" + std::string(bad)), "column 3: a byte that is not UTF-8");
  }
  EXPECT_EQ(error_of("\xF0\x9F\x98\x80\xE2\x82\xAC"), "none");
}

TEST(DisplayFilterErrors, RegularExpressions) {
  EXPECT_EQ(error_of("/a(b/"), "column 2: the regular expression is not one: missing ): a(b");
  EXPECT_EQ(error_of("/ab[z-a]/"),
            "column 5: the regular expression is not one: invalid character class range: z-a");
  EXPECT_EQ(error_of("~ *x"),
            "column 3: the regular expression is not one: no argument for repetition operator: *");
  EXPECT_EQ(parse_screen_filter("a\\", nullptr).error().message,
            "column 1: the regular expression is not one: trailing \\");
}

TEST(DisplayFilterErrors, RepeatsThatWouldNeedMuchMemoryAreRefused) {
  EXPECT_EQ(error_of("/((a{100}){100}){100}/"),
            "column 5: the regular expression is not one: invalid repetition size: {100}");
  EXPECT_NE(error_of("/(\\pL{1000})/"), "none");
  EXPECT_NE(error_of("/" + repeated("(", 200) + "a" + repeated("{9}", 10) + "/"), "none");
}

TEST(DisplayFilterErrors, NoPatternTakesLong) {
  // Backtracking would take 2^25 steps for each of these.
  const std::string pattern = "/(x+x+)+(x|xx)*(.*)*y$/";
  const auto parsed = parse_display_filter(pattern, nullptr);
  ASSERT_TRUE(parsed);
  class Names final : public NameSource {
   public:
    std::string host(uint8_t, const IpBytes&) override { return std::string(250, 'x'); }
    std::string service(uint8_t, uint16_t) override { return "x"; }
  } names;
  const auto slow = parse_display_filter(pattern, &names);
  ASSERT_TRUE(slow);
  const test::Flow web = test::flow("10.0.0.1", 51234, "93.184.216.34", 443);
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 100; ++i) EXPECT_FALSE((*slow)->shows(web.key, web.shown_high));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
}

}  // namespace
}  // namespace weir::report
