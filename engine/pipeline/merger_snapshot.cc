// What a snapshot says of the flows: ranks, rows, rates. The other half of Merger.

#include <algorithm>
#include <bit>
#include <cstring>
#include <span>
#include <vector>

#include "engine/core/clock.h"
#include "engine/pipeline/merger.h"

namespace weir {
namespace {

constexpr uint32_t kNone = BucketIndex::kNone;

bool by_rate(FlowOrder order) noexcept {
  return order == FlowOrder::rate_2s || order == FlowOrder::rate_10s ||
         order == FlowOrder::rate_40s;
}

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

/// Some of the numbers below `end`: a bit each, and how many there are before each 64 of them.
class NumberSet {
 public:
  NumberSet(std::span<const uint32_t> numbers, uint32_t end) : bits_(end / 64 + 1) {
    for (const uint32_t number : numbers) bits_[number / 64] |= uint64_t{1} << number % 64;
    before_.reserve(bits_.size());
    uint32_t count = 0;
    for (const uint64_t bits : bits_) {
      before_.push_back(count);
      count += static_cast<uint32_t>(std::popcount(bits));
    }
  }

  bool holds(uint32_t number) const noexcept {
    return (bits_[number / 64] >> number % 64 & 1) != 0;
  }
  /// How many of the set are less than `number`.
  size_t rank(uint32_t number) const noexcept {
    const uint64_t below = bits_[number / 64] & ((uint64_t{1} << number % 64) - 1);
    return before_[number / 64] + static_cast<size_t>(std::popcount(below));
  }

