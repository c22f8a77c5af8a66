#pragma once

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/pipeline/sink.h"
#include "engine/pipeline/snapshot.h"

namespace weir::testing {

/// A sink that keeps what it is told and holds every snapshot to the law of conservation. A
/// violation fails the test when the sink goes, so that no test can forget to look; a test that
/// wants one takes it with take_faults().
class CheckingSink : public Sink {
 public:
  CheckingSink() = default;
  CheckingSink(const CheckingSink&) = delete;
  CheckingSink& operator=(const CheckingSink&) = delete;
  ~CheckingSink() override {
    for (const std::string& fault : faults_) ADD_FAILURE() << fault;
  }

  Result<void> report(const Snapshot& snapshot) override {
    check(snapshot);
    snapshots.push_back(snapshot);
    return {};
  }
  Result<void> event(const Event& event) override {
    events.push_back(event);
    return {};
  }

  const Snapshot& last() const { return snapshots.back(); }
  const std::vector<std::string>& faults() const noexcept { return faults_; }
  std::vector<std::string> take_faults() { return std::exchange(faults_, {}); }

  size_t count(Event::Kind kind) const {
    size_t number = 0;
    for (const Event& event : events) number += event.kind == kind ? 1 : 0;
    return number;
  }

  std::vector<Snapshot> snapshots;
  std::vector<Event> events;

 private:
  void expect(bool holds, std::string what) {
    if (!holds) faults_.push_back(fmt::format("snapshot {}: {}", snapshots.size(), what));
  }

  void check(const Snapshot& snapshot) {
    const Accounting& all = snapshot.accounting;
    expect(all.conserved(),
           fmt::format("not conserved: received {}, parsed {}, tracked {}, untracked {}, "
                       "dropped_queue {}",
                       all.packets.received, all.parsed(), all.tracked, all.untracked,
                       all.packets.dropped_queue));
    expect(snapshot.law_violations == 0, fmt::format("{} law violations", snapshot.law_violations));
    uint64_t received = 0;
    for (const CaptureSummary& capture : snapshot.captures) received += capture.packets.received;
    expect(received == all.packets.received, "the captures are not the sum");
    // Between ends of epochs the flows may be ahead of the counters, never behind.
    const uint64_t counted =
        all.tracked + all.untracked + all.subframes_tracked + all.subframes_untracked;
    expect(snapshot.final ? snapshot.both.packets == counted : snapshot.both.packets >= counted,
           fmt::format("flows have {} packets, the account {}", snapshot.both.packets, counted));
    expect(snapshot.both.packets == snapshot.sent.packets + snapshot.received.packets,
           "both is not sent and received");
    if (snapshots.empty()) return;
    const Snapshot& before = snapshots.back();
    expect(!before.final, "a snapshot after the final one");
    expect(all.packets.received >= before.accounting.packets.received &&
               all.tracked >= before.accounting.tracked &&
               all.untracked >= before.accounting.untracked &&
               all.packets.dropped_queue >= before.accounting.packets.dropped_queue &&
               all.restarts >= before.accounting.restarts &&
               snapshot.both.ip_bytes >= before.both.ip_bytes,
           "a counter went back");
    // Busiest seconds only grow; the 2-second mean is a snapshot's own, and at most half as much
    // again.
    expect(snapshot.both.rate_peak * 3 + 2 >= before.both.rate_peak * 2, "the peak went back");
  }

  std::vector<std::string> faults_;
};

}  // namespace weir::testing
