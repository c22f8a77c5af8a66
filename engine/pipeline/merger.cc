#include "engine/pipeline/merger.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <tuple>

#include "engine/core/clock.h"
#include "engine/flow/hash.h"

namespace weir {
namespace {

constexpr uint32_t kNone = BucketIndex::kNone;

size_t window_of(FlowOrder order) noexcept {
  switch (order) {
    case FlowOrder::rate_2s: return 0;
    case FlowOrder::rate_40s: return 2;
    default: return 1;
  }
}

void set_rates(Traffic& traffic, const std::array<uint64_t, 3>& bytes,
               const RateWindows::Span& span) noexcept {
  traffic.rate_2s = RateWindows::bits_per_second(bytes[0], span.length_ns[0]);
  traffic.rate_10s = RateWindows::bits_per_second(bytes[1], span.length_ns[1]);
  traffic.rate_40s = RateWindows::bits_per_second(bytes[2], span.length_ns[2]);
}

void add(std::array<uint64_t, 3>& sums, const std::array<uint64_t, 3>& more) noexcept {
  for (size_t i = 0; i < sums.size(); ++i) sums[i] += more[i];
}

}  // namespace

Merger::Merger(const Config& config)
    : config_(config),
      index_(config.shards * config.shard_capacity),
      // Closed flows keep their view until the longest window has passed: room for as many again.
      views_(size_t{config.shards} * config.shard_capacity * 2 + kFirstView + config.spare_views) {
  views_[kHighFirstView].shown_high = true;
  for (uint32_t shard = 0; shard < config.shards; ++shard) {
    view_of_.emplace_back(config.shard_capacity);
  }
}

void Merger::apply(uint32_t shard, const Delta& delta) {
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

void Merger::open(uint32_t shard, const Delta& delta) {
  const uint64_t hash = symmetric_hash(delta.key, config_.hash_seed);
  uint32_t number = index_.find(hash, [&](uint32_t at) { return views_[at].key == delta.key; });
  if (number == kNone) {
    const bool shown_high = (delta.flags & Delta::shown_high) != 0;
    number = new_view(shown_high);
    if (number >= kFirstView) {
      View& view = views_[number];
      view = View{};
      view.key = delta.key;
      view.first_ns = UINT64_MAX;
      view.shown_high = shown_high;
      view.listed = true;
      index_.insert(hash, number);
      ++listed_;
    }
  }
  ++views_[number].references;
  view_of_[shard][delta.entry] = number;
}

uint32_t Merger::view_named(uint32_t shard, uint32_t entry) const noexcept {
  return entry == Delta::kUntracked ? kUntrackedView : view_of_[shard][entry];
}

void Merger::count(uint32_t shard, const Delta& delta) {
  const Delta::Traffic& traffic = delta.traffic;
  const uint32_t number = view_named(shard, delta.entry);
  View& view = views_[number];
  const SlotCounts& sent = traffic.counts[view.shown_high ? 1 : 0];
  const SlotCounts& received = traffic.counts[view.shown_high ? 0 : 1];
  const auto sum = [](Side& side, const SlotCounts& counts) {
    side.packets += counts.packets;
    side.ip_bytes += counts.ip_bytes;
    side.wire_bytes += counts.wire_bytes;
  };
  sum(view.sent, sent);
  sum(view.received, received);
  sum(sent_, sent);
  sum(received_, received);
  const uint64_t second_ns = uint64_t{traffic.second} * kNsPerSecond;
  view.first_ns = std::min(view.first_ns, second_ns + traffic.first_ns);
  view.last_ns = std::max(view.last_ns, second_ns + traffic.last_ns);
  view.tcp_flags |= delta.tcp_flags;
  if ((delta.flags & Delta::late) != 0) return;
  windows_.add(number, traffic.second, traffic.first_ns, traffic.last_ns,
               sent.packets + received.packets, sent.ip_bytes, received.ip_bytes);
}

void Merger::close(uint32_t shard, const Delta& delta) {
  const uint32_t number = view_named(shard, delta.entry);
  View& view = views_[number];
  --view.references;
  if (number < kFirstView || view.references != 0) return;
  index_.erase(symmetric_hash(view.key, config_.hash_seed), number);
  view.listed = false;
  --listed_;
  ++expired_;
  retired_.push_back({number, static_cast<uint32_t>(view.last_ns / kNsPerSecond)});
}

void Merger::complete(uint64_t now_ns) {
  std::map<uint32_t, std::pair<uint64_t, uint64_t>> totals;
  const auto now_second = static_cast<uint32_t>(now_ns / kNsPerSecond);
  windows_.complete(now_second, views_end_,
                    [&](uint32_t second, uint32_t flow, uint64_t sent, uint64_t received) {
                      View& view = views_[flow];
                      view.sent.peak_bytes = std::max(view.sent.peak_bytes, sent);
                      view.received.peak_bytes = std::max(view.received.peak_bytes, received);
                      auto& total = totals[second];
                      total.first += sent;
                      total.second += received;
                    });
  for (const auto& [second, total] : totals) {
    sent_.peak_bytes = std::max(sent_.peak_bytes, total.first);
    received_.peak_bytes = std::max(received_.peak_bytes, total.second);
    peak_both_ = std::max(peak_both_, total.first + total.second);
  }
}

void Merger::forget(uint64_t watermark_ns) {
  const uint64_t second = watermark_ns / kNsPerSecond;
  if (second <= RateWindows::kKeptSeconds) return;
  windows_.close_before(static_cast<uint32_t>(second - RateWindows::kKeptSeconds));
  while (!retired_.empty() && retired_.front().second < windows_.closed_before()) {
    free_views_.push_back(retired_.front().view);
    retired_.pop_front();
  }
}

bool Merger::idle(const View& view, uint64_t now_ns) const noexcept {
  if (config_.flow_timeout_ns == 0) return false;
  const uint64_t timeout_seconds = (config_.flow_timeout_ns + kNsPerSecond - 1) / kNsPerSecond;
  return view.last_ns / kNsPerSecond + timeout_seconds < now_ns / kNsPerSecond;
}

std::vector<uint32_t> Merger::candidates(uint64_t now_ns) const {
  std::vector<uint32_t> numbers;
  numbers.reserve(listed_);
  for (uint32_t number = kFirstView; number < views_end_; ++number) {
    const View& view = views_[number];
    if (view.listed && !idle(view, now_ns)) numbers.push_back(number);
  }
  return numbers;
}

void Merger::sort_and_cut(std::vector<uint32_t>& numbers, const RateWindows::Span& span,
                          FlowOrder order, uint64_t limit) const {
  std::vector<uint64_t> score;
  const bool by_rate =
      order == FlowOrder::rate_2s || order == FlowOrder::rate_10s || order == FlowOrder::rate_40s;
  if (by_rate) {
    score.resize(views_end_);
    const size_t window = window_of(order);
    windows_.each(span, [&](uint32_t flow, const RateWindows::Sums& sums) {
      score[flow] += sums.sent[window] + sums.received[window];
    });
  }
  const auto address_order = [&](const View& a, const View& b) {
    const bool source = order == FlowOrder::source;
    const IpBytes& left = a.shown_high == source ? a.key.high_addr : a.key.low_addr;
    const IpBytes& right = b.shown_high == source ? b.key.high_addr : b.key.low_addr;
    if (a.key.ip_version != b.key.ip_version) return a.key.ip_version < b.key.ip_version ? -1 : 1;
    return std::memcmp(left.data(), right.data(), left.size());
  };
  const auto before = [&](uint32_t left, uint32_t right) {
    const View& a = views_[left];
    const View& b = views_[right];
    if (by_rate && score[left] != score[right]) return score[left] > score[right];
    if (order == FlowOrder::source || order == FlowOrder::destination) {
      const int by_address = address_order(a, b);
      if (by_address != 0) return by_address < 0;
    }
    const uint64_t bytes_a = a.sent.ip_bytes + a.received.ip_bytes;
    const uint64_t bytes_b = b.sent.ip_bytes + b.received.ip_bytes;
    if (bytes_a != bytes_b) return bytes_a > bytes_b;
    const int by_key = std::memcmp(&a.key, &b.key, sizeof a.key);
    // Two views have one key only when a flow expired and came again, and then one is not listed.
    return by_key < 0;
  };
  if (limit != 0 && limit < numbers.size()) {
    std::nth_element(numbers.begin(), numbers.begin() + static_cast<ptrdiff_t>(limit),
                     numbers.end(), before);
    numbers.resize(limit);
  }
  std::sort(numbers.begin(), numbers.end(), before);
}

Traffic Merger::traffic_of(const Side& side) {
  Traffic traffic;
  traffic.packets = side.packets;
  traffic.ip_bytes = side.ip_bytes;
  traffic.wire_bytes = side.wire_bytes;
  traffic.rate_peak = side.peak_bytes * 8;
  return traffic;
}

FlowRow Merger::row_of(const View& view) {
  FlowRow row;
  row.key = view.key;
  row.shown_high = view.shown_high;
  row.tcp_flags = view.tcp_flags;
  row.sent = traffic_of(view.sent);
  row.received = traffic_of(view.received);
  row.first_ns = view.first_ns;
  row.last_ns = view.last_ns;
  return row;
}

void Merger::fill_rates(Snapshot& snapshot, const RateWindows::Span& span,
                        const std::vector<uint32_t>& listed) {
  std::vector<uint32_t> row_of_view(views_end_, kNone);
  for (uint32_t row = 0; row < listed.size(); ++row) row_of_view[listed[row]] = row;
  std::vector<RateWindows::Sums> rows(listed.size());
  RateWindows::Sums total;
  windows_.each(span, [&](uint32_t flow, const RateWindows::Sums& sums) {
    add(total.sent, sums.sent);
    add(total.received, sums.received);
    const uint32_t row = row_of_view[flow];
    if (row == kNone) return;
    add(rows[row].sent, sums.sent);
    add(rows[row].received, sums.received);
  });
  for (size_t row = 0; row < rows.size(); ++row) {
    set_rates(snapshot.flows[row].sent, rows[row].sent, span);
    set_rates(snapshot.flows[row].received, rows[row].received, span);
  }
  set_rates(snapshot.sent, total.sent, span);
  set_rates(snapshot.received, total.received, span);
  add(total.sent, total.received);
  set_rates(snapshot.both, total.sent, span);
}

void Merger::fill(Snapshot& snapshot, uint64_t start_ns, uint64_t now_ns, FlowOrder order,
                  uint64_t flow_limit) {
  const RateWindows::Span span = RateWindows::span_at(start_ns, now_ns);
  std::vector<uint32_t> numbers = candidates(now_ns);
  snapshot.flow_count = numbers.size();
  snapshot.expired_flows = expired_ + (listed_ - numbers.size());
  sort_and_cut(numbers, span, order, flow_limit);
  snapshot.flows.clear();
  snapshot.flows.reserve(numbers.size());
  for (const uint32_t number : numbers) snapshot.flows.push_back(row_of(views_[number]));

  snapshot.sent = traffic_of(sent_);
  snapshot.received = traffic_of(received_);
  snapshot.both = snapshot.sent;
  snapshot.both.packets += snapshot.received.packets;
  snapshot.both.ip_bytes += snapshot.received.ip_bytes;
  snapshot.both.wire_bytes += snapshot.received.wire_bytes;
  snapshot.both.rate_peak = peak_both_ * 8;
  fill_rates(snapshot, span, numbers);
}

}  // namespace weir
