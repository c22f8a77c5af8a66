#include <gtest/gtest.h>

#include "report/format.h"
#include "tests/unit/tui/ui_fixture.h"

namespace weir::tui {
namespace {

using test::Desk;
using test::key;

/// What a list adds up to, through the copy of each row.
struct Sum {
  uint64_t bytes = 0;
  uint64_t flows = 0;
};

Sum sum_of_rows(const FlowQuery& query, const test::FakeEngine& engine) {
  Sum sum;
  const auto snapshot = engine.answer(query);
  if (query.groups.empty()) {
    for (const FlowRow& row : snapshot->flows) {
      sum.bytes += row.sent.ip_bytes + row.received.ip_bytes;
      ++sum.flows;
    }
    return sum;
  }
  for (const GroupRow& row : snapshot->groups.front().rows) {
    sum.bytes += row.sent.ip_bytes + row.received.ip_bytes;
    sum.flows += row.flows;
  }
  return sum;
}

Sum sum_of_all(const test::FakeEngine& engine) {
  Sum sum;
  for (const FlowRow& row : engine.flows) {
    sum.bytes += row.sent.ip_bytes + row.received.ip_bytes;
    ++sum.flows;
  }
  return sum;
}

TEST(Views, TabGoesRoundAndBack) {
  Desk desk;
  for (int view = 1; view < static_cast<int>(View::count_); ++view) {
    desk.press(Key::tab);
    EXPECT_EQ(static_cast<int>(desk.ui.options().view), view);
  }
  desk.press(Key::tab);
  EXPECT_EQ(desk.ui.options().view, View::flows);
  desk.press(Key::back_tab);
  EXPECT_EQ(desk.ui.options().view, View::history);
  desk.press(Key::f2);
  EXPECT_EQ(desk.ui.options().view, View::hosts);
  desk.press(key(U'9', false, true));
  EXPECT_EQ(desk.ui.options().view, View::history);
}

TEST(Views, ThatPutEachFlowInOneGroupAddUpToAllFlows) {
  for (const View view : {View::flows, View::pairs, View::ports, View::vlans}) {
    UiOptions options;
    options.view = view;
    Desk desk(options);
    const Sum rows = sum_of_rows(desk.ui.query(), desk.engine);
    const Sum all = sum_of_all(desk.engine);
    EXPECT_EQ(rows.bytes, all.bytes) << static_cast<int>(view);
    EXPECT_EQ(rows.flows, all.flows) << static_cast<int>(view);
  }
}

TEST(Views, WithTwoEndsCountEachByteAtBoth) {
  for (const View view : {View::hosts, View::networks}) {
    UiOptions options;
    options.view = view;
    options.prefix_v4 = 32;  // no flow is within one network
    options.prefix_v6 = 128;
    Desk desk(options);
    EXPECT_EQ(sum_of_rows(desk.ui.query(), desk.engine).bytes, 2 * sum_of_all(desk.engine).bytes);
  }
}

/// Into each row of a view: what is listed there adds up to the row.
void expect_rows_add_up(View view) {
  UiOptions options;
  options.view = view;
  Desk desk(options);
  const auto table = desk.engine.answer(desk.ui.query())->groups.front();
  ASSERT_FALSE(table.rows.empty());
  for (size_t index = 0; index < table.rows.size(); ++index) {
    desk.press(Key::home);
    for (size_t step = 0; step < index; ++step) desk.press(Key::down);
    const std::string copied = *desk.press(U'y').copy;
    desk.press(Key::enter);
    EXPECT_EQ(desk.ui.options().view, View::flows);
    const GroupRow& row = table.rows[index];
    const Sum inside = sum_of_rows(desk.ui.query(), desk.engine);
    EXPECT_EQ(inside.bytes, row.sent.ip_bytes + row.received.ip_bytes) << copied;
    EXPECT_EQ(inside.flows, row.flows) << copied;
    desk.press(Key::escape);
    EXPECT_EQ(desk.ui.options().view, view);
    EXPECT_EQ(*desk.press(U'y').copy, copied);  // the cursor is where it was
  }
}

TEST(DrillDown, FlowsOfAHost) {
  expect_rows_add_up(View::hosts);
}
TEST(DrillDown, FlowsOfAPair) {
  expect_rows_add_up(View::pairs);
}
TEST(DrillDown, FlowsOfAPort) {
  expect_rows_add_up(View::ports);
}
TEST(DrillDown, FlowsOfAVlan) {
  expect_rows_add_up(View::vlans);
}
TEST(DrillDown, FlowsOfAProcess) {
  expect_rows_add_up(View::processes);
}

TEST(DrillDown, ANetworkHasItsHostsAndTheseTheirFlows) {
  UiOptions options;
  options.view = View::networks;
  Desk desk(options);
  desk.press(Key::down);
  desk.press(Key::down);  // 93.184.216.0/24
  desk.press(Key::enter);
  EXPECT_EQ(desk.ui.options().view, View::hosts);
  EXPECT_TRUE(desk.shows("Networks 93.184.216.0/24 > Hosts"));
  EXPECT_TRUE(desk.shows("1-1 of 1"));
  EXPECT_TRUE(desk.shows("example.com"));
  EXPECT_FALSE(desk.shows("pc.office.example"));  // it talks to that network from another one
  desk.press(Key::down);
  desk.press(Key::enter);
  EXPECT_TRUE(desk.shows("Networks 93.184.216.0/24 > Hosts example.com > Flows"));
  EXPECT_TRUE(desk.shows("1-2 of 2"));
  desk.press(Key::escape);
  EXPECT_EQ(desk.ui.options().view, View::hosts);
  desk.press(Key::escape);
  EXPECT_EQ(desk.ui.options().view, View::networks);
  EXPECT_FALSE(desk.shows(" > "));
}

TEST(DrillDown, ASumOfHiddenPortsShowsItsFlows) {
  Desk desk;
  desk.press(U'p');
  desk.press(Key::down);
  desk.press(Key::down);
  desk.press(Key::enter);
  EXPECT_TRUE(desk.shows("1-2 of 2"));
  EXPECT_TRUE(desk.shows(":51234"));
  EXPECT_TRUE(desk.shows(":51235"));
}

TEST(DrillDown, IsCombinedWithTheFilterAndHoldsInOtherViews) {
  Desk desk;
  desk.press(key(U'2', false, true));
  desk.press(Key::down);
  desk.press(Key::enter);  // pc.office.example
  EXPECT_TRUE(desk.shows("of 5"));
  desk.press(U'/');
  desk.type("port 443");
  desk.press(Key::enter);
  EXPECT_TRUE(desk.shows("of 2"));
  desk.press(key(U'2', false, true));
  EXPECT_TRUE(desk.shows("example.com"));
  EXPECT_TRUE(desk.shows("1-2 of 2"));  // itself, and whom it talks to
}

TEST(DrillDown, ANewTableOfProcessesIsAskedOnce) {
  UiOptions options;
  options.view = View::processes;
  Desk desk(options);
  EXPECT_TRUE(desk.processes.active());
  const uint64_t number = desk.ui.query().number;
  desk.processes.renew();
  const UiRequests requests = desk.tick();
  EXPECT_TRUE(requests.query_changed);
  EXPECT_GT(desk.ui.query().number, number);
  EXPECT_TRUE(desk.shows("firefox (1234)"));
  EXPECT_FALSE(desk.tick().query_changed);
  desk.press(Key::tab);
  EXPECT_FALSE(desk.processes.active());
}

TEST(Views, AnAnswerToAnOlderQuestionHasTotalsOnly) {
  Desk desk;
  desk.answers = false;
  const FlowQuery old = desk.ui.query();
  desk.press(Key::tab);
  desk.engine.flows.resize(1);
  desk.ui.take(desk.engine.answer(old), 0);
  EXPECT_TRUE(desk.shows("Waiting for the next snapshot"));
  EXPECT_TRUE(desk.shows("49.5Mb"));  // the total of the only flow
  desk.tick();
  EXPECT_TRUE(desk.shows("example.com"));
}

TEST(Views, NoProcessesOnThisSystem) {
  test::OfficeNames names;
  UiOptions options;
  options.view = View::processes;
  Ui ui(options, names, nullptr);
  test::FakeEngine engine;
  ui.take(engine.answer(ui.query()), 0);
  Grid grid(80, 24);
  ui.draw(grid, Glyphs::utf8, 0);
  EXPECT_NE(grid.text().find("not known here"), std::string::npos);
}

TEST(Views, OriginsOfHostsWhereThereIsRoom) {
  UiOptions options;
  options.view = View::hosts;
  Desk desk(options, 120, 24);
  EXPECT_TRUE(desk.shows("example.com  US AS15133 Edgecast"));
  EXPECT_EQ(desk.draw(80, 24).text().find("AS15133"), std::string::npos);
}

TEST(Views, WhatATableCannotTellIsSaid) {
  UiOptions options;
  options.view = View::vlans;
  Desk desk(options);
  EXPECT_TRUE(desk.shows("VLANs are told apart with --key vlan."));
  options.vlan_keys = true;
  Desk with_keys(options);
  EXPECT_FALSE(with_keys.shows("--key vlan"));
}

TEST(Views, HostileNamesAreHarmless) {
  class Hostile final : public report::NameSource {
    std::string host(uint8_t, const IpBytes&) override {
      return "\x1b]0;owned\x07\xff\xc0" + std::string(5000, 'w');
    }
    std::string origin(uint8_t, const IpBytes&) override { return "\x1b[3J"; }
    std::string service(uint8_t, uint16_t) override { return "\x1b[2J" + std::string(300, 's'); }
  } names;
  for (int view = 0; view < static_cast<int>(View::count_); ++view) {
    UiOptions options;
    options.view = static_cast<View>(view);
    options.interface = "eth\x1b[0m";
    Ui ui(options, names, nullptr);
    test::FakeEngine engine;
    engine.captures[0].backend = "af\x1b[1m";
    ui.take(engine.answer(ui.query()), 0);
    Grid grid(80, 24);
    ui.draw(grid, Glyphs::utf8, 0);
    EXPECT_EQ(grid.text().find('\x1b'), std::string::npos);
    if (!is_list(options.view)) continue;
    ui.handle(key(Key::down), 0);
    const UiRequests copied = ui.handle(key(U'y'), 0);
    const UiRequests exported = ui.handle(key(U'e'), 0);
    EXPECT_EQ(copied.copy.value_or("").find('\x1b'), std::string::npos);
    EXPECT_EQ(exported.export_text.value_or("").find('\x1b'), std::string::npos);
    ui.handle(key(Key::enter), 0);  // its label is in the path from now on
    ui.draw(grid, Glyphs::utf8, 0);
    EXPECT_EQ(grid.text().find('\x1b'), std::string::npos);
  }
}

TEST(Status, ShowsTheLossesFirstWhereItIsNarrow) {
  Desk desk;
  desk.engine.accounting.dropped_kernel = 1229;
  desk.tick();
  const Grid grid = desk.draw(44, 10);
  EXPECT_TRUE(grid.text().starts_with("missed 1,229 (nic 0, kernel 1,229, queue 0)"));
  EXPECT_EQ(grid.at(0, 0).style.role, Role::missed);
}

TEST(Status, UnknownCausesAreSaid) {
  Accounting accounting;
  EXPECT_EQ(missed_text(accounting), "missed 0 (nic ?, kernel ?)");
  accounting.dropped_kernel = 0;
  accounting.dropped_nic = 0;
  EXPECT_EQ(missed_text(accounting), "missed 0");
  accounting.packets.dropped_queue = 3;
  EXPECT_EQ(missed_text(accounting), "missed 3 (nic 0, kernel 0, queue 3)");
}

TEST(Status, ARestartIsToldAndOver) {
  Desk desk({}, 120, 24);
  Event event;
  event.kind = Event::Kind::restart;
  event.capture = "eth0";
  event.reason = "The interface is down\x1b[31m";
  event.attempt = 4;
  desk.engine.captures[0].state = CaptureSummary::State::waiting;
  desk.ui.take(event, desk.now_ms);
  desk.tick();
  EXPECT_TRUE(desk.shows("waiting for eth0, attempt 4"));
  EXPECT_TRUE(desk.shows("The interface is down?[31m; attempt 4"));
  event.kind = Event::Kind::resumed;
  event.gap_ns = 2'000'000'000;
  desk.engine.captures[0].state = CaptureSummary::State::running;
  desk.ui.take(event, desk.now_ms);
  desk.tick();
  EXPECT_FALSE(desk.shows("waiting for"));
  EXPECT_TRUE(desk.shows("works again after 2.000 s"));
}

TEST(Status, AlertsAreToldAndRowsMarked) {
  Desk desk;
  Event event;
  event.kind = Event::Kind::alert;
  event.alert = "busy";
  event.reason = "busy: 192.168.1.13 has 152 Mbit/s";
  event.raised = true;
  event.bell = true;
  EXPECT_TRUE(desk.ui.take(event, desk.now_ms).bell);
  EXPECT_TRUE(desk.shows("busy: 192.168.1.13 has 152 Mbit/s"));
  report::AlertRule rule;
  rule.name = "busy";
  rule.subject = report::AlertRule::Subject::total;
  rule.over = 1;
  report::Alerts alerts({rule});
  desk.draw();
  for (uint32_t second = 60; second < 63; ++second) {
    alerts.evaluate(*desk.engine.answer(desk.ui.query(), second));
  }
  ASSERT_TRUE(alerts.marks()->total());
  desk.ui.set_alerts(alerts.marks());
  EXPECT_EQ(desk.draw().at(22, 0).style.role, Role::warning);
  desk.ui.set_alerts(nullptr);
  EXPECT_EQ(desk.draw().at(22, 0).style.role, Role::both);
}

TEST(Status, PacketsPerSecondAreThoseBetweenSnapshots) {
  Desk desk;
  desk.tick();
  EXPECT_TRUE(desk.shows("1.50 Mpps"));
}

}  // namespace
}  // namespace weir::tui
