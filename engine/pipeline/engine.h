#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/backend.h"
#include "engine/core/clock.h"
#include "engine/core/ip_prefix.h"
#include "engine/core/priority.h"
#include "engine/core/status.h"
#include "engine/pipeline/flow_query.h"
#include "engine/pipeline/idle_policy.h"
#include "engine/pipeline/sink.h"
#include "engine/pipeline/snapshot.h"

namespace weir {

struct EngineConfig {
  uint32_t workers = 0;     ///< 0: as many as the captures have queues, or usable CPUs for files
  std::vector<int> cpus;    ///< worker i runs on cpus[i]; empty: see choose_placement()
  int reporter_cpu = -1;    ///< -1: see choose_placement()
  ThreadPriority priority;  ///< of workers
  IdlePolicy idle = IdlePolicy::park;  ///< of workers
  uint32_t batch = 256;                ///< most packets a batch, 1..4096
  uint64_t max_flows = 1ULL << 21;     ///< flows held at once, over all shards
  uint64_t flow_timeout_ns = 0;        ///< idle time after which a flow is dropped; 0: never
  bool decap = false;
  bool key_vlan = false;
  std::vector<IpPrefix> local_networks;  ///< `-F`, `-G`: they come before all else, see LocalSide
  std::optional<uint64_t> hash_seed;     ///< empty: random
  uint64_t interval_ns = 0;              ///< time between snapshots; 0: only the final one
  uint64_t duration_ns = 0;              ///< end after this much real time; 0: no limit
  uint64_t count = 0;                    ///< end after exactly this many packets; 0: no limit
  /// Updates a shard ring holds before it pushes back or counts; when it pushes back, at least the
  /// 256 that are sent at once.
  uint32_t queue_depth = 1U << 16;
  /// Deltas a shard's report ring holds, at least 256; what fills it at once are new flows.
  uint32_t report_depth = 1U << 19;
  FlowQuery query;  ///< what snapshots tell of flows, until set_query(), and the final one always
};

/// How a run ended.
struct RunResult {
  std::optional<Status> error;  ///< what ended it, unless it simply ended or was stopped
  bool damaged = false;         ///< some input was cut, garbled or no capture
};

/// The whole machine: opens the captures, runs workers, supervisors and the reporter, feeds the
/// sinks. Made, started and run by one thread, which becomes the control thread; stop() may be
/// called by any thread or signal handler.
class Engine {
 public:
  Engine(EngineConfig config, std::vector<std::unique_ptr<Backend>> captures,
         CaptureOptions capture_options, const Clock& clock);
  ~Engine();

  /// Opens every capture. The first failure closes them all and is returned: nothing is retried at
  /// start.
  Result<void> start();

  /// What start() opened, in the order of the captures.
  std::vector<CaptureInfo> captures() const;

  /// Where start() has decided that threads run, and why: one line for people.
  std::string placement() const;

  uint32_t workers() const;

  /// Every worker is its own shard: both directions of each flow come to one worker, or there is
  /// only one.
  bool direct() const;

  /// Runs until the input ends, a limit is reached or stop() is called, and reports the final
  /// snapshot.
  RunResult run(const std::vector<Sink*>& sinks);

  /// Async-signal-safe.
  void stop() noexcept;

  /// What snapshots tell of flows from now on, but for the final one. Where there are ticks, the
  /// next snapshot comes at once, but no sooner than 100 ms after the last. After start(); any
  /// thread.
  void set_query(FlowQuery query);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir
