#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "engine/core/flow_key.h"
#include "engine/core/large_array.h"
#include "engine/flow/bucket_index.h"
#include "engine/flow/rate_windows.h"
#include "engine/pipeline/delta.h"
#include "engine/pipeline/snapshot.h"

namespace weir {

/// The live view of all flows, built from the deltas of all shards: totals, windows, peaks, top-N.
/// A flow that two shards tell of is one flow here, because new entries are looked up by key; after
/// that a delta finds its flow by (shard, entry) without a hash.
///
/// Owned by the reporter thread. Memory: one view a live flow, and one record a flow and second of
/// the last 41 seconds in which it had packets.
class Merger {
 public:
  struct Config {
    uint32_t shards = 1;
    uint32_t shard_capacity = 0;
    uint64_t hash_seed = 0;
    uint64_t flow_timeout_ns = 0;  ///< a flow idle for longer is not listed; 0: all are
    /// Closed flows whose windows have not passed, beyond as many as there may be live ones. Each
    /// has a window record, and the reporter forgets old ones when there are so many.
    uint32_t spare_views = 2U << 20;
  };

  explicit Merger(const Config& config);

  /// Takes what shard `shard` told. epoch_end is the caller's business.
  void apply(uint32_t shard, const Delta& delta);

  /// Brings peaks up to the second of `now_ns`. All shards have ended an epoch whose packets are at
  /// most that late.
  void complete(uint64_t now_ns);

  /// Forgets the windows' records that no window can touch once every packet to come is later than
  /// `watermark_ns` less the longest window.
  void forget(uint64_t watermark_ns);

  /// Fills in totals, rates, flow count and the sorted, cut list of flows, as of `now_ns`;
  /// complete(now_ns) was called.
  void fill(Snapshot& snapshot, uint64_t start_ns, uint64_t now_ns, FlowOrder order,
            uint64_t flow_limit);

  uint64_t window_records() const noexcept { return windows_.records(); }

 private:
  struct Side {
    uint64_t packets = 0;
    uint64_t ip_bytes = 0;
    uint64_t wire_bytes = 0;
    uint64_t peak_bytes = 0;  ///< most in a completed second
  };
  struct View {
    FlowKey key;
    Side sent;
    Side received;
    uint64_t first_ns = 0;
    uint64_t last_ns = 0;
    uint8_t tcp_flags = 0;
    bool shown_high = false;
    bool listed = false;      ///< in the index
    uint16_t references = 0;  ///< shards that have it open
  };
  struct Retired {
    uint32_t view;
    uint32_t second;  ///< of its last packet
  };

  static constexpr uint32_t kUntrackedView = 0;  ///< collects what found no room in a table
  /// Together with kUntrackedView collects flows that found no view, by the side shown first.
  static constexpr uint32_t kHighFirstView = 1;
  static constexpr uint32_t kFirstView = 2;

  void open(uint32_t shard, const Delta& delta);
  void count(uint32_t shard, const Delta& delta);
  void close(uint32_t shard, const Delta& delta);
  uint32_t new_view(bool shown_high);
  uint32_t view_named(uint32_t shard, uint32_t entry) const noexcept;
  bool idle(const View& view, uint64_t now_ns) const noexcept;
  std::vector<uint32_t> candidates(uint64_t now_ns) const;
  void sort_and_cut(std::vector<uint32_t>& numbers, const RateWindows::Span& span, FlowOrder order,
                    uint64_t limit) const;
  static Traffic traffic_of(const Side& side);
  static FlowRow row_of(const View& view);
  void fill_rates(Snapshot& snapshot, const RateWindows::Span& span,
                  const std::vector<uint32_t>& listed);

  const Config config_;
  BucketIndex index_;
  LargeArray<View> views_;
  uint32_t views_end_ = kFirstView;  ///< numbers ever used are below
  std::vector<uint32_t> free_views_;
  std::vector<LargeArray<uint32_t>> view_of_;  ///< shard, entry -> view
  std::deque<Retired> retired_;                ///< unlisted, but window records still name them
  RateWindows windows_;
  uint64_t listed_ = 0;
  uint64_t expired_ = 0;
  Side sent_;
  Side received_;
  uint64_t peak_both_ = 0;
};

}  // namespace weir
