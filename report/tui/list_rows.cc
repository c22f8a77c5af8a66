#include "report/tui/list_rows.h"

#include <algorithm>
#include <cstring>
#include <tuple>

#include "engine/pipeline/order.h"

namespace weir::tui {
namespace {

uint64_t number_of(const ListRow& row, FlowOrder order, OrderSide side) noexcept {
  const FlowRow& flow = row.flow;
  const uint64_t duration_ns = flow.last_ns - std::min(flow.first_ns, flow.last_ns);
  return figure_of(flow.sent, flow.received, duration_ns, row.flows, order, side);
}

std::tuple<uint8_t, const IpBytes&, uint16_t> end_of(const FlowRow& row, bool destination) {
  return destination ? std::tie(row.key.ip_version, row.dst_addr(),
                                row.shown_high ? row.key.low_port : row.key.high_port)
                     : std::tie(row.key.ip_version, row.src_addr(),
                                row.shown_high ? row.key.high_port : row.key.low_port);
}

/// Negative: one comes first.
int compare(const ListRow& one, const ListRow& other, FlowOrder order, OrderSide side) {
  if (order == FlowOrder::source || order == FlowOrder::destination) {
    const bool destination = order == FlowOrder::destination;
    const auto left = end_of(one.flow, destination);
    const auto right = end_of(other.flow, destination);
    if (left < right) return -1;
    if (right < left) return 1;
  } else if (order == FlowOrder::protocol) {
    if (one.flow.key.proto != other.flow.key.proto) {
      return one.flow.key.proto < other.flow.key.proto ? -1 : 1;
    }
  } else {
    const uint64_t left = number_of(one, order, side);
    const uint64_t right = number_of(other, order, side);
    if (left != right) return left > right ? -1 : 1;
  }
  const uint64_t left = number_of(one, FlowOrder::bytes, OrderSide::both);
  const uint64_t right = number_of(other, FlowOrder::bytes, OrderSide::both);
  if (left != right) return left > right ? -1 : 1;
  return std::memcmp(&one.flow.key, &other.flow.key, sizeof one.flow.key);
}

}  // namespace

std::vector<ListRow> list_rows(std::span<const FlowRow> flows) {
  std::vector<ListRow> rows;
  rows.reserve(flows.size());
  for (const FlowRow& flow : flows) rows.push_back({.flow = flow});
  return rows;
}

std::vector<ListRow> list_rows(std::span<const GroupRow> groups) {
  std::vector<ListRow> rows;
  rows.reserve(groups.size());
  for (const GroupRow& group : groups) {
    ListRow row;
    row.flow.key = group.group;
    row.flow.sent = group.sent;
    row.flow.received = group.received;
    row.flow.first_ns = group.first_ns;
    row.flow.last_ns = group.last_ns;
    row.flows = group.flows;
    rows.push_back(row);
  }
  return rows;
}

void sort_rows(std::vector<ListRow>& rows, FlowOrder order, OrderSide side, bool reversed) {
  std::sort(rows.begin(), rows.end(), [&](const ListRow& one, const ListRow& other) {
    if (one.pinned != other.pinned) return one.pinned;
    const int result = compare(one, other, order, side);
    return reversed ? result > 0 : result < 0;
  });
}

Traffic sum(const Traffic& sent, const Traffic& received) noexcept {
  Traffic both;
  both.packets = sent.packets + received.packets;
  both.ip_bytes = sent.ip_bytes + received.ip_bytes;
  both.wire_bytes = sent.wire_bytes + received.wire_bytes;
  both.rate_2s = sent.rate_2s + received.rate_2s;
  both.rate_10s = sent.rate_10s + received.rate_10s;
  both.rate_40s = sent.rate_40s + received.rate_40s;
  both.rate_peak = sent.rate_peak + received.rate_peak;
  return both;
}

uint64_t rate_of(const Traffic& traffic, uint32_t seconds) noexcept {
  if (seconds <= 2) return traffic.rate_2s;
  return seconds <= 10 ? traffic.rate_10s : traffic.rate_40s;
}

}  // namespace weir::tui
