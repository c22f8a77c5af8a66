#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "engine/core/clock.h"
#include "engine/pipeline/engine.h"
#include "engine/pipeline/merger.h"
#include "engine/pipeline/sink.h"
#include "engine/pipeline/supervisor.h"
#include "engine/pipeline/waker.h"
#include "engine/pipeline/worker.h"

namespace weir {

/// Where a query waits for the reporter. The asker's thread sets it, the reporter takes it.
class QueryBox {
 public:
  void set(FlowQuery query) {
    const std::lock_guard lock(mutex_);  // the old one is freed by the caller, who has no lock
    std::swap(waiting_, query);
    fresh_.store(true, std::memory_order_release);
  }
  /// The one to begin with, unless another was asked for already.
  void set_first(const FlowQuery& query) {
    if (!fresh_.load()) set(query);
  }
  bool fresh() const noexcept { return fresh_.load(std::memory_order_acquire); }
  FlowQuery take() {
    const std::lock_guard lock(mutex_);
    fresh_.store(false);
    return std::move(waiting_);
  }

 private:
  std::mutex mutex_;
  FlowQuery waiting_;
  std::atomic<bool> fresh_{false};
};

/// The reporter thread: drains every shard's report ring into the merger, ends an epoch at each
/// tick, builds the snapshot and feeds the sinks. Nothing it does makes a worker wait, except that
/// a lossless source waits for it when a report ring is full.
class Reporter {
 public:
  struct Parts {
    std::vector<Worker*> workers;
    std::vector<Supervisor*> captures;
    std::vector<Sink*> sinks;
    WorkerOrders* orders = nullptr;
    Waker* waker = nullptr;    ///< this thread's
    Waker* control = nullptr;  ///< woken when the output was closed
    QueryBox* query = nullptr;
  };

  Reporter(const EngineConfig& config, const Merger::Config& merger, Parts parts, bool direct,
           const Clock& clock);

  /// The thread's main function; returns after the final snapshot.
  void run();

  /// All workers are quiet: report the final snapshot and end. Any thread.
  void finish();

  /// Tells all sinks, in the order of posting. Any thread.
  void post(Event event);

  /// A sink's output was closed by its reader, which ends the run. Any thread.
  bool output_closed() const noexcept { return output_closed_.load(std::memory_order_acquire); }

  /// The first other failure of a sink; after run() has returned.
  const std::optional<Status>& sink_error() const noexcept { return sink_error_; }

 private:
  struct Output {
    Sink* sink;
    bool broken = false;
  };

  bool drain();
  void plan_tick(uint64_t wait_ns);
  uint64_t tick_at_ns() noexcept;
  void take_query();
  void take(uint32_t shard, std::span<const Delta> deltas);
  void end_epoch();
  void resume();
  void sleep(uint64_t until_ns, bool finish_ends_it);
  void deliver_events();
  void check(Output& output, const Result<void>& result);
  void bound_memory();
  void show_progress();
  uint64_t packet_time(const PacketCounts& packets, bool realtime) const;
  uint64_t packet_start(const PacketCounts& packets, uint64_t now_ns) const;
  uint64_t watermark(bool realtime, uint64_t now_ns) const;
  Snapshot take_snapshot(bool final);
  void fill_captures(Snapshot& snapshot) const;
  void fill_workers(Snapshot& snapshot) const;
  void report(bool final);

  const EngineConfig& config_;
  const Parts parts_;
  const Clock& clock_;
  Merger merger_;
  std::vector<Output> outputs_;
  std::vector<Delta> inbox_;
  std::vector<std::vector<Delta>> held_;  ///< by shard: what it said after the end of an epoch
  std::vector<uint64_t> epoch_of_;        ///< by shard: the last one it ended
  FlowQuery query_;
  uint64_t interval_ns_;
  uint64_t next_tick_ns_ = UINT64_MAX;
  uint64_t last_report_ns_ = 0;  ///< monotonic
  uint64_t epoch_ = 0;
  bool account_closed_ = false;  ///< between end_epoch() and resume()
  size_t records_limit_;
  uint64_t law_violations_ = 0;
  uint64_t next_progress_ns_ = 0;
  const uint64_t start_realtime_ns_;
  const bool direct_;
  bool realtime_ = false;
  std::optional<Status> sink_error_;

  std::atomic<bool> finishing_{false};
  std::atomic<bool> output_closed_{false};
  std::mutex events_mutex_;  ///< guards events_; posted a few times a run
  std::vector<Event> events_;
};

}  // namespace weir
