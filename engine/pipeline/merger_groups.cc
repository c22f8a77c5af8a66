// Sums over groups of flows: hosts, networks, processes. A part of Merger.
//
// There may be as many groups as flows, and a few of them are listed. So all groups get what they
// are ranked by, a cache line each, and only those that are listed get the rest, in a second pass.

#include <algorithm>
#include <array>
#include <cstring>
#include <numeric>
#include <utility>
#include <vector>

#include "engine/core/clock.h"
#include "engine/pipeline/group_tally.h"
#include "engine/pipeline/merger.h"
#include "engine/pipeline/order.h"
#include "engine/pipeline/pace.h"

namespace weir {
namespace {

// Members whose groups are looked up together, so that their cache lines come at the same time.
constexpr size_t kTogether = 32;

uint64_t sum(const uint64_t (&both)[2]) noexcept {
  return both[0] + both[1];
}

/// Orders for which the score of a group is the sum of its flows' scores.
bool adds_up(FlowOrder order) noexcept {
  return order != FlowOrder::peak && order != FlowOrder::duration;
}

}  // namespace

/// A group that is listed. Sides are the group's: 0 is what it sent.
struct Merger::Group {
  FlowKey key;
  uint64_t flows = 0;
  uint64_t packets[2] = {};
  uint64_t ip_bytes[2] = {};
  uint64_t wire_bytes[2] = {};
  uint64_t first_ns = UINT64_MAX;
  uint64_t last_ns = 0;
  uint64_t peak_bytes[2] = {};
  RateWindows::Sums windows;

