// Hash and flow table, beside the bare look-up limit of performance goals. Table sizes: in L2, in
// L3, in DRAM.

#include <benchmark/benchmark.h>

#include <cstring>
#include <random>
#include <vector>

#include "engine/core/flow_update.h"
#include "engine/flow/bare_lookup.h"
#include "engine/flow/flow_table.h"
#include "engine/flow/hash.h"

namespace weir {
namespace {

constexpr size_t kBatch = 64;

FlowKey key_of(uint32_t number, bool ipv6) {
  FlowKey key;
  key.ip_version = ipv6 ? 6 : 4;
  key.proto = 6;
  std::memcpy(key.low_addr.data(), &number, sizeof number);
  key.high_addr[0] = 198;
  key.low_port = static_cast<uint16_t>(number);
  key.high_port = 443;
  return key;
}

/// Keys of `flows` flows in random order, each several times.
std::vector<FlowUpdate> updates_of(uint32_t flows, bool ipv6, uint32_t first = 0) {
  std::mt19937 random(1);
  std::vector<FlowUpdate> updates(1U << 16);
  for (FlowUpdate& update : updates) {
    const FlowKey key = key_of(first + static_cast<uint32_t>(random() % flows), ipv6);
    update.flow.assign(key, symmetric_hash(key, 1));
  }
  return updates;
}

void Hash(benchmark::State& state) {
  const bool ipv6 = state.range(0) == 6;
  FlowKey key = key_of(1, ipv6);
  for (auto _ : state) {
    benchmark::DoNotOptimize(symmetric_hash(key, 1));
    ++key.low_port;
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(Hash)->ArgName("ipv")->Arg(4)->Arg(6);

/// Batches through the three passes, as Shard::apply makes them; hit or miss.
void Table(benchmark::State& state, bool ipv6, bool hit) {
  const auto flows = static_cast<uint32_t>(state.range(0));
  FlowTable table(flows * 2, 1, FlowTable::Growth::none);
  for (uint32_t i = 0; i < flows; ++i) {
    const FlowKey key = key_of(i, ipv6);
    HashedKey flow{};
    flow.assign(key, symmetric_hash(key, 1));
    table.insert(flow);
  }
  const auto updates = updates_of(flows, ipv6, hit ? 0 : flows);
  size_t at = 0;
  for (auto _ : state) {
    const FlowUpdate* batch = &updates[at];
    at = (at + kBatch) % updates.size();
    for (size_t i = 0; i < kBatch; ++i) table.prefetch_bucket(batch[i].flow.hash);
    for (size_t i = 0; i < kBatch; ++i) table.prefetch_entry(batch[i].flow);
    for (size_t i = 0; i < kBatch; ++i) {
      const uint32_t number = table.find(batch[i].flow);
      if (number != BucketIndex::kNone) ++table.entry(number).counts[0].packets;
      benchmark::DoNotOptimize(number);
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kBatch));
}
BENCHMARK_CAPTURE(Table, ipv4_hit, false, true)
    ->ArgName("flows")
    ->Arg(1000)
    ->Arg(100'000)
    ->Arg(1'000'000);
BENCHMARK_CAPTURE(Table, ipv4_miss, false, false)->ArgName("flows")->Arg(1000)->Arg(1'000'000);
BENCHMARK_CAPTURE(Table, ipv6_hit, true, true)->ArgName("flows")->Arg(1000)->Arg(1'000'000);

void BareLookup(benchmark::State& state) {
  double mpps = 0;
  for (auto _ : state) mpps = bare_lookup_mpps(static_cast<uint64_t>(state.range(0)));
  state.counters["lookups_Mps"] = mpps;
}
BENCHMARK(BareLookup)->ArgName("flows")->Arg(1000)->Arg(100'000)->Arg(1'000'000)->Iterations(1);

}  // namespace
}  // namespace weir

BENCHMARK_MAIN();
