// The parts between parser and screen: ring, shard, merge, snapshot.

#include <benchmark/benchmark.h>

#include <cstring>
#include <vector>

#include "engine/core/clock.h"
#include "engine/flow/hash.h"
#include "engine/pipeline/bounded_ring.h"
#include "engine/pipeline/merger.h"
#include "engine/pipeline/shard.h"

namespace weir {
namespace {

constexpr uint64_t kStart = 1'700'000'000 * kNsPerSecond;

FlowKey key_of(uint32_t number) {
  FlowKey key;
  key.ip_version = 4;
  key.proto = 6;
  std::memcpy(key.low_addr.data(), &number, sizeof number);
  key.high_port = 443;
  return key;
}

/// One thread putting and taking: what the queue itself costs, without cache lines moving.
void Ring(benchmark::State& state) {
  const auto bulk = static_cast<size_t>(state.range(0));
  BoundedRing<FlowUpdate> ring(1, 8192);
  std::vector<FlowUpdate> items(bulk);
  std::vector<FlowUpdate> out(bulk);
  for (auto _ : state) {
    ring.put(0, items.data(), bulk);
    benchmark::DoNotOptimize(ring.take(out.data(), bulk));
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(bulk));
}
BENCHMARK(Ring)->ArgName("bulk")->Arg(1)->Arg(32)->Arg(256);

/// Packets of `flows` flows into a shard, 100 ns of packet time apart, deltas taken and thrown
/// away.
void ShardApply(benchmark::State& state) {
  const auto flows = static_cast<uint32_t>(state.range(0));
  Waker waker;
  Shard::Config config;
  config.capacity = flows * 2;
  config.lossless = false;
  const LocalSides sides;
  Shard shard(config, sides, waker);
  std::vector<FlowUpdate> updates(1U << 16);
  uint32_t number = 0;
  for (FlowUpdate& update : updates) {
    number = (number + 7919) % flows;
    update.flow.assign(key_of(number), symmetric_hash(key_of(number), 0));
    update.ip_bytes = update.wire_bytes = 60;
  }
  std::vector<Delta> out(1024);
  uint64_t ts_ns = kStart;
  constexpr size_t kBatch = 256;
  size_t at = 0;
  for (auto _ : state) {
    for (size_t i = 0; i < kBatch; ++i) updates[at + i].ts_ns = ts_ns += 100;
    shard.apply({&updates[at], kBatch});
    at = (at + kBatch) % updates.size();
    shard.ring().take(out.data(), out.size());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kBatch));
}
BENCHMARK(ShardApply)->ArgName("flows")->Arg(1000)->Arg(60'000);

/// Deltas of one second of `flows` flows into the reporter's view.
void Merge(benchmark::State& state) {
  const auto flows = static_cast<uint32_t>(state.range(0));
  Merger merger({.shards = 1, .shard_capacity = flows, .flows_in_one_shard = true});
  Delta delta;
  for (uint32_t i = 0; i < flows; ++i) {
    delta.kind = Delta::Kind::opened;
    delta.entry = i;
    delta.key = key_of(i);
    merger.apply(0, delta);
  }
  delta.kind = Delta::Kind::traffic;
  uint32_t second = 1'700'000'000;
  for (auto _ : state) {
    delta.traffic = {second++, 0, 1000, {SlotCounts{1, 60, 60}, SlotCounts{1, 60, 60}}, 0};
    for (uint32_t i = 0; i < flows; ++i) {
      delta.entry = i;
      merger.apply(0, delta);
    }
    merger.complete();
    merger.forget(second * kNsPerSecond, second * kNsPerSecond, 0);
  }
  state.SetItemsProcessed(state.iterations() * flows);
}
BENCHMARK(Merge)->ArgName("flows")->Arg(1000)->Arg(100'000)->Unit(benchmark::kMillisecond);

/// A snapshot with the ten largest of `flows` flows, all of them active in each of the last 40
/// seconds.
void TakeSnapshot(benchmark::State& state) {
  const auto flows = static_cast<uint32_t>(state.range(0));
  Merger merger({.shards = 1, .shard_capacity = flows, .flows_in_one_shard = true});
  Delta delta;
  for (uint32_t i = 0; i < flows; ++i) {
    delta.kind = Delta::Kind::opened;
    delta.entry = i;
    delta.key = key_of(i);
    merger.apply(0, delta);
    delta.kind = Delta::Kind::traffic;
    for (uint32_t second = 0; second < 40; ++second) {
      delta.traffic = {
          1'700'000'000 + second, 0, 1000, {SlotCounts{1, 60, 60}, SlotCounts{1, i, i}}, 0};
      merger.apply(0, delta);
    }
  }
  const uint64_t now_ns = kStart + 40 * kNsPerSecond;
  merger.complete();
  Snapshot snapshot;
  for (auto _ : state) {
    merger.fill(snapshot, kStart, now_ns, {});
    benchmark::DoNotOptimize(snapshot.flows.data());
  }
  state.SetItemsProcessed(state.iterations() * flows);
}
BENCHMARK(TakeSnapshot)->ArgName("flows")->Arg(1000)->Arg(100'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weir

BENCHMARK_MAIN();
