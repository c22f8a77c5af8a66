#include "report/alerts.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/core/clock.h"
#include "report/alert_sink.h"
#include "report/event_log.h"

namespace weir::report {
namespace {

using Subject = AlertRule::Subject;
using Direction = AlertRule::Direction;

IpBytes address(const std::string& text) {
  IpBytes bytes{};
  const int family = text.find(':') == std::string::npos ? AF_INET : AF_INET6;
  EXPECT_EQ(inet_pton(family, text.c_str(), bytes.data()), 1) << text;
  return bytes;
}

FlowKey flow(const std::string& low, uint16_t low_port, const std::string& high, uint16_t high_port,
             uint8_t proto = 6) {
  FlowKey key;
  key.low_addr = address(low);
  key.high_addr = address(high);
  key.low_port = low_port;
  key.high_port = high_port;
  key.proto = proto;
  key.ip_version = 4;
  return key;
}

AlertRule rule(Subject subject, uint64_t over) {
  AlertRule made;
  made.name = "a";
  made.subject = subject;
  made.over = over;
  return made;
}

/// After a minute, with all traffic at `rate`.
Snapshot with_total(uint64_t rate, uint64_t elapsed_s = 60) {
  Snapshot snapshot;
  snapshot.elapsed_ns = elapsed_s * kNsPerSecond;
  snapshot.both.rate_10s = rate;
  snapshot.sent.rate_10s = rate;
  return snapshot;
}

std::vector<std::string> lines(const std::vector<Event>& events) {
  std::vector<std::string> texts;
  for (const Event& event : events) texts.push_back(event_text(event));
  return texts;
}

using Lines = std::vector<std::string>;

TEST(Alerts, RaisedAboveAndClearedBelowNinety) {
  Alerts alerts({rule(Subject::total, 1000)});
  EXPECT_TRUE(alerts.evaluate(with_total(1000)).empty());
  EXPECT_EQ(lines(alerts.evaluate(with_total(1001))),
            (Lines{"alert a: all traffic had 1.00 kbit/s over 10 s, more than 1.00 kbit/s"}));
  EXPECT_TRUE(alerts.marks()->total());
  EXPECT_TRUE(alerts.evaluate(with_total(5000)).empty());
  EXPECT_TRUE(alerts.evaluate(with_total(900)).empty()) << "hysteresis";
  EXPECT_EQ(lines(alerts.evaluate(with_total(899))),
            (Lines{"alert a: cleared: all traffic had 899 bit/s over 10 s, less than 900 bit/s"}));
  EXPECT_FALSE(alerts.marks()->any());
  EXPECT_EQ(alerts.evaluate(with_total(1001)).size(), 1U);
}

TEST(Alerts, NothingBeforeTheWindowIsCovered) {
  Alerts alerts({rule(Subject::total, 1000)});
  EXPECT_TRUE(alerts.evaluate(with_total(9999, 9)).empty());
  EXPECT_EQ(alerts.evaluate(with_total(9999, 10)).size(), 1U);
}

TEST(Alerts, DirectionAndWindowChooseTheRate) {
  AlertRule received = rule(Subject::total, 1000);
  received.direction = Direction::received;
  received.window_s = 40;
  Alerts alerts({received});
  Snapshot snapshot = with_total(9999);
  EXPECT_TRUE(alerts.evaluate(snapshot).empty());
  snapshot.received.rate_40s = 2000;
  EXPECT_EQ(lines(alerts.evaluate(snapshot)),
            (Lines{"alert a: all traffic received 2.00 kbit/s over 40 s, more than 1.00 kbit/s"}));
}

TEST(Alerts, PacketsOfTheTotalOverAWindow) {
  AlertRule packets = rule(Subject::total, 100);
  packets.unit = AlertRule::Unit::packets;
  packets.window_s = 2;
  Alerts alerts({packets});
  uint64_t count = 0;
  for (uint64_t second = 1; second <= 10; ++second) {
    Snapshot snapshot;
    snapshot.elapsed_ns = second * kNsPerSecond;
    count += second == 6 ? 150 : 80;
    snapshot.sent.packets = count / 2;
    snapshot.received.packets = count - count / 2;
    const auto events = alerts.evaluate(snapshot);
    // (150 + 80) / 2 in the seconds 6 and 7; 80 again is less than 90 % from the 8th on.
    EXPECT_EQ(events.size(), second == 6 || second == 8 ? 1U : 0U) << second;
    if (second == 6) {
      EXPECT_EQ(events[0].rate, 115U);
    }
  }
}

/// Groups as the engine would: what a grouper makes of a flow that sent and received so much.
GroupTable table_of(const GroupQuery& query, const std::vector<std::pair<FlowKey, bool>>& flows,
                    uint64_t sent, uint64_t received) {
  GroupTable table;
  for (const auto& [key, shown_high] : flows) {
    std::array<GroupMember, 2> members;
    const uint32_t count = query.grouper->groups_of(key, shown_high, members);
    for (uint32_t i = 0; i < count; ++i) {
      auto row = std::find_if(table.rows.begin(), table.rows.end(), [&](const GroupRow& other) {
        return other.group == members[i].group;
      });
      if (row == table.rows.end()) {
        row = table.rows.insert(row, GroupRow{});
        row->group = members[i].group;
      }
      row->sent.rate_10s += members[i].reversed ? received : sent;
      row->received.rate_10s += members[i].reversed ? sent : received;
    }
  }
  table.group_count = table.rows.size();
  return table;
}

Snapshot with_flows(const Alerts& alerts, const std::vector<std::pair<FlowKey, bool>>& flows,
                    uint64_t sent, uint64_t received) {
  FlowQuery query;
  query.groups.resize(1);  // of somebody else
  alerts.add_to(query);
  Snapshot snapshot = with_total(0);
  snapshot.groups.resize(1);
  for (size_t i = 1; i < query.groups.size(); ++i) {
    snapshot.groups.push_back(table_of(query.groups[i], flows, sent, received));
  }
  return snapshot;
}

TEST(Alerts, AHostIsWatchedFromItsOwnSide) {
  AlertRule host = rule(Subject::host, 500);
  host.prefixes = {{address("10.0.0.5"), 4, 32}};
  host.direction = Direction::sent;
  Alerts alerts({host});
  const FlowKey key = flow("10.0.0.5", 1000, "192.0.2.1", 443);
  // It is the side shown second: what the flow received, the host sent.
  EXPECT_TRUE(alerts.evaluate(with_flows(alerts, {{key, true}}, 900, 100)).empty());
  EXPECT_EQ(lines(alerts.evaluate(with_flows(alerts, {{key, true}}, 100, 900))),
            (Lines{"alert a: host 10.0.0.5 sent 900 bit/s over 10 s, more than 500 bit/s"}));
  EXPECT_TRUE(alerts.marks()->marks_flow(key, true));
  EXPECT_TRUE(alerts.marks()->marks_host(4, address("10.0.0.5")));
  EXPECT_FALSE(alerts.marks()->marks_host(4, address("10.0.0.6")));
  EXPECT_EQ(alerts.evaluate(with_flows(alerts, {}, 0, 0)).size(), 1U) << "gone: cleared";
}

TEST(Alerts, NetworksPortsAndTwoRulesInOnePass) {
  AlertRule office = rule(Subject::network, 1500);
  office.name = "net";
  office.network = "office";
  office.prefixes = {{address("10.1.0.0"), 4, 16}, {address("10.2.0.0"), 4, 16}};
  AlertRule https = rule(Subject::port, 1500);
  https.name = "https";
  https.port = 443;
  https.proto = 6;
  AlertRule dns = rule(Subject::port, 1);
  dns.name = "dns";
  dns.port = 53;
  Alerts alerts({office, https, dns});
  FlowQuery query;
  alerts.add_to(query);
  EXPECT_EQ(query.groups.size(), 2U);
  const std::vector<std::pair<FlowKey, bool>> flows{
      {flow("10.1.0.1", 1000, "192.0.2.1", 443), false},
      {flow("10.2.0.1", 1000, "192.0.2.1", 443), false},
      {flow("10.3.0.1", 1000, "192.0.2.1", 443), false},
      {flow("10.3.0.1", 1000, "192.0.2.1", 443, 17), false}};
  EXPECT_EQ(lines(alerts.evaluate(with_flows(alerts, flows, 700, 100))),
            (Lines{"alert net: network office had 1.60 kbit/s over 10 s, more than 1.50 kbit/s",
                   "alert https: port 443/tcp had 2.40 kbit/s over 10 s, more than 1.50 kbit/s"}));
  EXPECT_TRUE(alerts.marks()->marks_network({address("10.2.0.0"), 4, 16}));
  EXPECT_TRUE(alerts.marks()->marks_flow(flows[0].first, false));
  EXPECT_TRUE(alerts.marks()->marks_flow(flows[2].first, false)) << "by its port";
  EXPECT_FALSE(alerts.marks()->marks_flow(flows[3].first, false)) << "another protocol";
}

TEST(Alerts, AnyHostAndAnyFlowNameWhatTheyFound) {
  AlertRule hosts = rule(Subject::any_host, 1500);
  AlertRule flows = rule(Subject::any_flow, 900);
  flows.name = "f";
  Alerts alerts({hosts, flows});
  const std::vector<std::pair<FlowKey, bool>> two{
      {flow("10.0.0.1", 1000, "192.0.2.1", 443), true},
      {flow("10.0.0.2", 1000, "192.0.2.1", 443), false}};
  EXPECT_EQ(
      lines(alerts.evaluate(with_flows(alerts, two, 800, 200))),
      (Lines{"alert a: host 192.0.2.1 had 2.00 kbit/s over 10 s, more than 1.50 kbit/s",
             "alert f: flow 192.0.2.1:443 => 10.0.0.1:1000 tcp had 1.00 kbit/s over 10 s, more "
             "than 900 bit/s",
             "alert f: flow 10.0.0.2:1000 => 192.0.2.1:443 tcp had 1.00 kbit/s over 10 s, more "
             "than 900 bit/s"}));
  EXPECT_TRUE(alerts.marks()->marks_flow(two[0].first, true));
  EXPECT_FALSE(alerts.marks()->marks_flow(flow("10.0.0.9", 1, "10.0.0.10", 2), false));
}

TEST(Alerts, ACutListOfLoudOnesClearsNobody) {
  Alerts alerts({rule(Subject::any_host, 100)});
  std::vector<std::pair<FlowKey, bool>> flows;
  for (int i = 1; i <= 32; ++i) {
    flows.emplace_back(flow("10.0.0." + std::to_string(i), 1, "192.0.2." + std::to_string(i), 2),
                       false);
  }
  EXPECT_EQ(alerts.evaluate(with_flows(alerts, flows, 800, 200)).size(), 64U);
  for (auto& [key, shown_high] : flows) key.low_addr = address("10.9.0.1");
  Snapshot others = with_flows(alerts, flows, 800, 200);
  while (others.groups[1].rows.size() < 64) {
    others.groups[1].rows.push_back(others.groups[1].rows[0]);
  }
  others.groups[1].group_count = 1000;
  EXPECT_TRUE(alerts.evaluate(others).empty());
  EXPECT_EQ(alerts.evaluate(with_flows(alerts, {}, 0, 0)).size(), 64U);
}

TEST(Alerts, AnAnswerToAnotherQueryIsNotTaken) {
  Alerts alerts({rule(Subject::any_host, 100)});
  EXPECT_TRUE(alerts.evaluate(with_total(0)).empty());
}

class Collector final : public Sink {
 public:
  Result<void> report(const Snapshot& snapshot) override {
    seen.push_back(snapshot.final ? -1 : static_cast<int>(snapshot.elapsed_ns / kNsPerMs));
    return {};
  }
  Result<void> event(const Event& event) override {
    events.push_back(event);
    return {};
  }
  std::vector<int> seen;
  std::vector<Event> events;
};

TEST(AlertSink, TellsTheOthersAndStopsOnce) {
  AlertRule ends = rule(Subject::total, 1000);
  ends.ends_run = true;
  Alerts alerts({ends});
  Collector other;
  int stops = 0;
  AlertSink sink(alerts, {&other}, [&] { ++stops; });
  ASSERT_TRUE(sink.report(with_total(10)));
  EXPECT_EQ(stops, 0);
  ASSERT_TRUE(sink.report(with_total(2000)));
  ASSERT_TRUE(sink.report(with_total(10)));
  ASSERT_TRUE(sink.report(with_total(2000)));
  EXPECT_EQ(stops, 1);
  ASSERT_EQ(other.events.size(), 3U);
  EXPECT_TRUE(other.events[0].raised && other.events[0].bell);
  EXPECT_FALSE(other.events[1].raised || other.events[1].bell);
  EXPECT_EQ(alerts.end_reason(), "a: all traffic had 2.00 kbit/s over 10 s, more than 1.00 kbit/s");
}

TEST(SlowedSink, PassesOnWhatIsDue) {
  const auto pass = [](uint64_t interval_ns, int early_ms) {
    Collector shown;
    SlowedSink sink(shown, interval_ns);
    Snapshot snapshot;
    for (int ms = 1000; ms <= 6000; ms += 1000) {
      snapshot.elapsed_ns = static_cast<uint64_t>(ms - early_ms) * kNsPerMs;
      EXPECT_TRUE(sink.report(snapshot));
    }
    snapshot.final = true;
    EXPECT_TRUE(sink.report(snapshot));
    return shown.seen;
  };
  EXPECT_EQ(pass(0, 20), (std::vector<int>{-1}));
  EXPECT_EQ(pass(3 * kNsPerSecond, 20), (std::vector<int>{2980, 5980, -1}));
  EXPECT_EQ(pass(3 * kNsPerSecond, 490), (std::vector<int>{2510, 5510, -1}));
  EXPECT_EQ(pass(3 * kNsPerSecond, 510), (std::vector<int>{3490, -1})) << "the next is at 6490";
}

}  // namespace
}  // namespace weir::report
