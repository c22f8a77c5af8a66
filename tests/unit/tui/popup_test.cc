#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "report/tui/detail_view.h"
#include "report/tui/help_view.h"
#include "report/tui/workers_view.h"
#include "tests/unit/tui/widget_golden.h"

namespace weir::tui {
namespace {

using test::golden;

constexpr uint64_t kNs = 1'000'000'000;

FlowDetails details() {
  FlowDetails all;
  FlowRow& row = all.row;
  row.key.low_addr = {10, 77, 0, 1};
  row.key.high_addr = {198, 51, 100, 7};
  row.key.low_port = 51234;
  row.key.high_port = 443;
  row.key.proto = 6;
  row.key.ip_version = 4;
  row.key.vlan_count = 2;
  row.key.vlans = {100, 7};
  row.tcp_flags = 0x1b;
  row.sent = {1200, 96'000, 112'800, 80'000, 64'000, 20'000, 96'000};
  row.received = {3456, 4'567'890, 4'616'274, 12'345'678, 9'000'000, 4'000'000, 15'000'000};
  row.first_ns = 1'700'000'000 * kNs;
  row.last_ns = 1'700'000'123 * kNs;
  all.local = {"laptop.example.net", "", "", "firefox (1234), alice, app.slice"};
  all.remote = {"www.example.com", "https", "DE  AS64500 Example Networks", ""};
  for (uint64_t i = 0; i < 60; ++i) all.series.push_back(i * i % 37 * 100'000);
  return all;
}

TEST(DetailView, SaysEverything) {
  Grid grid = test::dotted(80, 24);
  FlowDetails all = details();
  const Rect box = draw_flow_details(grid, {0, 0, 24, 80}, all, Glyphs::utf8);
  const std::string text = grid.text_with_styles();
  EXPECT_EQ(text, golden("detail.txt", text));
  EXPECT_EQ(box.columns, 76);
  EXPECT_EQ(grid.at(box.row, box.column).character, U'┌');
  EXPECT_EQ(grid.at(box.end_row() - 1, box.end_column() - 1).character, U'┘');
}

TEST(DetailView, OfIpv6AndLittleInAscii) {
  FlowDetails little;
  little.row.key.ip_version = 6;
  little.row.key.proto = 17;
  little.row.key.low_addr = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  little.row.key.high_addr = {0x20, 0x01, 0x0d, 0xb8, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2};
  little.row.key.high_port = 53;
  little.row.shown_high = true;
  little.row.last_ns = 1'700'000'000 * kNs;
  little.row.first_ns = little.row.last_ns + 5;  // packets out of order
  little.in_bytes = true;
  little.row.sent.rate_2s = 8'000'000;
  Grid grid = test::dotted(80, 20);
  draw_flow_details(grid, {0, 0, 20, 80}, little, Glyphs::ascii);
  EXPECT_EQ(grid.text(), golden("detail_ipv6.txt", grid.text()));
}

TEST(DetailView, IsCutOnASmallScreen) {
  for (int rows = 1; rows < 24; ++rows) {
    for (int columns = 1; columns < 80; columns += 7) {
      Grid grid(columns, rows);
      FlowDetails all = details();
      const Rect box = draw_flow_details(grid, {0, 0, rows, columns}, all, Glyphs::utf8);
      EXPECT_LE(box.rows, std::max(rows, 2));
    }
  }
}

TEST(DetailView, CannotDriveTheTerminal) {
  FlowDetails evil = details();
  evil.remote.name = "\x1b]52;c;AAAA\x07\n\x9b";
  evil.local.process = std::string(100'000, 'x');
  evil.row.key.vlan_count = 255;
  Grid grid(80, 24);
  draw_flow_details(grid, {0, 0, 24, 80}, evil, Glyphs::utf8);
  for (const char c : grid.text()) EXPECT_TRUE(c == '\n' || static_cast<uint8_t>(c) >= 0x20);
}

TEST(DetailView, NamesTcpFlags) {
  EXPECT_EQ(tcp_flags_text(0), "none");
  EXPECT_EQ(tcp_flags_text(0x12), "SYN ACK");
  EXPECT_EQ(tcp_flags_text(0xff), "FIN SYN RST PSH ACK URG ECE CWR");
}

/// Two captures with two and one queues, three workers of which one is not pinned.
Snapshot workers(uint64_t seconds) {
  Snapshot snapshot;
  snapshot.monotonic_ns = (1000 + seconds) * kNs;
  snapshot.captures.resize(2);
  snapshot.captures[0].name = "eth0";
  snapshot.captures[1].name = "wlp0s20f3";
  for (uint32_t worker = 0; worker < 3; ++worker) {
    WorkerSummary summary;
    if (worker < 2) summary.cpus = {static_cast<int>(worker)};
    if (worker == 1) summary.cpus = {1, 2, 3, 8};
    summary.flows = worker * 31'000;
    summary.flow_capacity = 65'536;
    summary.tracked = seconds * 1'000'000 * (worker + 1);
    summary.untracked = worker == 2 ? seconds * 1234 : 0;
    summary.cpu_ns = seconds * kNs / (3 - worker);
    snapshot.threads.push_back(summary);
  }
  for (uint32_t i = 0; i < 3; ++i) {
    QueueSummary queue;
    queue.capture = i / 2;
    queue.queue = i % 2;
    queue.worker = i;
    queue.packets.received = seconds * 1'000'000 * (i + 1);
    queue.packets.wire_bytes = queue.packets.received * 100;
    queue.packets.dropped_queue = i == 2 ? 77 : 0;
    if (i < 2) queue.dropped_kernel = i * seconds * 1000;
    if (i == 2) queue.dropped_nic = 0;
    snapshot.queues.push_back(queue);
  }
  return snapshot;
}

std::string workers_text(int columns, const WorkersViewOptions& options, int rows = 10) {
  const Snapshot previous = workers(10);
  Grid grid(columns, rows);
  draw_workers(grid, {0, 0, rows, columns}, &previous, workers(12), options);
  return grid.text();
}

TEST(WorkersView, Looks) {
  std::string text = workers_text(110, {}) + workers_text(80, {.in_bytes = true}) +
                     workers_text(40, {.spins = true, .glyphs = Glyphs::ascii});
  EXPECT_EQ(text, golden("workers.txt", text));
}

TEST(WorkersView, LossesAreInTheColourOfLosses) {
  const Snapshot previous = workers(10);
  Grid grid(120, 10);
  draw_workers(grid, {0, 0, 10, 120}, &previous, workers(12), {});
  const std::string text = grid.text_with_styles();
  EXPECT_NE(text.find("missed"), std::string::npos);
  int lost = 0;
  for (int row = 0; row < 10; ++row) {
    for (int column = 0; column < 120; ++column) {
      const Grid::Cell& cell = grid.at(row, column);
      lost += cell.style.role == Role::missed && cell.character >= U'0' && cell.character <= U'9';
    }
  }
  EXPECT_EQ(lost, 5 + 5 + 2);  // 14,808 untracked, 12,000 in the kernel, 77 in the ring
}

TEST(WorkersView, HasNoRatesBeforeTheSecondSnapshot) {
  const Snapshot now = workers(12);
  Grid alone(80, 10);
  draw_workers(alone, {0, 0, 10, 80}, nullptr, now, {});
  Grid twice(80, 10);
  draw_workers(twice, {0, 0, 10, 80}, &now, now, {});
  EXPECT_EQ(alone.text(), twice.text());
  EXPECT_EQ(alone.text().find("Mpps"), std::string::npos);
  EXPECT_NE(alone.text().find(" - "), std::string::npos);
}

TEST(WorkersView, SurvivesCountersThatGoBackAndQueuesThatGo) {
  Snapshot previous = workers(12);
  previous.threads.resize(1);
  previous.queues.resize(1);
  previous.threads[0].cpu_ns = UINT64_MAX;
  Snapshot now = workers(1);
  now.monotonic_ns = previous.monotonic_ns + 1;
  now.queues[1].capture = 99;
  now.threads[0].flow_capacity = 0;
  Grid grid(80, 10);
  draw_workers(grid, {0, 0, 10, 80}, &previous, now, {});
  EXPECT_NE(grid.text().find("?/1"), std::string::npos);
}

TEST(WorkersView, ScrollsManyQueuesUnderTheirHeading) {
  Snapshot now = workers(12);
  now.queues.resize(1);
  for (uint32_t i = 1; i < 64; ++i) {
    now.queues.push_back(now.queues[0]);
    now.queues.back().queue = i;
  }
  EXPECT_EQ(workers_view_rows(now), 64 + 3 + 3);
  Grid grid(80, 10);
  draw_workers(grid, {0, 0, 10, 80}, nullptr, now, {.scroll = 1000});
  const std::string end = grid.text();
  EXPECT_EQ(end.rfind("queue ", 0), 0U) << end;
  EXPECT_NE(end.find("eth0/63"), std::string::npos);
  EXPECT_EQ(end.find("eth0/54 "), std::string::npos);
  Grid top(80, 10);
  draw_workers(top, {0, 0, 10, 80}, nullptr, now, {.scroll = -5});
  EXPECT_NE(top.text().find("untracked"), std::string::npos);
}

const std::vector<HelpEntry>& sixty_keys() {
  static const std::vector<HelpEntry> all = [] {
    constexpr std::array<std::string_view, 8> kSections{"Hosts",  "Ports",  "Sorting", "View",
                                                        "Filter", "Moving", "Mouse",   "Other"};
    constexpr std::array<std::string_view, 4> kTexts{"names of hosts", "sort by the first column",
                                                     "cumulative totals", "pause"};
    constexpr std::array<std::string_view, 3> kKeys{"n", "Ctrl-D", "PgUp"};
    std::vector<HelpEntry> entries;
    for (size_t i = 0; i < 60; ++i)
      entries.push_back({kSections[i * 8 / 60], kKeys[i % 3], kTexts[i % 4]});
    return entries;
  }();
  return all;
}

size_t count(const std::string& text, std::string_view part) {
  size_t found = 0;
  for (size_t at = 0; (at = text.find(part, at)) != std::string::npos; ++at) ++found;
  return found;
}

TEST(HelpView, SixtyKeysFitOnOneScreen) {
  Grid grid = test::dotted(80, 24);
  EXPECT_EQ(draw_help(grid, {0, 0, 24, 80}, "weir", sixty_keys(), Glyphs::utf8), 0);
  const std::string text = grid.text();
  EXPECT_EQ(text, golden("help.txt", text));
  EXPECT_EQ(count(text, "pause"), 15U);
  EXPECT_EQ(count(text, "cumulative totals"), 15U);
  for (const std::string_view section : {"Hosts", "Ports", "Mouse", "Other"})
    EXPECT_EQ(count(text, section), 1U) << section;
}

TEST(HelpView, HasBlankLinesWhereThereIsRoom) {
  Grid grid(200, 40);
  EXPECT_EQ(draw_help(grid, {0, 0, 40, 200}, "weir", sixty_keys(), Glyphs::utf8), 0);
  EXPECT_EQ(grid.text(), golden("help_wide.txt", grid.text()));
}

TEST(HelpView, ScrollsToItsEndWhereItDoesNotFit) {
  Grid first(40, 10);
  const int steps = draw_help(first, {0, 0, 10, 40}, "weir", sixty_keys(), Glyphs::ascii);
  EXPECT_GT(steps, 0);
  EXPECT_NE(first.text().find("more >"), std::string::npos);
  size_t found = 0;
  for (int scroll = 0; scroll <= steps; ++scroll) {
    Grid grid(26, 10);
    draw_help(grid, {0, 0, 10, 26}, "weir", sixty_keys(), Glyphs::ascii, scroll);
    found += count(grid.text(), "pause");
    EXPECT_EQ(grid.text().find("more >") != std::string::npos, scroll < steps);
  }
  EXPECT_EQ(found, 15U);
}

TEST(HelpView, ALongKeyMovesItsOwnTextAlone) {
  const std::vector<HelpEntry> entries{{"Views", "n", "names"},
                                       {"Views", "F1-F9 Alt-1..9", "that view"},
                                       {"Views", "Enter", "open"}};
  Grid grid(40, 5);
  draw_help(grid, {0, 0, 5, 40}, "x", entries, Glyphs::ascii);
  EXPECT_EQ(grid.text(),
            "-- x -----------------------------------\n Views\n n     names\n"
            " F1-F9 Alt-1..9 that view\n Enter open\n");
}

TEST(HelpView, OfAnySize) {
  for (int rows = 0; rows < 12; ++rows) {
    for (int columns = 0; columns < 60; columns += 3) {
      Grid grid(60, 12);
      draw_help(grid, {0, 0, rows, columns}, "A title", sixty_keys(), Glyphs::utf8, columns);
      draw_help(grid, {0, 0, rows, columns}, "A title", {}, Glyphs::utf8);
    }
  }
}

}  // namespace
}  // namespace weir::tui
