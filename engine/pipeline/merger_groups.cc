// Sums over groups of flows: hosts, networks, processes. A part of Merger.

#include <algorithm>
#include <cstring>
#include <numeric>
#include <vector>

#include "engine/core/clock.h"
#include "engine/flow/hash.h"
#include "engine/pipeline/merger.h"
#include "engine/pipeline/order.h"
#include "engine/pipeline/pace.h"

namespace weir {
namespace {

constexpr uint32_t kNoGroup = UINT32_MAX;

/// Numbers for group keys, in the order of their first appearance. Open addressing, at most half
/// full.
class GroupNumbers {
 public:
  explicit GroupNumbers(uint64_t seed) : seed_(seed), slots_(1U << 10, kNoGroup) {}

  /// The number of `key`; that of a new one is `next`.
  template <class KeyOf>
  uint32_t find_or_add(const FlowKey& key, uint32_t next, const KeyOf& key_of) {
    const uint64_t hash = symmetric_hash(key, seed_);
    size_t at = hash & (slots_.size() - 1);
    for (; slots_[at] != kNoGroup; at = (at + 1) & (slots_.size() - 1)) {
      if (key_of(slots_[at]) == key) return slots_[at];
    }
    slots_[at] = next;
    hashes_.push_back(hash);
    if (hashes_.size() * 2 > slots_.size()) grow();
    return next;
  }

 private:
  void grow() {
    slots_.assign(slots_.size() * 4, kNoGroup);
    for (uint32_t number = 0; number < hashes_.size(); ++number) {
      size_t at = hashes_[number] & (slots_.size() - 1);
      while (slots_[at] != kNoGroup) at = (at + 1) & (slots_.size() - 1);
      slots_[at] = number;
    }
  }

  const uint64_t seed_;
  std::vector<uint32_t> slots_;
  std::vector<uint64_t> hashes_;  ///< by number
};

uint64_t sum(const uint64_t (&both)[2]) noexcept {
  return both[0] + both[1];
}

}  // namespace

/// Sides are the group's: 0 is what it sent.
struct Merger::Group {
  FlowKey key;
  uint64_t flows = 0;
  uint64_t packets[2] = {};
  uint64_t ip_bytes[2] = {};
  uint64_t wire_bytes[2] = {};
  uint64_t first_ns = UINT64_MAX;
  uint64_t last_ns = 0;
  uint64_t peak_bytes[2] = {};
  uint64_t second_bytes[2] = {};  ///< of the second that is being added up
  RateWindows::Sums windows;

