#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "report/processes/poller.h"
#include "tests/unit/processes/fake_host.h"

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
  EXPECT_EQ(budget.wait_ns(280 * kMillisecond, kSecond), kSecond);
  EXPECT_GT(budget.wait_ns(280 * kMillisecond, 2 * kSecond), 20 * kSecond);
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

/// A listening socket of this very process, on this machine's own loopback.
TEST(ProcessSource, FindsThisProcessWhileActive) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_GE(listener, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htobe32(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(bind(listener, any, length), 0);
  ASSERT_EQ(listen(listener, 1), 0);
  ASSERT_EQ(getsockname(listener, any, &length), 0);
  const Flow flow(kTcp, "127.0.0.1", be16toh(address.sin_port), "127.0.0.2", 9);
  const auto source = make_process_source();
  source->set_active(true);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  const report::Process* process = nullptr;
  std::shared_ptr<const report::ProcessTable> table;
  while (process == nullptr && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    table = source->table();
    process = table->process(table->owners_of(flow.key)[0]);
  }
  close(listener);
  ASSERT_NE(process, nullptr) << source->limits();
  EXPECT_EQ(process->pid, static_cast<uint32_t>(getpid()));
  EXPECT_EQ(process->command, "test_processes");
  EXPECT_EQ(process->namespace_of, "");
}

}  // namespace
}  // namespace weir::processes
