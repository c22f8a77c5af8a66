#include "cli/bench.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "backends/registry.h"
#include "cli/bench_line.h"
#include "cli/bench_stages.h"
#include "cli/cycle_counter.h"
#include "cli/failure.h"
#include "cli/log.h"
#include "cli/thread_use.h"
#include "engine/core/clock.h"
#include "engine/core/cpu.h"
#include "engine/flow/bare_lookup.h"
#include "engine/pipeline/engine.h"
#include "report/output.h"

namespace weir::cli {
namespace {

/// Preamble, start delimiter and inter-frame gap: what a frame takes on the wire beside itself,
/// bytes.
constexpr double kWireOverhead = 20;
constexpr double kFcsBytes = 4;
constexpr double kImixMean = (7 * 64 + 4 * 594 + 1518) / 12.0;

struct Setup {
  unsigned workers = 1;
  uint64_t flows = 0;
  uint32_t packet_size = 0;
};

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

/// Takes the snapshots as a user's screen would, so that building them is part of what is measured,
/// and reads the reporter's clocks, because the engine calls it on that thread: soon after its
/// start, and last of all with the final snapshot.
class BenchSink final : public Sink {
 public:
  Result<void> report(const Snapshot& snapshot) override {
    last = snapshot;
    if (snapshot.final) {
      reporter_cpu_s = thread_cpu_s();
      if (counter_) reporter_cycles = counter_->cycles();
    }
    return {};
  }
  Result<void> event(const Event& /*event*/) override { return {}; }
  void progress(const Progress& /*progress*/) override {
    if (!counter_) counter_.emplace();
  }

  Snapshot last;
  double reporter_cpu_s = 0;
  std::optional<uint64_t> reporter_cycles;

