// Which flows a display filter shows.

#include <gtest/gtest.h>

#include <array>
#include <random>

#include "report/filter/display_filter.h"
#include "report/filter/row_text.h"
#include "report/filter/service_ports.h"
#include "tests/unit/filter/flows.h"

namespace weir::report {
namespace {

using test::flow;
using test::Flow;

/// Web: 10.0.0.1:51234 => 93.184.216.34:443 tcp.
const Flow kWeb = flow("10.0.0.1", 51234, "93.184.216.34", 443);
/// The side shown first is the key's high one.
const Flow kIncoming = flow("192.168.7.7", 8080, "10.9.9.9", 40000);
const Flow kDns6 = flow("fd00::1", 40000, "2001:db8::53", 53, 17);
const Flow kPing6 = flow("fd00::1", 0, "2001:db8::1", 0, 58);
const Flow kPing = flow("10.0.0.1", 0, "10.0.0.2", 0, 1);

bool shows(const std::string& filter, const Flow& flow, NameSource* names = nullptr) {
  const auto parsed = parse_display_filter(filter, names);
  EXPECT_TRUE(parsed) << filter << ": " << (parsed ? "" : parsed.error().message);
  if (!parsed || !*parsed) return true;
  return (*parsed)->shows(flow.key, flow.shown_high);
}

/// Which of the five flows above, in that order: "web", ... as a word of 0 and 1.
std::string shown(const std::string& filter, NameSource* names = nullptr) {
  std::string out;
  for (const Flow& flow : {kWeb, kIncoming, kDns6, kPing6, kPing}) {
    out += shows(filter, flow, names) ? '1' : '0';
  }
  return out;
}

TEST(DisplayFilter, BlanksShowAll) {
  for (const char* text : {"", "   ", "/", "//", "~", "~ ", "\"\"", "\""}) {
    const auto parsed = parse_display_filter(text, nullptr);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(*parsed, nullptr) << text;
  }
}

TEST(DisplayFilter, HostsAndNetworksInBothVersions) {
  EXPECT_EQ(shown("host 10.0.0.1"), "10001");
  EXPECT_EQ(shown("host fd00::1"), "00110");
  EXPECT_EQ(shown("host FD00:0::1"), "00110") << "another way to write it";
  EXPECT_EQ(shown("net 10.0.0.0/8"), "11001");
  EXPECT_EQ(shown("net 10.255.255.255/8"), "11001") << "bits past the length do not matter";
  EXPECT_EQ(shown("net 10.0.0.2"), "00001") << "an address is a network";
  EXPECT_EQ(shown("net fd00::/8"), "00110");
  EXPECT_EQ(shown("net 2001:db8::/127"), "00010");
  EXPECT_EQ(shown("net 0.0.0.0/0"), "11001") << "all of IPv4 and nothing else";
  EXPECT_EQ(shown("net ::/0"), "00110");
  EXPECT_EQ(shown("net 10.9.9.8/31"), "01000");
  EXPECT_EQ(shown("net 10.9.9.8/32"), "00000");
}

TEST(DisplayFilter, SourceIsTheSideShownFirst) {
  EXPECT_EQ(shown("src net 10.0.0.0/8"), "10001");
  EXPECT_EQ(shown("dst net 10.0.0.0/8"), "01001");
  EXPECT_EQ(shown("src host 192.168.7.7"), "01000");
  EXPECT_EQ(shown("dst host 192.168.7.7"), "00000");
  EXPECT_EQ(shown("src port 8080"), "01000");
  EXPECT_EQ(shown("dst port 8080"), "00000");
  EXPECT_EQ(shown("src fd00::1"), "00110") << "without a keyword it is a host";
  EXPECT_EQ(shown("dst fd00::1"), "00000");
}

TEST(DisplayFilter, Ports) {
  EXPECT_EQ(shown("port 443"), "10000");
  EXPECT_EQ(shown("port 8000-8100"), "01000");
  EXPECT_EQ(shown("port 8080-8080"), "01000");
  EXPECT_EQ(shown("port 0-65535"), "11100") << "the others have no ports";
  EXPECT_EQ(shown("port 0"), "00000") << "ICMP has none, not this one";
  const Flow zero = flow("10.0.0.1", 0, "10.0.0.2", 80, 6);
  EXPECT_TRUE(shows("port 0", zero)) << "a port like any other";
  EXPECT_TRUE(shows("src port 0", zero));
  EXPECT_FALSE(shows("dst port 0", zero));
  EXPECT_EQ(shown("port https"), "10000");
  EXPECT_EQ(shown("port HTTPS"), "10000");
  EXPECT_EQ(shown("port domain"), "00100");
}

TEST(DisplayFilter, ServicesOfTheBestKnownAreThereWithoutTheFile) {
  EXPECT_EQ(service_port_by_name("ssh"), 22);
  EXPECT_EQ(service_port_by_name("Dns"), 53);
  EXPECT_FALSE(service_port_by_name("no-such-service"));
  EXPECT_FALSE(service_port_by_name(""));
}

TEST(DisplayFilter, Protocols) {
  EXPECT_EQ(shown("proto tcp"), "11000");
  EXPECT_EQ(shown("tcp"), "11000");
  EXPECT_EQ(shown("proto 17"), "00100");
  EXPECT_EQ(shown("icmp"), "00001");
  EXPECT_EQ(shown("icmp6"), "00010");
  EXPECT_EQ(shown("proto ipv6-icmp"), "00010");
  EXPECT_EQ(shown("proto udp6"), "00100");
  EXPECT_EQ(shown("proto udp4"), "00000");
  EXPECT_EQ(shown("proto tcp6"), "00000");
  EXPECT_EQ(shown("ip"), "11001");
  EXPECT_EQ(shown("ip6"), "00110");
}

TEST(DisplayFilter, VlansAnywhereInTheStack) {
  Flow tagged = kWeb;
  tagged.key.vlan_count = 2;
  tagged.key.vlans = {100, 5, 0, 0};
  EXPECT_TRUE(shows("vlan 5", tagged));
  EXPECT_TRUE(shows("vlan 100", tagged));
  EXPECT_FALSE(shows("vlan 0", tagged)) << "what is behind the last one does not count";
  EXPECT_FALSE(shows("vlan 5", kWeb));
  EXPECT_TRUE(shows("\"vlan 100.5\"", tagged));
}

TEST(DisplayFilter, NotBindsBeforeAndBeforeOr) {
  EXPECT_EQ(shown("tcp or udp and ip"), "11000");
  EXPECT_EQ(shown("(tcp or udp) and ip6"), "00100");
  EXPECT_EQ(shown("not tcp or tcp"), "11111");
  EXPECT_EQ(shown("not (tcp or udp)"), "00011");
  EXPECT_EQ(shown("not tcp and not udp"), "00011");
  EXPECT_EQ(shown("icmp or ip6 icmp6 or port 8080"), "01011") << "and, or nothing at all";
  EXPECT_EQ(shown("not not tcp"), "11000");
  EXPECT_EQ(shown("!(tcp||udp)&&ip"), "00001");
  EXPECT_EQ(shown("! tcp && ! ip6"), "00001");
  EXPECT_EQ(shown("NOT Host 10.0.0.1 AND IP"), "01000");
  EXPECT_EQ(shown("not host 10.0.0.1"), "01110") << "neither side";
  EXPECT_EQ(shown("(((tcp)))"), "11000");
}

TEST(DisplayFilter, PartsOfHostNames) {
  test::SomeNames names;
  EXPECT_EQ(shown("host printer", &names), "10001");
  EXPECT_EQ(shown("host RINTER.L", &names), "10001");
  EXPECT_EQ(shown("src printer", &names), "10001");
  EXPECT_EQ(shown("dst host printer", &names), "00000");
  EXPECT_EQ(shown("host printer"), "00000") << "no names are known";
  EXPECT_EQ(shown("host 192.168."), "01000") << "an address is the name of a host without one";
}

TEST(DisplayFilter, PlainText) {
  test::SomeNames names;
  EXPECT_EQ(shown("10.0.0.1:51234 => 93."), "10000");
  EXPECT_EQ(shown("Fd00::"), "00110");
  EXPECT_EQ(shown(":443"), "10000");
  EXPECT_EQ(shown("10.0.0."), "10001");
  EXPECT_EQ(shown("10.0.0.", &names), "10001") << "the number of what has a name is found too";
  EXPECT_EQ(shown("printer.LAN:", &names), "10000");
  EXPECT_EQ(shown("https", &names), "10000");
  EXPECT_EQ(shown("https"), "00000") << "there are no service names without a source of them";
  EXPECT_EQ(shown("1.*1"), "00000") << "no regular expression";
  EXPECT_EQ(shown("\"tcp\""), "11000");
  EXPECT_EQ(shown("\"ip\""), "00010") << "ipv6-icmp, and not the term";
  EXPECT_EQ(shown("  8080 "), "01000");
}

TEST(DisplayFilter, RegularExpressions) {
  test::SomeNames names;
  EXPECT_EQ(shown("/10\\.0\\.0\\.[12]/"), "10001");
  EXPECT_EQ(shown("/443 tcp$/"), "10000");
  EXPECT_EQ(shown("~443 TCP$"), "10000");
  EXPECT_EQ(shown("/^10\\./"), "10001") << "the side shown first";
  EXPECT_EQ(shown("/^printer/", &names), "10001") << "the line of names has a begin too";
  EXPECT_EQ(shown("/^10\\./", &names), "10001") << "and the line of numbers";
  EXPECT_EQ(shown("/tcp.*printer/", &names), "00000") << "over two lines";
  EXPECT_EQ(shown("/tcp\\sprinter/", &names), "00000");
  EXPECT_EQ(shown("/tcp|udp"), "11100") << "as it is typed";
  EXPECT_EQ(shown("~"), "11111");
}

TEST(DisplayFilter, TextOfARow) {
  const auto text_of = [](const Flow& flow, NameSource* names) {
    RowText text;
    names == nullptr ? append_number_line(text, flow.key, flow.shown_high)
                     : append_name_line(text, flow.key, flow.shown_high, *names);
    return std::string(text.view());
  };
  test::SomeNames names;
  EXPECT_EQ(text_of(kWeb, nullptr), "10.0.0.1:51234 => 93.184.216.34:443 tcp");
  EXPECT_EQ(text_of(kWeb, &names), "Printer.lan:51234 => 93.184.216.34:https tcp");
  EXPECT_EQ(text_of(kPing6, nullptr), "fd00::1 => 2001:db8::1 ipv6-icmp");
  Flow tagged = kDns6;
  tagged.key.vlan_count = 2;
  tagged.key.vlans = {100, 5, 0, 0};
  EXPECT_EQ(text_of(tagged, nullptr), "[fd00::1]:40000 => [2001:db8::53]:53 udp vlan 100.5");
}

TEST(DisplayFilter, AddressesAreWrittenAsEverywhereElse) {
  std::mt19937 random(1);
  for (int round = 0; round < 100'000; ++round) {
    IpBytes bytes{};
    for (size_t i = 0; i < 16; i += 2) {
      // Zeros, leading zeros, ffff and 1 are where the forms differ.
      const std::array<uint16_t, 6> groups{0, 0, 0, 0xFFFF, 1, static_cast<uint16_t>(random())};
      const unsigned group = groups[random() % groups.size()] >> (random() % 4 == 0 ? 8 : 0);
      bytes[i] = static_cast<uint8_t>(group >> 8);
      bytes[i + 1] = static_cast<uint8_t>(group);
    }
    for (const uint8_t version : {uint8_t{4}, uint8_t{6}}) {
      RowText text;
      text.append_host(version, bytes);
      ASSERT_EQ(text.view(), address_text(version, bytes));
    }
  }
  for (const char* text : {"::", "::1", "::2", "::1.2.3.4", "::ffff:1.2.3.4", "1::", "0:1::",
                           "1:0:0:2::3", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::1:0:0"}) {
    RowText out;
    out.append_host(6, test::address(text));
    EXPECT_EQ(out.view(), address_text(6, test::address(text)));
  }
}

/// A source that does not keep to the bound.
class EndlessNames final : public NameSource {
 public:
  std::string host(uint8_t, const IpBytes&) override { return std::string(100'000, 'x'); }
  std::string service(uint8_t, uint16_t) override { return std::string(100'000, 'y'); }
};

TEST(DisplayFilter, EndlessNamesAreCut) {
  EndlessNames names;
  EXPECT_TRUE(shows("xxxxx", kWeb, &names));
  EXPECT_FALSE(shows("yyyyy", kWeb, &names));
}

bool screen_shows(const std::string& regex, const Flow& flow, NameSource* names = nullptr) {
  const auto parsed = parse_screen_filter(regex, names);
  EXPECT_TRUE(parsed) << regex;
  return !parsed || !*parsed || (*parsed)->shows(flow.key, flow.shown_high);
}

TEST(ScreenFilter, IsARegularExpressionOnEitherHost) {
  test::SomeNames names;
  EXPECT_TRUE(screen_shows("", kWeb));
  EXPECT_TRUE(screen_shows("^93\\..*4$", kWeb));
  EXPECT_TRUE(screen_shows("^PRINTER\\.(lan|local)$", kWeb, &names));
  EXPECT_FALSE(screen_shows("^10\\.0\\.0\\.1$", kWeb, &names)) << "it has a name";
  EXPECT_TRUE(screen_shows("^10\\.0\\.0\\.1$", kWeb));
  EXPECT_FALSE(screen_shows("443", kWeb)) << "ports are not hosts";
  EXPECT_FALSE(screen_shows("tcp", kWeb));
  EXPECT_TRUE(screen_shows("[[:digit:]]{3}", kIncoming)) << "POSIX extended";
}

}  // namespace
}  // namespace weir::report
