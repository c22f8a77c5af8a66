#include "report/csv_lines.h"

#include <fmt/compile.h>

#include <algorithm>

#include "report/format.h"

namespace weir::report {
namespace {

void append(fmt::memory_buffer& out, std::string_view text) {
  out.append(text.data(), text.data() + text.size());
}

void append_traffic(fmt::memory_buffer& out, const Traffic& traffic) {
  fmt::format_to(fmt::appender(out), FMT_COMPILE("{},{},{},{},{},{},{}"), traffic.packets,
                 traffic.ip_bytes, traffic.wire_bytes, traffic.rate_2s, traffic.rate_10s,
                 traffic.rate_40s, traffic.rate_peak);
}

/// "10/20", outermost first.
void append_vlans(fmt::memory_buffer& out, const FlowKey& key) {
  for (size_t i = 0; i < key.vlan_count && i < key.vlans.size(); ++i) {
    fmt::format_to(fmt::appender(out), FMT_COMPILE("{}{}"), i == 0 ? "" : "/", key.vlans[i]);
  }
}

}  // namespace

void append_csv_field(fmt::memory_buffer& out, std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return append(out, text);
  out.push_back('"');
  for (const char c : text) {
    if (c == '"') out.push_back('"');
    out.push_back(c);
  }
  out.push_back('"');
}

std::string csv_traffic_header() {
  std::string header;
  for (const std::string_view side : {"sent", "received"}) {
    for (const std::string_view figure :
         {"packets", "ip_bytes", "wire_bytes", "rate_2s", "rate_10s", "rate_40s", "rate_peak"}) {
      header += fmt::format("{}{}_{}", header.empty() ? "" : ",", side, figure);
    }
  }
  return header;
}

void append_csv_traffic(fmt::memory_buffer& out, const Traffic& sent, const Traffic& received) {
  append_traffic(out, sent);
  out.push_back(',');
  append_traffic(out, received);
}

std::string csv_flows_header() {
  return "time_ns,final,src_addr,src_port,dst_addr,dst_port,proto,vlans," + csv_traffic_header() +
         ",first_ns,last_ns\n";
}

void append_csv_flows(fmt::memory_buffer& out, const Snapshot& snapshot,
                      std::span<const FlowRow> flows) {
  for (const FlowRow& flow : flows) {
    const uint8_t version = flow.key.ip_version;
    fmt::format_to(fmt::appender(out), FMT_COMPILE("{},{},{},{},{},{},{},"), snapshot.time_ns,
                   snapshot.final ? 1 : 0, address_text(version, flow.src_addr()), flow.src_port(),
                   address_text(version, flow.dst_addr()), flow.dst_port(),
                   unsigned{flow.key.proto});
    append_vlans(out, flow.key);
    out.push_back(',');
    append_csv_traffic(out, flow.sent, flow.received);
    fmt::format_to(fmt::appender(out), FMT_COMPILE(",{},{}\n"), flow.first_ns, flow.last_ns);
  }
}

Result<void> CsvLines::report(const Snapshot& snapshot) {
  if (!has_header_) append(output_.buffer(), csv_flows_header());
  has_header_ = true;
  constexpr size_t kFlowsAtOnce = 256;
  for (size_t at = 0; at < snapshot.flows.size(); at += kFlowsAtOnce) {
    const size_t count = std::min(kFlowsAtOnce, snapshot.flows.size() - at);
    append_csv_flows(output_.buffer(), snapshot, {&snapshot.flows[at], count});
    if (const Result<void> spilled = output_.spill(); !spilled) return spilled;
  }
  return output_.flush();
}

}  // namespace weir::report
