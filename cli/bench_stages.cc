#include "cli/bench_stages.h"

#include <algorithm>
#include <array>
#include <memory>
#include <span>

#include "cli/cycle_counter.h"
#include "cli/thread_use.h"
#include "engine/core/backend.h"
#include "engine/core/flow_update.h"
#include "engine/pipeline/make_update.h"
#include "parsers/parse.h"

namespace weir::cli {
namespace {

constexpr uint64_t kLeastPackets = 4'000'000;
constexpr uint64_t kHashSeed = 1;
/// Written round and round, as a worker's updates are, so that they stay in the cache.
using Updates = std::array<FlowUpdate, 256>;

void parse_batch(std::span<const PacketView> packets, Updates& updates) {
  const parsers::ParseOptions options;
  size_t at = 0;
  for (const PacketView& packet : packets) {
    FlowUpdate& update = updates[at];
    at = (at + 1) % updates.size();
    parsers::CommonPacket common;
    if (parsers::parse_common(packet, options, common)) {
      make_update(packet, common, update);
      hash_common(update, kHashSeed);
      continue;
    }
    parsers::ParsedPacket parsed;
    parsers::parse(packet, options, parsed);
    make_update(packet, parsed, false, kHashSeed, update);
  }
  // The compiler must not find out that nobody reads them.
  asm volatile("" : : "r"(updates.data()) : "memory");
}

/// Receives `packets` packets and calls `work` with each batch.
template <class Work>
Result<PacketCost> cost_of(CaptureQueue& queue, uint64_t packets, uint32_t batch, Work work) {
  const CycleCounter counter;
  const double started_s = thread_cpu_s();
  for (uint64_t left = packets; left != 0;) {
    const auto most = static_cast<uint32_t>(std::min<uint64_t>(left, batch));
    const Result<PacketBatch> received = queue.receive(most);
    if (!received) return fail(received.error());
    work(received->packets());
    left -= received->packets().size();
  }
  PacketCost cost;
  const auto count = static_cast<double>(packets);
  cost.ns = (thread_cpu_s() - started_s) * 1e9 / count;
  if (const auto cycles = counter.cycles()) cost.cycles = static_cast<double>(*cycles) / count;
  return cost;
}

}  // namespace

Result<LoneStages> measure_lone_stages(const backends::SyntheticOptions& link, uint32_t batch) {
  const uint64_t packets =
      std::min(link.packets, std::max(kLeastPackets, uint64_t{link.flows} * 2));
  backends::SyntheticOptions endless = link;
  endless.packets = 0;
  const std::unique_ptr<Backend> backend = backends::make_synthetic(endless);
  const Result<CaptureInfo> info = backend->open({});
  if (!info) return fail(info.error());
  CaptureQueue& queue = backend->queue(0);

  const auto generate =
      cost_of(queue, packets, batch, [](std::span<const PacketView> /*packets*/) {});
  const auto updates = std::make_unique<Updates>();
  const auto both = cost_of(queue, packets, batch, [&](std::span<const PacketView> views) {
    parse_batch(views, *updates);
  });
  backend->close();
  if (!generate) return fail(generate.error());
  if (!both) return fail(both.error());
  LoneStages stages{*generate, *both};
  stages.parse.ns -= generate->ns;
  if (both->cycles && generate->cycles) *stages.parse.cycles -= *generate->cycles;
  return stages;
}

}  // namespace weir::cli
