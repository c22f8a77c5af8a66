#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/core/flow_update.h"
#include "engine/flow/flow_table.h"
#include "engine/pipeline/bounded_ring.h"
#include "engine/pipeline/delta.h"
#include "engine/pipeline/local_side.h"
#include "engine/pipeline/waker.h"

namespace weir {

/// What a shard counted up to the end of an epoch. Written by the shard before it puts `epoch_end`
/// into its report ring, read by the reporter after it took that out; no other epoch begins before.
struct ShardReport {
  uint64_t tracked = 0;
  uint64_t untracked = 0;
  uint64_t subframes_tracked = 0;
  uint64_t subframes_untracked = 0;
  uint64_t smeared =
      0;  ///< live only: slots published a second late because the report ring was full
  uint32_t flows = 0;
};

/// One shard of the flows: the table, and what of it the reporter has not been told yet. Owned by
/// one worker thread. After construction it locks nothing, and allocates only where its report ring
/// grows, see BoundedRing.
class Shard {
 public:
  struct Config {
    uint32_t capacity = 0;
    uint32_t producers = 1;        ///< workers that send updates, this one included
    uint64_t flow_timeout_ns = 0;  ///< 0: flows stay
    uint64_t hash_seed = 0;
    bool lossless = false;  ///< wait for the reporter instead of smearing
    uint32_t report_depth = 1U << 16;
    /// How many times an epoch publishing is put off, because packets have filled half of the
    /// report ring, before it takes its share of the rest.
    uint32_t patience = 0;
  };

  Shard(const Config& config, const LocalSides& sides, Waker& reporter);

  /// Counts packets into their flows. Markers in between (see FlowUpdate::marker) end the epoch of
  /// their producer.
  void apply(std::span<const FlowUpdate> updates);

  /// The same for the shard's own worker, without a wait for memory: while it parses the next group
  /// of at most kGroup packets, the cache lines of those before come. prefetch() was called for
  /// each update, there are no markers, and the group stays where it is until kGroupsInFlight more
  /// were fed, or flush().
  void feed(std::span<const FlowUpdate> group);
  void flush();
  static constexpr uint32_t kGroup = 16;
  static constexpr uint32_t kGroupsInFlight = 2;

  /// Starts loading what the update of a flow with this hash will look at first.
  [[gnu::always_inline]] void prefetch(uint64_t hash) const noexcept {
    table_.prefetch_bucket(hash);
  }

  /// Flows that are opened from now on go by the newest addresses of their interfaces.
  void refresh_sides() { sides_.refresh(); }

  /// Goes on publishing and sweeping for about as long as a batch takes. True while there is more
  /// to do.
  bool step();

  /// So much waits in the report ring that the reporter should not sleep.
  bool wants_reporter() const noexcept {
    return ring_.waiting() > std::min(ring_.depth() / 4, kReporterWakesAt);
  }

  /// The other end of the report ring: the reporter's.
  BoundedRing<Delta>& ring() noexcept { return ring_; }
  const ShardReport& report() const noexcept { return report_; }
  uint32_t capacity() const noexcept { return config_.capacity; }

 private:
  static constexpr uint32_t kStepEntries = 4096;  ///< table entries visited a step
  static constexpr uint32_t kOutBatch = 256;      ///< deltas a bulk
  static constexpr size_t kReporterWakesAt = 1U << 14;

  struct ProducerCounts {
    uint64_t tracked = 0;
    uint64_t untracked = 0;
    uint64_t subframes_tracked = 0;
    uint64_t subframes_untracked = 0;
  };

  /// Updates that wait for their entries, and where those may be.
  struct Group {
    std::span<const FlowUpdate> updates;
    std::array<uint32_t, kGroup> candidates;
  };
  void look_ahead(Group& group) const noexcept;
  template <bool kOwn>
  void count_group(const Group& group);
  template <bool kOwn>
  void advance(std::span<const FlowUpdate> group);
  void count(const FlowUpdate& update, uint32_t candidate, uint64_t& tracked);
  void count_slow(const FlowUpdate& update, uint32_t number, uint32_t offset_ns);
  uint64_t enter_second(uint64_t ts_ns);
  void count_untracked(const FlowUpdate& update, uint32_t second, uint32_t offset_ns);
  uint32_t admit(const FlowUpdate& update);
  SideChoice side_of(const FlowUpdate& update) const noexcept;
  void end_epoch_of(const FlowUpdate& marker);
  bool after_epoch(const FlowEntry& entry) const noexcept;
  bool visit(uint32_t number);
  void sweep();
  bool expired(const FlowEntry& entry) const noexcept;
  bool ended_before(uint32_t second, const FlowEntry& entry) const noexcept;
  void close(uint32_t number);

  void accumulate(FlowEntry& entry, uint32_t number, size_t side, const FlowUpdate& update,
                  uint32_t second, uint32_t offset_ns);
  void publish(FlowEntry& entry, uint32_t number);
  Delta& out(Delta::Kind kind, uint32_t number);
  bool room(uint32_t deltas);
  bool room_aside(uint32_t deltas);
  void wait_for_room(uint32_t deltas);
  bool send();

  const Config config_;
  const uint32_t timeout_seconds_;
  FlowTable table_;
  LocalSides::Reader sides_;
  BoundedRing<Delta> ring_;
  Waker& reporter_;

  Group fed_{};    ///< the last one: its buckets are on their way
  Group ready_{};  ///< the one before: its entries are

  std::vector<ProducerCounts> producers_;  ///< by producer
  FlowEntry untracked_{};                  ///< counts by direction: sent, received
  uint32_t second_ = 0;                    ///< packet time of the last update
  uint64_t second_ns_ = 0;                 ///< where it begins
  uint32_t now_second_ = 0;                ///< greatest packet time seen
  uint32_t swept_second_ = 0;              ///< now_second_ of the last sweep
  uint64_t smeared_ = 0;

  uint64_t epoch_ = 0;           ///< that producers are ending now
  uint64_t epoch_last_ns_ = 0;   ///< no packet before its end is later
  uint32_t producers_done_ = 0;  ///< with epoch_
  uint32_t put_off_ = 0;         ///< Config::patience used up
  uint32_t flush_next_ = 0;      ///< next entry to publish once all of them are
  ShardReport pending_;          ///< counts of the producers that are done
  ShardReport report_;

  std::vector<Delta> out_;
  uint32_t out_count_ = 0;
};

}  // namespace weir
