#include "tests/unit/report/sample.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <tuple>
#include <utility>

namespace weir::report::test {
namespace {

constexpr uint64_t kStart = 1'700'000'000'000'000'000;  // 2023-11-14 22:13:20 UTC
constexpr uint64_t kSecond = 1'000'000'000;

std::pair<uint8_t, IpBytes> parse_address(const std::string& text) {
  IpBytes bytes{};
  if (inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) return {uint8_t{4}, bytes};
  EXPECT_EQ(inet_pton(AF_INET6, text.c_str(), bytes.data()), 1) << text;
  return {uint8_t{6}, bytes};
}

void count(PacketCounts& packets, Verdict verdict, uint64_t packets_of_it) {
  packets.verdicts[static_cast<size_t>(verdict)] += packets_of_it;
  packets.received += packets_of_it;
}

void count(PacketCounts& packets, Reason reason, uint64_t packets_of_it) {
  packets.reasons[static_cast<size_t>(reason)] += packets_of_it;
}

GroupRow group_row(FlowKey group, uint64_t flows, Traffic sent, Traffic received) {
  return {group, flows, sent, received, kStart, kStart + 6 * kSecond};
}

FlowKey host_key(const std::string& text) {
  FlowKey key;
  std::tie(key.ip_version, key.low_addr) = parse_address(text);
  return key;
}

FlowKey service_key(uint8_t proto, uint16_t port) {
  FlowKey key;
  key.proto = proto;
  key.low_port = port;
  return key;
}

GroupTable file_hosts() {
  const auto host = [](const std::string& text, uint64_t flows, Traffic sent, Traffic received) {
    return group_row(host_key(text), flows, sent, received);
  };
  return {61'234,
          {host("192.168.1.10", 40'000, test::steady(2'000'000, 1'900'000'000, 0),
                test::steady(1'500'000, 700'000'000, 0)),
           host("93.184.216.34", 1, test::steady(410'000, 26'000'000, 0),
                test::steady(820'000, 1'120'000'000, 0)),
           host("2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff", 12, test::steady(999, 160'000, 0),
                test::steady(1'000, 80'000, 0))}};
}

GroupTable file_services() {
  return {1'203,
          {group_row(service_key(6, 443), 90'000, test::steady(1'600'000, 1'600'000'000, 0),
                     test::steady(1'400'000, 834'000'000, 0)),
           group_row(service_key(17, 53), 9'900, test::steady(1'000'000, 500'000'000, 0),
                     test::steady(998'995, 200'000'000, 0)),
           group_row(service_key(58, 0), 1, test::steady(5, 520, 0), test::steady(0, 0, 0))}};
}

GroupTable file_protocols() {
  GroupTable table = file_services();
  table.group_count = 3;
  for (GroupRow& row : table.rows) row.group.low_port = 0;
  return table;
}

}  // namespace

FlowRow flow_row(const Endpoint& local, const Endpoint& remote, uint8_t proto, Traffic sent,
                 Traffic received) {
  const auto [version, local_bytes] = parse_address(local.address);
  const auto [remote_version, remote_bytes] = parse_address(remote.address);
  EXPECT_EQ(version, remote_version);
  FlowRow row;
  row.shown_high = std::tie(remote_bytes, remote.port) < std::tie(local_bytes, local.port);
  row.key.low_addr = row.shown_high ? remote_bytes : local_bytes;
  row.key.high_addr = row.shown_high ? local_bytes : remote_bytes;
  row.key.low_port = row.shown_high ? remote.port : local.port;
  row.key.high_port = row.shown_high ? local.port : remote.port;
  row.key.proto = proto;
  row.key.ip_version = version;
  row.sent = sent;
  row.received = received;
  row.first_ns = kStart;
  row.last_ns = kStart + 6 * kSecond;
  return row;
}

Traffic steady(uint64_t packets, uint64_t ip_bytes, uint64_t rate) {
  return {packets, ip_bytes, ip_bytes + 14 * packets, rate, rate, rate, rate};
}

Snapshot file_snapshot() {
  Snapshot snapshot;
  snapshot.final = true;
  snapshot.time_ns = kStart + 6 * kSecond;
  snapshot.elapsed_ns = 6 * kSecond;
  snapshot.workers = 2;
  PacketCounts& packets = snapshot.accounting.packets;
  count(packets, Verdict::parsed, 4'999'000);
  count(packets, Reason::no_ports, 12'345);
  count(packets, Reason::fragment, 7);
  count(packets, Verdict::non_ip, 900);
  count(packets, Reason::arp, 880);
  count(packets, Reason::llc, 20);
  count(packets, Verdict::malformed, 98);
  count(packets, Reason::bad_ipv4_total_length, 98);
  count(packets, Verdict::short_capture, 2);
  count(packets, Reason::cut_transport_header, 2);
  packets.wire_bytes = 3'205'000'000;
  packets.ip_bytes = 3'134'000'000;
  packets.first_ns = kStart;
  packets.last_ns = snapshot.time_ns;
  snapshot.accounting.tracked = 4'998'990;
  snapshot.accounting.untracked = 10;
  snapshot.accounting.dropped_kernel = 0;
  CaptureSummary capture;
  capture.backend = "pcap_file";
  capture.name = "a.pcap";
  capture.state = CaptureSummary::State::ended;
  capture.packets = packets;
  capture.dropped_kernel = 0;
  snapshot.captures.push_back(capture);
  snapshot.flow_count = 100'000;
  snapshot.sent = steady(2'600'000, 2'100'000'000, 2'800'000'000);
  snapshot.received = steady(2'399'000, 1'034'000'000, 1'378'666'666);
  snapshot.both = steady(4'999'000, 3'134'000'000, 4'178'666'666);
  snapshot.flows = {
      flow_row({"192.168.1.10", 51234}, {"93.184.216.34", 443}, 6,
               steady(820'000, 1'120'000'000, 1'493'333'333),
               steady(410'000, 26'000'000, 34'666'666)),
      flow_row({"2001:db8:aaaa:bbbb:cccc:dddd:eeee:1", 40000},
               {"2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff", 53}, 17, steady(1'000, 80'000, 106'666),
               steady(999, 160'000, 213'333)),
      flow_row({"2001:db8::1", 0}, {"2001:db8::2", 0}, 58, steady(5, 520, 693), steady(0, 0, 0)),
  };
  snapshot.groups = {file_hosts(), file_services(), file_protocols()};
  for (uint32_t i = 0; i < 7; ++i) {
    // The first and the last second are not whole; nothing was received in the third.
    const uint64_t part = i == 0 || i == 6 ? 2 : 1;
    snapshot.seconds.push_back({static_cast<uint32_t>(kStart / kSecond) + i,
                                (i + 1) * 50'000'000 / part, i == 2 ? 0 : 172'000'000 / part});
  }
  return snapshot;
}

Snapshot live_snapshot() {
  Snapshot snapshot = file_snapshot();
  CaptureSummary& eth0 = snapshot.captures.front();
  eth0.backend = "pcap";
  eth0.name = "eth0";
  eth0.state = CaptureSummary::State::running;
  eth0.dropped_kernel = 70;
  eth0.dropped_nic = 5;
  CaptureSummary eth1;
  eth1.backend = "pcap";
  eth1.name = "eth1";
  eth1.link_type = LinkType::linux_sll2;
  eth1.queues = 2;
  eth1.state = CaptureSummary::State::waiting;
  eth1.restarts = 3;
  eth1.gap_ns = 3'250'000'000;
  eth1.dropped_kernel = 7;
  snapshot.captures.push_back(eth1);
  snapshot.accounting.dropped_kernel = 77;
  snapshot.accounting.restarts = 3;
  snapshot.expired_flows = 17;
  return snapshot;
}

Page::Page() : fd_(memfd_create("page", 0)) {
  EXPECT_GE(fd_, 0);
}

Page::~Page() {
  close(fd_);
}

std::string Page::text() const {
  std::string all;
  char part[4096];
  for (off_t at = 0;; at = static_cast<off_t>(all.size())) {
    const ssize_t got = pread(fd_, part, sizeof part, at);
    if (got <= 0) return all;
    all.append(part, static_cast<size_t>(got));
  }
}

std::string golden(const std::string& name) {
  const std::string path = std::string(WEIR_GOLDEN_DIR) + "/" + name;
  std::ifstream file(path);
  EXPECT_TRUE(file.is_open()) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string golden(const std::string& name, const std::string& now) {
  if (getenv("WEIR_UPDATE_GOLDEN") != nullptr) {  // NOLINT(concurrency-mt-unsafe): one thread
    std::ofstream(std::string(WEIR_GOLDEN_DIR) + "/" + name) << now;
  }
  return golden(name);
}

}  // namespace weir::report::test
