#include "engine/pipeline/merger.h"

#include <algorithm>
#include <cstring>
#include <map>

#include "engine/core/clock.h"
#include "engine/flow/hash.h"

namespace weir {
namespace {

constexpr uint32_t kNone = BucketIndex::kNone;

// How many deltas ahead memory is asked for: the number of the view, then the view. A miss takes as
// long as about this many deltas.
constexpr size_t kNameAhead = 32;
constexpr size_t kViewAhead = 16;

// Revisits kept until the next tick, before they are sorted out early.
constexpr size_t kMostRevisits = 1U << 20;

}  // namespace

Merger::Merger(const Config& config)
    : config_(config),
      index_(config.flows_in_one_shard ? 0 : config.shards * config.shard_capacity),
      // Closed flows keep their view until the longest window has passed: room for as many again.
      views_(size_t{config.shards} * config.shard_capacity * 2 + kFirstView + config.spare_views),
      wide_keys_(views_.size()),
      handshakes_(views_.size()) {
  views_[kHighFirstView].shown_high = true;
  for (uint32_t shard = 0; shard < config.shards; ++shard) {
    view_of_.emplace_back(config.shard_capacity);
  }
}

[[gnu::always_inline]] inline void Merger::prefetch_name(uint32_t shard,
                                                         const Delta& delta) const noexcept {
  if (delta.kind == Delta::Kind::opened) {
    if (!config_.flows_in_one_shard) {
      index_.prefetch(symmetric_hash(delta.key, config_.hash_seed));
    }
  } else if (delta.kind != Delta::Kind::epoch_end && delta.entry != Delta::kUntracked) {
    __builtin_prefetch(&view_of_[shard][delta.entry], 0, 3);
  }
}

[[gnu::always_inline]] inline void Merger::prefetch_view(uint32_t shard,
                                                         const Delta& delta) const noexcept {
  if (delta.kind != Delta::Kind::traffic) return;
  const View* view = &views_[view_named(shard, delta.entry)];
  __builtin_prefetch(view, 1, 3);
  __builtin_prefetch(&view->key, 1, 3);
}

void Merger::apply(uint32_t shard, std::span<const Delta> deltas) {
  for (size_t i = 0; i < deltas.size(); ++i) {
    if (i + kNameAhead < deltas.size()) prefetch_name(shard, deltas[i + kNameAhead]);
    if (i + kViewAhead < deltas.size()) prefetch_view(shard, deltas[i + kViewAhead]);
    apply_one(shard, deltas[i]);
  }
}

void Merger::apply_one(uint32_t shard, const Delta& delta) {
  switch (delta.kind) {
    case Delta::Kind::opened: open(shard, delta); break;
    case Delta::Kind::traffic: count(shard, delta); break;
    case Delta::Kind::closed: close(shard, delta); break;
    case Delta::Kind::epoch_end: break;
  }
}

/// A free view, or one of those that collect when even the retired ones fill the room.
uint32_t Merger::new_view(bool shown_high) {
  if (!free_views_.empty()) {
    const uint32_t number = free_views_.back();
    free_views_.pop_back();
    return number;
  }
  if (views_end_ < views_.size()) return views_end_++;
  return shown_high ? kHighFirstView : kUntrackedView;
}

FlowKey Merger::key_of(uint32_t number) const noexcept {
  const View& view = views_[number];
  return view.key.words[1] != 0 ? key_of_compact(view.key) : wide_keys_[number];
}

bool Merger::has_key(uint32_t number, const FlowKey& key) const noexcept {
  const View& view = views_[number];
  if (view.key.words[1] == 0) return wide_keys_[number] == key;
  const CompactKey compact = compact_key(key);
  return view.key.words[0] == compact.words[0] && view.key.words[1] == compact.words[1];
}

void Merger::open(uint32_t shard, const Delta& delta) {
  uint32_t number = kNone;
  uint64_t hash = 0;
  if (!config_.flows_in_one_shard) {
    hash = symmetric_hash(delta.key, config_.hash_seed);
    number = index_.find(hash, [&](uint32_t at) { return has_key(at, delta.key); });
  }
  if (number == kNone) {
    number = list_new(delta);
    if (number >= kFirstView && !config_.flows_in_one_shard) index_.insert(hash, number);
  }
  ++views_[number].references;
  view_of_[shard][delta.entry] = number;
}

/// A view for a flow that is opened, unless there is no room for one.
uint32_t Merger::list_new(const Delta& delta) {
  const bool shown_high = (delta.flags & Delta::shown_high) != 0;
  const uint32_t number = new_view(shown_high);
  if (number < kFirstView) return number;
  View& view = views_[number];
  view = View{};
  if (is_compact(delta.key)) {
    view.key = compact_key(delta.key);
  } else {
    wide_keys_[number] = delta.key;
  }
  view.first_ns = UINT64_MAX;
  view.rule = delta.rule;
  view.shown_high = shown_high;
  view.listed = true;
  ++listed_;
  return number;
}

uint32_t Merger::view_named(uint32_t shard, uint32_t entry) const noexcept {
  return entry == Delta::kUntracked ? kUntrackedView : view_of_[shard][entry];
}

void Merger::count(uint32_t shard, const Delta& delta) {
  const Delta::Traffic& traffic = delta.traffic;
  const uint32_t number = view_named(shard, delta.entry);
  View& view = views_[number];
  if (view.rule == SideRule::spoke_first && !config_.live && number >= kFirstView) {
    note_speech(number, delta);
  }
  const SlotCounts& sent = traffic.counts[view.shown_high ? 1 : 0];
  const SlotCounts& received = traffic.counts[view.shown_high ? 0 : 1];
  for (View* sum : {&view, &total_}) {
    sum->packets[kSent] += sent.packets;
    sum->packets[kReceived] += received.packets;
    sum->ip_bytes[kSent] += sent.ip_bytes;
    sum->ip_bytes[kReceived] += received.ip_bytes;
    sum->wire_bytes[kSent] += sent.wire_bytes;
    sum->wire_bytes[kReceived] += received.wire_bytes;
  }
  const uint64_t second_ns = uint64_t{traffic.second} * kNsPerSecond;
  view.first_ns = std::min(view.first_ns, second_ns + traffic.first_ns);
  view.last_ns = std::max(view.last_ns, second_ns + traffic.last_ns);
  view.tcp_flags |= delta.tcp_flags;
  if ((delta.flags & Delta::smeared) == 0) {
    count_second(number, traffic, sent.ip_bytes, received.ip_bytes);
  }
  windows_.add(number, traffic.second, traffic.first_ns, traffic.last_ns,
               sent.packets + received.packets, sent.ip_bytes, received.ip_bytes);
}

/// Peaks need the bytes of each second as a whole. Time goes on, so a flow's newest second is all
/// that is kept in the view; what comes for an older one is summed up from the windows, which keep
/// every second until their memory is needed.
void Merger::count_second(uint32_t number, const Delta::Traffic& traffic, uint64_t sent,
                          uint64_t received) {
  View& view = views_[number];
  if (traffic.second > view.second) {
    view.peak_bytes[kSent] = std::max(view.peak_bytes[kSent], view.second_bytes[kSent]);
    view.peak_bytes[kReceived] = std::max(view.peak_bytes[kReceived], view.second_bytes[kReceived]);
    view.second = traffic.second;
    view.second_bytes[kSent] = sent;
    view.second_bytes[kReceived] = received;
  } else if (traffic.second == view.second) {
    view.second_bytes[kSent] += sent;
    view.second_bytes[kReceived] += received;
  } else if (number >= kFirstView) {
    revisits_.push_back({traffic.second, number});
    if (revisits_.size() == kMostRevisits) revisit_seconds();
  }
}

/// Peaks of the seconds that were told of when their flow was past them: sums only grow, so a
/// maximum over them is right however often it is taken.
void Merger::revisit_seconds() {
  std::sort(revisits_.begin(), revisits_.end());
  revisits_.erase(std::unique(revisits_.begin(), revisits_.end()), revisits_.end());
  std::map<uint32_t, std::pair<uint64_t, uint64_t>> sums;  // by view
  for (auto at = revisits_.begin(); at != revisits_.end();) {
    const uint32_t second = at->second;
    const auto end = std::find_if(at, revisits_.end(),
                                  [&](const Revisit& other) { return other.second != second; });
    sums.clear();
    for (; at != end; ++at)
      sums.emplace_hint(sums.end(), at->view, std::pair<uint64_t, uint64_t>{});
    windows_.each_of(second, [&](uint32_t flow, uint64_t sent, uint64_t received) {
      const auto sum = sums.find(flow);
      if (sum == sums.end()) return;
      sum->second.first += sent;
      sum->second.second += received;
    });
    for (const auto& [number, sum] : sums) {
      View& view = views_[number];
      view.peak_bytes[kSent] = std::max(view.peak_bytes[kSent], sum.first);
      view.peak_bytes[kReceived] = std::max(view.peak_bytes[kReceived], sum.second);
    }
  }
  revisits_.clear();
}

void Merger::close(uint32_t shard, const Delta& delta) {
  const uint32_t number = view_named(shard, delta.entry);
  View& view = views_[number];
  --view.references;
  if (number < kFirstView || view.references != 0) return;
  if (!config_.flows_in_one_shard) {
    index_.erase(symmetric_hash(key_of(number), config_.hash_seed), number);
  }
  view.listed = false;
  --listed_;
  ++expired_;
  const auto second = static_cast<uint32_t>(view.last_ns / kNsPerSecond);
  retired_.push_back({number, second, windows_.opened()});
}

void Merger::complete() {
  settle_sides();
  revisit_seconds();
  // Not a maximum over what a flow that has turned since had made of it.
  if (!config_.live) {
    total_.peak_bytes[kSent] = windows_.forgotten_peak().sent;
    total_.peak_bytes[kReceived] = windows_.forgotten_peak().received;
  }
  windows_.each_second(0, [&](uint32_t, uint64_t sent, uint64_t received) {
    total_.peak_bytes[kSent] = std::max(total_.peak_bytes[kSent], sent);
    total_.peak_bytes[kReceived] = std::max(total_.peak_bytes[kReceived], received);
    peak_both_ = std::max(peak_both_, sent + received);
  });
}

void Merger::forget(uint64_t watermark_ns, uint64_t now_ns, size_t keep_bytes) {
  const uint64_t second = watermark_ns / kNsPerSecond;
  if (second <= RateWindows::kKeptSeconds) return;
  const auto from = static_cast<uint32_t>(second - RateWindows::kKeptSeconds);
  // Live, a packet may be stamped a moment ahead of the clock.
  const uint64_t to = now_ns / kNsPerSecond + RateWindows::kKeptSeconds;
  windows_.forget(from, static_cast<uint32_t>(std::min<uint64_t>(to, UINT32_MAX)), keep_bytes);
  for (; passed_ < retired_.size() && retired_[passed_].second < from; ++passed_) {
    View& view = views_[retired_[passed_].view];
    view.packets[kSent] = view.packets[kReceived] = 0;  // no flow's any more
  }
  for (; passed_ != 0 && retired_.front().opened < windows_.oldest(); --passed_) {
    free_views_.push_back(retired_.front().view);
    retired_.pop_front();
  }
}

bool Merger::idle(const View& view, uint64_t now_ns) const noexcept {
  if (config_.flow_timeout_ns == 0) return false;
  const uint64_t timeout_seconds = (config_.flow_timeout_ns + kNsPerSecond - 1) / kNsPerSecond;
  return view.last_ns / kNsPerSecond + timeout_seconds < now_ns / kNsPerSecond;
}

}  // namespace weir
