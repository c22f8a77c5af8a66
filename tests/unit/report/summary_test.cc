#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <sstream>

#include "report/event_log.h"
#include "report/group_table_text.h"
#include "report/progress_line.h"
#include "report/text_summary.h"
#include "report/text_table.h"
#include "report/time_plot_text.h"
#include "tests/unit/report/sample.h"

namespace weir::report {
namespace {

using test::golden;
using test::Page;

Event restart_event() {
  Event event;
  event.kind = Event::Kind::restart;
  event.capture = "eth1";
  event.reason = "The interface disappeared";
  event.time_ns = 1'700'000'001'000'000'000;
  event.attempt = 2;
  event.wait_ms = 500;
  return event;
}

std::string summary(const Snapshot& snapshot, TextSummary::Options options = {},
                    const std::vector<Event>& events = {}) {
  Page page;
  Output output(page.fd(), "page");
  TextSummary sink(output, options);
  for (const Event& event : events) EXPECT_TRUE(sink.event(event));
  EXPECT_TRUE(sink.report(snapshot));
  return page.text();
}

void expect_at_most_80_columns(const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(line.size(), 80U) << line;
    EXPECT_FALSE(line.ends_with(' ')) << line;
  }
}

TEST(TextSummary, OfAFile) {
  const std::string text = summary(test::file_snapshot());
  EXPECT_EQ(text, golden("summary_file.txt", text));
  expect_at_most_80_columns(text);
}

/// Two minutes, of which the last 41 seconds are there: one in four quiet, one with a single byte.
Snapshot long_snapshot() {
  Snapshot snapshot = test::file_snapshot();
  snapshot.elapsed_ns = 120'000'000'000;
  const auto last = static_cast<uint32_t>(snapshot.time_ns / 1'000'000'000);
  snapshot.seconds.clear();
  snapshot.seconds.push_back({last - 60, 9'000'000'000, 0});
  for (uint32_t i = 0; i <= 40; ++i) {
    if (i % 4 == 3) continue;
    snapshot.seconds.push_back({last - 40 + i, i == 8 ? 1 : i * 1000ULL, (41ULL - i) * 20'000});
  }
  return snapshot;
}

std::string plot(const Snapshot& snapshot, TimePlotOptions options) {
  fmt::memory_buffer out;
  append_time_plot(out, snapshot, options);
  return fmt::to_string(out);
}

TEST(TimePlot, TheLast41SecondsInBlocks) {
  ASSERT_EQ(plotted_seconds(long_snapshot()), 41U);
  const std::string text = plot(long_snapshot(), {.utf8 = true});
  EXPECT_EQ(text, golden("time_plot_utf8.txt", text));
}

TEST(TimePlot, InAscii) {
  const std::string text = plot(long_snapshot(), {.in_bytes = true});
  EXPECT_EQ(text, golden("time_plot_ascii.txt", text));
  expect_at_most_80_columns(text);
  EXPECT_TRUE(std::all_of(text.begin(), text.end(), [](char c) { return c > 0; }));
}

TEST(TimePlot, NoneWhereThereIsNothingToSee) {
  Snapshot snapshot = long_snapshot();
  snapshot.elapsed_ns = 0;
  EXPECT_EQ(plotted_seconds(snapshot), 0U) << "a single second";
  EXPECT_EQ(plot(snapshot, {}), "");
  snapshot = long_snapshot();
  snapshot.seconds.resize(1);
  EXPECT_EQ(plotted_seconds(snapshot), 0U) << "all of it was before";
  snapshot.seconds = {{UINT32_MAX, 1, 1}};
  EXPECT_EQ(plotted_seconds(snapshot), 0U) << "a second that has not come yet";
  EXPECT_EQ(plotted_seconds({}), 0U);
}

TEST(TextSummary, SaysWhichSecondsThePlotIsOf) {
  EXPECT_NE(summary(test::file_snapshot()).find("Traffic by second, all 7 of them\n"),
            std::string::npos);
  EXPECT_NE(summary(long_snapshot()).find("Traffic by second, the last 41\n"), std::string::npos);
}

TEST(TextSummary, GroupsOnlyWhereTheSnapshotHasThem) {
  Snapshot snapshot = test::file_snapshot();
  snapshot.groups.resize(1);
  const std::string text = summary(snapshot);
  EXPECT_NE(text.find("\nHosts: 3 of 61,234, by bytes\n"), std::string::npos);
  EXPECT_EQ(text.find("Services"), std::string::npos);
  snapshot.groups[0] = {};
  EXPECT_EQ(summary(snapshot).find("Hosts"), std::string::npos);
}

TEST(TextSummary, GroupsAreThoseThatThePlanAsksFor) {
  const std::vector<GroupQuery> queries = summary_groups(7);
  ASSERT_EQ(queries.size(), 3U);
  const FlowRow row = test::file_snapshot().flows[0];
  std::vector<std::string> names;
  for (size_t i = 0; i < queries.size(); ++i) {
    std::array<GroupMember, 2> members;
    queries[i].grouper->groups_of(row.key, row.shown_high, members);
    names.push_back(group_name(static_cast<SummaryGroup>(i), members[0].group));
    EXPECT_EQ(queries[i].limit, 7U);
  }
  EXPECT_EQ(names, (std::vector<std::string>{"93.184.216.34", "443/tcp", "tcp"}));
}

TEST(TextSummary, OfInterfacesWithLossesAndARestart) {
  const std::string text = summary(test::live_snapshot(), {}, {restart_event()});
  EXPECT_EQ(text, golden("summary_live.txt", text));
}

TEST(TextSummary, OfAnInterval) {
  Snapshot snapshot = test::live_snapshot();
  snapshot.final = false;
  const std::string text = summary(snapshot);
  EXPECT_EQ(text, golden("summary_interval.txt", text));
  expect_at_most_80_columns(text);
}

TEST(TextSummary, OfNothing) {
  Snapshot snapshot;
  snapshot.final = true;
  snapshot.captures.emplace_back();
  snapshot.captures[0].backend = "pcap_file";
  snapshot.captures[0].name = "empty.pcap";
  snapshot.captures[0].state = CaptureSummary::State::ended;
  const std::string text = summary(snapshot);
  EXPECT_EQ(text, golden("summary_empty.txt", text));
  snapshot.elapsed_ns = 1'500'000'000;
  EXPECT_TRUE(summary(snapshot).starts_with("weir: no packets in 1.500 s, 1 worker\n"));
}

TEST(TextSummary, UnknownIsNeverZero) {
  const std::string text = summary(test::file_snapshot());
  EXPECT_NE(text.find("dropped_nic unknown, dropped_kernel 0,"), std::string::npos);
  EXPECT_NE(text.find("Missed: 0 as far as known"), std::string::npos);
}

TEST(TextSummary, MissedSaysHowMuchIsKnown) {
  const auto missed = [](std::optional<uint64_t> nic, std::optional<uint64_t> kernel,
                         uint64_t partly) {
    Snapshot snapshot = test::file_snapshot();
    snapshot.accounting.dropped_nic = nic;
    snapshot.accounting.dropped_kernel = kernel;
    snapshot.accounting.dropped_partly_known = partly;
    const std::string text = summary(snapshot);
    const size_t at = text.find("Missed: ");
    return text.substr(at, text.find('\n', text.find('\n', at) + 1) - at);
  };
  EXPECT_EQ(missed(300, 700, 0),
            "Missed: 1,000\n  dropped_nic 300, dropped_kernel 700, dropped_queue 0");
  EXPECT_EQ(missed({}, {}, 0),
            "Missed: unknown\n  dropped_nic unknown, dropped_kernel unknown, dropped_queue 0");
  EXPECT_EQ(missed({}, 0, 0),
            "Missed: 0 as far as known\n  dropped_nic unknown, dropped_kernel 0, dropped_queue 0");
  EXPECT_EQ(missed(300, {}, 0),
            "Missed: at least 300\n  dropped_nic 300, dropped_kernel unknown, dropped_queue 0");
  EXPECT_EQ(missed({}, {}, 1000),
            "Missed: at least 1,000\n  dropped_nic unknown, dropped_kernel unknown, "
            "dropped_queue 0, told by a part of the input 1,000");
  EXPECT_TRUE(missed(UINT64_MAX, UINT64_MAX, 7).starts_with("Missed: 18,446,744,073,709,551,615"));
}

TEST(TextSummary, SaysWhenTheCountsDoNotAddUp) {
  Snapshot snapshot = test::file_snapshot();
  snapshot.accounting.tracked -= 1;
  snapshot.law_violations = 4;
  const std::string text = summary(snapshot);
  EXPECT_NE(text.find("do not add up (in 4 snapshots)"), std::string::npos);
  EXPECT_EQ(text.find("is accounted for"), std::string::npos);
}

TEST(TextSummary, SaysWhenAPeakMayBeTooLow) {
  Snapshot snapshot = test::file_snapshot();
  EXPECT_EQ(summary(snapshot).find("may be too low"), std::string::npos);
  snapshot.late_packets = 1234;
  EXPECT_NE(summary(snapshot).find("peaks may be too low: 1,234 packets came after"),
            std::string::npos);
}

TEST(TextSummary, BytesPerSecond) {
  const TextSummary::Options options{{.in_bytes = true}, Style::plain()};
  const std::string text = summary(test::file_snapshot(), options);
  EXPECT_EQ(text.find("bit/s"), std::string::npos);
  EXPECT_NE(text.find("187 MB/s"), std::string::npos);
}

TEST(TextSummary, ColoursOnlyWhenAsked) {
  EXPECT_EQ(summary(test::live_snapshot()).find('\x1b'), std::string::npos);
  const std::string text = summary(test::live_snapshot(), {{}, Style::coloured()});
  EXPECT_NE(text.find("\x1b[1;31mMissed: at least 77"), std::string::npos);
}

TEST(TextSummary, ColoursNeverOnAFile) {
  Page page;
  EXPECT_EQ(style_for(page.fd()).heading, "");
}

TEST(TextSummary, NamesCannotDriveTheTerminal) {
  Snapshot snapshot = test::live_snapshot();
  snapshot.captures[0].name = "\x1b[2Jx";
  Event event = restart_event();
  event.reason = "\x1b]0;title\x07";
  EXPECT_EQ(summary(snapshot, {}, {event}).find('\x1b'), std::string::npos);
}

TEST(TextSummary, KeepsABoundedNumberOfEvents) {
  const std::string text =
      summary(test::live_snapshot(), {}, std::vector<Event>(1000, restart_event()));
  EXPECT_NE(text.find("and 980 more\n"), std::string::npos);
}

TEST(EventLog, TellsAtOnce) {
  std::vector<std::string> told;
  EventLog log([&](Event::Kind, const std::string& line) { told.push_back(line); });
  EXPECT_TRUE(log.event(restart_event()));
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0], "eth1: restart in 500 ms (attempt 2): The interface disappeared");
}

TEST(EventLog, Kinds) {
  Event event = restart_event();
  event.kind = Event::Kind::resumed;
  event.gap_ns = 3'250'000'000;
  EXPECT_EQ(event_text(event), "eth1: capture works again after 3.250 s without");
  event.kind = Event::Kind::damaged;
  event.reason = "cut at byte 1234";
  EXPECT_EQ(event_text(event), "eth1: damaged: cut at byte 1234");
  event.kind = Event::Kind::note;
  event.capture = "";
  EXPECT_EQ(event_text(event), "cut at byte 1234");
}

TEST(ProgressLine, IsWipedBeforeAnythingElse) {
  Page page;
  Output output(page.fd(), "page");
  ProgressLine line(output);
  EXPECT_TRUE(line.report({}));
  EXPECT_EQ(page.text(), "") << "nothing shown, nothing to wipe";
  line.progress({1'234'567, 120'000'000, 480'000'000});
  EXPECT_TRUE(line.report({}));
  EXPECT_EQ(page.text(), "\r\x1b[K1,234,567 packets, 120 MB of 480 MB, 25.0 %\r\x1b[K");
}

TEST(ProgressLine, WithoutATotal) {
  EXPECT_EQ(progress_text({5, 500, 0}), "5 packets, 500 B");
}

TEST(TextTable, AWideCellStaysWholeAndTheRestGoesOn) {
  TextTable table({TextTable::Align::left, TextTable::Align::right}, 0, 20);
  table.add({"name", "count"});
  table.add({"much too long for the page", "12"});
  fmt::memory_buffer out;
  table.print(out, 0);
  EXPECT_EQ(fmt::to_string(out),
            "name           count\n"
            "much too long for the page\n"
            "                  12\n");
}

}  // namespace
}  // namespace weir::report
