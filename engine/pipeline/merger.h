#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "engine/core/flow_key.h"
#include "engine/core/large_array.h"
#include "engine/flow/bucket_index.h"
#include "engine/flow/rate_windows.h"
#include "engine/pipeline/delta.h"
#include "engine/pipeline/flow_query.h"
#include "engine/pipeline/group_tally.h"
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
    /// Every flow is in one shard, which is so unless workers keep what they receive: then an
    /// opened flow needs no look-up, and there is no index.
    bool flows_in_one_shard = false;
    uint64_t flow_timeout_ns = 0;  ///< a flow idle for longer is not listed; 0: all are
    /// Closed flows whose windows have not passed, beyond as many as there may be live ones. Each
    /// has a window record, and the reporter forgets old ones when there are so many.
    uint32_t spare_views = 2U << 20;
    /// The local side of a flow holds, whatever comes later, and so does a peak that was shown.
    bool live = false;
  };

  explicit Merger(const Config& config);

  /// Takes what shard `shard` told, in order. epoch_end is the caller's business.
  void apply(uint32_t shard, std::span<const Delta> deltas);
  void apply(uint32_t shard, const Delta& delta) { apply(shard, {&delta, 1}); }

  /// Brings peaks up to date with all that was told.
  void complete();

  /// Forgets records of seconds that no window can touch once every packet to come is later than
  /// `watermark_ns` less the longest window, as far as they take more than `keep_bytes`; complete()
  /// was called. The rest is kept because packets may come later than that, and count for peaks.
  void forget(uint64_t watermark_ns, uint64_t now_ns, size_t keep_bytes);

  /// Called again and again during a long fill(), so that the caller can empty the report rings.
  using Breathe = std::function<void()>;

  /// Fills in totals, rates, flow count, the sorted, cut list of flows and the groups, as of
  /// `now_ns`; complete() was called.
  void fill(
      Snapshot& snapshot, uint64_t start_ns, uint64_t now_ns, const FlowQuery& query,
      const Breathe& breathe = [] {});

  uint64_t window_records() const noexcept { return windows_.records(); }
  size_t window_bytes() const noexcept { return windows_.bytes(); }
  /// False as long as forget() cannot find a second to forget.
  bool can_forget() const noexcept {
    return windows_.seconds_kept() > RateWindows::kKeptSeconds + 1;
  }

 private:
  static constexpr size_t kSent = 0;
  static constexpr size_t kReceived = 1;

  /// Two cache lines: what every delta adds to, and the rest.
  struct alignas(64) View {
    uint64_t packets[2];  ///< sent, received
    uint64_t ip_bytes[2];
    uint64_t wire_bytes[2];
    uint64_t first_ns;
    uint64_t last_ns;

    CompactKey key;            ///< for another kind of key (0, 0), and the key is in wide_keys_
    uint64_t second_bytes[2];  ///< IP bytes in `second`
    uint64_t peak_bytes[2];    ///< most in another second
    uint32_t second;           ///< the newest in which it had packets
    uint16_t references;       ///< shards that have it open
    uint8_t tcp_flags;
    SideRule rule;  ///< that decided shown_high
    bool shown_high;
    bool first_high;    ///< the packet of first_ns is the high endpoint's
    bool shook_hands;   ///< handshakes_ has something
    bool speaker_high;  ///< who spoke first, as far as is known
    bool turning;       ///< in turning_
    bool listed;        ///< live: counted and shown
  };
  static_assert(sizeof(View) == 128);

  struct Retired {
    uint32_t view;
    uint32_t second;  ///< of its last packet
    uint64_t opened;  ///< RateWindows::opened() after that
  };
  /// A flow was told of a second that is older than its newest.
  struct Revisit {
    uint32_t second;
    uint32_t view;
    auto operator<=>(const Revisit&) const = default;
  };
  /// What the list of flows is sorted by; ties are broken by bytes and then by key.
  struct Rank {
    uint64_t score;
    uint64_t bytes;
    uint32_t view;
    bool pinned;
  };
  /// What a fill() is about.
  struct Moment {
    RateWindows::Span span;
    uint64_t now_ns;
    uint32_t first_shown;  ///< the oldest second that the snapshot tells of
    const Breathe& breathe;
  };
  struct Group;
  struct GroupRank {
    const FlowKey* key;
    uint64_t score;
    uint64_t bytes;
  };

  static constexpr uint32_t kUntrackedView = 0;  ///< collects what found no room in a table
  /// Together with kUntrackedView collects flows that found no view, by the side shown first.
  static constexpr uint32_t kHighFirstView = 1;
  static constexpr uint32_t kFirstView = 2;

  void prefetch_name(uint32_t shard, const Delta& delta) const noexcept;
  void prefetch_view(uint32_t shard, const Delta& delta) const noexcept;
  void apply_one(uint32_t shard, const Delta& delta);
  void open(uint32_t shard, const Delta& delta);
  void count(uint32_t shard, const Delta& delta);
  void count_second(uint32_t number, const Delta::Traffic& traffic, uint64_t sent,
                    uint64_t received);
  void close(uint32_t shard, const Delta& delta);
  uint32_t list_new(const Delta& delta);
  uint32_t new_view(bool shown_high);
  void note_speech(uint32_t number, const Delta& delta);
  void settle_sides();
  uint32_t view_named(uint32_t shard, uint32_t entry) const noexcept;
  FlowKey key_of(uint32_t number) const noexcept;
  bool has_key(uint32_t number, const FlowKey& key) const noexcept;
  bool idle(const View& view, uint64_t now_ns) const noexcept;
  void revisit_seconds();

  bool before(const Rank& left, const Rank& right, FlowOrder order) const noexcept;
  std::vector<uint64_t> scores(const Moment& moment, FlowOrder order, OrderSide side) const;
  std::vector<uint64_t> peak_scores(const Moment& moment, OrderSide side) const;
  uint64_t score_of(uint32_t number, FlowOrder order, OrderSide side, const Moment& moment,
                    const std::vector<uint64_t>& windowed) const noexcept;
  std::vector<Rank> rank(const Moment& moment, const FlowQuery& query,
                         const std::vector<uint64_t>& score, Snapshot& snapshot) const;
  static uint64_t peak_bytes(const View& view, size_t side) noexcept;
  FlowRow row_of(uint32_t number) const;
  void fill_totals(Snapshot& snapshot, const RateWindows::Span& span);
  void fill_rates(Snapshot& snapshot, const Moment& moment, const std::vector<Rank>& listed);
  uint64_t shown_peak(uint64_t& busiest_bytes, uint64_t bytes_2s,
                      const RateWindows::Span& span) const noexcept;
  void tally_groups(const Moment& moment, const GroupQuery& query,
                    const std::vector<uint64_t>& scores, const std::vector<uint64_t>& mirrored);
  std::vector<uint32_t> rank_groups(const GroupQuery& query, uint64_t limit) const;
  static bool group_before(const GroupRank& left, const GroupRank& right, FlowOrder order) noexcept;
  void sum_views(const Moment& moment, const std::vector<uint32_t>& listed,
                 std::vector<Group>& groups);
  void sum_windows(const Moment& moment, std::vector<Group>& groups) const;
  std::vector<Group> sum_groups(const Moment& moment, const std::vector<uint32_t>& listed);
  static GroupRow row_of(const Group& group, const RateWindows::Span& span) noexcept;
  GroupTable fill_groups(const Moment& moment, const GroupQuery& query,
                         const std::vector<uint64_t>& scores);

  const Config config_;
  BucketIndex index_;
  LargeArray<View> views_;
  LargeArray<FlowKey> wide_keys_;    ///< by view; untouched pages cost nothing
  uint32_t views_end_ = kFirstView;  ///< numbers ever used are below
  std::vector<uint32_t> free_views_;
  std::vector<LargeArray<uint32_t>> view_of_;  ///< shard, entry -> view
  std::deque<Retired> retired_;                ///< unlisted, but window records still name them
  size_t passed_ = 0;  ///< so many of them, from the front, are in no window
  std::vector<Revisit> revisits_;
  LargeArray<uint64_t> handshakes_;  ///< by view: the best evidence of who opened the connection
  std::vector<uint32_t> turning_;    ///< views whose local side may be the other one
  RateWindows windows_;
  uint64_t listed_ = 0;
  uint64_t expired_ = 0;
  std::optional<GroupScratch> group_scratch_;
  View total_{};  ///< of all flows; its key and seconds are not used
  uint64_t peak_both_ = 0;
};

}  // namespace weir
