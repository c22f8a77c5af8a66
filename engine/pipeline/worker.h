#pragma once

#include <time.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/core/flow_update.h"
#include "engine/core/priority.h"
#include "engine/pipeline/bounded_ring.h"
#include "engine/pipeline/idle_policy.h"
#include "engine/pipeline/local_side.h"
#include "engine/pipeline/queue_slot.h"
#include "engine/pipeline/shard.h"
#include "engine/pipeline/waker.h"
#include "parsers/parse.h"

namespace weir {

/// What the control and reporter threads tell all workers. Each member names its one writer.
struct WorkerOrders {
  std::atomic<uint64_t> epoch{0};  ///< reporter: end every epoch up to this one
  std::atomic<bool> stop{false};   ///< control: receive no more
  std::atomic<bool> exit{false};   ///< control: leave run()
  /// Packets that may still be received; used only with EngineConfig::count. All workers take from
  /// it.
  std::atomic<uint64_t> budget{0};
};

struct WorkerConfig {
  uint32_t index = 0;
  uint32_t workers = 1;
  std::vector<int> cpus;  ///< that it may run on; empty: any
  ThreadPriority priority;
  IdlePolicy idle = IdlePolicy::park;
  uint32_t batch = 256;
  parsers::ParseOptions parse;
  bool key_vlan = false;
  uint64_t hash_seed = 0;
  bool direct = true;     ///< the worker is the shard of everything it receives
  bool lossless = false;  ///< full rings push back instead of counting
  bool counted = false;   ///< WorkerOrders::budget limits the packets
  uint32_t queue_depth = 8192;
  Shard::Config shard;
};

/// One thread on one core: receives batches, parses them, and either counts them into its own shard
/// or sends updates to the shards they belong to; and aggregates what others send to its shard.
///
/// An epoch is how a consistent account is had without stopping anybody. The reporter raises
/// WorkerOrders::epoch; each worker, between two batches, publishes its counters and sends a marker
/// down every ring. A shard that has the markers of all workers has seen exactly the packets those
/// counters tell of, so received = ... = tracked + untracked + dropped holds for the published
/// numbers.
class Worker {
 public:
  Worker(const WorkerConfig& config, const LocalSides& sides, WorkerOrders& orders, Waker& control,
         Waker& reporter);

  /// Before run(): queues this worker receives from, and the workers of all shards, itself
  /// included.
  void add_queue(QueueSlot& slot) {
    slot.worker = config_.index;
    slots_.push_back(&slot);
  }
  void set_peers(std::vector<Worker*> peers) { peers_ = std::move(peers); }

  /// The thread's main function; returns after WorkerOrders::exit.
  void run();

  Shard& shard() noexcept { return shard_; }
  Waker& waker() noexcept { return waker_; }
  const std::vector<int>& cpus() const noexcept { return config_.cpus; }
  /// CPU time that its thread has used so far, 0 before run(). Any thread, while run() goes on.
  uint64_t cpu_ns() const noexcept;
  /// Has seen stop and will receive nothing more.
  bool quiet() const noexcept { return quiet_.load(std::memory_order_acquire); }

 private:
  static constexpr clockid_t kNoClock = CLOCK_REALTIME;
  /// What parse_batch() needs to know of a batch.
  struct Parsing {
    std::span<const PacketView> packets;
    uint32_t capture;
  };

  bool receive_all();
  bool receive_from(QueueSlot& slot);
  void process(QueueSlot& slot, const PacketBatch& batch);
  template <bool kAlone, bool kPlain>
  [[gnu::noinline]] void parse_batch(const Parsing& parsing, PacketCounts& counts);
  enum class Told : uint8_t { nothing, update, aggregate };
  [[gnu::noinline]] Told parse_other(const PacketView& packet, PacketCounts& counts,
                                     FlowUpdate& update) const;
  void parse_aggregate(const PacketView& packet, uint32_t capture, PacketCounts& counts);
  void send_frame(const FlowUpdate& update);
  void note_silence(QueueSlot& slot) noexcept;
  void mark_working(QueueSlot& slot) noexcept;
  void leave(QueueSlot& slot, QueueSlot::State answer);
  void read_drops(QueueSlot& slot) noexcept;
  uint32_t take_budget() noexcept;
  void return_budget(uint32_t packets) noexcept;
  void prepare(std::span<FlowUpdate> group) const noexcept;
  void feed_group();
  void flush_groups();
  void enter_capture(uint32_t capture);
  void send_updates(uint32_t shard);
  void send_all_updates();
  bool drain_ring();
  void end_epoch(uint64_t epoch);
  void finish();
  void wait();
  static void nap();
  void sleep();

  const WorkerConfig config_;
  WorkerOrders& orders_;
  Waker& control_;
  Waker waker_;
  Shard shard_;
  BoundedRing<FlowUpdate> ring_;  ///< from all workers to this one's shard
  std::vector<QueueSlot*> slots_;
  std::vector<Worker*> peers_;

  static constexpr uint32_t kOutbox = 256;  ///< updates a bulk: 2-3 ns each, 86-100 one by one
  struct Outbox {
    std::vector<FlowUpdate> updates;
    uint32_t count = 0;
  };
  std::vector<Outbox> outboxes_;  ///< by shard; one when direct
  uint32_t circle_capture_ = 0;   ///< of all updates of outboxes_[0] when direct
  std::vector<FlowUpdate> inbox_;
  uint64_t epoch_ = 0;
  std::atomic<bool> quiet_{false};
  std::atomic<clockid_t> cpu_clock_{kNoClock};  ///< of the thread in run(); it writes
};

}  // namespace weir
