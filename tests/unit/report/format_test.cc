#include "report/format.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <time.h>

#include <optional>
#include <string>

namespace weir::report {
namespace {

IpBytes v6(const char* text) {
  IpBytes bytes{};
  EXPECT_EQ(inet_pton(AF_INET6, text, bytes.data()), 1) << text;
  return bytes;
}

TEST(Address, Ipv4) {
  EXPECT_EQ(address_text(4, {10, 0, 255, 1}), "10.0.255.1");
  EXPECT_EQ(address_text(4, {}), "0.0.0.0");
}

TEST(Address, Ipv6AsRfc5952) {
  EXPECT_EQ(address_text(6, v6("2001:0DB8:0:0:0:0:0:1")), "2001:db8::1");
  EXPECT_EQ(address_text(6, v6("2001:db8:0:1:1:1:1:1")), "2001:db8:0:1:1:1:1:1");
  EXPECT_EQ(address_text(6, v6("2001:0:0:1:0:0:0:1")), "2001:0:0:1::1");
  EXPECT_EQ(address_text(6, v6("::")), "::");
}

TEST(Address, NoVersionNoText) {
  EXPECT_EQ(address_text(0, {}), "");
}

TEST(Endpoint, BracketsOnlyWithAPort) {
  EXPECT_EQ(endpoint_text(4, {10, 0, 0, 1}, 6, 443), "10.0.0.1:443");
  EXPECT_EQ(endpoint_text(4, {10, 0, 0, 1}, 1, 0), "10.0.0.1") << "ICMP has none";
  for (const uint8_t proto : {6, 17, 33, 132, 136}) {
    EXPECT_EQ(endpoint_text(4, {10, 0, 0, 1}, proto, 0), "10.0.0.1:0") << "port 0 is one";
  }
  EXPECT_EQ(endpoint_text(6, v6("::1"), 17, 65535), "[::1]:65535");
  EXPECT_EQ(endpoint_text(6, v6("::1"), 58, 0), "::1");
}

TEST(Proto, NameOrNumber) {
  EXPECT_EQ(proto_name(6), "tcp");
  EXPECT_EQ(proto_name(17), "udp");
  EXPECT_EQ(proto_name(58), "ipv6-icmp");
  EXPECT_EQ(proto_name(136), "udplite");
  EXPECT_EQ(proto_name(253), "253");
}

TEST(LinkTypeName, NameOrNumber) {
  EXPECT_EQ(link_type_name(LinkType::en10mb), "EN10MB");
  EXPECT_EQ(link_type_name(LinkType::raw_openbsd), "RAW");
  EXPECT_EQ(link_type_name(static_cast<LinkType>(999)), "999");
}

TEST(Count, GroupsOfThree) {
  EXPECT_EQ(count_text(0), "0");
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(count_text(1000), "1,000");
  EXPECT_EQ(count_text(123456), "123,456");
  EXPECT_EQ(count_text(UINT64_MAX), "18,446,744,073,709,551,615");
}

TEST(Rate, ThreeDigitsAndAUnit) {
  EXPECT_EQ(rate_text(0, false), "0 bit/s");
  EXPECT_EQ(rate_text(999, false), "999 bit/s");
  EXPECT_EQ(rate_text(1000, false), "1.00 kbit/s");
  EXPECT_EQ(rate_text(12'345'678, false), "12.3 Mbit/s");
  EXPECT_EQ(rate_text(123'456'789'000, false), "123 Gbit/s");
  EXPECT_EQ(rate_text(8'000'000, true), "1.00 MB/s");
}

TEST(Rate, RoundingCarriesIntoTheNextUnit) {
  EXPECT_EQ(rate_text(9'994, false), "9.99 kbit/s");
  EXPECT_EQ(rate_text(9'996, false), "10.0 kbit/s");
  EXPECT_EQ(rate_text(99'960, false), "100 kbit/s");
  EXPECT_EQ(rate_text(999'499, false), "999 kbit/s");
  EXPECT_EQ(rate_text(999'500, false), "1.00 Mbit/s");
}

TEST(Bytes, SiUnits) {
  EXPECT_EQ(bytes_text(999), "999 B");
  EXPECT_EQ(bytes_text(1024), "1.02 kB");
  EXPECT_EQ(bytes_text(UINT64_MAX), "18.4 EB");
}

TEST(PacketRate, NeedsTime) {
  EXPECT_EQ(packet_rate_text(5, 0), "");
  EXPECT_EQ(packet_rate_text(5'000'000, 6'000'000'000), "833 kpps");
  EXPECT_EQ(packet_rate_text(UINT64_MAX, 1), "18.4 Epps");
}

TEST(Duration, Scales) {
  EXPECT_EQ(duration_text(0), "0 s");
  EXPECT_EQ(duration_text(2), "2 ns");
  EXPECT_EQ(duration_text(1'500), "1 us");
  EXPECT_EQ(duration_text(250'000'000), "250 ms");
  EXPECT_EQ(duration_text(6'000'000'000), "6.000 s");
  EXPECT_EQ(duration_text(123'000'000'000), "2 min 03 s");
  EXPECT_EQ(duration_text(3'720'000'000'000), "1 h 02 min");
}

TEST(Time, IsUtc) {
  EXPECT_EQ(time_text(1'700'000'000'123'456'789, TimeZone::utc), "2023-11-14 22:13:20.123");
  EXPECT_EQ(time_text(0, TimeZone::utc), "1970-01-01 00:00:00.000");
  EXPECT_EQ(time_text(UINT64_MAX, TimeZone::utc), "2554-07-21 23:34:33.709");
}

/// Sets TZ for as long as it lives.
class InZone {
 public:
  explicit InZone(const char* zone) {
    const char* before = ::getenv("TZ");
    if (before != nullptr) before_ = before;
    ::setenv("TZ", zone, 1);
    ::tzset();
  }
  ~InZone() {
    if (before_) {
      ::setenv("TZ", before_->c_str(), 1);
    } else {
      ::unsetenv("TZ");
    }
    ::tzset();
  }

 private:
  std::optional<std::string> before_;
};

// Rules are written out, so that no file of zones is needed.
constexpr const char* kBerlin = "CET-1CEST,M3.5.0,M10.5.0/3";
constexpr uint64_t kNovember = 1'700'000'000'000'000'000;
constexpr uint64_t kJuly = 1'690'000'000'000'000'000;

TEST(Time, IsLocalWithTheNameOfTheZone) {
  const InZone zone(kBerlin);
  EXPECT_EQ(zoned_time_text(kNovember, TimeZone::local), "2023-11-14 23:13:20.000 CET");
  EXPECT_EQ(zoned_time_text(kJuly, TimeZone::local), "2023-07-22 06:26:40.000 CEST");
  EXPECT_EQ(clock_text(kNovember, TimeZone::local), "23:13:20");
  EXPECT_EQ(zoned_time_text(kNovember, TimeZone::utc), "2023-11-14 22:13:20.000 UTC");
}

TEST(Time, AZoneWithoutANameIsAnOffset) {
  const InZone zone("<-03>3");
  EXPECT_EQ(zoned_time_text(kNovember, TimeZone::local), "2023-11-14 19:13:20.000 UTC-03");
}

TEST(Time, AZoneOfNobodyIsStillAClock) {
  for (const char* name : {"", "Nowhere/Land", ":", "<\x1b[31m>3"}) {
    const InZone zone(name);
    const std::string text = zoned_time_text(kNovember, TimeZone::local);
    EXPECT_EQ(text.find('\x1b'), std::string::npos) << name;
    EXPECT_GT(text.size(), std::string("2023-11-14 22:13:20.000 ").size()) << name;
  }
}

TEST(Time, ASpanNamesTheZoneOnceUnlessClocksWereChanged) {
  const InZone zone(kBerlin);
  EXPECT_EQ(time_span_text(kNovember, kNovember + 6'000'000'000, TimeZone::local),
            "2023-11-14 23:13:20.000 to 2023-11-14 23:13:26.000 CET");
  EXPECT_EQ(time_span_text(kJuly, kNovember, TimeZone::local),
            "2023-07-22 06:26:40.000 CEST to 2023-11-14 23:13:20.000 CET");
}

TEST(Share, NeverRoundsToNothingOrToAll) {
  EXPECT_EQ(share_text(1, 0), "");
  EXPECT_EQ(share_text(0, 5), "0 %");
  EXPECT_EQ(share_text(5, 5), "100 %");
  EXPECT_EQ(share_text(1, 1'000'000), "<0.1 %");
  EXPECT_EQ(share_text(999'999, 1'000'000), ">99.9 %");
  EXPECT_EQ(share_text(1, 3), "33.3 %");
}

TEST(IftopSize, ScalesBy1024LikeIftop) {
  EXPECT_EQ(iftop_size(0, 'b'), "0b");
  EXPECT_EQ(iftop_size(999, 'b'), "999b");
  EXPECT_EQ(iftop_size(1000, 'b'), "0.98Kb");
  EXPECT_EQ(iftop_size(10'240, 'b'), "10.0Kb");
  EXPECT_EQ(iftop_size(102'400, 'b'), "100Kb");
  EXPECT_EQ(iftop_size(1024.0 * 1024, 'B'), "1.00MB");
  EXPECT_EQ(iftop_size(5e12, 'b'), "4657Gb");  // there is no larger unit
}

TEST(Printable, LeavesNoControlCharacters) {
  EXPECT_EQ(printable("a\x1b[31mb\n\x7f"), "a?[31mb??");
  EXPECT_EQ(printable("caf\xc3\xa9"), "caf\xc3\xa9");
}

}  // namespace
}  // namespace weir::report
