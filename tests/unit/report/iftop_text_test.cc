#include "report/iftop_text.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "report/format.h"
#include "tests/unit/report/sample.h"

namespace weir::report {
namespace {

using test::flow_row;
using test::golden;
using test::Page;

Traffic traffic(uint64_t ip_bytes, uint64_t rate_2s, uint64_t rate_10s) {
  return {1, ip_bytes, ip_bytes, rate_2s, rate_10s, rate_10s, rate_2s};
}

const IftopLine kFlows{.source_ports = true, .destination_ports = true};
const test::Endpoint kLocal{"10.9.0.1", 40001};
const test::Endpoint kRemote{"10.9.0.2", 5001};

/// The load under which golden/iftop_ports.txt was taken. Its totals are a tick older than its
/// flows, because iftop prints before it adds up: so they are given, not summed.
Snapshot veth_load() {
  Snapshot snapshot;
  snapshot.time_ns = 1'700'000'006'000'000'000;
  snapshot.flows = {
      flow_row(kLocal, kRemote, 17, traffic(1'850'400, 1'644'800, 1'480'320),
               traffic(461'572, 411'200, 369'258)),
      flow_row({"2001:db8::1", 40003}, {"2001:db8::2", 443}, 17, traffic(291'600, 259'200, 233'280),
               traffic(69'984, 62'208, 55'987)),
      flow_row({"fd00:aaaa:bbbb:cccc:dddd:eeee:1111:1", 50004},
               {"fd00:aaaa:bbbb:cccc:dddd:eeee:1111:2", 60005}, 17, traffic(31'320, 27'840, 25'056),
               traffic(6'264, 5'568, 5'011)),
      flow_row({"10.9.0.1", 40002}, {"10.9.0.2", 53}, 17, traffic(23'040, 20'480, 18'432),
               traffic(5'760, 5'120, 4'608)),
      flow_row({"ff02::1:ff00:2", 0}, {"::", 0}, 58, traffic(0, 0, 0), traffic(72, 0, 58)),
      flow_row({"10.9.0.1", 9}, {"10.9.0.2", 9}, 17, traffic(0, 0, 0), traffic(0, 0, 0)),
  };
  snapshot.sent = traffic(2'196'360, 1'952'320, 1'750'000);
  snapshot.received = traffic(543'652, 484'096, 435'000);
  snapshot.both = traffic(2'740'012, 2'436'416, 2'190'000);
  return snapshot;
}

std::string block(const Snapshot& snapshot, IftopText::Options options) {
  Page page;
  Output output(page.fd(), "page");
  IftopText sink(output, options);
  EXPECT_TRUE(sink.listening_on("va"));
  EXPECT_TRUE(sink.report(snapshot));
  return page.text();
}

TEST(IftopText, IsWhatIftopPrintsWithPorts) {
  EXPECT_EQ(block(veth_load(), {.line = kFlows, .line_limit = 5}), golden("iftop_ports.txt"));
}

TEST(IftopText, IsWhatIftopPrintsInBytesByHost) {
  Snapshot snapshot = veth_load();
  // The second iftop was started a few packets apart from the first.
  snapshot.flows[0].sent.ip_bytes = 1'844'960;
  snapshot.flows[0].received = traffic(461'240, 411'200, 368'992);
  snapshot.sent.rate_10s = snapshot.sent.rate_40s = 1'756'000;
  snapshot.received.rate_10s = snapshot.received.rate_40s = 435'200;
  EXPECT_EQ(block(snapshot, {.in_bytes = true, .line_limit = 5}), golden("iftop_bytes.txt"));
}

TEST(IftopText, EveryLineHasIftopsWidth) {
  const std::string text = block(veth_load(), {.line = kFlows, .line_limit = 0});
  size_t lines = 0;
  for (size_t at = text.find('\n') + 1; at < text.size(); ++lines) {
    const size_t end = text.find('\n', at);
    const std::string line = text.substr(at, end - at);
    const bool total = line.find("rate") != std::string::npos || line.starts_with("Cumulative");
    if (!line.empty()) {
      EXPECT_EQ(line.size(), total ? 81U : 92U) << line;
    }
    at = end + 1;
  }
  EXPECT_EQ(lines, 2U + 12U + 1U + 3U + 1U + 2U + 1U + 1U);
}

TEST(IftopText, AnIdleLinkHasAnEmptyTable) {
  Snapshot snapshot;
  const std::string text = block(snapshot, {.line = kFlows});
  EXPECT_EQ(text.find("=>"), std::string::npos);
  EXPECT_NE(text.find("Total send rate:                                         0b"),
            std::string::npos);
  EXPECT_NE(text.find("Cumulative (sent/received/total):                        0B         0B"
                      "         0B\n"),
            std::string::npos);
}

TEST(IftopText, LeavesOutFlowsThatIftopHasForgotten) {
  Snapshot snapshot = veth_load();
  snapshot.flows[0].last_ns = snapshot.time_ns - 40'000'000'000;
  const IftopText::Options options{.line = kFlows, .hide_idle_ns = 40'000'000'000};
  const std::string text = block(snapshot, options);
  EXPECT_EQ(text.find("10.9.0.1:40001"), std::string::npos);
  EXPECT_NE(text.find("   1 [2001:db8::1]:40003"), std::string::npos);
}

TEST(IftopText, LineLimitZeroListsAll) {
  const std::string text = block(veth_load(), {.line = kFlows, .line_limit = 0});
  EXPECT_NE(text.find("   6 10.9.0.1:9 "), std::string::npos);
}

/// Names for every address and port but the lowest.
class SomeNames final : public NameSource {
 public:
  explicit SomeNames(std::string host) : host_(std::move(host)) {}
  std::string host(uint8_t ip_version, const IpBytes& address) override {
    return address[3] == 1 ? address_text(ip_version, address) : host_;
  }
  std::string service(uint8_t proto, uint16_t port) override {
    return port < 100 || proto != 17 ? std::to_string(port) : "service-" + std::to_string(port);
  }

 private:
  std::string host_;
};

/// Lines of a flow without their figures.
std::vector<std::string> hosts_of(const std::string& text) {
  std::vector<std::string> hosts;
  for (size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
    const std::string line = text.substr(at, text.find('\n', at) - at);
    if (line.size() == 92 && (line.substr(45, 3) == " =>" || line.substr(45, 3) == " <=")) {
      hosts.push_back(line.substr(5, 40));
    }
  }
  return hosts;
}

TEST(IftopText, ShowsNamesWithinTheColumn) {
  SomeNames names("a-host-with-a-name-that-is-far.too-long.for.the.column.example.com");
  Snapshot snapshot = veth_load();
  const std::vector<std::string> hosts =
      hosts_of(block(snapshot, {.line = kFlows, .line_limit = 4, .names = &names}));
  ASSERT_EQ(hosts.size(), 8U);
  EXPECT_EQ(hosts[0], "10.9.0.1:service-40001                  ");
  EXPECT_EQ(hosts[1], "a-host-with-a-name-that-is-:service-5001");
  EXPECT_EQ(hosts[7], "a-host-with-a-name-that-is-far.too-lo:53");
  EXPECT_EQ(hosts_of(block(snapshot, {.line_limit = 1, .names = &names}))[1],
            "a-host-with-a-name-that-is-far.too-long ");
}

TEST(IftopText, AnAddressWithoutANameKeepsItsBrackets) {
  SomeNames names("unused");
  Snapshot snapshot;
  snapshot.flows = {flow_row({"2001:d01:b8::1", 40003}, {"2001:d01:b8::2", 443}, 6,
                             traffic(1, 1, 1), traffic(1, 1, 1))};
  const auto hosts = hosts_of(block(snapshot, {.line = kFlows, .names = &names}));
  ASSERT_EQ(hosts.size(), 2U);
  EXPECT_EQ(hosts[0].substr(0, 23), "[2001:d01:b8::1]:40003 ");
}

TEST(IftopText, WaitsForNamesBeforeTheFinalBlockAlone) {
  SomeNames names("name");
  int waits = 0;
  const IftopText::Options options{
      .line = kFlows, .names = &names, .await_names = [&] { ++waits; }};
  Snapshot snapshot = veth_load();
  block(snapshot, options);
  EXPECT_EQ(waits, 0);
  snapshot.final = true;
  block(snapshot, options);
  EXPECT_EQ(waits, 1);
}

TEST(SumByLine, AddsUpWhatGoesBetweenTheSameHosts) {
  const std::vector<FlowRow> sums = sum_by_line(veth_load().flows, {}, FlowOrder::rate_10s);
  ASSERT_EQ(sums.size(), 4U);
  EXPECT_EQ(sums[0].sent.ip_bytes, 1'850'400U + 23'040U);
  EXPECT_EQ(sums[0].received.rate_10s, 369'258U + 4'608U);
  EXPECT_EQ(sums[0].src_port(), 0);
}

TEST(SumByLine, PortsOfOneSideKeepProtocolsApart) {
  const std::vector<FlowRow> flows{
      flow_row({"10.0.0.1", 1}, {"10.0.0.2", 53}, 17, traffic(1, 9, 9), traffic(0, 0, 0)),
      flow_row({"10.0.0.1", 2}, {"10.0.0.2", 53}, 17, traffic(2, 9, 9), traffic(0, 0, 0)),
      flow_row({"10.0.0.1", 2}, {"10.0.0.2", 53}, 6, traffic(4, 5, 5), traffic(0, 0, 0))};
  const auto sums = sum_by_line(flows, {.destination_ports = true}, FlowOrder::rate_10s);
  ASSERT_EQ(sums.size(), 2U);
  EXPECT_EQ(sums[0].sent.ip_bytes, 3U);
  EXPECT_EQ(sums[0].src_port(), 0);
  EXPECT_EQ(sums[0].dst_port(), 53);
  EXPECT_EQ(sum_by_line(flows, {.source_ports = true}, FlowOrder::rate_10s).size(), 3U);
  EXPECT_EQ(sum_by_line(flows, {.hide_source = true}, FlowOrder::rate_10s).size(), 1U);
}

TEST(IftopText, AHiddenHostIsAStar) {
  IftopLine line = kFlows;
  line.hide_source = true;
  const auto hosts = hosts_of(block(veth_load(), {.line = line, .line_limit = 2}));
  ASSERT_EQ(hosts.size(), 4U);
  EXPECT_EQ(hosts[0].substr(0, 10), " * :40001 ");
  EXPECT_EQ(hosts[1].substr(0, 14), "10.9.0.2:5001 ");
  EXPECT_EQ(hosts[2].substr(0, 12), "[ * ]:40003 ");
  line = {.hide_source = true, .hide_destination = true};
  EXPECT_EQ(hosts_of(block(veth_load(), {.line = line}))[1], " * " + std::string(37, ' '));
}

TEST(SumByLine, KeepsTheSideThatIsShownFirst) {
  // The local side is the higher address of one flow and the lower of none.
  const std::vector<FlowRow> flows{
      flow_row({"10.0.0.9", 1}, {"10.0.0.1", 2}, 6, traffic(5, 0, 0), traffic(7, 0, 0))};
  const std::vector<FlowRow> sums = sum_by_line(flows, {}, FlowOrder::rate_10s);
  ASSERT_EQ(sums.size(), 1U);
  EXPECT_EQ(sums[0].src_addr()[3], 9);
  EXPECT_EQ(sums[0].sent.ip_bytes, 5U);
}

TEST(SumByLine, Orders) {
  const std::vector<FlowRow> flows{
      flow_row({"10.0.0.1", 1}, {"10.0.0.9", 1}, 6, traffic(1, 10, 30), traffic(0, 0, 0)),
      flow_row({"10.0.0.2", 1}, {"10.0.0.8", 1}, 6, traffic(9, 20, 20), traffic(0, 0, 0)),
      flow_row({"9.0.0.1", 1}, {"10.0.0.7", 1}, 6, traffic(5, 30, 10), traffic(0, 0, 0)),
  };
  const auto first = [&](FlowOrder order) {
    return sum_by_line(flows, {}, order)[0].src_addr()[3];
  };
  const auto first_net = [&](FlowOrder order) {
    return sum_by_line(flows, {}, order)[0].src_addr()[0];
  };
  EXPECT_EQ(first_net(FlowOrder::rate_2s), 9);
  EXPECT_EQ(first(FlowOrder::rate_10s), 1);
  EXPECT_EQ(first_net(FlowOrder::source), 9);
  EXPECT_EQ(first_net(FlowOrder::destination), 9);
  EXPECT_EQ(first(FlowOrder::bytes), 2);
}

}  // namespace
}  // namespace weir::report
