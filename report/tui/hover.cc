#include "report/tui/hover.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "report/tui/frame.h"
#include "report/tui/unicode.h"

namespace weir::tui {
namespace {

constexpr int kWidest = 48;

/// Takes as much of a word as `width` columns hold from its front.
std::string take_columns(std::string_view& word, int width) {
  std::string taken;
  while (!word.empty()) {
    std::string_view rest = word;
    std::string next = taken;
    append_utf8(next, take_code_point(rest));
    if (display_width(next) > width) break;
    taken = std::move(next);
    word = rest;
  }
  return taken;
}

/// Lines of at most `width` columns, broken at blanks where there are any.
std::vector<std::string> wrapped(std::string_view text, int width) {
  std::vector<std::string> lines;
  while (true) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string line;
    std::string_view rest = text.substr(0, end);
    while (!rest.empty()) {
      const size_t blank = std::min(rest.find(' '), rest.size());
      std::string_view word = rest.substr(0, blank);
      rest.remove_prefix(std::min(blank + 1, rest.size()));
      const bool fits = line.empty() || display_width(line) + 1 + display_width(word) <= width;
      if (!fits) lines.push_back(std::exchange(line, {}));
      // A name that is longer than the box goes on in the next line.
      while (display_width(word) > width) lines.push_back(take_columns(word, width));
      if (!line.empty()) line += ' ';
      line += word;
    }
    lines.push_back(std::move(line));
    if (end == text.size()) return lines;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

std::string_view about(StatusPart part) noexcept {
  switch (part) {
    case StatusPart::program: return "weir. h shows the keys.";
    case StatusPart::interface: return "The interface that is captured. i captures another one.";
    case StatusPart::waiting: return "No packet has arrived yet.";
    case StatusPart::backend: return "How packets reach weir: the capture backend.";
    case StatusPart::workers:
      return "Threads that parse packets. F8 shows how busy each of them is and how full its table "
             "of flows.";
    case StatusPart::rate:
      return "IP traffic of all flows, sent and received: the mean of the last 2 seconds.";
    case StatusPart::packet_rate: return "Packets a second since the last refresh.";
    case StatusPart::missed:
      return "Packets that were on the wire and are not counted.\nnic: dropped by the network "
             "card.\nkernel: dropped because weir did not read fast enough.\nqueue: dropped "
             "between "
             "weir's own threads.\n? means that the source cannot know.";
    case StatusPart::missed_before:
      return "Packets missed before the capture filter or the interface was changed.";
    case StatusPart::capture: return "The state of a capture that is not running.";
    case StatusPart::paused:
      return "The list and the totals are of this moment. Capture and losses go on. P continues.";
    case StatusPart::alerts: return "Alerts that are raised now; their rows have a !.";
    case StatusPart::frozen: return "Rows keep their places. o sorts them again.";
    case StatusPart::untracked:
      return "Packets whose flows found the table of flows full: they are in the totals, but in no "
             "row. --max-flows makes the table larger.";
    case StatusPart::restarts: return "How often a capture failed and was opened again.";
    case StatusPart::law: return "The counters contradict each other. This is a bug in weir.";
    case StatusPart::flows:
      return "Flows that are alive: an address, port and protocol at both ends. Expired ones have "
             "been silent for the flow timeout.";
    case StatusPart::filter:
      return "Only packets that this filter selects are captured. f changes it.";
  }
  return {};
}

std::string_view about(Column::What what) noexcept {
  using What = Column::What;
  switch (what) {
    case What::protocol: return "The protocol above IP.";
    case What::process: return "The process of this host that the flow belongs to.";
    case What::flows: return "How many live flows the row is the sum of.";
    case What::sent: return "Rate sent, over the time that the bars show. B changes it.";
    case What::received: return "Rate received, over the time that the bars show. B changes it.";
    case What::bytes_sent: return "IP bytes sent since the row was first seen.";
    case What::bytes_received: return "IP bytes received since the row was first seen.";
    case What::duration: return "From the first packet to the last one.";
    case What::packets: return "Packets since the row was first seen.";
    case What::peak: return "The busiest second so far, as a rate.";
    case What::cumulative: return "IP bytes since the row was first seen.";
    case What::rate_2s: return "The mean rate of the last 2 seconds.";
    case What::rate_10s: return "The mean rate of the last 10 seconds.";
    case What::rate_40s: return "The mean rate of the last 40 seconds.";
  }
  return {};
}

std::string_view about(View view) noexcept {
  switch (view) {
    case View::flows: return "Every flow, the local side first.";
    case View::hosts: return "All traffic of each address.";
    case View::pairs: return "All traffic between two addresses.";
    case View::ports: return "All traffic of each service: a port and its protocol.";
    case View::networks: return "All traffic of each network; [networks] in weir.toml names them.";
    case View::vlans: return "All traffic of each VLAN, with --key vlan.";
    case View::processes: return "All traffic of each process of this host.";
    case View::workers: return "How busy weir's own threads and queues are, and what they dropped.";
    case View::history: return "The last minutes as a plot.";
    case View::count_: break;
  }
  return {};
}

std::string_view about(ScreenPart part) noexcept {
  switch (part) {
    case ScreenPart::scale:
      return "What the bars are as long as. L is logarithmic or linear, B the time that they are "
             "the mean of.";
    case ScreenPart::totals:
      return "TX is sent by the local side, RX received.\ncum: bytes since the start.\npeak: the "
             "busiest second so far.\nrates: means of the last 2, 10 and 40 seconds.";
    case ScreenPart::workers:
      return "idle: the part of its time that the worker slept; near 0 % it is about to lose "
             "packets.\nflows, full: entries of its table that are taken.\nuntracked: packets that "
             "found the table full.\nNIC, kernel and ring drops: packets lost before the worker.";
    case ScreenPart::history:
      return "A column is the mean of its seconds, so an area is a number of bytes. + and - zoom, "
             "t changes the shape.";
    case ScreenPart::path:
      return "What the list is narrowed to. Esc goes back, 0 clears the filter.";
  }
  return {};
}

Rect draw_hover(Grid& grid, int row, int column, std::string_view text, Glyphs glyphs) {
  const int widest = std::min(kWidest, grid.columns() - 4);
  if (text.empty() || widest < 12) return {};
  const std::vector<std::string> lines = wrapped(text, widest);
  int width = 0;
  for (const std::string& line : lines) width = std::max(width, display_width(line));
  width = std::min(width, widest) + 4;
  const int height = static_cast<int>(lines.size()) + 2;
  const int below = row + 1;
  const int above = row - height;
  if (below + height > grid.rows() && above < 0) return {};
  const Rect box{below + height <= grid.rows() ? below : above,
                 std::clamp(column, 0, grid.columns() - width), height, width};
  for (int at = box.row; at < box.end_row(); ++at) {
    grid.fill(at, box.column, box.columns, U' ', {.role = Role::text});
  }
  const Rect inside = draw_frame(grid, box, "", glyphs);
  for (size_t at = 0; at < lines.size(); ++at) {
    grid.put(inside.row + static_cast<int>(at), inside.column, lines[at], {.role = Role::text},
             inside.columns);
  }
  return box;
}

}  // namespace weir::tui
