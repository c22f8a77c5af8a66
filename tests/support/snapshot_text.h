#pragma once

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <string>
#include <string_view>
#include <vector>

#include "engine/pipeline/snapshot.h"

namespace weir::testing {

inline std::string text_of(const Traffic& traffic) {
  return fmt::format("packets {} ip {} wire {} rates {} {} {} peak {}", traffic.packets,
                     traffic.ip_bytes, traffic.wire_bytes, traffic.rate_2s, traffic.rate_10s,
                     traffic.rate_40s, traffic.rate_peak);
}

inline std::string text_of(const FlowRow& row) {
  return fmt::format(
      "flow v{} {}:{} {}:{} proto {} vlans {} {} shown_high {} flags {:#x} first {} "
      "last {}; sent {}; received {}",
      row.key.ip_version, fmt::join(row.key.low_addr, "."), row.key.low_port,
      fmt::join(row.key.high_addr, "."), row.key.high_port, row.key.proto, row.key.vlan_count,
      fmt::join(row.key.vlans, ","), row.shown_high, row.tcp_flags, row.first_ns, row.last_ns,
      text_of(row.sent), text_of(row.received));
}

inline std::string text_of(const PacketCounts& counts) {
  std::string text = fmt::format(
      "received {} wire {} ip {} dropped {} verdicts {} reasons {} from {} to {}", counts.received,
      counts.wire_bytes, counts.ip_bytes, counts.dropped_queue, fmt::join(counts.verdicts, ","),
      fmt::join(counts.reasons, ","), counts.first_ns, counts.last_ns);
  text += fmt::format(" subframes {} dropped {} verdicts {}", counts.subframes,
                      counts.subframes_dropped, fmt::join(counts.subframe_verdicts, ","));
  const auto add = [&](std::string_view name, const EtherTypeCounts::Count& count) {
    text += fmt::format(" {} {}/{}", name, count.packets, count.wire_bytes);
  };
  const EtherTypeCounts& types = counts.ether_types;
  for (size_t i = 0; i < types.size(); ++i) {
    add(fmt::format("{:#06x}", types.type(i)), types.count(i));
  }
  add("other non_ip", types.others(Verdict::non_ip));
  add("other unsupported", types.others(Verdict::unsupported));
  return text;
}

/// Every figure of a snapshot that may not depend on how it was computed, a line each: all but the
/// number of workers, queues and what hangs on them.
inline std::vector<std::string> figures_of(const Snapshot& snapshot) {
  std::vector<std::string> lines;
  const Accounting& all = snapshot.accounting;
  lines.push_back(fmt::format("time {} elapsed {} final {}", snapshot.time_ns, snapshot.elapsed_ns,
                              snapshot.final));
  lines.push_back(text_of(all.packets));
  lines.push_back(fmt::format(
      "tracked {} untracked {} subframes {} {} flows {} expired {}", all.tracked, all.untracked,
      all.subframes_tracked, all.subframes_untracked, snapshot.flow_count, snapshot.expired_flows));
  for (const CaptureSummary& capture : snapshot.captures) {
    lines.push_back("capture " + capture.name + ": " + text_of(capture.packets));
  }
  lines.push_back("sent " + text_of(snapshot.sent));
  lines.push_back("received " + text_of(snapshot.received));
  lines.push_back("both " + text_of(snapshot.both));
  for (const FlowRow& row : snapshot.flows) lines.push_back(text_of(row));
  return lines;
}

/// The first line that differs, or nothing.
inline std::string difference(const std::vector<std::string>& found,
                              const std::vector<std::string>& expected) {
  for (size_t i = 0; i < found.size() || i < expected.size(); ++i) {
    const std::string_view nothing = "(nothing)";
    const std::string_view one = i < found.size() ? std::string_view(found[i]) : nothing;
    const std::string_view other = i < expected.size() ? std::string_view(expected[i]) : nothing;
    if (one != other) return fmt::format("line {}\n   found {}\nexpected {}", i, one, other);
  }
  return {};
}

}  // namespace weir::testing
