#include "engine/core/verdict.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "engine/core/counters.h"
#include "engine/core/status.h"

namespace weir {
namespace {

TEST(Verdict, EachHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (size_t i = 0; i < kVerdicts; ++i) names.insert(to_string(static_cast<Verdict>(i)));
  EXPECT_EQ(names, (std::set<std::string_view>{"parsed", "non_ip", "malformed", "short_capture",
                                               "unsupported"}));
  EXPECT_EQ(to_string(static_cast<Verdict>(kVerdicts)), "?");
}

TEST(Reason, EachHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (size_t i = 0; i < kReasons; ++i) names.insert(to_string(static_cast<Reason>(i)));
  EXPECT_EQ(names.size(), kReasons);
  EXPECT_FALSE(names.contains("?"));
  EXPECT_EQ(to_string(static_cast<Reason>(kReasons)), "?");
}

TEST(PacketCounts, AddsUpFieldByField) {
  PacketCounts one;
  one.received = 1;
  one.wire_bytes = 100;
  one.ip_bytes = 80;
  one.dropped_queue = 3;
  ++one.verdicts[static_cast<size_t>(Verdict::parsed)];
  ++one.reasons[static_cast<size_t>(Reason::fragment)];
  one.first_ns = 50;
  one.last_ns = 60;
  PacketCounts sum = one;
  sum += one;
  EXPECT_EQ(sum.received, 2U);
  EXPECT_EQ(sum.wire_bytes, 200U);
  EXPECT_EQ(sum.ip_bytes, 160U);
  EXPECT_EQ(sum.dropped_queue, 6U);
  EXPECT_EQ(sum.of(Verdict::parsed), 2U);
  EXPECT_EQ(sum.of(Verdict::malformed), 0U);
  EXPECT_EQ(sum.of(Reason::fragment), 2U);
}

TEST(PacketCounts, TheTimeCoveredIsOfBothAndOfNoPacketsNothing) {
  PacketCounts early;
  early.first_ns = 10;
  early.last_ns = 20;
  PacketCounts late;
  late.first_ns = 15;
  late.last_ns = 40;
  early += late;
  EXPECT_EQ(early.first_ns, 10U);
  EXPECT_EQ(early.last_ns, 40U);
  early += PacketCounts{};
  EXPECT_EQ(early.first_ns, 10U);
  EXPECT_EQ(early.last_ns, 40U);
}

TEST(Status, NamesThePlaceBeforeTheMessage) {
  EXPECT_EQ(to_string(Status{Code::io, Recovery::retry, 5, "eth0", "it broke"}), "eth0: it broke");
  EXPECT_EQ(to_string(Status{Code::io, Recovery::retry, 5, "", "it broke"}), "it broke");
}

}  // namespace
}  // namespace weir
