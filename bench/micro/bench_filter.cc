// Display filters over a million flows; an item is a flow.

#include <benchmark/benchmark.h>

#include <cstring>
#include <random>
#include <vector>

#include "report/filter/display_filter.h"

namespace weir {
namespace {

constexpr uint32_t kFlows = 1'000'000;

std::vector<FlowKey> flows_of(uint8_t ip_version) {
  std::mt19937 random(1);
  std::vector<FlowKey> keys(kFlows);
  for (FlowKey& key : keys) {
    key.ip_version = ip_version;
    key.proto = random() % 4 == 0 ? 17 : 6;
    key.low_addr = {10, static_cast<uint8_t>(random()), static_cast<uint8_t>(random())};
    key.high_addr = {static_cast<uint8_t>(32 + random() % 64)};
    const size_t size = ip_version == 4 ? 4 : 16;
    for (size_t i = 1; i < size; ++i) key.high_addr[i] = static_cast<uint8_t>(random());
    key.low_port = static_cast<uint16_t>(1024 + random() % 60'000);
    key.high_port = random() % 2 == 0 ? 443 : 53;
  }
  return keys;
}

void Ask(benchmark::State& state, const char* text, uint8_t ip_version, bool with_names) {
  const std::vector<FlowKey> keys = flows_of(ip_version);
  report::NumbersOnly names;
  const auto filter = report::parse_display_filter(text, with_names ? &names : nullptr);
  if (!filter || !*filter) return state.SkipWithError("no filter");
  uint64_t shown = 0;
  for (auto _ : state) {
    shown = 0;
    for (const FlowKey& key : keys) shown += (*filter)->shows(key, false) ? 1 : 0;
    benchmark::DoNotOptimize(shown);
  }
  state.SetItemsProcessed(state.iterations() * kFlows);
  state.counters["shown"] = static_cast<double>(shown);
  state.counters["ns_per_flow"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * kFlows / 1e9,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

#define WEIR_FILTER(name, ...) \
  BENCHMARK_CAPTURE(Ask, name, __VA_ARGS__)->Unit(benchmark::kMillisecond)

WEIR_FILTER(port, "port 443", 4, false);
WEIR_FILTER(net, "net 10.1.0.0/16", 4, false);
WEIR_FILTER(four_terms, "tcp and (net 10.0.0.0/8 or port 53) and not host 10.0.0.1", 4, false);
WEIR_FILTER(host_part, "host example", 4, false);
WEIR_FILTER(host_part_names, "host example", 4, true);
WEIR_FILTER(text, "10.1.2", 4, false);
WEIR_FILTER(text_names, "example", 4, true);
WEIR_FILTER(text_ip6, "a:b", 6, false);
WEIR_FILTER(regex, "/\\.1[0-9]:.*443/", 4, false);
WEIR_FILTER(regex_names, "/exam.*443/", 4, true);

}  // namespace
}  // namespace weir

BENCHMARK_MAIN();
