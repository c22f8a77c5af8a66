#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "report/format.h"
#include "report/json_lines.h"
#include "report/json_text.h"
#include "tests/unit/report/sample.h"

namespace weir::report {
namespace {

using nlohmann::json;
using test::Page;

std::string line_of(const Snapshot& snapshot) {
  Page page;
  Output output(page.fd(), "page");
  EXPECT_TRUE(JsonLines(output).report(snapshot));
  return page.text();
}

json event_of(const Event& event) {
  Page page;
  Output output(page.fd(), "page");
  EXPECT_TRUE(JsonLines(output).event(event));
  return json::parse(page.text());
}

std::string as_json(std::string_view text) {
  fmt::memory_buffer buffer;
  append_json_string(buffer, text);
  return fmt::to_string(buffer);
}

TEST(JsonString, Escapes) {
  EXPECT_EQ(as_json("eth0"), R"("eth0")");
  EXPECT_EQ(as_json("a\"b\\c\n\t\r"), R"("a\"b\\c\n\t\r")");
  EXPECT_EQ(as_json(std::string_view("\0\x1f\x7f", 3)), R"("\u0000\u001f\u007f")");
  EXPECT_EQ(as_json("caf\xc3\xa9 \xf0\x9f\x90\x9f"), "\"caf\xc3\xa9 \xf0\x9f\x90\x9f\"");
}

TEST(JsonString, WhatIsNotUtf8IsReplaced) {
  EXPECT_EQ(as_json("\xff"), R"("\ufffd")");
  EXPECT_EQ(as_json("\xc3"), R"("\ufffd")");                                // cut
  EXPECT_EQ(as_json("\xc0\xaf"), R"("\ufffd\ufffd")");                      // overlong
  EXPECT_EQ(as_json("\xed\xa0\x80"), R"("\ufffd\ufffd\ufffd")");            // surrogate
  EXPECT_EQ(as_json("\xf4\x90\x80\x80"), R"("\ufffd\ufffd\ufffd\ufffd")");  // above U+10FFFF
}

TEST(JsonString, EveryByteAndPairGivesValidJson) {
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) {
      const std::string text{static_cast<char>(a), static_cast<char>(b)};
      ASSERT_TRUE(json::accept(as_json(text))) << a << ' ' << b;
    }
  }
}

TEST(JsonLines, IsTheGoldenLine) {
  EXPECT_EQ(line_of(test::file_snapshot()),
            test::golden("file.jsonl", line_of(test::file_snapshot())));
}

