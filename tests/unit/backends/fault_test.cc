#include "backends/fault/fault_backend.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/scripted_backend.h"

namespace weir::testing {
namespace {

using backends::FaultBackend;
using backends::FaultPlan;

constexpr uint64_t kPackets = 1000;

Status broken(const std::string& message) {
  return {Code::io, Recovery::restart_backend, 5, "script", message};
}

std::unique_ptr<FaultBackend> faulty(const FaultPlan& plan) {
  std::vector<ScriptedPacket> packets;
  for (uint64_t i = 0; i < kPackets; ++i) packets.push_back({i, arp_frame()});
  return std::make_unique<FaultBackend>(std::make_unique<ScriptedBackend>(std::move(packets)),
                                        plan);
}

/// What receive() gave, call by call: how many packets, 0 for empty, -1 for a failure.
struct Calls {
  std::vector<int> results;
  std::vector<uint64_t> times;  ///< of all packets
  std::vector<std::string> failures;
};

Calls drain(FaultBackend& backend, uint32_t ask) {
  Calls calls;
  for (int call = 0; call < 100'000; ++call) {
    const auto batch = backend.queue(0).receive(ask);
    if (!batch) {
      calls.results.push_back(-1);
      calls.failures.push_back(batch.error().message);
      continue;
    }
    if (batch->state() == PacketBatch::State::end) return calls;
    calls.results.push_back(static_cast<int>(batch->packets().size()));
    for (const PacketView& view : batch->packets()) calls.times.push_back(view.ts_ns);
  }
  ADD_FAILURE() << "the source never ended";
  return calls;
}

void expect_every_packet_once(const Calls& calls) {
  ASSERT_EQ(calls.times.size(), kPackets);
  for (uint64_t i = 0; i < kPackets; ++i) ASSERT_EQ(calls.times[i], i);
}

TEST(Fault, AnEmptyPlanChangesNothing) {
  const auto backend = faulty({});
  const auto info = backend->open({});
  ASSERT_TRUE(info);
  EXPECT_EQ(info->backend, "script");
  EXPECT_EQ(backend->name(), "script");
  const Calls calls = drain(*backend, 300);
  EXPECT_EQ(calls.results, (std::vector{300, 300, 300, 100}));
  EXPECT_EQ(backend->queue(0).drops().kernel, 0U);
  EXPECT_FALSE(backend->queue(0).drops().nic.has_value());
}

TEST(Fault, OpenFailsAsOftenAsPlanned) {
  FaultPlan plan;
  plan.open_failures = {broken("first"), broken("second")};
  const auto backend = faulty(plan);
  EXPECT_EQ(backend->open({}).error().message, "first");
  EXPECT_EQ(backend->open({}).error().message, "second");
  EXPECT_TRUE(backend->open({}));
  EXPECT_EQ(backend->opens(), 3U);
  expect_every_packet_once(drain(*backend, 64));
}

TEST(Fault, ReceiveFailsExactlyThere) {
  FaultPlan plan;
  plan.receive_failures = {{0, broken("at once")}, {130, broken("later"), 3}, {130, broken("too")}};
  const auto backend = faulty(plan);
  ASSERT_TRUE(backend->open({}));
  const Calls calls = drain(*backend, 100);
  expect_every_packet_once(calls);
  EXPECT_EQ(calls.failures,
            (std::vector<std::string>{"at once", "later", "later", "later", "too"}));
  const std::vector<int> start(calls.results.begin(), calls.results.begin() + 8);
  EXPECT_EQ(start, (std::vector{-1, 100, 30, -1, -1, -1, -1, 100}));
}

TEST(Fault, StallsAreEmptyCalls) {
  FaultPlan plan;
  plan.stalls = {{50, 3}, {60, 1}};
  const auto backend = faulty(plan);
  ASSERT_TRUE(backend->open({}));
  const Calls calls = drain(*backend, 1000);
  expect_every_packet_once(calls);
  EXPECT_EQ(calls.results, (std::vector{50, 0, 0, 0, 10, 0, 940}));
}

TEST(Fault, MostPacketsBoundsABatch) {
  FaultPlan plan;
  plan.most_packets = 333;
  const auto backend = faulty(plan);
  ASSERT_TRUE(backend->open({}));
  EXPECT_EQ(drain(*backend, 1000).results, (std::vector{333, 333, 333, 1}));
}

TEST(Fault, RandomFaultsComeFromTheSeed) {
  FaultPlan plan;
  plan.empty_percent = 40;
  plan.short_percent = 50;
  const auto run = [&](uint64_t seed) {
    plan.seed = seed;
    const auto backend = faulty(plan);
    EXPECT_TRUE(backend->open({}));
    Calls calls = drain(*backend, 10);
    expect_every_packet_once(calls);
    return calls.results;
  };
  const std::vector<int> results = run(7);
  EXPECT_EQ(run(7), results);
  EXPECT_NE(run(8), results);
  size_t empty = 0;
  size_t short_reads = 0;
  for (const int result : results) {
    empty += result == 0 ? 1 : 0;
    short_reads += result > 0 && result < 10 ? 1 : 0;
  }
  // Some 210 calls: within five standard deviations of what was asked for.
  const double calls = static_cast<double>(results.size());
  EXPECT_NEAR(static_cast<double>(empty) / calls, 0.4, 0.17);
  EXPECT_NEAR(static_cast<double>(short_reads) / (calls - static_cast<double>(empty)), 0.5, 0.22);
}

TEST(Fault, DropsAreThosePlannedOneACall) {
  FaultPlan plan;
  plan.drops = {{1, std::nullopt}, {5, 2}};
  const auto backend = faulty(plan);
  ASSERT_TRUE(backend->open({}));
  EXPECT_EQ(backend->queue(0).drops().kernel, 1U);
  for (int i = 0; i < 3; ++i) {
    const DropCounts drops = backend->queue(0).drops();
    EXPECT_EQ(drops.kernel, 5U);
    EXPECT_EQ(drops.nic, 2U);
  }
}

TEST(Fault, WhatHappenedDoesNotHappenAgainAfterAReopen) {
  FaultPlan plan;
  plan.receive_failures = {{100, broken("gone")}};
  const auto backend = faulty(plan);
  ASSERT_TRUE(backend->open({}));
  EXPECT_EQ(backend->queue(0).receive(500)->packets().size(), 100U);
  EXPECT_EQ(backend->queue(0).receive(500).error().message, "gone");
  backend->close();
  ASSERT_TRUE(backend->open({}));
  const Calls calls = drain(*backend, 500);
  EXPECT_TRUE(calls.failures.empty());
  EXPECT_EQ(calls.times.size(), 900U);
  EXPECT_EQ(calls.times.front(), 100U);
}

TEST(Fault, EveryQueueGoesThroughThePlan) {
  FaultPlan plan;
  plan.receive_failures = {{10, broken("here")}};
  const auto backend = faulty(plan);
  CaptureOptions options;
  options.queues = 2;
  ASSERT_TRUE(backend->open(options));
  for (const uint32_t queue : {0U, 1U}) {
    EXPECT_EQ(backend->queue(queue).receive(500)->packets().size(), 10U);
    EXPECT_FALSE(backend->queue(queue).receive(500));
  }
}

}  // namespace
}  // namespace weir::testing
