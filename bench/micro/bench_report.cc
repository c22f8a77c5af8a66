// What the reporter does with merged flows: windows, and a snapshot as text.

#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstring>

#include "engine/core/clock.h"
#include "engine/flow/rate_windows.h"
#include "report/json_lines.h"
#include "report/output.h"

namespace weir {
namespace {

constexpr uint32_t kStartSecond = 1'700'000'000;

/// A record a flow and second, and the seconds that no window reaches forgotten.
void WindowsAdd(benchmark::State& state) {
  const auto flows = static_cast<uint32_t>(state.range(0));
  RateWindows windows;
  uint32_t second = kStartSecond;
  for (auto _ : state) {
    for (uint32_t flow = 0; flow < flows; ++flow) {
      windows.add(flow, second, 0, 1000, 2, 60, 60);
    }
    ++second;
    windows.forget(second - RateWindows::kKeptSeconds, second, 0);
  }
  state.SetItemsProcessed(state.iterations() * flows);
}
BENCHMARK(WindowsAdd)->ArgName("flows")->Arg(1000)->Arg(100'000);

/// The totals of the three windows over 41 full seconds; an item is a record.
void WindowsTotal(benchmark::State& state) {
  const auto flows = static_cast<uint32_t>(state.range(0));
  RateWindows windows;
  for (uint32_t second = 0; second < RateWindows::kKeptSeconds; ++second) {
    for (uint32_t flow = 0; flow < flows; ++flow) {
      windows.add(flow, kStartSecond + second, 0, 1000, 2, 60, 60);
    }
  }
  const uint64_t now_ns = (kStartSecond + RateWindows::kKeptSeconds - 1) * kNsPerSecond + 500;
  const auto span = RateWindows::span_at(kStartSecond * kNsPerSecond, now_ns);
  for (auto _ : state) {
    windows.combine_edges(span, flows);
    benchmark::DoNotOptimize(windows.total(span));
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(windows.records()));
}
BENCHMARK(WindowsTotal)->ArgName("flows")->Arg(1000)->Arg(100'000)->Unit(benchmark::kMillisecond);

Snapshot snapshot_of(uint32_t flows) {
  Snapshot snapshot;
  snapshot.time_ns = kStartSecond * kNsPerSecond;
  snapshot.elapsed_ns = 40 * kNsPerSecond;
  snapshot.flow_count = flows;
  for (uint32_t i = 0; i < flows; ++i) {
    FlowRow row;
    row.key.ip_version = 4;
    row.key.proto = 6;
    std::memcpy(row.key.low_addr.data(), &i, sizeof i);
    row.key.high_addr = {198, 18, 3, 77};
    row.key.low_port = 443;
    row.key.high_port = static_cast<uint16_t>(1024 + i % 60'000);
    row.sent = {1000 + i, 60'000 + i, 64'000 + i, 12'345, 2'345, 345, 123'456};
    row.received = row.sent;
    row.first_ns = snapshot.time_ns;
    row.last_ns = snapshot.time_ns + i;
    snapshot.flows.push_back(row);
  }
  return snapshot;
}

/// A snapshot with so many flows to /dev/null; an item is a flow.
template <class Format>
void Print(benchmark::State& state, Format make) {
  const auto flows = static_cast<uint32_t>(state.range(0));
  const Snapshot snapshot = snapshot_of(flows);
  const int fd = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  report::Output output(fd, "/dev/null");
  auto sink = make(output);
  for (auto _ : state) {
    if (!sink.report(snapshot)) state.SkipWithError("it could not be written");
  }
  state.SetItemsProcessed(state.iterations() * flows);
  ::close(fd);
}
void JsonLine(benchmark::State& state) {
  Print(state, [](report::Output& output) { return report::JsonLines(output); });
}
BENCHMARK(JsonLine)->ArgName("flows")->Arg(1)->Arg(100)->Arg(10'000);

}  // namespace
}  // namespace weir

BENCHMARK_MAIN();