 private:
  std::vector<uint64_t> bits_;
  std::vector<uint32_t> before_;
};

/// Source or destination address as shown, IPv4 before IPv6.
int compare_addresses(const FlowKey& a, bool a_high, const FlowKey& b, bool b_high) noexcept {
  if (a.ip_version != b.ip_version) return a.ip_version < b.ip_version ? -1 : 1;
  const IpBytes& left = a_high ? a.high_addr : a.low_addr;
  const IpBytes& right = b_high ? b.high_addr : b.low_addr;
  return std::memcmp(left.data(), right.data(), left.size());
}

}  // namespace

bool Merger::before(const Rank& left, const Rank& right, FlowOrder order) const noexcept {
  if (left.score != right.score) return left.score > right.score;
  const bool source = order == FlowOrder::source;
  if (source || order == FlowOrder::destination) {
    const int by_address =
        compare_addresses(key_of(left.view), views_[left.view].shown_high == source,
                          key_of(right.view), views_[right.view].shown_high == source);
    if (by_address != 0) return by_address < 0;
  }
  if (left.bytes != right.bytes) return left.bytes > right.bytes;
  const FlowKey left_key = key_of(left.view);
  const FlowKey right_key = key_of(right.view);
  // Two views have one key only when a flow expired and came again, and then one is not listed.
  return std::memcmp(&left_key, &right_key, sizeof left_key) < 0;
}

/// The bytes of each flow in the window that the list is sorted by; empty where the window covers
/// everything, or the order is another one.
std::vector<uint64_t> Merger::scores(const RateWindows::Span& span, FlowOrder order) const {
  std::vector<uint64_t> scores;
  const size_t window = window_of(order);
  if (!by_rate(order) || span.whole[window]) return scores;
  scores.resize(views_end_);
  const auto all = [](uint32_t) { return true; };
  windows_.each(span, all, [&](uint32_t flow, const RateWindows::Sums& sums) {
    scores[flow] += sums.sent[window] + sums.received[window];
  });
  return scores;
}

/// The flows to list, best first. With a limit a few times as many are held as are wanted, and cut
/// when they become too many.
std::vector<Merger::Rank> Merger::rank(const RateWindows::Span& span, uint64_t now_ns,
                                       FlowOrder order, uint64_t limit,
                                       uint64_t& flow_count) const {
  const std::vector<uint64_t> score = scores(span, order);
  const bool rated = by_rate(order);
  const auto precedes = [&](const Rank& a, const Rank& b) { return before(a, b, order); };
  std::vector<Rank> ranks;
  const uint64_t most = limit == 0 || limit >= listed_ ? UINT64_MAX : limit * 2 + 1024;
  ranks.reserve(std::min(listed_, most));
  const auto cut = [&] {
    if (limit == 0 || ranks.size() <= limit) return;
    std::nth_element(ranks.begin(), ranks.begin() + static_cast<ptrdiff_t>(limit), ranks.end(),
                     precedes);
    ranks.resize(limit);
  };
  Rank bar{0, 0, kNone};  // what is not better than this is not listed
  for (uint32_t number = kFirstView; number < views_end_; ++number) {
    const View& view = views_[number];
    if (!view.listed || idle(view, now_ns)) continue;
    ++flow_count;
    const uint64_t bytes = view.ip_bytes[kSent] + view.ip_bytes[kReceived];
    const Rank rank{!rated ? 0 : score.empty() ? bytes : score[number], bytes, number};
    if (bar.view != kNone && !precedes(rank, bar)) continue;
    ranks.push_back(rank);
    if (ranks.size() < most) continue;
    cut();
    bar = *std::max_element(ranks.begin(), ranks.end(), precedes);
  }
  cut();
  std::sort(ranks.begin(), ranks.end(), precedes);
  return ranks;
}

FlowRow Merger::row_of(uint32_t number, uint32_t now_second) const {
  const View& view = views_[number];
  FlowRow row;
  row.key = key_of(number);
  row.shown_high = view.shown_high;
  row.tcp_flags = view.tcp_flags;
  row.first_ns = view.first_ns;
  row.last_ns = view.last_ns;
  for (const size_t side : {kSent, kReceived}) {
    Traffic& traffic = side == kSent ? row.sent : row.received;
    traffic.packets = view.packets[side];
    traffic.ip_bytes = view.ip_bytes[side];
    traffic.wire_bytes = view.wire_bytes[side];
    const uint64_t newest = view.second < now_second ? view.second_bytes[side] : 0;
    traffic.rate_peak = std::max(view.peak_bytes[side], newest) * 8;
  }
  return row;
}

void Merger::fill_totals(Snapshot& snapshot, const RateWindows::Span& span) const {
  for (const size_t side : {kSent, kReceived}) {
    Traffic& traffic = side == kSent ? snapshot.sent : snapshot.received;
    traffic.packets = total_.packets[side];
    traffic.ip_bytes = total_.ip_bytes[side];
    traffic.wire_bytes = total_.wire_bytes[side];
    traffic.rate_peak = total_.peak_bytes[side] * 8;
  }
  snapshot.both.packets = snapshot.sent.packets + snapshot.received.packets;
  snapshot.both.ip_bytes = snapshot.sent.ip_bytes + snapshot.received.ip_bytes;
  snapshot.both.wire_bytes = snapshot.sent.wire_bytes + snapshot.received.wire_bytes;
  snapshot.both.rate_peak = peak_both_ * 8;
  RateWindows::Sums sums = windows_.total(span);
  set_rates(snapshot.sent, sums.sent, span);
  set_rates(snapshot.received, sums.received, span);
  for (size_t i = 0; i < sums.sent.size(); ++i) sums.sent[i] += sums.received[i];
  set_rates(snapshot.both, sums.sent, span);
}

void Merger::fill_rates(Snapshot& snapshot, const RateWindows::Span& span,
                        const std::vector<Rank>& listed) const {
  std::vector<uint32_t> views;
  views.reserve(listed.size());
  for (const Rank& rank : listed) views.push_back(rank.view);
  const NumberSet set(views, views_end_);
  std::vector<RateWindows::Sums> sums_of(listed.size());
  const auto is_listed = [&](uint32_t flow) { return set.holds(flow); };
  windows_.each(span, is_listed, [&](uint32_t flow, const RateWindows::Sums& sums) {
    sums_of[set.rank(flow)] += sums;
  });
  for (size_t row = 0; row < listed.size(); ++row) {
    const RateWindows::Sums& sums = sums_of[set.rank(listed[row].view)];
    set_rates(snapshot.flows[row].sent, sums.sent, span);
    set_rates(snapshot.flows[row].received, sums.received, span);
  }
}

void Merger::fill(Snapshot& snapshot, uint64_t start_ns, uint64_t now_ns, FlowOrder order,
                  uint64_t flow_limit) {
  const RateWindows::Span span = RateWindows::span_at(start_ns, now_ns);
  windows_.combine_edges(span, views_end_);
  snapshot.flow_count = 0;
  const std::vector<Rank> listed = rank(span, now_ns, order, flow_limit, snapshot.flow_count);
  snapshot.expired_flows = expired_ + (listed_ - snapshot.flow_count);
  snapshot.flows.clear();
  snapshot.flows.reserve(listed.size());
  const auto now_second = static_cast<uint32_t>(now_ns / kNsPerSecond);
  for (const Rank& rank : listed) snapshot.flows.push_back(row_of(rank.view, now_second));
  fill_totals(snapshot, span);
  fill_rates(snapshot, span, listed);
}

}  // namespace weir
