#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "backends/fault/fault_backend.h"
#include "tests/property/engine_run.h"
#include "tests/property/model.h"
#include "tests/property/traffic.h"
#include "tests/support/checking_sink.h"
#include "tests/support/scripted_backend.h"
#include "tests/support/snapshot_text.h"

namespace weir::testing {
namespace {

using backends::FaultBackend;
using backends::FaultPlan;

Status failure_of(Recovery recovery) {
  return {Code::device_gone, recovery, 0, "script", "it disappeared"};
}

/// Failures that can be mended, stalls and short reads within the first `packets` packets.
FaultPlan any_plan(uint64_t packets) {
  FaultPlan plan;
  const auto moments = [&](uint32_t most) {
    std::vector<uint64_t> at = *rc::gen::container<std::vector<uint64_t>>(
        *rc::gen::inRange<size_t>(0, most + 1), rc::gen::inRange<uint64_t>(0, packets + 1));
    std::sort(at.begin(), at.end());
    return at;
  };
  for (const uint64_t at : moments(3)) {
    const auto recovery =
        *rc::gen::element(Recovery::retry, Recovery::reopen_queue, Recovery::restart_backend);
    plan.receive_failures.push_back({at, failure_of(recovery), *rc::gen::inRange<uint32_t>(1, 4)});
  }
  for (const uint64_t at : moments(3)) {
    plan.stalls.push_back({at, *rc::gen::inRange<uint32_t>(1, 10)});
  }
  plan.most_packets = *rc::gen::element(0U, 1U, 30U);
  plan.seed = *rc::gen::arbitrary<uint64_t>();
  plan.empty_percent = *rc::gen::element(0U, 20U, 50U);
  plan.short_percent = *rc::gen::element(0U, 50U);
  return plan;
}

struct FaultyRun {
  std::vector<std::vector<ScriptedPacket>> captures;
  std::vector<FaultPlan> plans;
  EngineConfig config;

  std::vector<std::unique_ptr<Backend>> backends(bool lossless) const {
    std::vector<std::unique_ptr<Backend>> made;
    for (size_t i = 0; i < captures.size(); ++i) {
      made.push_back(std::make_unique<FaultBackend>(
          std::make_unique<ScriptedBackend>(captures[i], lossless), plans[i]));
    }
    return made;
  }
  Snapshot expected() const {
    Model model({0, SIZE_MAX, ten_slash_eight()});
    for (const auto& packets : captures) model.add_capture(packets);
    return model.final_snapshot();
  }
};

FaultyRun any_faulty_run(uint32_t workers) {
  FaultyRun run;
  const auto count = *rc::gen::inRange<uint32_t>(1, 4);
  for (uint32_t i = 0; i < count; ++i) {
    run.captures.push_back(frames_of(*traffic_steps({}), *rc::gen::inRange<uint32_t>(1, 8)));
    run.plans.push_back(any_plan(run.captures.back().size()));
  }
  run.config.workers = workers;
  run.config.batch = *rc::gen::element(1U, 20U, 256U);
  run.config.queue_depth = *rc::gen::element(2U, 50U, 8192U);
  run.config.max_flows = 4096;
  run.config.hash_seed = *rc::gen::arbitrary<uint64_t>();
  run.config.interval_ns = *rc::gen::element(0U, 1U);
  run.config.local_networks = ten_slash_eight();
  return run;
}

/// Failures that one queue alone goes through: each of them is one restart.
uint64_t restarts_of(const FaultPlan& plan) {
  uint64_t restarts = 0;
  for (const FaultPlan::ReceiveFailure& failure : plan.receive_failures) {
    restarts += failure.status.recovery == Recovery::retry ? 0 : failure.times;
  }
  return restarts;
}

// Whatever fails and is mended: every packet is counted once, and every figure is the one of a run
// in which nothing failed.
RC_GTEST_PROP(FaultProperty, AFailureThatIsMendedChangesNoFigure, ()) {
  const auto workers = *rc::gen::element(1U, 2U, 5U);
  const FaultyRun run = any_faulty_run(workers);
  CheckingSink sink;
  const RunResult result = run_engine(run.config, run.backends(true), sink);
  RC_ASSERT(sink.faults().empty());
  RC_ASSERT(!result.error.has_value());
  expect_none(difference(figures_of(sink.last()), figures_of(run.expected())));
  const Accounting& account = sink.last().accounting;
  // Every attempt to open succeeds here, so each restart event is one restart.
  RC_ASSERT(sink.count(Event::Kind::restart) == account.restarts);
  RC_ASSERT(sink.count(Event::Kind::resumed) <= account.restarts);
  if (workers == 1) {
    uint64_t expected = 0;
    for (const FaultPlan& plan : run.plans) expected += restarts_of(plan);
    RC_ASSERT(account.restarts == expected);
  }
}

RC_GTEST_PROP(FaultProperty, ALiveCaptureObeysTheLawThroughRestarts, ()) {
  const FaultyRun run = any_faulty_run(*rc::gen::element(1U, 2U, 5U));
  CheckingSink sink;
  run_engine(run.config, run.backends(false), sink);
  RC_ASSERT(sink.faults().empty());
  const Accounting& account = sink.last().accounting;
  RC_ASSERT(account.packets.received == run.expected().accounting.packets.received);
}

// One capture that cannot be mended ends alone: the others are counted to the end.
RC_GTEST_PROP(FaultProperty, ACaptureThatIsGivenUpDoesNotStopTheOthers, ()) {
  FaultyRun run = any_faulty_run(*rc::gen::element(1U, 2U, 5U));
  const uint64_t packets = run.captures[0].size();
  run.plans[0].receive_failures = {
      {*rc::gen::inRange<uint64_t>(0, packets + 1), failure_of(Recovery::give_up), 1}};
  CheckingSink sink;
  const RunResult result = run_engine(run.config, run.backends(true), sink);
  RC_ASSERT(sink.faults().empty());
  const Snapshot& found = sink.last();
  for (size_t i = 1; i < run.captures.size(); ++i) {
    RC_ASSERT(found.captures[i].packets.received == run.captures[i].size());
    RC_ASSERT(found.captures[i].state == CaptureSummary::State::ended);
  }
  RC_ASSERT(found.captures[0].packets.received <= packets);
  if (run.config.workers == 1) {
    RC_ASSERT(result.error.has_value());
    RC_ASSERT(found.captures[0].state == CaptureSummary::State::failed);
  }
}

// Drop counts start again with each opening; what is shown goes on.
RC_GTEST_PROP(FaultProperty, DropCountsGoOnOverRestarts, ()) {
  FaultyRun run = any_faulty_run(1);
  run.captures.resize(1);
  run.plans.resize(1);
  const auto drops = *rc::gen::inRange<uint64_t>(0, 1000);
  run.plans[0].drops = {{drops, std::nullopt}};
  CheckingSink sink;
  run_engine(run.config, run.backends(true), sink);
  RC_ASSERT(sink.faults().empty());
  const Accounting& account = sink.last().accounting;
  RC_ASSERT(account.dropped_kernel == drops * (account.restarts + 1));
  RC_ASSERT(!account.dropped_nic.has_value());
  RC_ASSERT(account.missed() == *account.dropped_kernel);
}

}  // namespace
}  // namespace weir::testing
