#include "report/iftop_text.h"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <tuple>
#include <unordered_map>

#include "engine/pipeline/order.h"
#include "report/format.h"

namespace weir::report {
namespace {

constexpr size_t kHostWidth = 40;
constexpr size_t kLineWidth = 92;
constexpr size_t kNamesAwaited = 500;  ///< flows whose names a final block waits for

void append_rule(fmt::memory_buffer& out, char character) {
  fmt::format_to(fmt::appender(out), "{}\n", std::string(kLineWidth, character));
}

void add_up(Traffic& sum, const Traffic& more) {
  sum.packets += more.packets;
  sum.ip_bytes += more.ip_bytes;
  sum.wire_bytes += more.wire_bytes;
  sum.rate_2s += more.rate_2s;
  sum.rate_10s += more.rate_10s;
  sum.rate_40s += more.rate_40s;
  sum.rate_peak += more.rate_peak;
}

uint64_t ordering_figure(const FlowRow& flow, FlowOrder order) {
  const uint64_t duration_ns = flow.last_ns - std::min(flow.first_ns, flow.last_ns);
  return figure_of(flow.sent, flow.received, duration_ns, 1, order, OrderSide::both);
}

/// The order of FlowOrder, ties broken as there: it is total.
bool listed_before(const FlowRow& a, const FlowRow& b, FlowOrder order) {
  if (order == FlowOrder::source || order == FlowOrder::destination) {
    const bool source = order == FlowOrder::source;
    const auto place_a = std::tie(a.key.ip_version, source ? a.src_addr() : a.dst_addr());
    const auto place_b = std::tie(b.key.ip_version, source ? b.src_addr() : b.dst_addr());
    if (place_a != place_b) return place_a < place_b;
  }
  if (order == FlowOrder::protocol && a.key.proto != b.key.proto) return a.key.proto < b.key.proto;
  const uint64_t figure_a = ordering_figure(a, order);
  const uint64_t figure_b = ordering_figure(b, order);
  if (figure_a != figure_b) return figure_a > figure_b;
  const uint64_t bytes_a = a.sent.ip_bytes + a.received.ip_bytes;
  const uint64_t bytes_b = b.sent.ip_bytes + b.received.ip_bytes;
  if (bytes_a != bytes_b) return bytes_a > bytes_b;
  return std::memcmp(&a.key, &b.key, sizeof a.key) < 0;
}

/// What a line shows as a key: the side shown first is the low one.
FlowKey shown_of(const FlowRow& flow, const IftopLine& line) {
  FlowKey key;
  if (!line.hide_source) key.low_addr = flow.src_addr();
  if (!line.hide_destination) key.high_addr = flow.dst_addr();
  if (line.source_ports) key.low_port = flow.src_port();
  if (line.destination_ports) key.high_port = flow.dst_port();
  if (line.source_ports || line.destination_ports) key.proto = flow.key.proto;
  key.ip_version = flow.key.ip_version;
  return key;
}

struct KeyHash {
  size_t operator()(const FlowKey& key) const noexcept {
    return std::hash<std::string_view>{}({reinterpret_cast<const char*>(&key), sizeof key});
  }
};

}  // namespace

std::vector<FlowRow> sum_by_line(const std::vector<FlowRow>& flows, const IftopLine& line,
                                 FlowOrder order) {
  std::unordered_map<FlowKey, size_t, KeyHash> index;
  std::vector<FlowRow> sums;
  for (const FlowRow& flow : flows) {
    const auto [at, is_new] = index.try_emplace(shown_of(flow, line), sums.size());
    if (is_new) {
      sums.push_back(flow);
      sums.back().key = at->first;
      sums.back().shown_high = false;
      continue;
    }
    FlowRow& sum = sums[at->second];
    add_up(sum.sent, flow.sent);
    add_up(sum.received, flow.received);
    sum.tcp_flags |= flow.tcp_flags;
    sum.first_ns = std::min(sum.first_ns, flow.first_ns);
    sum.last_ns = std::max(sum.last_ns, flow.last_ns);
  }
  std::sort(sums.begin(), sums.end(),
            [&](const FlowRow& a, const FlowRow& b) { return listed_before(a, b, order); });
  return sums;
}

std::string IftopText::rate(uint64_t bits_per_second) const {
  const double bits = static_cast<double>(bits_per_second);
  return options_.in_bytes ? iftop_size(bits / 8, 'B') : iftop_size(bits, 'b');
}

// iftop cuts the name, not the port, when both do not fit into the column, and a name alone to one
// character less than the column. Names of IPv6 hosts are in brackets before a port, as addresses.
std::string IftopText::host(const FlowRow& flow, bool source) const {
  const uint8_t version = flow.key.ip_version;
  const IpBytes& address = source ? flow.src_addr() : flow.dst_addr();
  const uint16_t port = source ? flow.src_port() : flow.dst_port();
  const bool hidden = source ? options_.line.hide_source : options_.line.hide_destination;
  std::string text = hidden ? " * " : names().host(version, address);
  const bool port_shown = source ? options_.line.source_ports : options_.line.destination_ports;
  const bool has_port = port_shown && has_ports(flow.key.proto);
  const bool brackets = version == 6 && has_port;
  if (!hidden && text != address_text(version, address)) {
    text.resize(std::min(text.size(), kHostWidth - (brackets ? 2 : 1)));
  }
  if (brackets) text = '[' + text + ']';
  if (!has_port) return text;
  std::string service = names().service(flow.key.proto, port);
  service = ':' + service.substr(0, kHostWidth - 1);
  text.resize(std::min(text.size(), kHostWidth - service.size()));
  return text + service;
}

void IftopText::append_flow(size_t number, const FlowRow& flow) {
  const auto append = [&](std::string_view start, bool source, const Traffic& traffic) {
    fmt::format_to(fmt::appender(output_.buffer()), "{:>4} {:<{}} {} {:>10} {:>10} {:>10} {:>10}\n",
                   start, host(flow, source), kHostWidth,
                   source ? "=>" : "<=", rate(traffic.rate_2s), rate(traffic.rate_10s),
                   rate(traffic.rate_40s), iftop_size(static_cast<double>(traffic.ip_bytes), 'B'));
  };
  append(std::to_string(number), true, flow.sent);
  append("", false, flow.received);
}

void IftopText::append_rates(std::string_view label, const Traffic& traffic) {
  fmt::format_to(fmt::appender(output_.buffer()), "{:<48} {:>10} {:>10} {:>10}\n", label,
                 rate(traffic.rate_2s), rate(traffic.rate_10s), rate(traffic.rate_40s));
}

void IftopText::append_footer(const Snapshot& snapshot) {
  fmt::memory_buffer& out = output_.buffer();
  append_rule(out, '-');
  append_rates("Total send rate:", snapshot.sent);
  append_rates("Total receive rate:", snapshot.received);
  append_rates("Total send and receive rate:", snapshot.both);
  append_rule(out, '-');
  const auto size = [](uint64_t bytes) { return iftop_size(static_cast<double>(bytes), 'B'); };
  fmt::format_to(fmt::appender(out), "{:<48} {:>10} {:>10} {:>10}\n",
                 "Peak rate (sent/received/total):", rate(snapshot.sent.rate_peak),
                 rate(snapshot.received.rate_peak), rate(snapshot.both.rate_peak));
  fmt::format_to(fmt::appender(out), "{:<48} {:>10} {:>10} {:>10}\n",
                 "Cumulative (sent/received/total):", size(snapshot.sent.ip_bytes),
                 size(snapshot.received.ip_bytes), size(snapshot.both.ip_bytes));
  append_rule(out, '=');
  out.push_back('\n');
}

std::vector<const FlowRow*> IftopText::listed(const Snapshot& snapshot,
                                              const std::vector<FlowRow>& flows) const {
  std::vector<const FlowRow*> rows;
  for (const FlowRow& flow : flows) {
    if (options_.line_limit > 0 && rows.size() == options_.line_limit) break;
    const uint64_t idle_ns = snapshot.time_ns - std::min(flow.last_ns, snapshot.time_ns);
    if (options_.hide_idle_ns == 0 || idle_ns < options_.hide_idle_ns) rows.push_back(&flow);
  }
  return rows;
}

/// A one-shot run has only the final block, whose names nobody has asked for before.
void IftopText::ask_for_names(const std::vector<const FlowRow*>& flows) const {
  if (options_.names == nullptr || !options_.await_names) return;
  // What is listed last is asked for first, and there is not time for more.
  const size_t asked = std::min(flows.size(), kNamesAwaited);
  for (size_t i = asked; i-- > 0;) {
    for (const bool source : {false, true}) host(*flows[i], source);
  }
  options_.await_names();
}

Result<void> IftopText::report(const Snapshot& snapshot) {
  std::vector<FlowRow> sums;
  const bool summed = !options_.line.is_flow();
  if (summed) sums = sum_by_line(snapshot.flows, options_.line, options_.order);
  const auto rows = listed(snapshot, summed ? sums : snapshot.flows);
  if (snapshot.final) ask_for_names(rows);
  fmt::memory_buffer& out = output_.buffer();
  fmt::format_to(fmt::appender(out), "   # {:<39}     {:>10} {:>10} {:>10} {:>10}\n",
                 "Host name (port/service if enabled)", "last 2s", "last 10s", "last 40s",
                 "cumulative");
  append_rule(out, '-');
  for (size_t i = 0; i < rows.size(); ++i) {
    append_flow(i + 1, *rows[i]);
    if (const Result<void> written = output_.spill(); !written) return written;
  }
  append_footer(snapshot);
  return output_.flush();
}

Result<void> IftopText::listening_on(const std::string& name) {
  fmt::format_to(fmt::appender(output_.buffer()), "Listening on {}\n", printable(name));
  return output_.flush();
}

}  // namespace weir::report