TEST(JsonLines, HasTheFieldsOfTheContract) {
  const json line = json::parse(line_of(test::file_snapshot()));
  EXPECT_EQ(line["type"], "snapshot");
  EXPECT_EQ(line["schema"], 1);
  EXPECT_EQ(line["final"], true);
  EXPECT_EQ(line["time_ns"], 1'700'000'006'000'000'000);
  EXPECT_EQ(line["elapsed_ns"], 6'000'000'000);
  EXPECT_EQ(line["source"], (json{{"backend", "pcap_file"},
                                  {"name", "a.pcap"},
                                  {"link_type", "EN10MB"},
                                  {"queues", 1},
                                  {"workers", 2},
                                  {"sharding", "direct"}}));
  const json& counters = line["counters"];
  EXPECT_EQ(counters["received"], counters["parsed"].get<int>() + counters["non_ip"].get<int>() +
                                      counters["malformed"].get<int>() +
                                      counters["short_capture"].get<int>() +
                                      counters["unsupported"].get<int>());
  for (const char* name : {"tracked", "untracked", "dropped_queue", "dropped_kernel", "dropped_nic",
                           "wire_bytes", "ip_bytes", "restarts"}) {
    EXPECT_TRUE(counters.contains(name)) << name;
  }
  EXPECT_EQ(line["flow_count"], 100'000);
  for (const char* name : {"sent", "received", "both"}) {
    for (const char* field :
         {"packets", "ip_bytes", "wire_bytes", "rate_2s", "rate_10s", "rate_40s", "rate_peak"}) {
      EXPECT_TRUE(line["totals"][name].contains(field)) << name << ' ' << field;
    }
  }
  const json& flow = line["flows"][0];
  EXPECT_EQ(flow["src_addr"], "192.168.1.10");
  EXPECT_EQ(flow["dst_port"], 443);
  EXPECT_EQ(flow["proto"], 6);
  EXPECT_EQ(flow["proto_name"], "tcp");
  EXPECT_EQ(flow["sent"]["rate_10s"], 1'493'333'333);
  EXPECT_EQ(flow["first_ns"], 1'700'000'000'000'000'000);
  EXPECT_FALSE(flow.contains("vlans"));
  EXPECT_FALSE(line.contains("captures"));
}

TEST(JsonLines, UnknownIsNullAndNeverZero) {
  const json counters = json::parse(line_of(test::file_snapshot()))["counters"];
  EXPECT_TRUE(counters["dropped_nic"].is_null());
  EXPECT_EQ(counters["dropped_kernel"], 0);
}

TEST(JsonLines, ReasonsThatOccurred) {
  const json reasons = json::parse(line_of(test::file_snapshot()))["counters"]["reasons"];
  EXPECT_EQ(reasons.size(), 6U);
  EXPECT_EQ(reasons[std::string(to_string(Reason::arp))], 880);
}

TEST(JsonLines, VlansWhereTheKeyHasThem) {
  Snapshot snapshot = test::file_snapshot();
  snapshot.flows[0].key.vlan_count = 2;
  snapshot.flows[0].key.vlans = {100, 5, 0, 0};
  EXPECT_EQ(json::parse(line_of(snapshot))["flows"][0]["vlans"], (json{100, 5}));
}

TEST(JsonLines, SeveralCaptures) {
  const json line = json::parse(line_of(test::live_snapshot()));
  EXPECT_EQ(line["source"]["name"], "eth0,eth1");
  EXPECT_EQ(line["source"]["backend"], "pcap");
  EXPECT_EQ(line["source"]["link_type"], "EN10MB,LINUX_SLL2");
  EXPECT_EQ(line["source"]["queues"], 3);
  ASSERT_EQ(line["captures"].size(), 2U);
  EXPECT_EQ(line["captures"][1]["name"], "eth1");
  EXPECT_EQ(line["captures"][1]["state"], "waiting");
  EXPECT_EQ(line["captures"][1]["restarts"], 3);
  EXPECT_EQ(line["captures"][1]["gap_ns"], 3'250'000'000);
  EXPECT_EQ(line["captures"][0]["counters"]["dropped_nic"], 5);
  EXPECT_TRUE(line["captures"][1]["counters"]["dropped_nic"].is_null());
}

TEST(JsonLines, HostileNamesStayValidJson) {
  Snapshot snapshot = test::live_snapshot();
  snapshot.captures[0].name = "a\"},\n\xff\\";
  const std::string text = line_of(snapshot);
  EXPECT_TRUE(json::accept(text));
  EXPECT_EQ(text.find('\n'), text.size() - 1) << "one line";
}

/// The low end is a process's, the high one another's, or remote.
class TwoProcesses final : public ProcessTable {
 public:
  explicit TwoProcesses(bool both) : both_(both) {
    low_.pid = 5;
    low_.command = "cu\"rl";
    low_.user = "alice";
    low_.command_line = "curl -u secret";
    Publisher publisher;
    publisher.state = Publisher::State::known;
    publisher.package = "curl";
    low_.publisher = std::make_shared<const Publisher>(publisher);
    high_.pid = 6;
    high_.command = "nginx";
  }
  std::array<uint32_t, 2> owners_of(const FlowKey& /*key*/) const override {
    return {kFirstProcess, both_ ? kFirstProcess + 1 : kRemote};
  }
  const Process* process(uint32_t number) const override {
    if (number == kFirstProcess) return &low_;
    return number == kFirstProcess + 1 ? &high_ : nullptr;
  }

 private:
  bool both_;
  Process low_;
  Process high_;
};

class FixedProcesses final : public ProcessSource {
 public:
  explicit FixedProcesses(bool both) : table_(std::make_shared<TwoProcesses>(both)) {}
  std::shared_ptr<const ProcessTable> table() const override { return table_; }
  void set_active(bool /*active*/) override {}
  std::string limits() const override { return {}; }

 private:
  std::shared_ptr<const ProcessTable> table_;
};

class OneName final : public NameSource {
 public:
  explicit OneName(IpBytes named) : named_(named) {}
  std::string host(uint8_t ip_version, const IpBytes& address) override {
    return address == named_ ? "a.example" : address_text(ip_version, address);
  }
  std::string service(uint8_t /*proto*/, uint16_t port) override { return std::to_string(port); }

 private:
  IpBytes named_;
};

json flow_with(const JsonLines::Ends& ends, bool shown_high) {
  Snapshot snapshot = test::file_snapshot();
  snapshot.flows.resize(1);
  snapshot.flows[0].shown_high = shown_high;
  Page page;
  Output output(page.fd(), "page");
  EXPECT_TRUE(JsonLines(output, ends).report(snapshot));
  EXPECT_EQ(page.text().find("secret"), std::string::npos);
  return json::parse(page.text())["flows"][0];
}

TEST(JsonLines, AFlowHasItsProcessAndPublisher) {
  const FixedProcesses one(false);
  for (const bool shown_high : {false, true}) {
    const json flow = flow_with({&one, nullptr}, shown_high);
    EXPECT_EQ(flow["process"], "cu\"rl");
    EXPECT_EQ(flow["pid"], 5);
    EXPECT_EQ(flow["user"], "alice");
    EXPECT_EQ(flow["publisher"], "curl");
    EXPECT_FALSE(flow.contains("sha256"));
    EXPECT_FALSE(flow.contains("dst_process"));
    EXPECT_FALSE(flow.contains("src_name"));
  }
}

TEST(JsonLines, AFlowBetweenTwoProcessesHasBoth) {
  const FixedProcesses both(true);
  json flow = flow_with({&both, nullptr}, false);
  EXPECT_EQ(flow["pid"], 5);
  EXPECT_EQ(flow["dst_process"], "nginx");
  EXPECT_EQ(flow["dst_pid"], 6);
  EXPECT_FALSE(flow.contains("dst_publisher"));
  flow = flow_with({&both, nullptr}, true);
  EXPECT_EQ(flow["pid"], 6);
  EXPECT_EQ(flow["dst_publisher"], "curl");
}

TEST(JsonLines, OnlyAddressesThatHaveANameAreNamed) {
  Snapshot snapshot = test::file_snapshot();
  OneName names(snapshot.flows[0].key.low_addr);
  json flow = flow_with({nullptr, &names}, false);
  EXPECT_EQ(flow["src_name"], "a.example");
  EXPECT_FALSE(flow.contains("dst_name"));
  flow = flow_with({nullptr, &names}, true);
  EXPECT_EQ(flow["dst_name"], "a.example");
  EXPECT_FALSE(flow.contains("src_name"));
  EXPECT_FALSE(flow.contains("process"));
}

TEST(JsonLines, Events) {
  Event event;
  event.kind = Event::Kind::restart;
  event.capture = "eth0";
  event.reason = "The interface disappeared";
  event.time_ns = 5;
  event.attempt = 2;
  event.wait_ms = 500;
  EXPECT_EQ(event_of(event), (json{{"type", "event"},
                                   {"event", "restart"},
                                   {"capture", "eth0"},
                                   {"reason", "The interface disappeared"},
                                   {"time_ns", 5},
                                   {"attempt", 2},
                                   {"wait_ms", 500}}));
  event.kind = Event::Kind::resumed;
  event.gap_ns = 7;
  EXPECT_EQ(event_of(event)["gap_ns"], 7);
  event.kind = Event::Kind::damaged;
  EXPECT_EQ(event_of(event)["event"], "damaged");
  EXPECT_FALSE(event_of(event).contains("attempt"));
}

TEST(JsonLines, AHundredThousandFlows) {
  Snapshot snapshot = test::file_snapshot();
  snapshot.flows.assign(100'000, snapshot.flows[1]);
  Page page;
  Output output(page.fd(), "page");
  const auto start = std::chrono::steady_clock::now();
  ASSERT_TRUE(JsonLines(output).report(snapshot));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  // Measured 0.08 s; the limit leaves room for sanitizers and busy machines.
  EXPECT_LT(took.count(), 5.0);
  const json line = json::parse(page.text());
  EXPECT_EQ(line["flows"].size(), 100'000U);
}

}  // namespace
}  // namespace weir::report
