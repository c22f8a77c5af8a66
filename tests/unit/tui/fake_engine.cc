#include "tests/unit/tui/fake_engine.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <tuple>
#include <type_traits>

#include "engine/pipeline/order.h"
#include "report/format.h"

namespace weir::tui::test {
namespace {

constexpr uint64_t kStart = 1'700'000'000'000'000'000;
constexpr uint64_t kSecond = 1'000'000'000;

std::pair<uint8_t, IpBytes> parse(const std::string& text) {
  IpBytes bytes{};
  if (inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) return {uint8_t{4}, bytes};
  EXPECT_EQ(inet_pton(AF_INET6, text.c_str(), bytes.data()), 1) << text;
  return {uint8_t{6}, bytes};
}

Traffic traffic(uint64_t rate) {
  Traffic made;
  made.rate_2s = 2 * rate;
  made.rate_10s = rate;
  made.rate_40s = rate / 2;
  made.rate_peak = 3 * rate;
  made.ip_bytes = rate * 60 / 8;
  made.packets = made.ip_bytes / 700 + (rate > 0 ? 1 : 0);
  made.wire_bytes = made.ip_bytes + 14 * made.packets;
  return made;
}

void add(Traffic& to, const Traffic& more) {
  to.packets += more.packets;
  to.ip_bytes += more.ip_bytes;
  to.wire_bytes += more.wire_bytes;
  to.rate_2s += more.rate_2s;
  to.rate_10s += more.rate_10s;
  to.rate_40s += more.rate_40s;
  to.rate_peak += more.rate_peak;
}

template <class Row, class AddressOf>
void sort_and_cut(std::vector<Row>& rows, FlowOrder order, OrderSide side, uint64_t limit,
                  AddressOf address_of) {
  const auto figure = [&](const Row& row) {
    uint64_t flows = 1;
    if constexpr (std::is_same_v<Row, GroupRow>) flows = row.flows;
    return figure_of(row.sent, row.received, row.last_ns - row.first_ns, flows, order, side);
  };
  std::stable_sort(rows.begin(), rows.end(), [&](const Row& one, const Row& other) {
    if (order == FlowOrder::source || order == FlowOrder::destination) {
      return address_of(one) < address_of(other);
    }
    return figure(one) > figure(other);
  });
  if (limit > 0 && rows.size() > limit) rows.resize(limit);
}

struct KeyLess {
  bool operator()(const FlowKey& one, const FlowKey& other) const {
    return std::memcmp(&one, &other, sizeof one) < 0;
  }
};

GroupTable table_of(const std::vector<FlowRow>& flows, const GroupQuery& query) {
  std::map<FlowKey, GroupRow, KeyLess> groups;
  for (const FlowRow& flow : flows) {
    if (query.filter != nullptr && !query.filter->shows(flow.key, flow.shown_high)) continue;
    std::array<GroupMember, 2> members;
    const uint32_t count = query.grouper->groups_of(flow.key, flow.shown_high, members);
    for (uint32_t at = 0; at < count; ++at) {
      GroupRow& row = groups[members[at].group];
      row.group = members[at].group;
      ++row.flows;
      add(row.sent, members[at].reversed ? flow.received : flow.sent);
      add(row.received, members[at].reversed ? flow.sent : flow.received);
      row.first_ns = row.first_ns == 0 ? flow.first_ns : std::min(row.first_ns, flow.first_ns);
      row.last_ns = std::max(row.last_ns, flow.last_ns);
    }
  }
  GroupTable table;
  table.group_count = groups.size();
  for (const auto& [key, row] : groups) table.rows.push_back(row);
  const bool low = query.order != FlowOrder::destination;
  sort_and_cut(table.rows, query.order, query.side, query.limit, [&](const GroupRow& row) {
    return std::make_tuple(low ? row.group.low_addr : row.group.high_addr);
  });
  return table;
}

class OfficeTable final : public report::ProcessTable {
 public:
  std::array<uint32_t, 2> owners_of(const FlowKey& key) const override {
    const uint32_t low = owner(key, key.low_addr, key.low_port);
    const uint32_t high = owner(key, key.high_addr, key.high_port);
    if (low == kRemote && high == kRemote) return {kForwarded, kForwarded};
    return {low, high};
  }
  const report::Process* process(uint32_t number) const override {
    if (number == kFirstProcess) return &browser_;
    return number == kFirstProcess + 1 ? &server_ : nullptr;
  }