  uint64_t score(FlowOrder order) const noexcept {
    switch (order) {
      case FlowOrder::rate_2s:
      case FlowOrder::rate_10s:
      case FlowOrder::rate_40s:
        return windows.sent[window_of(order)] + windows.received[window_of(order)];
      case FlowOrder::packets: return sum(packets);
      case FlowOrder::peak: return sum(peak_bytes);
      case FlowOrder::duration: return last_ns - std::min(first_ns, last_ns);
      default: return 0;
    }
  }
};

/// The groups with what their flows counted, and in groups_of_ which flow is in which.
std::vector<Merger::Group> Merger::group_flows(const Moment& moment, const GroupQuery& query) {
  std::vector<Group> groups;
  GroupNumbers numbers(config_.hash_seed);
  const auto key_of_group = [&](uint32_t number) -> const FlowKey& { return groups[number].key; };
  groups_of_.assign(views_end_, {kNoGroup, kNoGroup});
  Pace pace(moment.breathe);
  for (uint32_t view_number = kFirstView; view_number < views_end_; ++view_number) {
    pace.step();
    const View& view = views_[view_number];
    if (sum(view.packets) == 0) continue;
    const FlowKey key = key_of(view_number);
    if (query.filter && !query.filter->shows(key, view.shown_high)) continue;
    std::array<GroupMember, 2> members;
    const uint32_t count = query.grouper->groups_of(key, view.shown_high, members);
    for (uint32_t i = 0; i < count; ++i) {
      const auto next = static_cast<uint32_t>(groups.size());
      const uint32_t number = numbers.find_or_add(members[i].group, next, key_of_group);
      if (number == next) groups.emplace_back().key = members[i].group;
      groups_of_[view_number][i] = number << 1 | (members[i].reversed ? 1U : 0U);
      Group& group = groups[number];
      if (view.listed && !idle(view, moment.now_ns)) ++group.flows;
      for (const size_t side : {kSent, kReceived}) {
        const size_t own = members[i].reversed ? 1 - side : side;
        group.packets[own] += view.packets[side];
        group.ip_bytes[own] += view.ip_bytes[side];
        group.wire_bytes[own] += view.wire_bytes[side];
      }
      group.first_ns = std::min(group.first_ns, view.first_ns);
      group.last_ns = std::max(group.last_ns, view.last_ns);
    }
  }
  return groups;
}

/// Adds what the windows hold of each group's flows, second by second: a second that lies wholly
/// inside a window is added up once for all three.
void Merger::add_windows(const Moment& moment, std::vector<Group>& groups) const {
  std::vector<uint32_t> seconds;
  windows_.each_second([&](uint32_t second, uint64_t, uint64_t) { seconds.push_back(second); });
  std::vector<uint32_t> touched;
  Pace pace(moment.breathe);
  const auto each_group = [&](uint32_t flow, auto&& fn) {
    if (flow >= groups_of_.size()) return;
    for (const uint32_t member : groups_of_[flow]) {
      if (member != kNoGroup) fn(groups[member >> 1], member >> 1, (member & 1) != 0);
    }
  };
  for (const uint32_t second : seconds) {
    touched.clear();
    windows_.each_of(second, [&](uint32_t flow, uint64_t sent, uint64_t received) {
      pace.step();
      each_group(flow, [&](Group& group, uint32_t number, bool reversed) {
        if (sum(group.second_bytes) == 0) touched.push_back(number);
        group.second_bytes[reversed ? kReceived : kSent] += sent;
        group.second_bytes[reversed ? kSent : kReceived] += received;
      });
    });
    const bool edge = RateWindows::is_edge(moment.span, second);
    const std::array<bool, 3> in = RateWindows::windows_with(moment.span, second);
    for (const uint32_t number : touched) {
      Group& group = groups[number];
      for (const size_t side : {kSent, kReceived}) {
        auto& sums = side == kSent ? group.windows.sent : group.windows.received;
        for (size_t i = 0; i < in.size() && !edge; ++i) sums[i] += in[i] * group.second_bytes[side];
        if (second < moment.now_second) {
          group.peak_bytes[side] = std::max(group.peak_bytes[side], group.second_bytes[side]);
        }
        group.second_bytes[side] = 0;
      }
    }
    if (!edge) continue;
    windows_.each_share(moment.span, second, [&](uint32_t flow, RateWindows::Sums sums) {
      pace.step();
      each_group(flow, [&](Group& group, uint32_t, bool reversed) {
        RateWindows::Sums own = sums;
        if (reversed) std::swap(own.sent, own.received);
        group.windows += own;
      });
    });
  }
}

GroupTable Merger::fill_groups(const Moment& moment, const GroupQuery& query) {
  std::vector<Group> groups = group_flows(moment, query);
  add_windows(moment, groups);
  GroupTable table;
  table.group_count = groups.size();
  std::vector<uint32_t> order(groups.size());
  std::iota(order.begin(), order.end(), 0U);
  const auto precedes = [&](uint32_t left, uint32_t right) {
    return group_before(groups[left], groups[right], query.order);
  };
  const size_t count =
      query.limit == 0 ? groups.size() : std::min<uint64_t>(query.limit, groups.size());
  const auto end = order.begin() + static_cast<ptrdiff_t>(count);
  std::partial_sort(order.begin(), end, order.end(), precedes);
  for (auto at = order.begin(); at != end; ++at) {
    const Group& group = groups[*at];
    GroupRow& row = table.rows.emplace_back();
    row.group = group.key;
    row.flows = group.flows;
    row.first_ns = group.first_ns;
    row.last_ns = group.last_ns;
    for (const size_t side : {kSent, kReceived}) {
      Traffic& traffic = side == kSent ? row.sent : row.received;
      traffic.packets = group.packets[side];
      traffic.ip_bytes = group.ip_bytes[side];
      traffic.wire_bytes = group.wire_bytes[side];
      traffic.rate_peak = group.peak_bytes[side] * 8;
    }
    set_rates(row.sent, group.windows.sent, moment.span);
    set_rates(row.received, group.windows.received, moment.span);
  }
  return table;
}

bool Merger::group_before(const Group& left, const Group& right, FlowOrder order) noexcept {
  if (order == FlowOrder::source || order == FlowOrder::destination) {
    if (left.key.ip_version != right.key.ip_version) {
      return left.key.ip_version < right.key.ip_version;
    }
    const bool source = order == FlowOrder::source;
    const auto place = [&](const Group& group) {
      const FlowKey& key = group.key;
      return std::pair(source ? key.low_addr : key.high_addr,
                       source ? key.low_port : key.high_port);
    };
    if (place(left) != place(right)) return place(left) < place(right);
  }
  if (left.score(order) != right.score(order)) return left.score(order) > right.score(order);
  if (sum(left.ip_bytes) != sum(right.ip_bytes)) return sum(left.ip_bytes) > sum(right.ip_bytes);
  return std::memcmp(&left.key, &right.key, sizeof left.key) < 0;
}

}  // namespace weir
