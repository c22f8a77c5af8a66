#pragma once

#include <memory>

#include "report/process_source.h"
#include "report/processes/host.h"
#include "report/processes/tracker.h"

namespace weir::processes {

/// How the poller shares out its thread's CPU time. `poll` is called with what may be spent on what
/// can wait, and the result says when to poll next: polls come so rarely that over time no more
/// than kShare of a core is used, whatever one of them costs.
class PollBudget {
 public:
  static constexpr double kShare = 0.009;  ///< a little under the 1 % that is promised
  static constexpr uint64_t kIntervalNs = 1'000'000'000;
  static constexpr uint64_t kBurstNs = 100'000'000;  ///< of CPU time, saved up while it is quiet
  static constexpr uint64_t kFirstNs = 300'000'000;  ///< to begin with: nothing is known yet

  /// For what can wait, in a poll that begins now.
  uint64_t search_ns(uint64_t now_ns);
  /// A poll cost this much: how long from now the next one is.
  uint64_t wait_ns(uint64_t cpu_ns, uint64_t now_ns);

 private:
  void save_up(uint64_t now_ns);

  double credit_ns_ = kFirstNs;
  uint64_t last_ns_ = 0;
};

/// Follows this host's processes. The thread begins here and ends with the object; it polls only
/// while active, and tables stay valid for whoever holds them.
std::unique_ptr<report::ProcessSource> make_process_source();

}  // namespace weir::processes
