#include "cli/bench.h"

#include <fmt/core.h>

#include <cstdio>
#include <map>
#include <utility>

#include "backends/registry.h"
#include "cli/failure.h"
#include "engine/core/clock.h"
#include "engine/flow/bare_lookup.h"
#include "engine/pipeline/engine.h"

namespace weir::cli {
namespace {

/// Preamble, start delimiter and inter-frame gap: what a frame takes on the wire beside itself,
/// bytes.
constexpr uint32_t kWireOverhead = 20;
/// 7:4:1 of 64, 594 and 1518 bytes.
constexpr double kImixMean = (7 * 64 + 4 * 594 + 1518) / 12.0;

struct Setup {
  unsigned workers = 1;
  uint64_t flows = 0;
  uint32_t packet_size = 0;
};

struct Measurement {
  double mpps = 0;
  double gbps = 0;
  double ns_per_packet = 0;
  bool exact = false;
};

/// Takes the snapshots as a user's screen would, so that building them is part of what is measured.
class LastSnapshot final : public Sink {
 public:
  Result<void> report(const Snapshot& snapshot) override {
    last = snapshot;
    return {};
  }
  Result<void> event(const Event& /*event*/) override { return {}; }
  Snapshot last;
};

Result<Measurement> measure(const BenchOptions& options, const Setup& setup) {
  const double frame = options.imix ? kImixMean : setup.packet_size;
  backends::SyntheticOptions synthetic;
  synthetic.packets = options.packets;
  synthetic.flows = static_cast<uint32_t>(setup.flows);
  synthetic.packet_size = setup.packet_size;
  synthetic.imix = options.imix;
  synthetic.ipv6_percent = 0;
  // Packet time as on a full 10 Gbit/s link, so that seconds and windows are as busy as there.
  synthetic.gap_ns = static_cast<uint64_t>((frame + kWireOverhead) * 8 / 10);

  EngineConfig config;
  config.workers = setup.workers;
  config.cpus = options.cpus;
  config.batch = options.batch;
  config.max_flows = options.max_flows != 0 ? options.max_flows : setup.flows * 2;
  config.interval_ns = kNsPerSecond;
  config.hash_seed = 1;
  std::vector<std::unique_ptr<Backend>> captures;
  captures.push_back(backends::make_synthetic(synthetic));
  const SystemClock clock;
  Engine engine(config, std::move(captures), {}, clock);
  if (auto started = engine.start(); !started) return fail(started.error());
  LastSnapshot sink;
  const uint64_t started_ns = clock.monotonic_ns();
  const RunResult run = engine.run({&sink});
  const auto elapsed_ns = static_cast<double>(clock.monotonic_ns() - started_ns);
  if (run.error) return fail(*run.error);

  const Accounting& accounting = sink.last.accounting;
  Measurement result;
  result.mpps = static_cast<double>(options.packets) * 1e3 / elapsed_ns;
  result.gbps = result.mpps * (frame + kWireOverhead) * 8 / 1e3;
  result.ns_per_packet = elapsed_ns * setup.workers / static_cast<double>(options.packets);
  result.exact = accounting.packets.received == options.packets && accounting.conserved() &&
                 accounting.missed() == 0 && sink.last.both.packets == accounting.parsed();
  return result;
}

void print_json(const BenchOptions& options, const Setup& setup, const Measurement& result,
                double limit_mpps) {
  fmt::print(
      "{{\"type\":\"bench\",\"workers\":{},\"flows\":{},\"packet_size\":{},\"imix\":{},"
      "\"packets\":{},\"batch\":{},\"mpps\":{:.2f},\"gbps\":{:.2f},\"ns_per_packet\":{:.1f},"
      "\"limit_mpps\":{:.1f},\"exact\":{}}}\n",
      setup.workers, setup.flows, setup.packet_size, options.imix, options.packets, options.batch,
      result.mpps, result.gbps, result.ns_per_packet, limit_mpps, result.exact);
}

void print_line(const BenchOptions& options, const Setup& setup, const Measurement& result,
                double limit_mpps, double scaling) {
  const std::string size = options.imix ? "IMIX" : fmt::format("{}", setup.packet_size);
  fmt::print("{:>7} {:>10} {:>6} {:>9.2f} {:>9.2f} {:>10.1f} {:>11.1f} {:>9.2f} {:>8.2f}  {}\n",
             setup.workers, setup.flows, size, result.mpps, result.gbps, result.ns_per_packet,
             limit_mpps, result.mpps / (limit_mpps * setup.workers), scaling,
             result.exact ? "exact" : "NOT EXACT");
}

}  // namespace

int run_bench(const BenchOptions& options) {
  if (!options.json) {
    fmt::print("{:>7} {:>10} {:>6} {:>9} {:>9} {:>10} {:>11} {:>9} {:>8}\n", "workers", "flows",
               "bytes", "Mpps", "Gbit/s", "ns/packet", "limit Mpps", "of limit", "scaling");
  }
  std::map<uint64_t, double> limits;
  bool exact = true;
  for (const uint64_t flows : options.flows) {
    if (limits.count(flows) == 0) limits[flows] = bare_lookup_mpps(flows);
    for (const uint32_t packet_size : options.packet_sizes) {
      double one_worker_mpps = 0;
      for (const unsigned workers : options.workers) {
        const Setup setup{workers, flows, packet_size};
        const Result<Measurement> result = measure(options, setup);
        if (!result) return tell_failure(result.error());
        if (one_worker_mpps == 0) one_worker_mpps = result->mpps / workers;
        exact &= result->exact;
        if (options.json) {
          print_json(options, setup, *result, limits[flows]);
        } else {
          print_line(options, setup, *result, limits[flows], result->mpps / one_worker_mpps);
        }
        std::fflush(stdout);
      }
    }
  }
  return exact ? kExitDone : kExitFailed;
}

}  // namespace weir::cli
