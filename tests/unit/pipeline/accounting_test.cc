#include <gtest/gtest.h>

#include "engine/pipeline/snapshot.h"
#include "tests/support/checking_sink.h"

namespace weir {
namespace {

/// 10 received: 6 parsed, one of each other verdict; 3 tracked, 2 untracked, 1 dropped.
Accounting balanced() {
  Accounting account;
  account.packets.received = 10;
  account.packets.verdicts = {6, 1, 1, 1, 1};
  account.packets.dropped_queue = 1;
  account.tracked = 3;
  account.untracked = 2;
  return account;
}

TEST(Accounting, TheLawHoldsWhereEveryTermIsCounted) {
  EXPECT_TRUE(balanced().conserved());
  EXPECT_TRUE(Accounting{}.conserved());
}

TEST(Accounting, AnyTermThatIsOffByOneBreaksIt) {
  const auto broken = [](auto change) {
    Accounting account = balanced();
    change(account);
    return !account.conserved();
  };
  EXPECT_TRUE(broken([](Accounting& a) { ++a.packets.received; }));
  EXPECT_TRUE(broken([](Accounting& a) { --a.packets.received; }));
  for (size_t i = 0; i < kVerdicts; ++i) {
    EXPECT_TRUE(broken([&](Accounting& a) { ++a.packets.verdicts[i]; })) << "verdict " << i;
  }
  EXPECT_TRUE(broken([](Accounting& a) { ++a.tracked; }));
  EXPECT_TRUE(broken([](Accounting& a) { --a.untracked; }));
  EXPECT_TRUE(broken([](Accounting& a) { ++a.packets.dropped_queue; }));
  // As many parsed as another verdict less: the first line holds, the second does not.
  EXPECT_TRUE(broken([](Accounting& a) {
    ++a.packets.verdicts[0];
    --a.packets.verdicts[1];
  }));
}

// 5 subframes: 4 parsed, one of them dropped, and one that is not IP.
TEST(Accounting, SubframesHaveALawOfTheirOwn) {
  Accounting account = balanced();
  account.packets.subframes = 5;
  account.packets.subframe_verdicts = {4, 1};
  account.packets.subframes_dropped = 1;
  account.subframes_tracked = 2;
  account.subframes_untracked = 1;
  EXPECT_TRUE(account.conserved());
  const auto broken = [&](auto change) {
    Accounting changed = account;
    change(changed);
    return !changed.conserved();
  };
  EXPECT_TRUE(broken([](Accounting& a) { ++a.packets.subframes; }));
  EXPECT_TRUE(broken([](Accounting& a) { ++a.packets.subframes_dropped; }));
  EXPECT_TRUE(broken([](Accounting& a) { --a.subframes_tracked; }));
  EXPECT_TRUE(broken([](Accounting& a) { ++a.subframes_untracked; }));
  for (size_t i = 0; i < kVerdicts; ++i) {
    EXPECT_TRUE(broken([&](Accounting& a) { ++a.packets.subframe_verdicts[i]; }))
        << "verdict " << i;
  }
}

TEST(Accounting, MissedIsWhatIsKnownAndUnknownStaysUnknown) {
  Accounting account = balanced();
  EXPECT_EQ(account.missed(), 1U);
  account.dropped_kernel = 20;
  EXPECT_EQ(account.missed(), 21U);
  account.dropped_nic = 300;
  EXPECT_EQ(account.missed(), 321U);
  EXPECT_TRUE(account.conserved()) << "losses before the worker are not received";
}

// What every test's sink does with a snapshot that lies.
TEST(CheckingSink, ABrokenLawIsAFault) {
  testing::CheckingSink sink;
  Snapshot snapshot;
  snapshot.accounting = balanced();
  snapshot.captures.resize(1);
  snapshot.captures[0].packets = snapshot.accounting.packets;
  snapshot.both.packets = snapshot.sent.packets = 5;
  (void)sink.report(snapshot);
  EXPECT_TRUE(sink.faults().empty());
  snapshot.law_violations = 1;
  (void)sink.report(snapshot);
  EXPECT_EQ(sink.take_faults().size(), 1U) << "one that an earlier snapshot had";
  snapshot.law_violations = 0;
  ++snapshot.accounting.tracked;
  ++snapshot.both.packets;
  ++snapshot.sent.packets;
  (void)sink.report(snapshot);
  EXPECT_EQ(sink.take_faults().size(), 1U) << "its own";
  --snapshot.accounting.tracked;
  snapshot.final = true;
  (void)sink.report(snapshot);
  EXPECT_EQ(sink.take_faults().size(), 2U) << "flows that have more than was counted; back again";
}

}  // namespace
}  // namespace weir
