#include "report/json_lines.h"

#include <fmt/compile.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "report/ether_type_rows.h"
#include "report/format.h"
#include "report/json_text.h"

namespace weir::report {
namespace {

using Buffer = fmt::memory_buffer;

void append(Buffer& out, std::string_view text) {
  out.append(text.data(), text.data() + text.size());
}

void append_known(Buffer& out, std::string_view name, const std::optional<uint64_t>& count) {
  if (count) {
    fmt::format_to(fmt::appender(out), FMT_COMPILE(",\"{}\":{}"), name, *count);
  } else {
    fmt::format_to(fmt::appender(out), FMT_COMPILE(",\"{}\":null"), name);
  }
}

/// ,"name":"text"
void append_text(Buffer& out, std::string_view name, std::string_view text) {
  fmt::format_to(fmt::appender(out), FMT_COMPILE(",\"{}\":"), name);
  append_json_string(out, text);
}

void append_traffic(Buffer& out, std::string_view name, const Traffic& traffic) {
  fmt::format_to(fmt::appender(out),
                 FMT_COMPILE("\"{}\":{{\"packets\":{},\"ip_bytes\":{},\"wire_bytes\":{},"
                             "\"rate_2s\":{},\"rate_10s\":{},\"rate_40s\":{},\"rate_peak\":{}}}"),
                 name, traffic.packets, traffic.ip_bytes, traffic.wire_bytes, traffic.rate_2s,
                 traffic.rate_10s, traffic.rate_40s, traffic.rate_peak);
}

/// The distinct values in the order in which they first occur, joined by commas.
std::string joined(const std::vector<CaptureSummary>& captures, auto&& text_of) {
  std::vector<std::string> seen;
  std::string out;
  for (const CaptureSummary& capture : captures) {
    std::string text = text_of(capture);
    if (std::find(seen.begin(), seen.end(), text) != seen.end()) continue;
    if (!seen.empty()) out += ',';
    out += text;
    seen.push_back(std::move(text));
  }
  return out;
}

void append_source(Buffer& out, const Snapshot& snapshot) {
  uint64_t queues = 0;
  for (const CaptureSummary& capture : snapshot.captures) queues += capture.queues;
  append(out, ",\"source\":{\"backend\":");
  append_json_string(out, joined(snapshot.captures, [](auto& c) { return c.backend; }));
  append_text(out, "name", joined(snapshot.captures, [](auto& c) { return c.name; }));
  append_text(out, "link_type",
              joined(snapshot.captures, [](auto& c) { return link_type_name(c.link_type); }));
  fmt::format_to(fmt::appender(out),
                 FMT_COMPILE(",\"queues\":{},\"workers\":{},\"sharding\":\"{}\"}}"), queues,
                 snapshot.workers, snapshot.direct ? "direct" : "rings");
}

/// "received":..,"parsed":..,"non_ip":..,... without braces.
void append_verdicts(Buffer& out, const PacketCounts& packets) {
  fmt::format_to(fmt::appender(out), FMT_COMPILE("\"received\":{}"), packets.received);
  for (size_t i = 0; i < kVerdicts; ++i) {
    fmt::format_to(fmt::appender(out), FMT_COMPILE(",\"{}\":{}"),
                   to_string(static_cast<Verdict>(i)), packets.verdicts[i]);
  }
}

void append_reasons(Buffer& out, const PacketCounts& packets) {
  append(out, ",\"reasons\":{");
  bool first = true;
  for (size_t i = 0; i < kReasons; ++i) {
    const auto reason = static_cast<Reason>(i);
    if (packets.reasons[i] == 0 || reason == Reason::none) continue;
    if (!first) out.push_back(',');
    first = false;
    append_json_string(out, to_string(reason));
    fmt::format_to(fmt::appender(out), FMT_COMPILE(":{}"), packets.reasons[i]);
  }
  out.push_back('}');
}

/// One object a type that was not followed, the most frequent first; "other" for those that found
/// no row. The packets of a verdict add up to its reason in "reasons".
void append_ether_types(Buffer& out, const PacketCounts& packets) {
  append(out, ",\"ether_types\":[");
  bool first = true;
  for (const EtherTypeRow& row : ether_type_rows(packets.ether_types)) {
    if (!first) out.push_back(',');
    first = false;
    fmt::format_to(
        fmt::appender(out),
        FMT_COMPILE("{{\"ether_type\":\"{}\",\"name\":\"{}\",\"verdict\":\"{}\",\"packets\":{},"
                    "\"wire_bytes\":{}}}"),
        row.type, row.name, to_string(row.verdict), row.count.packets, row.count.wire_bytes);
  }
  out.push_back(']');
}

void append_counters(Buffer& out, const Snapshot& snapshot) {
  const Accounting& accounting = snapshot.accounting;
  const PacketCounts& packets = accounting.packets;
  append(out, ",\"counters\":{");
  append_verdicts(out, packets);
  fmt::format_to(fmt::appender(out),
                 FMT_COMPILE(",\"tracked\":{},\"untracked\":{},\"dropped_queue\":{}"),
                 accounting.tracked, accounting.untracked, packets.dropped_queue);
  append_known(out, "dropped_kernel", accounting.dropped_kernel);
  append_known(out, "dropped_nic", accounting.dropped_nic);
  fmt::format_to(fmt::appender(out),
                 FMT_COMPILE(",\"missed\":{},\"wire_bytes\":{},\"ip_bytes\":{},\"restarts\":{},"
                             "\"law_violations\":{},\"late_packets\":{}"),
                 accounting.missed(), packets.wire_bytes, packets.ip_bytes, accounting.restarts,
                 snapshot.law_violations, snapshot.late_packets);
  fmt::format_to(
      fmt::appender(out),
      FMT_COMPILE(",\"subframes\":{},\"subframes_tracked\":{},\"subframes_untracked\":{},"
                  "\"subframes_dropped\":{},\"subframes_unread\":{}"),
      packets.subframes, accounting.subframes_tracked, accounting.subframes_untracked,
      packets.subframes_dropped, packets.subframes_unread());
  append_reasons(out, packets);
  out.push_back('}');
}

void append_capture(Buffer& out, const CaptureSummary& capture) {
  append(out, "{\"backend\":");
  append_json_string(out, capture.backend);
  append_text(out, "name", capture.name);
  append_text(out, "link_type", link_type_name(capture.link_type));
  append_text(out, "state", to_string(capture.state));
  fmt::format_to(fmt::appender(out),
                 FMT_COMPILE(",\"queues\":{},\"restarts\":{},\"gap_ns\":{},\"counters\":{{"),
                 capture.queues, capture.restarts, capture.gap_ns);
  append_verdicts(out, capture.packets);
  fmt::format_to(fmt::appender(out), FMT_COMPILE(",\"dropped_queue\":{}"),
                 capture.packets.dropped_queue);
  append_known(out, "dropped_kernel", capture.dropped_kernel);
  append_known(out, "dropped_nic", capture.dropped_nic);
  fmt::format_to(fmt::appender(out), FMT_COMPILE(",\"wire_bytes\":{},\"ip_bytes\":{}"),
                 capture.packets.wire_bytes, capture.packets.ip_bytes);
  append_reasons(out, capture.packets);
  out.push_back('}');
  append_ether_types(out, capture.packets);
  out.push_back('}');
}

void append_vlans(Buffer& out, const FlowKey& key) {
  append(out, ",\"vlans\":[");
  for (size_t i = 0; i < key.vlan_count && i < key.vlans.size(); ++i) {
    if (i > 0) out.push_back(',');
    fmt::format_to(fmt::appender(out), FMT_COMPILE("{}"), key.vlans[i]);
  }
  out.push_back(']');
}

void append_process(Buffer& out, const Process& process, std::string_view prefix) {
  const auto add = [&](std::string_view name, std::string_view text) {
    if (!text.empty()) append_text(out, std::string(prefix) + std::string(name), text);
  };
  add("process", process.command);
  fmt::format_to(fmt::appender(out), FMT_COMPILE(",\"{}pid\":{}"), prefix, process.pid);
  add("user", process.user);
  if (process.publisher == nullptr) return;
  add("publisher", process.publisher->package);
  add("sha256", process.publisher->sha256);
}

void append_processes(Buffer& out, const FlowRow& flow, const ProcessTable& table) {
  const auto owners = table.owners_of(flow.key);
  const Process* src = table.process(owners[flow.shown_high ? 1 : 0]);
  const Process* dst = table.process(owners[flow.shown_high ? 0 : 1]);
  if (src != nullptr) append_process(out, *src, "");
  if (dst != nullptr) append_process(out, *dst, src != nullptr ? "dst_" : "");
}

void append_names(Buffer& out, const FlowRow& flow, const std::string& src, const std::string& dst,
                  NameSource& names) {
  const std::string src_name = names.host(flow.key.ip_version, flow.src_addr());
  const std::string dst_name = names.host(flow.key.ip_version, flow.dst_addr());
  if (src_name != src) append_text(out, "src_name", src_name);
  if (dst_name != dst) append_text(out, "dst_name", dst_name);
}

/// `src` and `dst` are scratch, kept by the caller so that a line allocates nothing.
void append_flow(Buffer& out, const FlowRow& flow, std::string& src, std::string& dst,
                 const ProcessTable* processes, NameSource* names) {
  src.clear();
  dst.clear();
  append_address(src, flow.key.ip_version, flow.src_addr());
  append_address(dst, flow.key.ip_version, flow.dst_addr());
  fmt::format_to(fmt::appender(out),
                 FMT_COMPILE("{{\"src_addr\":\"{}\",\"dst_addr\":\"{}\",\"src_port\":{},"
                             "\"dst_port\":{},\"proto\":{},\"proto_name\":\"{}\""),
                 src, dst, flow.src_port(), flow.dst_port(), flow.key.proto,
                 proto_name(flow.key.proto));
  if (flow.key.vlan_count > 0) append_vlans(out, flow.key);
  out.push_back(',');
  append_traffic(out, "sent", flow.sent);
  out.push_back(',');
  append_traffic(out, "received", flow.received);
  fmt::format_to(fmt::appender(out), FMT_COMPILE(",\"first_ns\":{},\"last_ns\":{}"), flow.first_ns,
                 flow.last_ns);
  if (processes != nullptr) append_processes(out, flow, *processes);
  if (names != nullptr) append_names(out, flow, src, dst, *names);
  out.push_back('}');
}

}  // namespace

Result<void> JsonLines::report(const Snapshot& snapshot) {
  Buffer& out = output_.buffer();
  fmt::format_to(fmt::appender(out),
                 FMT_COMPILE("{{\"type\":\"snapshot\",\"schema\":1,\"final\":{},\"time_ns\":{},"
                             "\"elapsed_ns\":{}"),
                 snapshot.final, snapshot.time_ns, snapshot.elapsed_ns);
  append_source(out, snapshot);
  append_counters(out, snapshot);
  append_ether_types(out, snapshot.accounting.packets);
  if (snapshot.captures.size() > 1) {
    append(out, ",\"captures\":[");
    for (const CaptureSummary& capture : snapshot.captures) {
      if (&capture != &snapshot.captures.front()) out.push_back(',');
      append_capture(out, capture);
    }
    out.push_back(']');
  }
  fmt::format_to(fmt::appender(out), FMT_COMPILE(",\"flow_count\":{},\"expired_flows\":{}"),
                 snapshot.flow_count, snapshot.expired_flows);
  append(out, ",\"totals\":{");
  append_traffic(out, "sent", snapshot.sent);
  out.push_back(',');
  append_traffic(out, "received", snapshot.received);
  out.push_back(',');
  append_traffic(out, "both", snapshot.both);
  append(out, "},\"flows\":[");
  std::string src;
  std::string dst;
  // One table for the whole line. It is held as long: it may be the last.
  const auto table = ends_.processes != nullptr ? ends_.processes->table() : nullptr;
  for (const FlowRow& flow : snapshot.flows) {
    if (&flow != &snapshot.flows.front()) out.push_back(',');
    append_flow(out, flow, src, dst, table.get(), ends_.names);
    if (const Result<void> written = output_.spill(); !written) return written;
  }
  append(out, "]}\n");
  return output_.flush();
}

Result<void> JsonLines::event(const Event& event) {
  Buffer& out = output_.buffer();
  append(out, "{\"type\":\"event\",\"event\":");
  append_json_string(out, to_string(event.kind));
  append_text(out, "capture", event.capture);
  append_text(out, "reason", event.reason);
  fmt::format_to(fmt::appender(out), FMT_COMPILE(",\"time_ns\":{}"), event.time_ns);
  if (event.kind == Event::Kind::restart) {
    fmt::format_to(fmt::appender(out), FMT_COMPILE(",\"attempt\":{},\"wait_ms\":{}"), event.attempt,
                   event.wait_ms);
  }
  if (event.kind == Event::Kind::resumed) {
    fmt::format_to(fmt::appender(out), FMT_COMPILE(",\"gap_ns\":{}"), event.gap_ns);
  }
  if (event.kind == Event::Kind::alert) {
    append_text(out, "alert", event.alert);
    fmt::format_to(fmt::appender(out), FMT_COMPILE(",\"raised\":{},\"rate\":{},\"over\":{}"),
                   event.raised, event.rate, event.over);
  }
  append(out, "}\n");
  return output_.flush();
}

}  // namespace weir::report