  uint64_t peak(size_t side, const RateWindows::Span& span) const noexcept {
    return peak_rate(peak_bytes[side], (side == kSent ? windows.sent : windows.received)[0], span);
  }
};

/// Finds the groups, and what they are ranked by where that adds up. `mirrored` are the scores of
/// flows of which the group is the other end: it sent what they received.
void Merger::tally_groups(const Moment& moment, const GroupQuery& query,
                          const std::vector<uint64_t>& scores,
                          const std::vector<uint64_t>& mirrored) {
  GroupScratch& scratch = *group_scratch_;
  scratch.tally.clear(size_t{views_end_} * 2);
  scratch.groups_of.assign(views_end_, {kNoGroup, kNoGroup});
  scratch.waiting.clear();
  const OrderSide side = side_of(query.order, query.side);
  Pace pace(moment.breathe);
  for (uint32_t number = kFirstView; number < views_end_; ++number) {
    pace.step();
    const View& view = views_[number];
    if (sum(view.packets) == 0) continue;
    const FlowKey key = key_of(number);
    if (query.filter && !query.filter->shows(key, view.shown_high)) continue;
    const uint64_t bytes = sum(view.ip_bytes);
    std::array<GroupMember, 2> members;
    const uint32_t count = query.grouper->groups_of(key, view.shown_high, members);
    for (uint32_t i = 0; i < count; ++i) {
      const bool mirror = members[i].reversed && side != OrderSide::both;
      const uint64_t score = score_of(number, query.order, mirror ? opposite(side) : side, moment,
                                      mirror ? mirrored : scores);
      const uint64_t hash = scratch.tally.hash_of(members[i].group);
      scratch.tally.prefetch_slot(hash);
      scratch.waiting.push_back(
          {members[i].group, hash, bytes, score, number, i, members[i].reversed});
    }
    if (scratch.waiting.size() >= kTogether) scratch.settle();
  }
  scratch.settle();
}

/// The numbers of the groups to list, best first.
std::vector<uint32_t> Merger::rank_groups(const GroupQuery& query, uint64_t limit) const {
  const GroupTally& tally = group_scratch_->tally;
  std::vector<uint32_t> order(tally.size());
  std::iota(order.begin(), order.end(), 0U);
  const auto precedes = [&](uint32_t left, uint32_t right) {
    const GroupTally::Group& a = tally[left];
    const GroupTally::Group& b = tally[right];
    return group_before({&a.key, a.score, a.bytes}, {&b.key, b.score, b.bytes}, query.order);
  };
  const size_t count = limit == 0 ? order.size() : std::min<uint64_t>(limit, order.size());
  const auto end = order.begin() + static_cast<ptrdiff_t>(count);
  std::partial_sort(order.begin(), end, order.end(), precedes);
  order.resize(count);
  return order;
}

bool Merger::group_before(const GroupRank& left, const GroupRank& right, FlowOrder order) noexcept {
  if (order == FlowOrder::source || order == FlowOrder::destination) {
    if (left.key->ip_version != right.key->ip_version) {
      return left.key->ip_version < right.key->ip_version;
    }
    const auto place = [source = order == FlowOrder::source](const FlowKey& key) {
      return std::pair(source ? key.low_addr : key.high_addr,
                       source ? key.low_port : key.high_port);
    };
    if (place(*left.key) != place(*right.key)) return place(*left.key) < place(*right.key);
  }
  if (order == FlowOrder::protocol && left.key->proto != right.key->proto) {
    return left.key->proto < right.key->proto;
  }
  if (left.score != right.score) return left.score > right.score;
  if (left.bytes != right.bytes) return left.bytes > right.bytes;
  return std::memcmp(left.key, right.key, sizeof *left.key) < 0;
}

/// What the flows of the listed groups counted. From here on groups_of names rows.
void Merger::sum_views(const Moment& moment, const std::vector<uint32_t>& listed,
                       std::vector<Group>& groups) {
  GroupScratch& scratch = *group_scratch_;
  scratch.row_of.assign(scratch.tally.size(), kNoGroup);
  for (uint32_t row = 0; row < listed.size(); ++row) scratch.row_of[listed[row]] = row;
  Pace pace(moment.breathe);
  for (uint32_t number = kFirstView; number < views_end_; ++number) {
    pace.step();
    for (uint32_t& member : scratch.groups_of[number]) {
      if (member == kNoGroup) continue;
      const uint32_t row = scratch.row_of[member >> 1];
      const bool reversed = (member & 1) != 0;
      member = row == kNoGroup ? kNoGroup : row << 1 | (reversed ? 1U : 0U);
      if (row == kNoGroup) continue;
      const View& view = views_[number];
      Group& group = groups[row];
      if (view.listed && !idle(view, moment.now_ns)) ++group.flows;
      for (const size_t side : {kSent, kReceived}) {
        const size_t own = reversed ? 1 - side : side;
        group.packets[own] += view.packets[side];
        group.ip_bytes[own] += view.ip_bytes[side];
        group.wire_bytes[own] += view.wire_bytes[side];
        group.peak_bytes[own] = std::max(group.peak_bytes[own], peak_bytes(view, side));
      }
      group.first_ns = std::min(group.first_ns, view.first_ns);
      group.last_ns = std::max(group.last_ns, view.last_ns);
    }
  }
}

/// Adds what the windows hold of each group's flows, second by second: a second that lies wholly
/// inside a window is added up once for all three.
void Merger::sum_windows(const Moment& moment, std::vector<Group>& groups) const {
  const auto& rows_of = group_scratch_->groups_of;
  Pace pace(moment.breathe);
  const auto each_row = [&](uint32_t flow, auto&& fn) {
    pace.step();
    for (const uint32_t member : rows_of[flow]) {
      if (member != kNoGroup) fn(member >> 1, member & 1);
    }
  };
  std::vector<uint32_t> seconds;
  windows_.each_second(moment.first_shown,
                       [&](uint32_t second, uint64_t, uint64_t) { seconds.push_back(second); });
  std::vector<std::array<uint64_t, 2>> bytes_of(groups.size());  // within one second
  for (const uint32_t second : seconds) {
    std::fill(bytes_of.begin(), bytes_of.end(), std::array<uint64_t, 2>{});
    windows_.each_of(second, [&](uint32_t flow, uint64_t sent, uint64_t received) {
      each_row(flow, [&](uint32_t row, uint32_t reversed) {
        bytes_of[row][kSent ^ reversed] += sent;
        bytes_of[row][kReceived ^ reversed] += received;
      });
    });
    const bool edge = RateWindows::is_edge(moment.span, second);
    const std::array<bool, 3> in = RateWindows::windows_with(moment.span, second);
    for (size_t row = 0; row < groups.size(); ++row) {
      if ((bytes_of[row][kSent] | bytes_of[row][kReceived]) == 0) continue;
      Group& group = groups[row];
      for (const size_t side : {kSent, kReceived}) {
        const uint64_t bytes = bytes_of[row][side];
        auto& sums = side == kSent ? group.windows.sent : group.windows.received;
        for (size_t i = 0; i < in.size() && !edge; ++i) sums[i] += in[i] * bytes;
        group.peak_bytes[side] = std::max(group.peak_bytes[side], bytes);
      }
    }
    if (!edge) continue;
    windows_.each_share(moment.span, second, [&](uint32_t flow, const RateWindows::Sums& sums) {
      each_row(flow, [&](uint32_t row, uint32_t reversed) {
        RateWindows::Sums own = sums;
        if (reversed != 0) std::swap(own.sent, own.received);
        groups[row].windows += own;
      });
    });
  }
}

/// Groups in the order of `listed`, complete.
std::vector<Merger::Group> Merger::sum_groups(const Moment& moment,
                                              const std::vector<uint32_t>& listed) {
  std::vector<Group> groups(listed.size());
  for (size_t row = 0; row < listed.size(); ++row) {
    groups[row].key = group_scratch_->tally[listed[row]].key;
  }
  sum_views(moment, listed, groups);
  sum_windows(moment, groups);
  return groups;
}

GroupTable Merger::fill_groups(const Moment& moment, const GroupQuery& query,
                               const std::vector<uint64_t>& scores) {
  if (!group_scratch_) group_scratch_.emplace(config_.hash_seed);
  const OrderSide side = side_of(query.order, query.side);
  std::vector<uint64_t> mirrored;
  if (side != OrderSide::both) mirrored = this->scores(moment, query.order, opposite(side));
  tally_groups(moment, query, scores, mirrored);
  GroupTable table;
  table.group_count = group_scratch_->tally.size();
  const bool whole = !adds_up(query.order);
  std::vector<Group> groups = sum_groups(moment, rank_groups(query, whole ? 0 : query.limit));
  if (whole) {
    const auto rank_of = [&](const Group& group) {
      const uint64_t score =
          query.order == FlowOrder::peak
              ? counted(group.peak(kSent, moment.span), group.peak(kReceived, moment.span), side)
              : group.last_ns - std::min(group.first_ns, group.last_ns);
      return GroupRank{&group.key, score, sum(group.ip_bytes)};
    };
    std::sort(groups.begin(), groups.end(), [&](const Group& left, const Group& right) {
      return group_before(rank_of(left), rank_of(right), query.order);
    });
    if (query.limit != 0 && groups.size() > query.limit) groups.resize(query.limit);
  }
  for (const Group& group : groups) table.rows.push_back(row_of(group, moment.span));
  return table;
}

GroupRow Merger::row_of(const Group& group, const RateWindows::Span& span) noexcept {
  GroupRow row;
  row.group = group.key;
  row.flows = group.flows;
  row.first_ns = group.first_ns;
  row.last_ns = group.last_ns;
  for (const size_t side : {kSent, kReceived}) {
    Traffic& traffic = side == kSent ? row.sent : row.received;
    set_counts(traffic, group, side);
    traffic.rate_peak = group.peak(side, span);
  }
  set_rates(row.sent, group.windows.sent, span);
  set_rates(row.received, group.windows.received, span);
  return row;
}

}  // namespace weir
