#include <gtest/gtest.h>

#include "report/processes/poller.h"

namespace weir::processes {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;
constexpr uint64_t kMillisecond = 1'000'000;

/// Polls of a cost for a while; the share of the core they took.
double share_of(uint64_t cost_ns, uint64_t seconds, bool spend_all) {
  PollBudget budget;
  uint64_t now = kSecond;
  uint64_t spent = 0;
  while (now < seconds * kSecond) {
    uint64_t cost = cost_ns;
    if (spend_all) cost += budget.search_ns(now);
    spent += cost;
    now += cost;
    now += budget.wait_ns(cost, now);
  }
  return static_cast<double>(spent) / static_cast<double>(now);
}

TEST(PollBudget, NeverMoreThanOnePercentOverTime) {
  for (const uint64_t cost : {kMillisecond, 20 * kMillisecond, 400 * kMillisecond, 2 * kSecond}) {
    EXPECT_LT(share_of(cost, 3600, false), 0.01) << cost;
    EXPECT_LT(share_of(cost, 3600, true), 0.01) << cost;
  }
}

TEST(PollBudget, ACheapPollComesEverySecond) {
  PollBudget budget;
  EXPECT_EQ(budget.wait_ns(5 * kMillisecond, kSecond), kSecond);
}

TEST(PollBudget, TheFirstPollMayCostMore) {
  PollBudget budget;
  EXPECT_EQ(budget.wait_ns(80 * kMillisecond, kSecond), kSecond);
}

TEST(PollBudget, WhatCanWaitAlwaysGetsALittle) {
  PollBudget budget;
  budget.wait_ns(10 * kSecond, kSecond);
  EXPECT_GE(budget.search_ns(2 * kSecond), kMillisecond);
}

TEST(ProcessSource, AnswersBeforeItsFirstPollAndEndsWhileInactive) {
  const auto source = make_process_source();
  const auto table = source->table();
  ASSERT_NE(table, nullptr);
  EXPECT_EQ(table->process(report::ProcessTable::kFirstProcess), nullptr);
  source->set_active(true);
  source->set_active(false);
}

}  // namespace
}  // namespace weir::processes