 private:
  std::optional<CycleCounter> counter_;
};

backends::SyntheticOptions link_of(const BenchOptions& options, const Setup& setup) {
  backends::SyntheticOptions link;
  link.packets = options.packets;
  link.flows = static_cast<uint32_t>(setup.flows);
  link.imix = setup.packet_size == kImix;
  if (!link.imix) link.packet_size = setup.packet_size;
  link.ipv6_percent = options.ipv6_percent;
  // Packet time as on a full 10 Gbit/s link, so that seconds and windows are as busy as there.
  const double frame = link.imix ? kImixMean : setup.packet_size;
  link.gap_ns = static_cast<uint64_t>((frame + kWireOverhead) * 8 / 10);
  return link;
}

EngineConfig config_of(const BenchOptions& options, const Setup& setup) {
  EngineConfig config;
  config.workers = setup.workers;
  config.cpus = options.cpus;
  config.batch = options.batch;
  config.max_flows = options.max_flows != 0 ? options.max_flows : setup.flows * 2;
  config.interval_ns = kNsPerSecond;
  config.hash_seed = 1;
  return config;
}

bool is_exact(const BenchOptions& options, const Setup& setup, const Snapshot& last) {
  const Accounting& accounting = last.accounting;
  const bool all_flows = last.flow_count == setup.flows || accounting.untracked != 0 ||
                         options.packets / 2 < setup.flows;
  return accounting.packets.received == options.packets && accounting.conserved() &&
         accounting.missed() == 0 && last.law_violations == 0 && all_flows &&
         last.both.packets == accounting.parsed();
}

/// Of the run alone: making frames and tables was before.
void fill_costs(BenchLine& line, const BenchSink& sink, const LoneStages& lone, double worker_s,
                std::optional<uint64_t> all_cycles) {
  const auto packets = static_cast<double>(line.packets);
  line.generate = lone.generate;
  line.parse = lone.parse;
  line.report.ns = sink.reporter_cpu_s * 1e9 / packets;
  line.table.ns = worker_s * 1e9 / packets - lone.generate.ns - lone.parse.ns;
  if (!all_cycles) return;
  line.cycles_per_packet = static_cast<double>(*all_cycles) / packets;
  if (!sink.reporter_cycles || !lone.generate.cycles || !lone.parse.cycles) return;
  line.report.cycles = static_cast<double>(*sink.reporter_cycles) / packets;
  line.table.cycles =
      *line.cycles_per_packet - *line.report.cycles - *lone.generate.cycles - *lone.parse.cycles;
}

/// All of a line that one run tells: not the limit, and not how it compares with one worker.
Result<BenchLine> measure(const BenchOptions& options, const Setup& setup, const LoneStages& lone) {
  const EngineConfig config = config_of(options, setup);
  std::vector<std::unique_ptr<Backend>> captures;
  captures.push_back(backends::make_synthetic(link_of(options, setup)));
  const SystemClock clock;
  Engine engine(config, std::move(captures), {}, clock);
  if (auto started = engine.start(); !started) return fail(started.error());

  BenchSink sink;
  rusage before{};
  rusage after{};
  const CycleCounter counter;
  getrusage(RUSAGE_SELF, &before);
  const double process_s = process_cpu_s();
  const double control_s = thread_cpu_s();
  const uint64_t started_ns = clock.monotonic_ns();
  const RunResult run = engine.run({&sink});
  const auto elapsed_ns = static_cast<double>(clock.monotonic_ns() - started_ns);
  const double control_used_s = thread_cpu_s() - control_s;
  const double used_s = process_cpu_s() - process_s;
  getrusage(RUSAGE_SELF, &after);
  const auto cycles = counter.cycles();
  if (run.error) return fail(*run.error);

  const auto packets = static_cast<double>(options.packets);
  const double frame =
      static_cast<double>(sink.last.accounting.packets.wire_bytes) / packets + kFcsBytes;
  BenchLine line;
  line.workers = setup.workers;
  line.flows = setup.flows;
  line.imix = setup.packet_size == kImix;
  line.packet_size = line.imix ? static_cast<uint32_t>(std::lround(frame)) : setup.packet_size;
  line.ipv6_percent = options.ipv6_percent;
  line.batch = options.batch;
  line.max_flows = config.max_flows;
  line.packets = options.packets;
  line.mpps = packets * 1e3 / elapsed_ns;
  line.gbps = line.mpps * (frame + kWireOverhead) * 8 / 1e3;
  line.ns_per_packet = elapsed_ns * setup.workers / packets;
  line.user_s = seconds_of(after.ru_utime) - seconds_of(before.ru_utime);
  line.system_s = seconds_of(after.ru_stime) - seconds_of(before.ru_stime);
  line.untracked = sink.last.accounting.untracked;
  line.exact = is_exact(options, setup, sink.last);
  line.usable_cpus = static_cast<unsigned>(usable_cpus().size());
  fill_costs(line, sink, lone, used_s - control_used_s - sink.reporter_cpu_s, cycles);
  return line;
}

/// A row as soon as it is known. Fails when nobody can read it.
Result<void> print(report::Output& output, const std::string& text) {
  output.buffer().append(text);
  return output.flush();
}

std::string row_text(const BenchOptions& options, const BenchLine& line) {
  return options.json ? bench_json(line) + "\n" : bench_row(line) + bench_remarks(line);
}

/// One table size and packet size with every number of workers, fewest first, so that one worker is
/// known when it is compared with. False when an account was not exact.
Result<bool> run_workers(const BenchOptions& options, Setup setup, double limit_mpps,
                         report::Output& output) {
  const Result<LoneStages> lone = measure_lone_stages(link_of(options, setup), options.batch);
  if (!lone) return fail(lone.error());
  std::vector<unsigned> workers = options.workers;
  std::sort(workers.begin(), workers.end());
  std::optional<double> one_worker_mpps;
  bool exact = true;
  for (const unsigned count : workers) {
    setup.workers = count;
    Result<BenchLine> line = measure(options, setup, *lone);
    if (!line) return fail(line.error());
    if (count == 1) one_worker_mpps = line->mpps;
    line->limit_mpps = limit_mpps;
    line->of_limit = line->mpps / (limit_mpps * count);
    if (one_worker_mpps) line->scaling = line->mpps / (*one_worker_mpps * count);
    exact &= line->exact;
    if (auto printed = print(output, row_text(options, *line)); !printed) {
      return fail(printed.error());
    }
  }
  return exact;
}

/// All rows; false when an account was not exact.
Result<bool> run_rows(const BenchOptions& options, report::Output& output) {
  if (!options.json) {
    if (auto printed = print(output, bench_heading()); !printed) return fail(printed.error());
  }
  std::map<uint64_t, double> limits;
  bool exact = true;
  for (const uint64_t flows : options.flows) {
    if (limits.count(flows) == 0) limits[flows] = bare_lookup_mpps(flows);
    for (const uint32_t packet_size : options.packet_sizes) {
      const Result<bool> done =
          run_workers(options, {1, flows, packet_size}, limits[flows], output);
      if (!done) return done;
      exact &= *done;
    }
  }
  if (!options.json) {
    if (auto printed = print(output, bench_legend()); !printed) return fail(printed.error());
  }
  return exact;
}

}  // namespace

int run_bench(const BenchOptions& options) {
  const std::vector<int> usable = usable_cpus();
  for (const int cpu : options.cpus) {
    if (std::find(usable.begin(), usable.end(), cpu) != usable.end()) continue;
    return tell_wrong_usage({Code::usage, Recovery::give_up, 0, "--cpus",
                             "this process may not run on CPU " + std::to_string(cpu)});
  }
  report::Output output(STDOUT_FILENO, "standard output");
  const Result<bool> exact = run_rows(options, output);
  if (!exact) {
    return exact.error().sys_errno == EPIPE ? kExitDone : tell_failure(exact.error());
  }
  if (!*exact) log(LogLevel::error, "bench: an account was not exact");
  return *exact ? kExitDone : kExitFailed;
}

}  // namespace weir::cli
