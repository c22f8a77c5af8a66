#include "report/tui/detail_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "report/format.h"
#include "report/tui/frame.h"
#include "report/tui/plot.h"

namespace weir::tui {
namespace {

constexpr int kWidth = 72;
constexpr int kNameColumn = 12;  ///< width of the names at the left
constexpr int kFigureColumn = 18;

/// Writes lines from the top, but for the first `skipped`, and stops at the bottom.
class Lines {
 public:
  Lines(Grid& grid, const Rect& place, int skipped)
      : grid_(grid), place_(place), row_(place.row - skipped) {}

  void add(std::string_view name, std::string_view text, Style style = {}) {
    if (left_out()) return;
    grid_.put(row_, place_.column, name, Style{.role = Role::dim}, std::min(kNameColumn, room(0)));
    grid_.put(row_++, place_.column + kNameColumn, text, style, room(kNameColumn));
  }
  /// Not shown when there is nothing to say.
  void add_if(std::string_view name, std::string_view text, Style style = {}) {
    if (!text.empty()) add(name, text, style);
  }
  void add_figures(std::string_view name, const std::array<std::string, 3>& figures, bool heading) {
    if (left_out()) return;
    constexpr std::array<Role, 3> kRoles{Role::sent, Role::received, Role::both};
    grid_.put(row_, place_.column, name, Style{.role = Role::dim}, std::min(kNameColumn, room(0)));
    for (size_t i = 0; i < figures.size(); ++i) {
      const int end = place_.column + kNameColumn + kFigureColumn * (static_cast<int>(i) + 1);
      const Role role = heading ? Role::heading : kRoles[i];
      if (end <= place_.end_column()) grid_.put_right(row_, end, figures[i], Style{.role = role});
    }
    ++row_;
  }

 private:
  bool left_out() {
    if (row_ >= place_.row && row_ < place_.end_row()) return false;
    ++row_;
    return true;
  }
  int room(int used) const { return std::max(0, place_.columns - used); }

  Grid& grid_;
  Rect place_;
  int row_;
};

void add_end(Lines& lines, std::string_view which, const FlowKey& key, const IpBytes& address,
             uint16_t port, const EndDetails& end, Role role) {
  std::string text = report::endpoint_text(key.ip_version, address, key.proto, port);
  if (!end.service.empty() && end.service != std::to_string(port)) text += "  " + end.service;
  lines.add(which, text, Style{.role = role, .bold = true});
  if (end.name != report::address_text(key.ip_version, address)) lines.add_if("  name", end.name);
  lines.add_if("  network", end.place);
  lines.add_if("  process", end.process);
}

std::string protocol_text(const FlowKey& key) {
  std::string text = fmt::format("{} over IPv{}", report::proto_name(key.proto), key.ip_version);
  for (uint8_t i = 0; i < std::min(key.vlan_count, kKeyVlans); ++i)
    text += fmt::format("{}{}", i == 0 ? "   VLAN " : ", ", key.vlans[i]);
  return text;
}

using Figure = std::string (*)(uint64_t);

void add_counts(Lines& lines, std::string_view name, Figure text, uint64_t Traffic::* field,
                const FlowRow& row) {
  const uint64_t sent = row.sent.*field;
  const uint64_t received = row.received.*field;
  lines.add_figures(name, {text(sent), text(received), text(sent + received)}, false);
}

void add_traffic(Lines& lines, const FlowDetails& details) {
  const FlowRow& row = details.row;
  lines.add_figures("", {"sent", "received", "both"}, true);
  add_counts(lines, "packets", report::count_text, &Traffic::packets, row);
  add_counts(lines, "IP bytes", report::count_text, &Traffic::ip_bytes, row);
  add_counts(lines, "wire bytes", report::count_text, &Traffic::wire_bytes, row);
  const Figure rate = details.in_bytes
                          ? +[](uint64_t bits) { return report::rate_text(bits, true); }
                          : +[](uint64_t bits) { return report::rate_text(bits, false); };
  add_counts(lines, "last 2 s", rate, &Traffic::rate_2s, row);
  add_counts(lines, "last 10 s", rate, &Traffic::rate_10s, row);
  add_counts(lines, "last 40 s", rate, &Traffic::rate_40s, row);
  // Both peaks need not be of the same second.
  lines.add_figures("peak", {rate(row.sent.rate_peak), rate(row.received.rate_peak), ""}, false);
}

}  // namespace

std::string tcp_flags_text(uint8_t flags) {
  constexpr std::array<std::string_view, 8> kNames{"FIN", "SYN", "RST", "PSH",
                                                   "ACK", "URG", "ECE", "CWR"};
  std::string text;
  for (size_t i = 0; i < kNames.size(); ++i) {
    if ((flags >> i & 1U) == 0) continue;
    if (!text.empty()) text += ' ';
    text += kNames[i];
  }
  return text.empty() ? "none" : text;
}

Rect draw_flow_details(Grid& grid, const Rect& screen, FlowDetails& details, Glyphs glyphs) {
  const FlowRow& row = details.row;
  const auto extra_lines = [](const EndDetails& end) {
    return (end.name.empty() ? 0 : 1) + (end.place.empty() ? 0 : 1) + (end.process.empty() ? 0 : 1);
  };
  const bool tcp = row.key.proto == 6;
  const int height = 14 + (tcp ? 1 : 0) + (details.series.empty() ? 0 : 1) +
                     extra_lines(details.local) + extra_lines(details.remote);
  const Rect inside = draw_popup(grid, screen, height, kWidth, "Flow", glyphs);
  const int most = std::max(0, height - inside.rows);
  details.scroll = std::clamp(details.scroll, 0, most);
  if (most > 0) {
    const std::string_view hint = details.scroll < most ? " PgDn: more " : " PgUp: back ";
    grid.put_right(inside.end_row(), inside.end_column(), hint, Style{.role = Role::key});
  }
  Lines lines(grid, inside, details.scroll);
  add_end(lines, "local", row.key, row.src_addr(), row.src_port(), details.local, Role::local_side);
  add_end(lines, "remote", row.key, row.dst_addr(), row.dst_port(), details.remote,
          Role::remote_side);
  lines.add("protocol", protocol_text(row.key));
  lines.add("first", report::zoned_time_text(row.first_ns, details.zone));
  lines.add("last", report::zoned_time_text(row.last_ns, details.zone));
  lines.add("duration", report::duration_text(row.last_ns - std::min(row.first_ns, row.last_ns)));
  add_traffic(lines, details);
  if (tcp) lines.add("TCP flags", tcp_flags_text(row.tcp_flags));
  if (!details.series.empty()) {
    const int width = std::min(60, std::max(0, inside.columns - kNameColumn));
    lines.add("last minute", sparkline(details.series, width, glyphs), Style{.role = Role::both});
  }
  return {inside.row - 1, inside.column - 2, inside.rows + 2, inside.columns + 4};
}

}  // namespace weir::tui
