#include "report/tui/status_line.h"

#include <algorithm>

#include "report/format.h"
#include "report/tui/bar.h"
#include "report/tui/list_view.h"

namespace weir::tui {
namespace {

constexpr int kGap = 2;

std::string count_or_unknown(const std::optional<uint64_t>& count) {
  return count ? report::count_text(*count) : "?";
}

std::string interface_text(const StatusScene& scene) {
  if (scene.newest == nullptr || scene.newest->captures.empty()) {
    const std::string& name = scene.options->interface;
    return name.empty() ? "no interface" : report::printable(name);
  }
  std::string text = report::printable(scene.newest->captures.front().name);
  const size_t more = scene.newest->captures.size() - 1;
  if (more > 0) text += " +" + std::to_string(more);
  return text;
}

void add_captures(std::vector<StatusPiece>& pieces, const StatusScene& scene) {
  for (const CaptureSummary& capture : scene.newest->captures) {
    const std::string name = report::printable(capture.name);
    if (capture.state == CaptureSummary::State::waiting) {
      std::string text = "waiting for " + name;
      const auto attempt = scene.attempts.find(capture.name);
      if (attempt != scene.attempts.end()) {
        text += ", attempt " + std::to_string(attempt->second);
      }
      pieces.push_back({text, {.role = Role::warning, .bold = true}, 1, StatusPart::capture});
    } else if (capture.state != CaptureSummary::State::running) {
      pieces.push_back({name + " " + std::string(to_string(capture.state)),
                        {.role = Role::warning},
                        2,
                        StatusPart::capture});
    }
  }
}

void add_state(std::vector<StatusPiece>& pieces, const StatusScene& scene) {
  const Accounting& accounting = scene.newest->accounting;
  if (accounting.untracked > 0) {
    pieces.push_back({"untracked " + report::count_text(accounting.untracked),
                      {.role = Role::warning},
                      3,
                      StatusPart::untracked});
  }
  if (accounting.restarts > 0) {
    pieces.push_back({"restarts " + report::count_text(accounting.restarts),
                      {.role = Role::warning},
                      4,
                      StatusPart::restarts});
  }
  if (scene.newest->law_violations > 0) {
    pieces.push_back(
        {"counts do not add up", {.role = Role::missed, .bold = true}, 1, StatusPart::law});
  }
  std::string flows = "flows " + report::count_text(scene.newest->flow_count);
  if (scene.newest->expired_flows > 0) {
    flows += " (+" + report::count_text(scene.newest->expired_flows) + " expired)";
  }
  pieces.push_back({flows, {}, 7, StatusPart::flows});
}

/// How many rows the chosen pieces take, in their order, none divided.
int rows_of(const std::vector<StatusPiece>& pieces, const std::vector<bool>& chosen, int columns) {
  int rows = 1;
  int at = 0;
  for (size_t index = 0; index < pieces.size(); ++index) {
    if (!chosen[index]) continue;
    const int width = display_width(pieces[index].text);
    if (at > 0 && at + kGap + width > columns) {
      ++rows;
      at = 0;
    }
    at += (at > 0 ? kGap : 0) + width;
    if (width > columns) return rows + 1;
  }
  return rows;
}

std::vector<bool> choose(const std::vector<StatusPiece>& pieces, int columns, int rows) {
  std::vector<size_t> by_rank(pieces.size());
  for (size_t index = 0; index < by_rank.size(); ++index) by_rank[index] = index;
  std::stable_sort(by_rank.begin(), by_rank.end(),
                   [&](size_t one, size_t other) { return pieces[one].rank < pieces[other].rank; });
  std::vector<bool> chosen(pieces.size(), false);
  for (size_t taken = 0; taken < by_rank.size(); ++taken) {
    const size_t index = by_rank[taken];
    chosen[index] = true;
    // The most important one is shown though it is cut.
    if (taken > 0 && rows_of(pieces, chosen, columns) > rows) chosen[index] = false;
  }
  return chosen;
}

void draw_total(Grid& grid, int row, const Rect& place, const TotalsScene& scene,
                std::string_view name, Role role, const Traffic& traffic) {
  const Style style{.role = role};
  const auto rate = [&](uint64_t bits) { return scale_label(bits, scene.in_bytes); };
  int room = place.columns;
  const uint64_t rates[3] = {traffic.rate_2s, traffic.rate_10s, traffic.rate_40s};
  for (size_t at = 0; at < 3; ++at) {
    if (scene.rate_ends[at] < 0) continue;
    room = std::min(room, scene.rate_ends[at] - 9);
    grid.put_right(row, place.column + scene.rate_ends[at], rate(rates[at]), style);
  }
  grid.put(row, place.column, name, {.role = role, .bold = true}, std::max(0, room));
  const auto pair = [&](int column, std::string_view label, const std::string& value) {
    if (column + 14 > room) return;
    grid.put(row, place.column + column, label, {.role = Role::dim});
    grid.put_right(row, place.column + column + 14, value, style);
  };
  pair(8, "cum:", short_bytes(traffic.ip_bytes));
  pair(24, "peak:", rate(traffic.rate_peak));
  if (room >= 48) grid.put(row, place.column + room - 6, "rates:", {.role = Role::dim});
}

}  // namespace

std::string missed_text(const Accounting& accounting) {
  const uint64_t missed = accounting.missed();
  std::string text = "missed " + report::count_text(missed);
  std::string causes;
  const auto add = [&](std::string_view name, const std::string& count) {
    if (!causes.empty()) causes += ", ";
    causes.append(name).append(" ").append(count);
  };
  const bool split = missed > 0;
  if (split || !accounting.dropped_nic) add("nic", count_or_unknown(accounting.dropped_nic));
  if (split || !accounting.dropped_kernel) {
    add("kernel", count_or_unknown(accounting.dropped_kernel));
  }
  if (split) add("queue", report::count_text(accounting.packets.dropped_queue));
  if (accounting.dropped_partly_known != 0) {
    add("cause unknown", report::count_text(accounting.dropped_partly_known));
  }
  return causes.empty() ? text : text + " (" + causes + ")";
}

std::vector<StatusPiece> status_pieces(const StatusScene& scene) {
  std::vector<StatusPiece> pieces;
  pieces.push_back({"weir", {.role = Role::title, .bold = true}, 12});
  pieces.push_back({interface_text(scene), {.role = Role::title}, 5, StatusPart::interface});
  if (scene.newest == nullptr) {
    pieces.push_back(
        {"waiting for the first packets", {.role = Role::warning}, 1, StatusPart::waiting});
    return pieces;
  }
  const Snapshot& snapshot = *scene.newest;
  if (!snapshot.captures.empty()) {
    pieces.push_back(
        {report::printable(snapshot.captures.front().backend), {}, 10, StatusPart::backend});
  }
  pieces.push_back(
      {std::to_string(snapshot.workers) + (snapshot.workers == 1 ? " worker" : " workers"),
       {},
       11,
       StatusPart::workers});
  pieces.push_back({report::rate_text(snapshot.both.rate_2s, scene.options->in_bytes),
                    {.role = Role::both, .bold = true},
                    2,
                    StatusPart::rate});
  if (scene.packets_per_second) {
    pieces.push_back({report::packet_rate_text(*scene.packets_per_second, 1'000'000'000),
                      {},
                      6,
                      StatusPart::packet_rate});
  }
  const bool lost = snapshot.accounting.missed() > 0;
  pieces.push_back({missed_text(snapshot.accounting),
                    {.role = lost ? Role::missed : Role::good, .bold = lost},
                    0,
                    StatusPart::missed});
  if (scene.missed_before > 0) {
    pieces.push_back({"missed before " + report::count_text(scene.missed_before),
                      {.role = Role::missed, .bold = true},
                      1,
                      StatusPart::missed_before});
  }
  add_captures(pieces, scene);
  if (scene.paused_ns) {
    const report::TimeZone zone = scene.options->zone;
    pieces.push_back({"PAUSED at " + report::clock_text(*scene.paused_ns, zone) + " " +
                          report::zone_name(*scene.paused_ns, zone),
                      {.role = Role::warning, .bold = true},
                      1,
                      StatusPart::paused});
  }
  if (scene.alerts > 0) {
    pieces.push_back({"alerts " + report::count_text(scene.alerts),
                      {.role = Role::warning, .bold = true},
                      2,
                      StatusPart::alerts});
  }
  if (scene.frozen)
    pieces.push_back({"order frozen", {.role = Role::warning}, 3, StatusPart::frozen});
  add_state(pieces, scene);
  if (!scene.capture_filter.empty()) {
    pieces.push_back(
        {"capture filter: " + report::printable(scene.capture_filter), {}, 8, StatusPart::filter});
  }
  return pieces;
}

int status_rows(const std::vector<StatusPiece>& pieces, int columns, int most) {
  const std::vector<bool> all(pieces.size(), true);
  return std::clamp(rows_of(pieces, all, columns), 1, std::max(1, most));
}

std::vector<StatusPlace> draw_status(Grid& grid, const Rect& place,
                                     const std::vector<StatusPiece>& pieces) {
  std::vector<StatusPlace> places;
  if (place.empty()) return places;
  const std::vector<bool> chosen = choose(pieces, place.columns, place.rows);
  int row = place.row;
  int at = 0;
  for (size_t index = 0; index < pieces.size(); ++index) {
    if (!chosen[index]) continue;
    const int width = display_width(pieces[index].text);
    if (at > 0 && at + kGap + width > place.columns) {
      ++row;
      at = 0;
    }
    if (at > 0) at += kGap;
    grid.put(row, place.column + at, pieces[index].text, pieces[index].style,
             std::max(0, place.columns - at));
    places.push_back(
        {{row, place.column + at, 1, std::min(width, place.columns - at)}, pieces[index].part});
    at += width;
  }
  return places;
}

void draw_totals(Grid& grid, const Rect& place, const TotalsScene& scene) {
  if (place.empty()) return;
  const Snapshot nothing;
  const Snapshot& snapshot = scene.newest != nullptr ? *scene.newest : nothing;
  if (place.rows >= 3) {
    draw_total(grid, place.row, place, scene, "TX:", Role::sent, snapshot.sent);
    draw_total(grid, place.row + 1, place, scene, "RX:", Role::received, snapshot.received);
  }
  draw_total(grid, place.row + std::min(place.rows, 3) - 1, place, scene,
             "TOTAL:", scene.alert ? Role::warning : Role::both, snapshot.both);
}

}  // namespace weir::tui
