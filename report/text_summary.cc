#include "report/text_summary.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/core/clock.h"
#include "report/ether_type_rows.h"
#include "report/event_log.h"
#include "report/format.h"
#include "report/group_table_text.h"
#include "report/text_table.h"
#include "report/time_plot_text.h"

namespace weir::report {
namespace {

using Align = TextTable::Align;

constexpr size_t kMaxEvents = 20;
constexpr size_t kIndent = 2;

std::string known_or_unknown(const std::optional<uint64_t>& count) {
  return count ? count_text(*count) : "unknown";
}

bool nothing_known(const Accounting& accounting) {
  return accounting.missed() == 0 && !accounting.dropped_nic && !accounting.dropped_kernel;
}

/// "1,000", or what can be said where the source does not know all of its losses.
std::string missed_words(const Accounting& accounting) {
  const std::string count = count_text(accounting.missed());
  if (accounting.missed_is_complete()) return count;
  if (nothing_known(accounting)) return "unknown";
  return accounting.missed() != 0 ? "at least " + count : count + " as far as known";
}

/// Which reasons belong to a verdict is the order of the enumeration, see verdict.h.
Verdict verdict_of(Reason reason) {
  if (reason <= Reason::no_ports) return Verdict::parsed;
  if (reason <= Reason::mpls_control) return Verdict::non_ip;
  if (reason <= Reason::bad_length) return Verdict::malformed;
  if (reason <= Reason::cut_tunnel_header) return Verdict::short_capture;
  return Verdict::unsupported;
}

/// One line a reason: "arp 12", most frequent first.
std::vector<std::string> reasons_of(Verdict verdict, const PacketCounts& packets) {
  std::vector<std::pair<uint64_t, Reason>> found;
  for (size_t i = 0; i < kReasons; ++i) {
    const auto reason = static_cast<Reason>(i);
    if (reason == Reason::none || packets.reasons[i] == 0) continue;
    if (verdict_of(reason) == verdict) found.emplace_back(packets.reasons[i], reason);
  }
  std::sort(found.begin(), found.end(), [](auto& a, auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  std::vector<std::string> lines;
  for (const auto& [count, reason] : found) {
    lines.push_back(fmt::format("{} {}", printable(to_string(reason)), count_text(count)));
  }
  return lines;
}

std::string workers_text(const Snapshot& snapshot) {
  if (snapshot.workers == 1) return "1 worker";
  return fmt::format("{} workers, {}", snapshot.workers,
                     snapshot.direct ? "each its own shard" : "shards fed through rings");
}

}  // namespace

void TextSummary::append_heading(std::string_view text) {
  fmt::format_to(fmt::appender(output_.buffer()), "\n{}{}{}\n", options_.style.heading, text,
                 options_.style.reset);
}

Result<void> TextSummary::event(const Event& event) {
  if (events_.size() < kMaxEvents) {
    events_.push_back(zoned_time_text(event.time_ns, options_.zone) + "  " + event_text(event));
  } else {
    ++events_left_out_;
  }
  return {};
}

Result<void> TextSummary::report(const Snapshot& snapshot) {
  if (snapshot.final) {
    append_captures(snapshot);
    append_packets(snapshot);
    append_ether_types(snapshot);
    append_missed(snapshot);
    append_traffic(snapshot);
    append_plot(snapshot);
    append_flows(snapshot);
    append_groups(snapshot);
    append_events();
  } else {
    append_interval(snapshot);
  }
  return output_.flush();
}

void TextSummary::append_interval(const Snapshot& snapshot) {
  const Accounting& accounting = snapshot.accounting;
  fmt::format_to(fmt::appender(output_.buffer()),
                 "{}{}{}  {} packets, missed {}, sent {}, received {}\n", options_.style.heading,
                 clock_text(snapshot.time_ns, options_.zone), options_.style.reset,
                 count_text(accounting.packets.received),
                 nothing_known(accounting) ? "unknown" : count_text(accounting.missed()),
                 rate_text(snapshot.sent.rate_2s, options_.flows.in_bytes),
                 rate_text(snapshot.received.rate_2s, options_.flows.in_bytes));
  if (!snapshot.flows.empty()) append_flow_table(output_.buffer(), snapshot, options_.flows);
  output_.buffer().push_back('\n');
}

void TextSummary::append_captures(const Snapshot& snapshot) {
  const bool any = snapshot.accounting.packets.received > 0;
  const std::string covered = duration_text(snapshot.elapsed_ns);
  const std::string what = any                        ? covered + " of traffic"
                           : snapshot.elapsed_ns == 0 ? "no packets"
                                                      : "no packets in " + covered;
  fmt::format_to(fmt::appender(output_.buffer()), "{}weir: {}, {}{}\n", options_.style.heading,
                 what, workers_text(snapshot), options_.style.reset);
  if (any) {
    const uint64_t start_ns = snapshot.time_ns - std::min(snapshot.elapsed_ns, snapshot.time_ns);
    fmt::format_to(fmt::appender(output_.buffer()), "  {}\n",
                   time_span_text(start_ns, snapshot.time_ns, options_.zone));
  }
  output_.buffer().push_back('\n');
  TextTable table({Align::left, Align::left, Align::left, Align::right, Align::left, Align::right,
                   Align::right},
                  0);
  table.add({"capture", "backend", "link type", "queues", "state", "packets", "restarts"});
  for (const CaptureSummary& capture : snapshot.captures) {
    table.add({printable(capture.name), capture.backend, link_type_name(capture.link_type),
               std::to_string(capture.queues), std::string(to_string(capture.state)),
               count_text(capture.packets.received), count_text(capture.restarts)});
  }
  table.print(output_.buffer(), kIndent);
  for (const CaptureSummary& capture : snapshot.captures) {
    if (capture.gap_ns == 0) continue;
    fmt::format_to(fmt::appender(output_.buffer()), "  {}{}: {} without capture{}\n",
                   options_.style.bad, printable(capture.name), duration_text(capture.gap_ns),
                   options_.style.reset);
  }
}

void TextSummary::append_packets(const Snapshot& snapshot) {
  const Accounting& accounting = snapshot.accounting;
  const PacketCounts& packets = accounting.packets;
  TextTable table({Align::left, Align::right, Align::right, Align::left}, 3);
  const auto add = [&](std::string name, uint64_t count, std::string note) {
    table.add(
        {std::move(name), count_text(count), share_text(count, packets.received), std::move(note)});
  };
  const std::string rate = packet_rate_text(packets.received, snapshot.elapsed_ns);
  add("received", packets.received,
      bytes_text(packets.wire_bytes) + " on the wire" + (rate.empty() ? "" : ", " + rate));
  const auto more = [&](const std::vector<std::string>& lines, size_t from) {
    for (size_t i = from; i < lines.size(); ++i) table.add({"", "", "", lines[i]});
  };
  add("  parsed", accounting.parsed(), bytes_text(packets.ip_bytes) + " of IP");
  more(reasons_of(Verdict::parsed, packets), 0);
  add("    tracked", accounting.tracked, "counted in a flow");
  add("    untracked", accounting.untracked,
      accounting.untracked == 0 ? "" : "the flow table was full");
  add("    dropped_queue", packets.dropped_queue,
      packets.dropped_queue == 0 ? "" : "a shard's ring was full");
  for (const Verdict verdict :
       {Verdict::non_ip, Verdict::malformed, Verdict::short_capture, Verdict::unsupported}) {
    const std::vector<std::string> lines = reasons_of(verdict, packets);
    add("  " + std::string(to_string(verdict)), packets.of(verdict),
        lines.empty() ? "" : lines.front());
    more(lines, 1);
  }
  append_heading("Packets");
  table.print(output_.buffer(), kIndent);
  if (packets.subframes != 0) append_subframes(accounting);
}

/// The second law, of frames that came in another one's packet.
void TextSummary::append_subframes(const Accounting& accounting) {
  const PacketCounts& packets = accounting.packets;
  TextTable table({Align::left, Align::right, Align::right, Align::left}, 3);
  const auto add = [&](std::string name, uint64_t count, std::string note) {
    table.add({std::move(name), count_text(count), share_text(count, packets.subframes),
               std::move(note)});
  };
  add("subframes", packets.subframes, "further frames in 802.11 aggregates");
  add("  subframes_tracked", accounting.subframes_tracked, "counted in a flow");
  add("  subframes_untracked", accounting.subframes_untracked, "");
  add("  subframes_dropped", packets.subframes_dropped, "");
  std::string unread;
  for (size_t i = 0; i < kVerdicts; ++i) {
    const auto verdict = static_cast<Verdict>(i);
    if (verdict == Verdict::parsed || packets.subframe_verdicts[i] == 0) continue;
    unread += (unread.empty() ? "" : ", ") + std::string(to_string(verdict)) + " " +
              count_text(packets.subframe_verdicts[i]);
  }
  add("  subframes_unread", packets.subframes_unread(), unread);
  append_heading("Subframes");
  table.print(output_.buffer(), kIndent);
}

void TextSummary::append_ether_types(const Snapshot& snapshot) {
  const EtherTypeCounts& counts = snapshot.accounting.packets.ether_types;
  if (counts.size() == 0) return;
  append_heading("EtherTypes that were not followed");
  append_ether_type_table(output_.buffer(), counts);
}

void TextSummary::append_missed(const Snapshot& snapshot) {
  const Accounting& accounting = snapshot.accounting;
  const bool bad = accounting.missed() > 0;
  fmt::format_to(
      fmt::appender(output_.buffer()),
      "\n{}Missed: {}{}\n  dropped_nic {}, dropped_kernel {}, dropped_queue {}{}\n",
      bad ? options_.style.bad : options_.style.heading, missed_words(accounting),
      options_.style.reset, known_or_unknown(accounting.dropped_nic),
      known_or_unknown(accounting.dropped_kernel), count_text(accounting.packets.dropped_queue),
      accounting.dropped_partly_known == 0
          ? ""
          : ", told by a part of the input " + count_text(accounting.dropped_partly_known));
  if (accounting.conserved() && snapshot.law_violations == 0) {
    output_.buffer().append(std::string_view("  every received packet is accounted for above\n"));
  } else {
    fmt::format_to(
        fmt::appender(output_.buffer()),
        "  {}the counts above do not add up (in {} snapshots): this is a bug of weir{}\n",
        options_.style.bad, count_text(snapshot.law_violations), options_.style.reset);
  }
}

void TextSummary::append_traffic(const Snapshot& snapshot) {
  TextTable table({Align::left, Align::right, Align::right, Align::right}, 0);
  table.add({"", "sent", "received", "both"});
  const auto add = [&](std::string name, auto&& text_of) {
    table.add({std::move(name), text_of(snapshot.sent), text_of(snapshot.received),
               text_of(snapshot.both)});
  };
  const auto add_rate = [&](std::string name, uint64_t Traffic::* rate) {
    add(std::move(name),
        [&](const Traffic& traffic) { return rate_text(traffic.*rate, options_.flows.in_bytes); });
  };
  add_rate("last 2 s", &Traffic::rate_2s);
  add_rate("last 10 s", &Traffic::rate_10s);
  add_rate("last 40 s", &Traffic::rate_40s);
  add_rate("peak, 1 s", &Traffic::rate_peak);
  add("bytes of IP", [](const Traffic& traffic) { return bytes_text(traffic.ip_bytes); });
  add("packets", [](const Traffic& traffic) { return count_text(traffic.packets); });
  append_heading("Traffic");
  table.print(output_.buffer(), kIndent);
  if (snapshot.late_packets == 0) return;
  fmt::format_to(
      fmt::appender(output_.buffer()),
      "  {}peaks may be too low: {} packets came after the rest of their second had been "
      "forgotten{}\n",
      options_.style.bad, count_text(snapshot.late_packets), options_.style.reset);
}

void TextSummary::append_flows(const Snapshot& snapshot) {
  const std::string expired =
      snapshot.expired_flows == 0
          ? ""
          : fmt::format(", {} more were idle and dropped", count_text(snapshot.expired_flows));
  const std::string order =
      snapshot.flows.size() < 2 ? "" : fmt::format(", by {}", order_text(options_.flows.order));
  append_heading(fmt::format("Flows: {} of {}{}{}", count_text(snapshot.flows.size()),
                             count_text(snapshot.flow_count), order, expired));
  if (!snapshot.flows.empty()) append_flow_table(output_.buffer(), snapshot, options_.flows);
}

void TextSummary::append_plot(const Snapshot& snapshot) {
  const uint32_t seconds = plotted_seconds(snapshot);
  if (seconds == 0) return;
  const bool whole = snapshot.elapsed_ns / kNsPerSecond < seconds;
  append_heading(whole ? fmt::format("Traffic by second, all {} of them", seconds)
                       : fmt::format("Traffic by second, the last {}", seconds));
  append_time_plot(output_.buffer(), snapshot, {options_.flows.in_bytes, options_.utf8});
}

void TextSummary::append_groups(const Snapshot& snapshot) {
  const std::string_view dropped = snapshot.expired_flows == 0 ? "" : ", of the flows not dropped";
  size_t at = 0;
  for (const auto kind : {SummaryGroup::hosts, SummaryGroup::services, SummaryGroup::protocols}) {
    if (at == std::min(snapshot.groups.size(), options_.own_groups)) return;
    const GroupTable& groups = snapshot.groups[at++];
    if (groups.left_out) {
      append_heading("Hosts, services, protocols: on a terminal only, with so many flows");
      return;
    }
    if (groups.rows.empty()) continue;
    append_heading(fmt::format("{}: {} of {}{}{}", heading_of(kind), count_text(groups.rows.size()),
                               count_text(groups.group_count),
                               groups.rows.size() < 2 ? "" : ", by bytes", dropped));
    append_group_table(output_.buffer(), kind, groups, snapshot.both.ip_bytes);
  }
}

void TextSummary::append_events() {
  if (events_.empty()) return;
  append_heading("Events");
  for (const std::string& line : events_) {
    fmt::format_to(fmt::appender(output_.buffer()), "  {}\n", line);
  }
  if (events_left_out_ > 0) {
    fmt::format_to(fmt::appender(output_.buffer()), "  and {} more\n", events_left_out_);
  }
}

}  // namespace weir::report
