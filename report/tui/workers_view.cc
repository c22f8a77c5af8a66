#include "report/tui/workers_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "report/format.h"
#include "report/tui/frame.h"

namespace weir::tui {
namespace {

constexpr int kGaugeWidth = 10;

/// A column of one of the two tables. The less important ones go first when there is no room.
struct Column {
  std::string_view title;
  int width;
  int importance;  ///< 0: never left out
  bool left = false;
};

constexpr std::array<Column, 8> kWorkerColumns{{{"worker", 7, 0},
                                                {"cpus", 9, 3},
                                                {"idle", 7, 0},
                                                {"packets/s", 11, 0},
                                                {"flows", 23, 2},
                                                {"full", 7, 0},
                                                {"", kGaugeWidth, 4, true},
                                                {"untracked", 12, 1}}};
constexpr std::array<Column, 8> kQueueColumns{{{"queue", 16, 0, true},
                                               {"worker", 7, 0},
                                               {"packets/s", 11, 0},
                                               {"wire bit/s", 13, 1},
                                               {"NIC drops", 13, 2},
                                               {"kernel drops", 13, 3},
                                               {"ring drops", 13, 4},
                                               {"received", 17, 5}}};

struct Cell {
  std::string text;
  Style style;
  double share = -1;  ///< of a gauge
};
using Row = std::vector<Cell>;

/// What is drawn: both tables below one another.
struct Line {
  bool heading = false;
  bool of_queues = false;
  Row row;
};

/// Time between two snapshots, 0 when there is none.
uint64_t elapsed_ns(const Snapshot* previous, const Snapshot& current) {
  if (previous == nullptr || previous->monotonic_ns >= current.monotonic_ns) return 0;
  return current.monotonic_ns - previous->monotonic_ns;
}

uint64_t grown(uint64_t before, uint64_t now) {
  return now > before ? now - before : 0;
}

uint64_t per_second(uint64_t count, uint64_t ns) {
  return static_cast<uint64_t>(static_cast<double>(count) * 1e9 / static_cast<double>(ns));
}

/// "1.23 M": as report::rate_text does, without its unit, which the heading has.
std::string short_count(uint64_t count) {
  std::string text = report::rate_text(count, false);
  text.resize(text.size() - std::string_view("bit/s").size());
  while (text.ends_with(' ')) text.pop_back();
  return text;
}

Cell dropped(std::optional<uint64_t> count) {
  if (!count) return {"?", {.role = Role::dim}};
  if (*count == 0) return {"0", {}};
  return {report::count_text(*count), {.role = Role::missed, .bold = true}};
}

Cell unknown_yet() {
  return {"-", {.role = Role::dim}};
}

std::string cpu_list(const std::vector<int>& cpus) {
  if (cpus.empty()) return "any";
  std::string text;
  for (size_t i = 0; i < cpus.size();) {
    size_t last = i;
    while (last + 1 < cpus.size() && cpus[last + 1] == cpus[last] + 1) ++last;
    if (!text.empty()) text += ',';
    text += last == i ? fmt::format("{}", cpus[i]) : fmt::format("{}-{}", cpus[i], cpus[last]);
    i = last + 1;
  }
  return text;
}

Cell idle_cell(const WorkerSummary* before, const WorkerSummary& now, uint64_t ns, bool spins) {
  if (spins) return {"spins", {.role = Role::dim}};
  if (before == nullptr || ns == 0) return unknown_yet();
  const double used = static_cast<double>(grown(before->cpu_ns, now.cpu_ns));
  const double idle = std::clamp(1 - used / static_cast<double>(ns), 0.0, 1.0);
  const Role role = idle < 0.05 ? Role::warning : Role::text;
  return {fmt::format("{:.0f} %", idle * 100), {.role = role}};
}

Row worker_row(const Snapshot* previous, const Snapshot& current, size_t index, uint64_t ns,
               bool spins) {
  const WorkerSummary& now = current.threads[index];
  const WorkerSummary* before =
      previous != nullptr && index < previous->threads.size() ? &previous->threads[index] : nullptr;
  Cell packets = unknown_yet();
  if (before != nullptr && ns > 0) {
    const uint64_t count =
        grown(before->tracked, now.tracked) + grown(before->untracked, now.untracked);
    packets = {short_count(per_second(count, ns)), {}};
  }
  const double share = now.flow_capacity == 0 ? 0
                                              : static_cast<double>(now.flows) /
                                                    static_cast<double>(now.flow_capacity);
  const Style full{.role = share >= 0.9 ? Role::warning : Role::both};
  Row row;
  row.push_back({fmt::format("{}", index), {}});
  row.push_back({cpu_list(now.cpus), {}});
  row.push_back(idle_cell(before, now, ns, spins));
  row.push_back(packets);
  row.push_back(
      {fmt::format("{} / {}", report::count_text(now.flows), report::count_text(now.flow_capacity)),
       {}});
  row.push_back({fmt::format("{:.0f} %", std::floor(share * 100)), full});
  row.push_back({"", full, share});
  row.push_back(dropped(now.untracked));
  return row;
}

const QueueSummary* find_queue(const Snapshot* snapshot, const QueueSummary& wanted) {
  if (snapshot == nullptr) return nullptr;
  for (const QueueSummary& queue : snapshot->queues) {
    if (queue.capture == wanted.capture && queue.queue == wanted.queue) return &queue;
  }
  return nullptr;
}

Row queue_row(const Snapshot* previous, const Snapshot& current, const QueueSummary& now,
              uint64_t ns, bool in_bytes) {
  const QueueSummary* before = find_queue(previous, now);
  const std::string name = now.capture < current.captures.size()
                               ? report::printable(current.captures[now.capture].name)
                               : std::string("?");
  Cell packets = unknown_yet();
  Cell bits = unknown_yet();
  if (before != nullptr && ns > 0) {
    const uint64_t bytes = grown(before->packets.wire_bytes, now.packets.wire_bytes);
    packets = {short_count(per_second(grown(before->packets.received, now.packets.received), ns)),
               {}};
    bits = {report::rate_text(per_second(bytes, ns) * 8, in_bytes), {}};
  }
  Row row;
  row.push_back({fmt::format("{}/{}", name, now.queue), {.role = Role::local_side}});
  row.push_back({fmt::format("{}", now.worker), {}});
  row.push_back(packets);
  row.push_back(bits);
  row.push_back(dropped(now.dropped_nic));
  row.push_back(dropped(now.dropped_kernel));
  row.push_back(dropped(now.packets.dropped_queue));
  row.push_back({report::count_text(now.packets.received), {}});
  return row;
}

std::vector<Line> lines_of(const Snapshot* previous, const Snapshot& current,
                           const WorkersViewOptions& options) {
  const uint64_t ns = elapsed_ns(previous, current);
  std::vector<Line> lines{{.heading = true, .of_queues = false, .row = {}}};
  for (size_t i = 0; i < current.threads.size(); ++i)
    lines.push_back({false, false, worker_row(previous, current, i, ns, options.spins)});
  lines.push_back({false, false, {}});
  lines.push_back({.heading = true, .of_queues = true, .row = {}});
  for (const QueueSummary& queue : current.queues)
    lines.push_back({false, true, queue_row(previous, current, queue, ns, options.in_bytes)});
  return lines;
}

/// Which columns are shown in so much room.
std::vector<bool> fitting(std::span<const Column> columns, int room) {
  int least_important = 0;
  for (const Column& column : columns)
    least_important = std::max(least_important, column.importance);
  for (int limit = least_important; limit > 0; --limit) {
    int width = -1;
    for (const Column& column : columns)
      if (column.importance <= limit) width += column.width + 1;
    if (width <= room) {
      least_important = limit;
      break;
    }
    least_important = limit - 1;
  }
  std::vector<bool> shown;
  for (const Column& column : columns) shown.push_back(column.importance <= least_important);
  return shown;
}

void draw_line(Grid& grid, int row, const Rect& place, const Line& line, Glyphs glyphs,
               bool in_bytes) {
  const std::span<const Column> columns =
      line.of_queues ? std::span<const Column>(kQueueColumns) : kWorkerColumns;
  if (!line.heading && line.row.empty()) return;
  const std::vector<bool> shown = fitting(columns, place.columns);
  int at = place.column;
  for (size_t i = 0; i < columns.size(); ++i) {
    if (!shown[i]) continue;
    const Column& column = columns[i];
    Cell cell =
        line.heading ? Cell{std::string(column.title), {.role = Role::heading}} : line.row[i];
    if (line.heading && in_bytes && column.title == "wire bit/s") cell.text = "wire bytes/s";
    const int width = std::min(column.width, place.end_column() - at);
    if (width <= 0) return;
    if (cell.share >= 0) {
      draw_gauge(grid, row, at, width, cell.share, cell.style, glyphs);
    } else if (column.left || display_width(cell.text) > width) {
      grid.put(row, at, cell.text, cell.style, width);
    } else {
      grid.put_right(row, at + width, cell.text, cell.style);
    }
    at += column.width + 1;
  }
}

}  // namespace

int workers_view_rows(const Snapshot& current) {
  return static_cast<int>(current.threads.size() + current.queues.size()) + 3;
}

void draw_workers(Grid& grid, const Rect& place, const Snapshot* previous, const Snapshot& current,
                  const WorkersViewOptions& options) {
  if (place.empty()) return;
  const std::vector<Line> lines = lines_of(previous, current, options);
  const int total = static_cast<int>(lines.size());
  const int top = std::clamp(options.scroll, 0, std::max(0, total - place.rows));
  for (int i = 0; i < place.rows && top + i < total; ++i) {
    Line line = lines[static_cast<size_t>(top) + static_cast<size_t>(i)];
    // The first row says what the columns are, however far one has scrolled.
    if (i == 0) line = {.heading = true, .of_queues = line.of_queues, .row = {}};
    draw_line(grid, place.row + i, place, line, options.glyphs, options.in_bytes);
  }
}

}  // namespace weir::tui
