#include "cli/plan.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>

#include "cli/memory_plan.h"
#include "engine/core/clock.h"
#include "engine/core/cpu.h"
#include "report/group_table_text.h"

namespace weir::cli {
namespace {

constexpr uint64_t kLiveFlowTimeoutNs = 60 * kNsPerSecond;
// iftop forgets a flow that was silent for as long as its longest window.
constexpr uint64_t kIftopFlowTimeoutNs = 40 * kNsPerSecond;
constexpr uint64_t kSyntheticDurationNs = 10 * kNsPerSecond;
constexpr uint64_t kSyntheticRatePps = 200'000;
constexpr uint64_t kGroupLines = 5;
constexpr size_t kMostDefaultWorkers = 4;
constexpr uint64_t kShortInput = 64 << 20;
// The same flows in the same table places, run after run.
constexpr uint64_t kFileSeed = 0x7765'6972;
// Of a file that is read for a script: sums over more flows cost a fifth of the run and more.
constexpr uint64_t kMostGroupedFlows = 20'000;

tl::unexpected<Status> refuse(std::string option, std::string why) {
  return fail({Code::usage, Recovery::give_up, 0, std::move(option), std::move(why)});
}

Result<void> check_source(const RunOptions& options) {
  const bool synthetic = options.backend == "synthetic";
  if (!options.files.empty()) {
    if (!options.interfaces.empty()) return refuse("-r", "cannot be combined with -i");
    if (options.backend != "auto") return refuse("-r", "cannot be combined with --backend");
    if (options.ring_bytes) return refuse("--ring", "is for live capture, not for -r");
    if (std::count(options.files.begin(), options.files.end(), "-") > 1) {
      return refuse("-r", "standard input can be read once only");
    }
  }
  if (synthetic && !options.interfaces.empty()) {
    return refuse("--backend synthetic", "cannot be combined with -i");
  }
  if (!synthetic) {
    const char* given = options.synthetic_flows         ? "--flows"
                        : options.synthetic_packet_size ? "--packet-size"
                        : options.synthetic_rate_pps    ? "--rate"
                                                        : nullptr;
    if (given != nullptr) return refuse(given, "needs --backend synthetic");
  }
  if (options.backend == "dpdk" && options.interfaces.empty()) {
    return refuse("--backend dpdk",
                  "needs -i PORT; `weir devices --backend dpdk` lists those there are");
  }
  if (options.backend != "dpdk" && (options.no_huge || !options.dpdk_args.empty())) {
    return refuse(options.no_huge ? "--no-huge" : "--dpdk-args", "needs --backend dpdk");
  }
  for (const std::string& interface : options.interfaces) {
    if (interface.empty()) return refuse("-i", "the name of the interface is empty");
    if (std::count(options.interfaces.begin(), options.interfaces.end(), interface) > 1) {
      return refuse("-i", "'" + interface + "' is given twice");
    }
  }
  return {};
}

/// Options of backends with several queues are refused where they would be silently ignored.
Result<void> check_queues(const RunOptions& options) {
  if (!options.queues.empty()) {
    const Result<std::vector<int>> queues = parse_cpu_list(options.queues);
    if (!queues) {
      return refuse("--queues", "'" + options.queues + "' is not a list of queues such as 0,2-5");
    }
    if (options.backend != "af_xdp" && options.backend != "dpdk") {
      return refuse("--queues", "needs --backend af_xdp or dpdk: others have one queue to choose");
    }
  }
  // `auto` says so in a note when it takes a backend that has them not.
  const bool af_packet =
      options.files.empty() && (options.backend == "auto" || options.backend == "af_packet");
  if (!options.fanout.empty() && !af_packet) {
    return refuse("--fanout", "needs --backend af_packet");
  }
  if (options.nic_time && !af_packet && options.backend != "dpdk") {
    return refuse("--timestamps", "nic needs --backend af_packet or dpdk");
  }
  if (options.busy_poll_us != 0 && !af_packet && options.backend != "af_xdp") {
    return refuse("--busy-poll", "needs --backend af_packet or af_xdp");
  }
  return {};
}

Result<void> check_cpus(const RunOptions& options, const std::vector<int>& usable) {
  const auto usable_here = [&](int cpu) {
    return std::find(usable.begin(), usable.end(), cpu) != usable.end();
  };
  for (const int cpu : options.cpus) {
    if (!usable_here(cpu)) {
      return refuse("--cpus", "this process may not run on CPU " + std::to_string(cpu));
    }
  }
  if (options.reporter_cpu >= 0 && !usable_here(options.reporter_cpu)) {
    return refuse("--reporter-cpu",
                  "this process may not run on CPU " + std::to_string(options.reporter_cpu));
  }
  if (options.workers && !options.cpus.empty() && options.cpus.size() < *options.workers) {
    return refuse("--cpus", "names " + std::to_string(options.cpus.size()) + " CPUs for " +
                                std::to_string(*options.workers) + " workers");
  }
  return {};
}

uint64_t default_interval_ns(const RunOptions& options, RunPlan::Source source,
                             const Surroundings& surroundings) {
  if (source == RunPlan::Source::files) return 0;
  switch (options.format) {
    case Format::json:
    case Format::csv: return kNsPerSecond;
    // iftop prints every two seconds, or once at the end of -s.
    case Format::iftop: return options.duration_ns ? 0 : 2 * kNsPerSecond;
    case Format::summary: return surroundings.stdout_is_terminal ? kNsPerSecond : 0;
  }
  return 0;
}

/// One worker reads a file faster than two on two CPUs, where the reporter and the hand-over
/// between shards take what the second one brings (5M packets: 0.22 s and 0.25). A short file is
/// read before a second one has started.
uint32_t file_workers(const Surroundings& surroundings) {
  if (surroundings.input_bytes < kShortInput) return 1;
  return static_cast<uint32_t>(
      std::clamp<size_t>(surroundings.usable_cpus.size() / 2, 1, kMostDefaultWorkers));
}

void plan_workers(const RunOptions& options, const Surroundings& surroundings, RunPlan& plan) {
  EngineConfig& engine = plan.engine;
  engine.cpus = options.cpus;
  engine.reporter_cpu = options.reporter_cpu;
  engine.priority = options.priority;
  engine.idle = options.idle;
  if (options.workers) {
    engine.workers = *options.workers;
  } else if (!options.cpus.empty()) {
    engine.workers = static_cast<uint32_t>(options.cpus.size());
  } else if (plan.source == RunPlan::Source::files) {
    engine.workers = file_workers(surroundings);
  }
  if (plan.source == RunPlan::Source::files && engine.flow_timeout_ns > 0 && engine.workers > 1) {
    plan.notes.push_back("--flow-timeout needs the order of the file: one worker");
    engine.workers = 1;
  }
}

void plan_synthetic(const RunOptions& options, RunPlan& plan) {
  backends::SyntheticOptions& synthetic = plan.synthetic;
  synthetic.packets = options.count;
  synthetic.rate_pps = options.synthetic_rate_pps.value_or(kSyntheticRatePps);
  // A number of packets is a run to repeat; without one, what is shown are the machine's own rates.
  synthetic.by_clock = options.count == 0;
  synthetic.flows = options.synthetic_flows.value_or(1000);
  const std::string size = options.synthetic_packet_size.value_or("imix");
  synthetic.imix = size == "imix";
  // parse_options() has checked that it is a number.
  if (!synthetic.imix) synthetic.packet_size = static_cast<uint32_t>(std::stoul(size));
  synthetic.seed = options.seed.value_or(1);
  if (!options.duration_ns && options.count == 0) {
    plan.engine.duration_ns = kSyntheticDurationNs;
  }
}

void plan_lines(const RunOptions& options, RunPlan& plan) {
  const bool for_programs = options.format == Format::json || options.format == Format::csv;
  plan.line_limit = options.line_limit.value_or(for_programs ? 100 : 10);
  const uint64_t timeout_ns = plan.engine.flow_timeout_ns;
  if (options.format == Format::iftop && plan.source == RunPlan::Source::live &&
      (timeout_ns == 0 || timeout_ns > kIftopFlowTimeoutNs)) {
    plan.hide_idle_ns = kIftopFlowTimeoutNs;
  }
  const PortDisplay ports = options.port_display.value_or(PortDisplay::off);
  plan.line = {ports == PortDisplay::on || ports == PortDisplay::source_only,
               ports == PortDisplay::on || ports == PortDisplay::destination_only,
               options.ui.hide_source, options.ui.hide_destination};
  // iftop sums the flows that it shows alike: the sink needs all of them for that, and so that what
  // it leaves out takes no line.
  const bool chooses =
      options.format == Format::iftop && (!plan.line.is_flow() || plan.hide_idle_ns != 0);
  plan.engine.query.limit = chooses ? 0 : plan.line_limit;
}

/// The tables of hosts, services and protocols that every summary ends with, except where a script
/// reads many flows out of a file.
void plan_groups(const RunOptions& options, const Surroundings& surroundings, RunPlan& plan) {
  if (options.format != Format::summary) return;
  plan.engine.query.groups = report::summary_groups(options.line_limit.value_or(kGroupLines));
  if (plan.source != RunPlan::Source::files || surroundings.stdout_is_terminal) return;
  for (GroupQuery& groups : plan.engine.query.groups) groups.most_flows = kMostGroupedFlows;
}

uint64_t default_flow_timeout_ns(const RunOptions& options, RunPlan::Source source) {
  if (source == RunPlan::Source::files) return 0;
  return options.format == Format::iftop ? kIftopFlowTimeoutNs : kLiveFlowTimeoutNs;
}

/// Without -l iftop leaves link-local IPv6 out of its lines and its totals.
std::string left_out(const RunOptions& options, RunPlan::Source source) {
  const bool all =
      options.format != Format::iftop || options.link_local || source != RunPlan::Source::live;
  return all ? "" : "src net fe80::/10 or dst net fe80::/10";
}

}  // namespace

FlowQuery tick_query(const RunPlan& plan, const EngineConfig& engine) {
  FlowQuery query = engine.query;
  const auto own = static_cast<ptrdiff_t>(plan.engine.query.groups.size());
  query.groups.erase(query.groups.begin(), query.groups.begin() + own);
  return query;
}

uint64_t input_bytes(const std::vector<std::string>& files) {
  uint64_t sum = 0;
  for (const std::string& file : files) {
    struct stat found{};
    if (file == "-") return UINT64_MAX;
    if (stat(file.c_str(), &found) != 0) continue;
    if (!S_ISREG(found.st_mode)) return UINT64_MAX;
    sum += static_cast<uint64_t>(found.st_size);
  }
  return sum;
}

Result<RunPlan> make_plan(const RunOptions& options, const Surroundings& surroundings) {
  for (const Result<void>& checked : {check_source(options), check_queues(options),
                                      check_cpus(options, surroundings.usable_cpus)}) {
    if (!checked) return fail(checked.error());
  }
  RunPlan plan;
  plan.source = !options.files.empty()           ? RunPlan::Source::files
                : options.backend == "synthetic" ? RunPlan::Source::synthetic
                                                 : RunPlan::Source::live;
  const bool files = plan.source == RunPlan::Source::files;
  EngineConfig& engine = plan.engine;
  engine.batch = options.batch;
  engine.max_flows = options.max_flows;
  engine.flow_timeout_ns =
      options.flow_timeout_ns.value_or(default_flow_timeout_ns(options, plan.source));
  engine.decap = options.decap;
  engine.key_vlan = options.key_vlan;
  engine.local_networks = options.local_networks;
  engine.hash_seed = options.seed;
  if (!engine.hash_seed && files) engine.hash_seed = kFileSeed;
  engine.duration_ns = options.duration_ns.value_or(0);
  engine.interval_ns =
      options.interval_ns.value_or(default_interval_ns(options, plan.source, surroundings));
  engine.count = options.count;
  engine.query.order = report_order(options);
  plan_lines(options, plan);
  plan_groups(options, surroundings, plan);
  plan_workers(options, surroundings, plan);
  if (plan.source == RunPlan::Source::synthetic) plan_synthetic(options, plan);
  plan.dpdk = {options.interfaces, options.cpus, options.no_huge, options.dpdk_args};
  CaptureOptions& capture = plan.capture;
  capture.filter = options.filter;
  capture.left_out = left_out(options, plan.source);
  capture.promiscuous = options.promiscuous;
  if (options.snaplen) capture.snaplen = *options.snaplen;
  if (options.ring_bytes) capture.ring_bytes = *options.ring_bytes;
  capture.queues = std::max<uint32_t>(
      engine.workers, engine.workers > 0 ? 1
                                         : static_cast<uint32_t>(std::max<size_t>(
                                               surroundings.usable_cpus.size(), 1)));
  capture.queues_asked_for = engine.workers > 0;
  capture.fanout = options.fanout;
  capture.decap = options.decap;
  capture.nic_time = options.nic_time;
  capture.busy_poll_us = options.busy_poll_us;
  if (!options.queues.empty()) {
    // check_queues() has seen that it is a list of numbers.
    const std::vector<int> queues = *parse_cpu_list(options.queues);
    for (const int queue : queues) {
      capture.queue_list.push_back(static_cast<uint32_t>(queue));
    }
  }
  if (const Result<void> fitted = fit_memory(options, surroundings.memory, plan); !fitted) {
    return fail(fitted.error());
  }
  return plan;
}

}  // namespace weir::cli