 private:
  static uint32_t owner(const FlowKey& key, const IpBytes& address, uint16_t port) {
    const bool local = key.ip_version == 4 ? address[0] == 192 : address[15] == 0x10;
    if (!local) return kRemote;
    if (key.proto == 1 || key.proto == 58) return kKernel;
    if (port == 22) return kFirstProcess + 1;
    return port >= 50000 ? kFirstProcess : kUnknown;
  }
  report::Process browser_{1234, "firefox", "alice", "user@1000.service", {}};
  report::Process server_{77, "sshd", "root", "ssh.service", {}};
};

}  // namespace

FlowRow make_flow(const FlowSpec& spec) {
  const auto [version, local] = parse(spec.local);
  const IpBytes remote = parse(spec.remote).second;
  FlowRow row;
  row.shown_high = std::tie(remote, spec.remote_port) < std::tie(local, spec.local_port);
  row.key.low_addr = row.shown_high ? remote : local;
  row.key.high_addr = row.shown_high ? local : remote;
  row.key.low_port = row.shown_high ? spec.remote_port : spec.local_port;
  row.key.high_port = row.shown_high ? spec.local_port : spec.remote_port;
  row.key.proto = spec.proto;
  row.key.ip_version = version;
  if (spec.vlan > 0) {
    row.key.vlan_count = 1;
    row.key.vlans[0] = spec.vlan;
  }
  row.sent = traffic(spec.sent_rate);
  row.received = traffic(spec.received_rate);
  row.tcp_flags = spec.proto == 6 ? 0x1a : 0;
  row.first_ns = kStart;
  row.last_ns = kStart + 6 * kSecond;
  return row;
}

FakeEngine::FakeEngine() : flows(office_flows()) {
  CaptureSummary capture;
  capture.backend = "af_packet";
  capture.name = "eth0";
  captures.push_back(capture);
  accounting.dropped_kernel = 0;
  accounting.dropped_nic = 0;
}

std::shared_ptr<const Snapshot> FakeEngine::answer(const FlowQuery& query, uint32_t second) const {
  Snapshot snapshot;
  snapshot.query = query.number;
  snapshot.time_ns = kStart + second * kSecond;
  snapshot.elapsed_ns = second * kSecond;
  snapshot.monotonic_ns = snapshot.elapsed_ns;
  snapshot.workers = 2;
  snapshot.threads.resize(2);
  snapshot.accounting = accounting;
  snapshot.accounting.packets.received = second * uint64_t{1'500'000};
  snapshot.accounting.packets.verdicts[static_cast<size_t>(Verdict::parsed)] =
      snapshot.accounting.packets.received;
  snapshot.captures = captures;
  snapshot.flow_count = flows.size();
  for (const FlowRow& flow : flows) {
    add(snapshot.sent, flow.sent);
    add(snapshot.received, flow.received);
    if (query.filter != nullptr && !query.filter->shows(flow.key, flow.shown_high)) continue;
    snapshot.flows.push_back(flow);
  }
  add(snapshot.both, snapshot.sent);
  add(snapshot.both, snapshot.received);
  snapshot.shown_flows = snapshot.flows.size();
  const bool source = query.order == FlowOrder::source;
  sort_and_cut(snapshot.flows, query.order, query.side, query.limit, [&](const FlowRow& row) {
    return std::make_tuple(source ? row.src_addr() : row.dst_addr());
  });
  for (const GroupQuery& group : query.groups) snapshot.groups.push_back(table_of(flows, group));
  for (uint32_t at = 0; at < 41; ++at) {
    snapshot.seconds.push_back({static_cast<uint32_t>(kStart / kSecond) + second - 40 + at,
                                uint64_t{1'000'000} * (at % 10), uint64_t{2'000'000} * (at % 7)});
  }
  return std::make_shared<const Snapshot>(std::move(snapshot));
}

std::vector<FlowRow> office_flows() {
  const std::vector<FlowSpec> specs = {
      {"192.168.1.10", 51234, "93.184.216.34", 443, 6, 1'500'000, 48'000'000, 0},
      {"192.168.1.10", 51235, "93.184.216.34", 443, 6, 200'000, 3'000'000, 0},
      {"192.168.1.10", 51300, "203.0.113.7", 80, 6, 12'000, 900'000, 0},
      {"192.168.1.11", 51400, "198.51.100.20", 443, 6, 22'000'000, 700'000, 5},
      {"192.168.1.11", 40000, "198.51.100.20", 443, 17, 5'000'000, 4'800'000, 5},
      {"192.168.1.12", 22, "203.0.113.99", 60022, 6, 64'000, 8'000, 7},
      {"192.168.1.12", 0, "203.0.113.99", 0, 1, 800, 800, 7},
      {"192.168.1.13", 51500, "192.168.1.10", 445, 6, 150'000'000, 2'000'000, 0},
      {"2001:db8::10", 55000, "2001:db8:ffff:1111:2222:3333:4444:5555", 443, 6, 300'000, 7'000'000,
       0},
      {"2001:db8::10", 0, "2001:db8:1::1", 0, 58, 700, 700, 0},
      {"192.168.1.10", 50053, "192.168.1.1", 53, 17, 900, 2'400, 0},
      {"192.168.1.14", 50123, "198.51.100.123", 123, 17, 0, 0, 0},
  };
  std::vector<FlowRow> rows;
  for (const FlowSpec& spec : specs) rows.push_back(make_flow(spec));
  return rows;
}

std::vector<FlowRow> many_flows(size_t count) {
  std::vector<FlowRow> rows;
  rows.reserve(count);
  for (size_t at = 0; at < count; ++at) {
    const std::string low = std::to_string(at / 256 % 256) + "." + std::to_string(at % 256);
    rows.push_back(make_flow({"192.168." + low, static_cast<uint16_t>(50000 + at % 1000),
                              "10.1." + low, 443, 6, 1000 * (count - at), 500 * at, 0}));
  }
  return rows;
}

std::string OfficeNames::host(uint8_t ip_version, const IpBytes& address) {
  std::string text = report::address_text(ip_version, address);
  if (text == "192.168.1.10") return "pc.office.example";
  if (text == "93.184.216.34") return "example.com";
  if (text == "198.51.100.20") {
    return "ec2-198-51-100-20.eu-central-1.compute.a-very-long-name-of-a-cloud.example";
  }
  return text;
}

std::string OfficeNames::service(uint8_t /*proto*/, uint16_t port) {
  if (port == 443) return "https";
  if (port == 53) return "domain";
  return port == 22 ? "ssh" : std::to_string(port);
}

std::string OfficeNames::origin(uint8_t ip_version, const IpBytes& address) {
  const bool cloud = report::address_text(ip_version, address) == "93.184.216.34";
  return cloud ? "US AS15133 Edgecast" : "";
}

void OfficeProcesses::renew() {
  table_ = std::make_shared<OfficeTable>();
}

}  // namespace weir::tui::test
