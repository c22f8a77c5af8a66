// What a snapshot says of the flows: ranks, rows, rates. The other half of Merger.

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <vector>

#include "engine/core/clock.h"
#include "engine/pipeline/merger.h"
#include "engine/pipeline/number_set.h"
#include "engine/pipeline/order.h"
#include "engine/pipeline/pace.h"

namespace weir {
namespace {

constexpr uint32_t kNone = BucketIndex::kNone;

bool is_pinned(const FlowQuery& query, const FlowKey& key) noexcept {
  return std::find(query.pinned.begin(), query.pinned.end(), key) != query.pinned.end();
}

/// Source or destination address as shown, IPv4 before IPv6.
int compare_addresses(const FlowKey& a, bool a_high, const FlowKey& b, bool b_high) noexcept {
  if (a.ip_version != b.ip_version) return a.ip_version < b.ip_version ? -1 : 1;
  const IpBytes& left = a_high ? a.high_addr : a.low_addr;
  const IpBytes& right = b_high ? b.high_addr : b.low_addr;
  return std::memcmp(left.data(), right.data(), left.size());
}

}  // namespace

bool Merger::before(const Rank& left, const Rank& right, FlowOrder order) const noexcept {
  if (left.pinned != right.pinned) return left.pinned;
  if (left.score != right.score) return left.score > right.score;
  const bool source = order == FlowOrder::source;
  if (source || order == FlowOrder::destination) {
    const int by_address =
        compare_addresses(key_of(left.view), views_[left.view].shown_high == source,
                          key_of(right.view), views_[right.view].shown_high == source);
    if (by_address != 0) return by_address < 0;
  }
  const FlowKey left_key = key_of(left.view);
  const FlowKey right_key = key_of(right.view);
  if (order == FlowOrder::protocol && left_key.proto != right_key.proto) {
    return left_key.proto < right_key.proto;
  }
  if (left.bytes != right.bytes) return left.bytes > right.bytes;
  // Two views have one key only when a flow expired and came again, and then one is not listed.
  return std::memcmp(&left_key, &right_key, sizeof left_key) < 0;
}

/// The bytes of each flow in the window that the list is sorted by, or its peaks; empty where the
/// view alone tells, because the window covers everything or the order is another one.
std::vector<uint64_t> Merger::scores(const Moment& moment, FlowOrder order, OrderSide side) const {
  if (order == FlowOrder::peak) return peak_scores(moment, side);
  std::vector<uint64_t> scores;
  const size_t window = window_of(order);
  if (!by_rate(order) || moment.span.whole[window]) return scores;
  scores.resize(views_end_);
  Pace pace(moment.breathe);
  windows_.each_in(moment.span, window, [&](uint32_t flow, uint64_t sent, uint64_t received) {
    pace.step();
    scores[flow] += counted(sent, received, side);
  });
  return scores;
}

std::vector<uint64_t> Merger::peak_scores(const Moment& moment, OrderSide side) const {
  std::vector<std::array<uint64_t, 2>> bytes_2s(views_end_);
  Pace pace(moment.breathe);
  windows_.each_in(moment.span, 0, [&](uint32_t flow, uint64_t sent, uint64_t received) {
    pace.step();
    bytes_2s[flow][kSent] += sent;
    bytes_2s[flow][kReceived] += received;
  });
  std::vector<uint64_t> scores(views_end_);
  for (uint32_t number = kFirstView; number < views_end_; ++number) {
    const View& view = views_[number];
    scores[number] = counted(
        peak_rate(peak_bytes(view, kSent), bytes_2s[number][kSent], moment.span),
        peak_rate(peak_bytes(view, kReceived), bytes_2s[number][kReceived], moment.span), side);
  }
  return scores;
}

uint64_t Merger::peak_bytes(const View& view, size_t side) noexcept {
  return std::max(view.peak_bytes[side], view.second_bytes[side]);
}

/// `side` is of side_of(); `windowed` of scores(), for the same order and directions.
uint64_t Merger::score_of(uint32_t number, FlowOrder order, OrderSide side, const Moment& moment,
                          const std::vector<uint64_t>& windowed) const noexcept {
  if (!windowed.empty()) return windowed[number];
  const View& view = views_[number];
  switch (order) {
    case FlowOrder::source:
    case FlowOrder::destination:
    case FlowOrder::protocol: return 0;
    case FlowOrder::packets: return counted(view.packets[kSent], view.packets[kReceived], side);
    case FlowOrder::duration: return view.last_ns - std::min(view.first_ns, view.last_ns);
    case FlowOrder::flows: return view.listed && !idle(view, moment.now_ns) ? 1 : 0;
    default: return counted(view.ip_bytes[kSent], view.ip_bytes[kReceived], side);
  }
}

/// The flows to list, best first. With a limit a few times as many are held as are wanted, and cut
/// when they become too many.
std::vector<Merger::Rank> Merger::rank(const Moment& moment, const FlowQuery& query,
                                       const std::vector<uint64_t>& score,
                                       Snapshot& snapshot) const {
  const OrderSide side = side_of(query.order, query.side);
  const uint64_t limit = query.limit;
  const auto precedes = [&](const Rank& a, const Rank& b) { return before(a, b, query.order); };
  std::vector<Rank> ranks;
  const uint64_t most = limit == 0 || limit >= listed_ ? UINT64_MAX : limit * 2 + 1024;
  ranks.reserve(std::min(listed_, most));
  const auto cut = [&] {
    if (limit == 0 || ranks.size() <= limit) return;
    std::nth_element(ranks.begin(), ranks.begin() + static_cast<ptrdiff_t>(limit), ranks.end(),
                     precedes);
    ranks.resize(limit);
  };
  uint64_t untold = 0;  // opened after the end of the epoch: their first packets are the next one's
  Rank bar{0, 0, kNone, false};  // what is not better than this is not listed
  Pace pace(moment.breathe);
  for (uint32_t number = kFirstView; number < views_end_; ++number) {
    pace.step();
    const View& view = views_[number];
    if (!view.listed) continue;
    if (view.first_ns == UINT64_MAX) {
      ++untold;
      continue;
    }
    if (idle(view, moment.now_ns)) continue;
    ++snapshot.flow_count;
    if (query.filter && !query.filter->shows(key_of(number), view.shown_high)) continue;
    ++snapshot.shown_flows;
    const uint64_t bytes = view.ip_bytes[kSent] + view.ip_bytes[kReceived];
    Rank rank{0, bytes, number, false};
    rank.score = score_of(number, query.order, side, moment, score);
    rank.pinned = !query.pinned.empty() && is_pinned(query, key_of(number));
    if (bar.view != kNone && !precedes(rank, bar)) continue;
    ranks.push_back(rank);
    if (ranks.size() < most) continue;
    cut();
    bar = *std::max_element(ranks.begin(), ranks.end(), precedes);
  }
  cut();
  snapshot.expired_flows = expired_ + (listed_ - untold - snapshot.flow_count);
  std::sort(ranks.begin(), ranks.end(), precedes);
  return ranks;
}

FlowRow Merger::row_of(uint32_t number) const {
  const View& view = views_[number];
  FlowRow row;
  row.key = key_of(number);
  row.shown_high = view.shown_high;
  row.tcp_flags = view.tcp_flags;
  row.first_ns = view.first_ns;
  row.last_ns = view.last_ns;
  for (const size_t side : {kSent, kReceived}) {
    Traffic& traffic = side == kSent ? row.sent : row.received;
    set_counts(traffic, view, side);
  }
  return row;
}

void Merger::fill_totals(Snapshot& snapshot, const RateWindows::Span& span) {
  set_counts(snapshot.sent, total_, kSent);
  set_counts(snapshot.received, total_, kReceived);
  snapshot.both.packets = snapshot.sent.packets + snapshot.received.packets;
  snapshot.both.ip_bytes = snapshot.sent.ip_bytes + snapshot.received.ip_bytes;
  snapshot.both.wire_bytes = snapshot.sent.wire_bytes + snapshot.received.wire_bytes;
  RateWindows::Sums sums = windows_.total(span);
  const uint64_t bytes_2s[2] = {sums.sent[0], sums.received[0]};
  set_rates(snapshot.sent, sums.sent, span);
  set_rates(snapshot.received, sums.received, span);
  for (size_t i = 0; i < sums.sent.size(); ++i) sums.sent[i] += sums.received[i];
  set_rates(snapshot.both, sums.sent, span);
  snapshot.sent.rate_peak = shown_peak(total_.peak_bytes[kSent], bytes_2s[kSent], span);
  snapshot.received.rate_peak = shown_peak(total_.peak_bytes[kReceived], bytes_2s[kReceived], span);
  snapshot.both.rate_peak = shown_peak(peak_both_, sums.sent[0], span);
}

/// Live, a peak that was shown stays. A file's last snapshot must not depend on those before.
uint64_t Merger::shown_peak(uint64_t& busiest_bytes, uint64_t bytes_2s,
                            const RateWindows::Span& span) const noexcept {
  const uint64_t peak = peak_rate(busiest_bytes, bytes_2s, span);
  if (config_.live) busiest_bytes = std::max(busiest_bytes, (peak + 7) / 8);
  return peak;
}

void Merger::fill_rates(Snapshot& snapshot, const Moment& moment, const std::vector<Rank>& listed) {
  std::vector<uint32_t> views;
  views.reserve(listed.size());
  for (const Rank& rank : listed) views.push_back(rank.view);
  const NumberSet set(views, views_end_);
  std::vector<RateWindows::Sums> sums_of(listed.size());
  Pace pace(moment.breathe);
  const auto is_listed = [&](uint32_t flow) {
    pace.step();
    return set.holds(flow);
  };
  windows_.each(moment.span, is_listed, [&](uint32_t flow, const RateWindows::Sums& sums) {
    sums_of[set.rank(flow)] += sums;
  });
  for (size_t row = 0; row < listed.size(); ++row) {
    View& view = views_[listed[row].view];
    const RateWindows::Sums& sums = sums_of[set.rank(listed[row].view)];
    for (const size_t side : {kSent, kReceived}) {
      Traffic& traffic = side == kSent ? snapshot.flows[row].sent : snapshot.flows[row].received;
      const std::array<uint64_t, 3>& bytes = side == kSent ? sums.sent : sums.received;
      set_rates(traffic, bytes, moment.span);
      view.peak_bytes[side] = peak_bytes(view, side);
      traffic.rate_peak = shown_peak(view.peak_bytes[side], bytes[0], moment.span);
    }
  }
}

void Merger::fill(Snapshot& snapshot, uint64_t start_ns, uint64_t now_ns, const FlowQuery& query,
                  const Breathe& breathe) {
  const auto now_second = static_cast<uint32_t>(now_ns / kNsPerSecond);
  const Moment moment{RateWindows::span_at(start_ns, now_ns), now_ns,
                      RateWindows::first_shown(now_second), breathe};
  windows_.combine_edges(moment.span, views_end_);
  breathe();
  snapshot.query = query.number;
  snapshot.flow_count = 0;
  snapshot.shown_flows = 0;
  std::vector<uint64_t> score = scores(moment, query.order, query.side);
  std::pair scored(query.order, query.side);
  const std::vector<Rank> listed = rank(moment, query, score, snapshot);
  snapshot.flows.clear();
  snapshot.flows.reserve(listed.size());
  for (const Rank& rank : listed) snapshot.flows.push_back(row_of(rank.view));
  fill_totals(snapshot, moment.span);
  fill_rates(snapshot, moment, listed);
  snapshot.groups.clear();
  for (const GroupQuery& groups : query.groups) {
    if (groups.most_flows != 0 && snapshot.flow_count > groups.most_flows) {
      snapshot.groups.emplace_back().left_out = true;
      continue;
    }
    const std::pair wanted(groups.order, groups.side);
    if (wanted != scored) score = scores(moment, groups.order, groups.side);
    scored = wanted;
    snapshot.groups.push_back(fill_groups(moment, groups, score));
  }
  if (query.groups.empty()) group_scratch_.reset();
  snapshot.late_packets = windows_.late_packets();
  snapshot.seconds.clear();
  windows_.each_second(moment.first_shown, [&](uint32_t second, uint64_t sent, uint64_t received) {
    snapshot.seconds.push_back({second, sent, received});
  });
}

}  // namespace weir
