// Parsing one packet, by kind: the straight path, what the general path does instead, tunnels.

#include <benchmark/benchmark.h>

#include <cstdint>
#include <string_view>
#include <vector>

#include "parsers/parse.h"

namespace weir {
namespace {

using parsers::ParsedPacket;
using parsers::ParseOptions;

std::vector<uint8_t> from_hex(std::string_view hex) {
  std::vector<uint8_t> bytes;
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<uint8_t>(digit(hex[i]) << 4 | digit(hex[i + 1])));
  }
  return bytes;
}

std::vector<uint8_t> operator+(std::vector<uint8_t> head, const std::vector<uint8_t>& tail) {
  head.insert(head.end(), tail.begin(), tail.end());
  return head;
}

// Headers of frames, one after the other: addresses 10.0.0.1 and 198.18.0.1, ports 5000 and 443.
const auto kMacs = from_hex("020000000001020000000002");
const auto kVlan = from_hex("81000005");
const auto kIpv4 = from_hex("0800");
const auto kIpv6 = from_hex("86dd");
const auto kTcp4 = from_hex(
    "4500002e00000000400600000a000001c6120001"
    "138801bb00000000000000005010000000000000000000000000");
const auto kUdp4 = from_hex(
    "4500002e00000000401100000a000001c6120001"
    "138801bb001a0000000000000000000000000000000000000000");
const auto kOptions4 = from_hex(
    "4600003200000000400600000a000001c612000101010101"
    "138801bb00000000000000005010000000000000000000000000");
const auto kTcp6 = from_hex(
    "6000000000140640fd0000000000000000000000000000012001"
    "0db8000000000000000000000001138801bb00000000000000005010000000000000");
const auto kExtended6 = from_hex(
    "60000000001c0040fd0000000000000000000000000000012001"
    "0db80000000000000000000000010600000000000000138801bb00000000000000005010000000000000");
// Outer IPv4 and UDP to port 4789, VXLAN header, then a whole frame.
const auto kVxlan = from_hex(
    "450000600000000040110000c0000201c0000202"
    "c00012b5004c00000800000000000500");

struct Case {
  const char* name;
  std::vector<uint8_t> frame;
  bool decap = false;
};

void Parse(benchmark::State& state, const Case& one) {
  PacketView packet;
  packet.data = one.frame.data();
  packet.cap_len = packet.wire_len = static_cast<uint32_t>(one.frame.size());
  const ParseOptions options{one.decap};
  ParsedPacket parsed;
  for (auto _ : state) {
    parsers::parse(packet, options, parsed);
    benchmark::DoNotOptimize(parsed);
  }
  if (parsed.verdict != Verdict::parsed) state.SkipWithError("the frame does not parse");
  state.SetItemsProcessed(state.iterations());
}

const Case kCases[] = {
    {"ipv4_tcp", kMacs + kIpv4 + kTcp4},
    {"ipv4_udp", kMacs + kIpv4 + kUdp4},
    {"vlan_ipv4_tcp", kMacs + kVlan + kIpv4 + kTcp4},
    {"qinq_ipv4_tcp", kMacs + kVlan + kVlan + kIpv4 + kTcp4},
    {"ipv4_options_tcp", kMacs + kIpv4 + kOptions4},
    {"ipv6_tcp", kMacs + kIpv6 + kTcp6},
    {"ipv6_hopopts_tcp", kMacs + kIpv6 + kExtended6},
    {"vxlan_outer", kMacs + kIpv4 + kVxlan + kMacs + kIpv4 + kTcp4},
    {"vxlan_decap", kMacs + kIpv4 + kVxlan + kMacs + kIpv4 + kTcp4, true},
};

[[maybe_unused]] const bool registered = [] {
  for (const Case& one : kCases) {
    benchmark::RegisterBenchmark(("Parse/" + std::string(one.name)).c_str(), Parse, one);
  }
  return true;
}();

}  // namespace
}  // namespace weir

BENCHMARK_MAIN();
