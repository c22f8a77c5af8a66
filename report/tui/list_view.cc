#include "report/tui/list_view.h"

#include <algorithm>
#include <cmath>

#include "report/format.h"

namespace weir::tui {
namespace {

using What = Column::What;
enum class Side : uint8_t { both, sent, received };

Traffic traffic_of(const ListRow& row, Side side) {
  if (side == Side::sent) return row.flow.sent;
  return side == Side::received ? row.flow.received : sum(row.flow.sent, row.flow.received);
}

Role role_of(Side side) {
  if (side == Side::sent) return Role::sent;
  return side == Side::received ? Role::received : Role::both;
}

/// What the first, or the only line of a row tells of.
Side side_of(View view, LineDisplay display) {
  if (display == LineDisplay::one_line_sent) return Side::sent;
  if (display == LineDisplay::one_line_received) return Side::received;
  return is_paired(view) && display == LineDisplay::two_line ? Side::sent : Side::both;
}

/// One line of a row while it is drawn.
struct Line {
  Grid& grid;
  const Rect& place;
  const ListScene& scene;
  const ColumnPlan& plan;
  const ListRow& row;
  int at;  ///< row of the grid
  Side side;
  bool second;  ///< the lower one of two
  bool selected;
  bool idle;
  bool alert;

  Style style(Role role) const {
    if (selected) return {.role = Role::selected, .bold = alert};
    // Underlined, because the colour goes where a bar lies behind.
    if (alert) return {.role = Role::warning, .bold = true, .underline = true};
    return {.role = idle ? Role::dim : role};
  }
};

std::string cell_text(const Line& line, What what) {
  const UiOptions& options = *line.scene.options;
  const Traffic traffic = traffic_of(line.row, line.side);
  const FlowRow& flow = line.row.flow;
  const bool exact = line.scene.exact;
  const auto rate = [&](uint64_t bits) { return scale_label(bits, options.in_bytes); };
  const auto count = [&](uint64_t number) {
    return exact ? report::count_text(number) : short_count(number);
  };
  const auto bytes = [&](uint64_t number) {
    return exact ? report::count_text(number) : short_bytes(number);
  };
  switch (what) {
    case What::rate_2s: return rate(traffic.rate_2s);
    case What::rate_10s: return rate(traffic.rate_10s);
    case What::rate_40s: return rate(traffic.rate_40s);
    case What::peak: return rate(traffic.rate_peak);
    case What::cumulative: return bytes(traffic.ip_bytes);
    case What::packets: return count(traffic.packets);
    default: break;
  }
  if (line.second) return {};  // said in the first line, of both directions
  switch (what) {
    case What::sent: return rate(rate_of(flow.sent, options.bar_seconds));
    case What::received: return rate(rate_of(flow.received, options.bar_seconds));
    case What::bytes_sent: return bytes(flow.sent.ip_bytes);
    case What::bytes_received: return bytes(flow.received.ip_bytes);
    case What::flows: return count(line.row.flows);
    case What::duration:
      return report::duration_text(flow.last_ns - std::min(flow.first_ns, flow.last_ns));
    case What::protocol:
      if (flow.key.proto == 0) return "*";  // without ports lines are sums over protocols
      return flow.key.proto == 58 ? "icmp6" : report::proto_name(flow.key.proto);
    case What::process: return flow_process_label(line.scene.names.processes, flow);
    default: return {};
  }
}

Role cell_role(const Line& line, What what) {
  if (what == What::sent || what == What::bytes_sent) return Role::sent;
  if (what == What::received || what == What::bytes_received) return Role::received;
  if (what == What::protocol || what == What::process || what == What::duration) return Role::text;
  return what == What::flows ? Role::text : role_of(line.side);
}

void draw_cells(const Line& line) {
  for (const Column& column : line.plan.columns) {
    const Style style = line.style(cell_role(line, column.what));
    const std::string text = cut_text(cell_text(line, column.what), column.width);
    const bool left = column.what == What::process || column.what == What::protocol;
    if (left) {
      line.grid.put(line.at, line.place.column + column.column, text, style, column.width);
    } else {
      line.grid.put_right(line.at, line.place.column + column.end(), text, style);
    }
  }
}

/// An alert is on what the row stands for.
bool has_alert(const ListScene& scene, const FlowRow& row) {
  if (scene.alerts == nullptr || !scene.alerts->any()) return false;
  const FlowKey& key = row.key;
  switch (scene.view) {
    case View::flows:
    case View::pairs: return scene.alerts->marks_flow(key, row.shown_high);
    case View::hosts: return scene.alerts->marks_host(key.ip_version, key.low_addr);
    case View::ports: return scene.alerts->marks_service(key.proto, key.low_port);
    case View::networks:
      return scene.alerts->marks_network(
          {key.low_addr, key.ip_version, static_cast<uint8_t>(key.low_port)});
    default: return false;
  }
}

const char* arrow(const Line& line) {
  if (line.side == Side::both) return "<=>";
  return line.side == Side::sent ? " =>" : " <=";
}

/// Where a host is from, behind its name where there is room.
void draw_origin(const Line& line, int column) {
  constexpr int kLeastRoom = 10;
  const int room = line.place.column + line.plan.names_begin + line.plan.names_width - column;
  report::NameSource* source = line.scene.names.source;
  if (line.scene.view != View::hosts || room < kLeastRoom || source == nullptr) return;
  const FlowKey& host = line.row.flow.key;
  const std::string origin = source->origin(host.ip_version, host.low_addr);
  line.grid.put(line.at, column, cut_text(origin, room), line.style(Role::dim), room);
}

void draw_names(const Line& line) {
  const ColumnPlan& plan = line.plan;
  const int begin = line.place.column + plan.names_begin;
  const bool pinned = line.row.pinned;
  if ((pinned || line.alert) && !line.second && plan.names_begin > 0) {
    line.grid.put(line.at, line.place.column, line.alert ? "!" : "*", line.style(Role::pinned),
                  plan.names_begin);
  }
  const FlowRow& flow = line.row.flow;
  if (!is_paired(line.scene.view)) {
    const std::string text = row_label(line.scene.names, line.scene.view, flow, line.scene.parts);
    const int end =
        line.grid.put(line.at, begin, cut_text(text, plan.names_width),
                      line.style(pinned ? Role::pinned : Role::local_side), plan.names_width);
    draw_origin(line, end + 2);
    return;
  }
  const auto end = [&](bool second, int width) {
    return end_label(line.scene.names, flow, second, line.scene.parts, width);
  };
  if (!line.second) {
    line.grid.put(line.at, begin, end(false, plan.first_width),
                  line.style(pinned ? Role::pinned : Role::local_side), plan.first_width);
    line.grid.put(line.at, line.place.column + plan.second_column, end(true, plan.second_width),
                  line.style(pinned ? Role::pinned : Role::remote_side), plan.second_width);
  }
  if (plan.second_width > 0) {
    line.grid.put(line.at, begin + plan.first_width, arrow(line), line.style(Role::dim),
                  kArrowWidth);
  }
}

void draw_bar(const Line& line) {
  const ListScene& scene = line.scene;
  if (!scene.options->bars) return;
  const uint32_t seconds = scene.options->bar_seconds;
  const auto length = [&](const Traffic& traffic) {
    return bar_length(rate_of(traffic, seconds), scene.scale, line.place.columns);
  };
  const int all = length(traffic_of(line.row, line.side));
  if (line.side == Side::sent || line.side == Side::received) {
    const Role role = line.side == Side::sent ? Role::bar_sent : Role::bar_received;
    line.grid.set_background(line.at, line.place.column, all, role);
    return;
  }
  // Both in one bar: its parts are as large as their shares, whatever the scale.
  const uint64_t sent = rate_of(line.row.flow.sent, seconds);
  const uint64_t both = sent + rate_of(line.row.flow.received, seconds);
  if (both == 0) return;
  const double share = static_cast<double>(sent) / static_cast<double>(both);
  const int first = static_cast<int>(std::lround(share * all));
  line.grid.set_background(line.at, line.place.column, first, Role::bar_sent);
  line.grid.set_background(line.at, line.place.column + first, all - first, Role::bar_received);
}

void draw_line(const Line& line) {
  if (line.selected) {
    line.grid.fill(line.at, line.place.column, line.place.columns, U' ', {.role = Role::selected});
  }
  draw_names(line);
  draw_cells(line);
  draw_bar(line);
}

std::string_view name_title(View view) {
  switch (view) {
    case View::hosts: return "host";
    case View::ports: return "port";
    case View::networks: return "network";
    case View::vlans: return "VLAN";
    case View::processes: return "process";
    default: return "source";
  }
}

void draw_title(Grid& grid, int row, int column, int width, std::string_view title, bool right,
                bool sorted, bool reversed) {
  std::string text(title);
  // "sent40s v", where there is no room for the blank.
  if (sorted && display_width(text) + 2 > width) std::erase(text, ' ');
  if (sorted) text += reversed ? " ^" : " v";
  text = cut_text(text, width);
  const Style style{.role = Role::heading, .bold = sorted, .underline = sorted};
  if (right) {
    grid.put_right(row, column + width, text, style);
  } else {
    grid.put(row, column, text, style, width);
  }
}

}  // namespace

std::string short_bytes(uint64_t bytes) {
  return scale_label(std::min(bytes, UINT64_MAX / 8) * 8, true);
}

std::string short_count(uint64_t count) {
  if (count < 1'000'000) return report::count_text(count);
  std::string text = report::bytes_text(count);  // the same digits and prefixes
  std::erase(text, ' ');
  text.pop_back();
  return text;
}

uint64_t longest_bar(const ListRow& row, View view, const UiOptions& options) noexcept {
  const uint64_t sent = rate_of(row.flow.sent, options.bar_seconds);
  const uint64_t received = rate_of(row.flow.received, options.bar_seconds);
  if (lines_per_row(view, options.line_display) == 2) return std::max(sent, received);
  switch (side_of(view, options.line_display)) {
    case Side::sent: return sent;
    case Side::received: return received;
    case Side::both: break;
  }
  return sent + received;
}

int lines_per_row(View view, LineDisplay display) noexcept {
  return is_paired(view) && display == LineDisplay::two_line ? 2 : 1;
}

void draw_titles(Grid& grid, const Rect& place, const ListScene& scene, const ColumnPlan& plan) {
  if (place.empty()) return;
  const UiOptions& options = *scene.options;
  grid.fill(place.row, place.column, place.columns, U' ', {.role = Role::heading});
  const bool paired = is_paired(scene.view);
  draw_title(grid, place.row, place.column + plan.names_begin,
             paired ? plan.first_width : plan.names_width, name_title(scene.view), false,
             sort_of(options) == name_sort(scene.view), options.reversed);
  if (paired) {
    draw_title(grid, place.row, place.column + plan.second_column, plan.second_width, "destination",
               false, sort_of(options) == SortKey{FlowOrder::destination}, options.reversed);
  }
  for (const Column& column : plan.columns) {
    std::string title(column.title);
    if (column.what == What::sent || column.what == What::received) {
      // Whichever rate the bars show.
      title += " " + std::to_string(options.bar_seconds) + "s";
    }
    const bool bytes = column.what == What::bytes_sent || column.what == What::bytes_received;
    if (bytes && scene.exact) title = "bytes " + title;
    draw_title(grid, place.row, place.column + column.column, column.width, title,
               column.what != What::process && column.what != What::protocol,
               column.sort == sort_of(options), options.reversed);
  }
}

int draw_list(Grid& grid, const Rect& place, const ListScene& scene, const ColumnPlan& plan) {
  const int each = lines_per_row(scene.view, scene.options->line_display);
  const Side side = side_of(scene.view, scene.options->line_display);
  int whole = 0;
  int at = place.row;
  for (size_t index = scene.top; index < scene.rows->size() && at < place.end_row(); ++index) {
    const ListRow& row = (*scene.rows)[index];
    const bool selected = scene.selected == row.flow.key;
    const bool idle = row.flow.sent.rate_40s + row.flow.received.rate_40s == 0;
    const bool alert = has_alert(scene, row.flow);
    Line line{grid, place, scene, plan, row, at, side, false, selected, idle, alert};
    draw_line(line);
    if (each == 2 && at + 1 < place.end_row()) {
      Line lower{grid,           place, scene,    plan, row,  at + 1,
                 Side::received, true,  selected, idle, alert};
      draw_line(lower);
    }
    at += each;
    if (at <= place.end_row()) ++whole;
  }
  return whole;
}

std::vector<SortKey> sort_keys(View view, const ColumnPlan& plan) {
  std::vector<SortKey> keys{name_sort(view)};
  if (is_paired(view)) keys.push_back({FlowOrder::destination});
  for (const Column& column : plan.columns) keys.push_back(column.sort);
  return keys;
}

std::optional<SortKey> sort_at(View view, const ColumnPlan& plan, int column) {
  for (const Column& known : plan.columns) {
    if (column >= known.column && column < known.end()) return known.sort;
  }
  if (!is_paired(view)) {
    if (column < plan.names_begin + plan.names_width) return name_sort(view);
    return {};
  }
  if (column < plan.names_begin + plan.first_width) return name_sort(view);
  if (column >= plan.second_column && column < plan.second_column + plan.second_width) {
    return SortKey{FlowOrder::destination};
  }
  return {};
}

}  // namespace weir::tui
