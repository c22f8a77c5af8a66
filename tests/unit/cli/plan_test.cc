#include "cli/plan.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <string>

namespace weir::cli {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;

Surroundings machine(size_t cpus = 8, bool terminal = false) {
  Surroundings surroundings;
  for (size_t i = 0; i < cpus; ++i) surroundings.usable_cpus.push_back(static_cast<int>(i));
  surroundings.stdout_is_terminal = terminal;
  return surroundings;
}

RunPlan plan_of(const RunOptions& options, const Surroundings& surroundings = machine()) {
  const Result<RunPlan> plan = make_plan(options, surroundings);
  EXPECT_TRUE(plan) << (plan ? "" : to_string(plan.error()));
  return plan.value_or(RunPlan{});
}

std::string refused(const RunOptions& options, const Surroundings& surroundings = machine()) {
  const Result<RunPlan> plan = make_plan(options, surroundings);
  EXPECT_FALSE(plan);
  if (plan) return "";
  EXPECT_EQ(plan.error().code, Code::usage);
  return to_string(plan.error());
}

RunOptions files() {
  RunOptions options;
  options.files = {"a.pcap"};
  return options;
}

RunOptions synthetic() {
  RunOptions options;
  options.backend = "synthetic";
  return options;
}

TEST(Plan, FilesAreReadByFewWorkersAndReportedOnce) {
  const RunPlan plan = plan_of(files());
  EXPECT_EQ(plan.source, RunPlan::Source::files);
  EXPECT_EQ(plan.engine.workers, 4U);
  EXPECT_EQ(plan_of(files(), machine(64)).engine.workers, 4U);
  EXPECT_EQ(plan_of(files(), machine(4)).engine.workers, 2U);
  EXPECT_EQ(plan_of(files(), machine(2)).engine.workers, 1U);
  Surroundings short_file = machine();
  short_file.input_bytes = 1 << 20;
  EXPECT_EQ(plan_of(files(), short_file).engine.workers, 1U);
  EXPECT_EQ(plan.engine.interval_ns, 0U);
  EXPECT_EQ(plan.engine.flow_timeout_ns, 0U);
  EXPECT_EQ(plan.engine.hash_seed, plan_of(files()).engine.hash_seed) << "the same every time";
  EXPECT_TRUE(plan.engine.hash_seed);
  EXPECT_EQ(plan.engine.duration_ns, 0U);
}

TEST(Plan, InputIsAsLongAsItsFilesWhereTheySay) {
  const std::string path = ::testing::TempDir() + "weir-plan-input";
  std::ofstream(path) << "12345";
  EXPECT_EQ(input_bytes({path, path}), 10U);
  EXPECT_EQ(input_bytes({path, path + ".none"}), 5U);
  EXPECT_EQ(input_bytes({path, "-"}), UINT64_MAX);
  EXPECT_EQ(input_bytes({"/dev/null"}), UINT64_MAX);
  std::remove(path.c_str());
}

TEST(Plan, LiveHasARandomSeedAndATimeout) {
  const RunPlan plan = plan_of({});
  EXPECT_EQ(plan.source, RunPlan::Source::live);
  EXPECT_FALSE(plan.engine.hash_seed);
  EXPECT_EQ(plan.engine.flow_timeout_ns, 60 * kSecond);
  EXPECT_EQ(plan.engine.workers, 0U) << "as many as there are queues";
  RunOptions options;
  options.seed = 7;
  EXPECT_EQ(plan_of(options).engine.hash_seed, 7U);
}

TEST(Plan, Intervals) {
  RunOptions options;
  EXPECT_EQ(plan_of(options).engine.interval_ns, 0U) << "a summary at the end";
  EXPECT_EQ(plan_of(options, machine(2, true)).engine.interval_ns, kSecond);
  options.format = Format::json;
  EXPECT_EQ(plan_of(options).engine.interval_ns, kSecond);
  options.format = Format::iftop;
  EXPECT_EQ(plan_of(options).engine.interval_ns, 2 * kSecond) << "as iftop";
  options.duration_ns = 10 * kSecond;
  EXPECT_EQ(plan_of(options).engine.interval_ns, 0U) << "one block, as iftop -s";
  options.interval_ns = kSecond / 2;
  EXPECT_EQ(plan_of(options).engine.interval_ns, kSecond / 2);
}

TEST(Plan, Lines) {
  RunOptions options = files();
  EXPECT_EQ(plan_of(options).engine.query.limit, 10U);
  options.format = Format::json;
  EXPECT_EQ(plan_of(options).engine.query.limit, 100U);
  options.line_limit = 0;
  EXPECT_EQ(plan_of(options).engine.query.limit, 0U);
  options.line_limit = 5;
  options.format = Format::iftop;
  options.port_display = PortDisplay::on;
  EXPECT_EQ(plan_of(options).engine.query.limit, 5U);
  options.port_display = PortDisplay::off;
  EXPECT_EQ(plan_of(options).engine.query.limit, 0U) << "flows are summed by hosts first";
  EXPECT_EQ(plan_of(options).line_limit, 5U);
}

TEST(Plan, EverySummaryEndsWithTablesOfGroups) {
  const Surroundings terminal = machine(8, true);
  for (const RunOptions& options : {files(), synthetic(), RunOptions{}}) {
    ASSERT_EQ(plan_of(options).engine.query.groups.size(), 3U);
    EXPECT_EQ(plan_of(options, terminal).engine.query.groups.size(), 3U);
    EXPECT_EQ(plan_of(options).engine.query.groups[0].limit, 5U);
    EXPECT_EQ(plan_of(options, terminal).engine.query.groups[0].most_flows, 0U);
    EXPECT_EQ(plan_of(options).engine.query.groups[0].most_flows == 0, options.files.empty())
        << "a script pays for few flows only";
  }
  RunOptions options = files();
  options.line_limit = 20;
  EXPECT_EQ(plan_of(options, terminal).engine.query.groups[2].limit, 20U);
  for (const Format format : {Format::json, Format::iftop}) {
    options.format = format;
    EXPECT_TRUE(plan_of(options, terminal).engine.query.groups.empty());
  }
}

TEST(Plan, TicksAreAskedForWhatOthersAddedAlone) {
  const RunPlan plan = plan_of(synthetic(), machine(8, true));
  EngineConfig engine = plan.engine;
  EXPECT_TRUE(tick_query(plan, engine).groups.empty());
  engine.query.groups.push_back({.limit = 64});  // of an alert, say
  const FlowQuery query = tick_query(plan, engine);
  ASSERT_EQ(query.groups.size(), 1U);
  EXPECT_EQ(query.groups[0].limit, 64U);
  EXPECT_EQ(query.limit, plan.engine.query.limit);
}

TEST(Plan, IftopForgetsAFlowThatIsSilentForItsLongestWindow) {
  RunOptions options;
  options.format = Format::iftop;
  options.port_display = PortDisplay::on;
  EXPECT_EQ(plan_of(options).engine.flow_timeout_ns, 40 * kSecond);
  EXPECT_EQ(plan_of(options).engine.query.limit, 10U);
  EXPECT_EQ(plan_of(options).hide_idle_ns, 0U) << "they are gone";
  for (const uint64_t timeout_ns : {uint64_t{0}, 60 * kSecond}) {
    options.flow_timeout_ns = timeout_ns;
    EXPECT_EQ(plan_of(options).hide_idle_ns, 40 * kSecond);
    EXPECT_EQ(plan_of(options).engine.query.limit, 0U) << "what is hidden takes no line";
  }
  options.files = {"a.pcap"};
  EXPECT_EQ(plan_of(options).hide_idle_ns, 0U) << "a file is shown as it was at its end";
}

// What was typed stays by itself: the backends put the two together, and errors name the first.
TEST(Plan, LinkLocalIpv6IsLeftOutWhereIftopLeavesItOut) {
  const std::string kLinkLocal = "src net fe80::/10 or dst net fe80::/10";
  RunOptions options;
  options.filter = "udp or vlan";
  EXPECT_EQ(plan_of(options).capture.left_out, "");
  options.format = Format::iftop;
  EXPECT_EQ(plan_of(options).capture.filter, "udp or vlan");
  EXPECT_EQ(plan_of(options).capture.left_out, kLinkLocal);
  options.link_local = true;
  EXPECT_EQ(plan_of(options).capture.left_out, "");
  options.link_local = false;
  options.filter.clear();
  EXPECT_EQ(plan_of(options).capture.left_out, kLinkLocal);
  options.files = {"a.pcap"};
  EXPECT_EQ(plan_of(options).capture.left_out, "") << "what a file holds is counted";
}

TEST(Plan, ATimeoutForAFileMeansOneWorkerAndSaysSo) {
  RunOptions options = files();
  options.flow_timeout_ns = kSecond;
  options.workers = 2;
  const RunPlan plan = plan_of(options);
  EXPECT_EQ(plan.engine.workers, 1U);
  ASSERT_EQ(plan.notes.size(), 1U);
  EXPECT_NE(plan.notes[0].find("one worker"), std::string::npos);
}

TEST(Plan, Cpus) {
  RunOptions options = files();
  options.cpus = {3, 1, 2};
  EXPECT_EQ(plan_of(options).engine.workers, 3U);
  options.workers = 2;
  EXPECT_EQ(plan_of(options).engine.workers, 2U);
  options.workers = 4;
  EXPECT_EQ(refused(options), "--cpus: names 3 CPUs for 4 workers");
  options.cpus = {9};
  EXPECT_EQ(refused(options), "--cpus: this process may not run on CPU 9");
  options.cpus = {};
  options.reporter_cpu = 8;
  EXPECT_EQ(refused(options), "--reporter-cpu: this process may not run on CPU 8");
}

TEST(Plan, SyntheticEndsByItself) {
  const RunPlan plan = plan_of(synthetic());
  EXPECT_EQ(plan.source, RunPlan::Source::synthetic);
  EXPECT_EQ(plan.engine.duration_ns, 10 * kSecond);
  EXPECT_GT(plan.synthetic.rate_pps, 0U);
  EXPECT_TRUE(plan.synthetic.imix);
  RunOptions options = synthetic();
  options.count = 1000;
  options.synthetic_packet_size = "128";
  options.synthetic_flows = 5;
  options.synthetic_rate_pps = 0;
  const RunPlan counted = plan_of(options);
  EXPECT_EQ(counted.engine.duration_ns, 0U);
  EXPECT_EQ(counted.synthetic.packets, 1000U);
  EXPECT_EQ(counted.synthetic.packet_size, 128U);
  EXPECT_FALSE(counted.synthetic.imix);
  EXPECT_EQ(counted.synthetic.flows, 5U);
  EXPECT_EQ(counted.synthetic.rate_pps, 0U);
}

TEST(Plan, ContradictionsAreRefused) {
  RunOptions options = files();
  options.interfaces = {"eth0"};
  EXPECT_EQ(refused(options), "-r: cannot be combined with -i");
  options = files();
  options.backend = "pcap";
  EXPECT_EQ(refused(options), "-r: cannot be combined with --backend");
  options = files();
  options.ring_bytes = 1;
  EXPECT_EQ(refused(options), "--ring: is for live capture, not for -r");
  options = files();
  options.files = {"-", "a", "-"};
  EXPECT_EQ(refused(options), "-r: standard input can be read once only");
  options = synthetic();
  options.interfaces = {"eth0"};
  EXPECT_EQ(refused(options), "--backend synthetic: cannot be combined with -i");
  options = {};
  options.synthetic_flows = 5;
  EXPECT_EQ(refused(options), "--flows: needs --backend synthetic");
  options = {};
  options.interfaces = {"eth0", "eth0"};
  EXPECT_EQ(refused(options), "-i: 'eth0' is given twice");
  options.interfaces = {""};
  EXPECT_EQ(refused(options), "-i: the name of the interface is empty");
}

TEST(Plan, OptionsOfBackendsWithQueuesAreNotIgnored) {
  RunOptions options;
  options.queues = "0,1";
  EXPECT_NE(refused(options).find("--queues: needs --backend"), std::string::npos);
  options.queues = "0,x";
  EXPECT_NE(refused(options).find("not a list of queues"), std::string::npos);
  options = {};
  options.backend = "pcap";
  options.fanout = "hash";
  EXPECT_EQ(refused(options), "--fanout: needs --backend af_packet");
  options.fanout.clear();
  options.nic_time = true;
  EXPECT_EQ(refused(options), "--timestamps: nic needs --backend af_packet or dpdk");
  options.nic_time = false;
  options.busy_poll_us = 50;
  EXPECT_EQ(refused(options), "--busy-poll: needs --backend af_packet or af_xdp");
}

TEST(Plan, OptionsOfDpdkReachItAndNobodyElse) {
  RunOptions options;
  options.backend = "dpdk";
  EXPECT_NE(refused(options).find("--backend dpdk: needs -i PORT"), std::string::npos);
  options.interfaces = {"net_null0", "0000:3b:00.0"};
  options.cpus = {1, 0};
  options.no_huge = true;
  options.dpdk_args = "--vdev=net_null0";
  options.queues = "0,2";
  options.nic_time = true;
  const RunPlan plan = plan_of(options);
  EXPECT_EQ(plan.dpdk.ports, options.interfaces);
  EXPECT_EQ(plan.dpdk.cpus, options.cpus);
  EXPECT_TRUE(plan.dpdk.no_huge);
  EXPECT_EQ(plan.dpdk.arguments, "--vdev=net_null0");
  EXPECT_EQ(plan.capture.queue_list, (std::vector<uint32_t>{0, 2}));
  for (const std::string backend : {"auto", "af_packet", "pcap"}) {
    options = RunOptions{};
    options.backend = backend;
    options.no_huge = true;
    EXPECT_EQ(refused(options), "--no-huge: needs --backend dpdk");
    options.no_huge = false;
    options.dpdk_args = "-m 64";
    EXPECT_EQ(refused(options), "--dpdk-args: needs --backend dpdk");
  }
}

TEST(Plan, OptionsOfAfPacketReachTheCapture) {
  for (const std::string backend : {"auto", "af_packet"}) {
    RunOptions options;
    options.backend = backend;
    options.fanout = "qm";
    options.nic_time = true;
    options.busy_poll_us = 50;
    const auto made = make_plan(options, {{0, 1}, false});
    ASSERT_TRUE(made) << to_string(made.error());
    EXPECT_EQ(made->capture.fanout, "qm");
    EXPECT_TRUE(made->capture.nic_time);
    EXPECT_EQ(made->capture.busy_poll_us, 50U);
  }
  RunOptions options;
  options.files = {"a.pcap"};
  options.fanout = "qm";
  EXPECT_EQ(refused(options), "--fanout: needs --backend af_packet");
}

host::MemoryRoom room(uint64_t address_mib, uint64_t mib, bool firm) {
  host::MemoryRoom left;
  if (address_mib != 0) left.address_bytes = address_mib << 20;
  left.address_limit = "ulimit -v";
  if (mib != 0) left.bytes = mib << 20;
  left.limit = firm ? "the control group" : "MemAvailable";
  left.limit_is_firm = firm;
  return left;
}

TEST(PlanMemory, TheTableIsWhatLimitsAllow) {
  for (const auto& [left, named] :
       {std::pair{room(800, 0, false), "ulimit -v"}, std::pair{room(0, 128, true), "the control"},
        std::pair{room(0, 128, false), "MemAvailable"},
        std::pair{room(0, 1, true), "the control"}}) {
    Surroundings small = machine(1);
    small.memory = left;
    const RunPlan plan = plan_of(synthetic(), small);
    EXPECT_LT(plan.engine.max_flows, RunOptions{}.max_flows);
    EXPECT_GE(plan.engine.max_flows, 1024U);
    EXPECT_LE(plan.engine.max_flows * 263, std::max<uint64_t>(left.bytes, 1 << 20));
    ASSERT_EQ(plan.notes.size(), 1U);
    EXPECT_NE(plan.notes[0].find(named), std::string::npos) << plan.notes[0];
  }
  EXPECT_TRUE(plan_of(synthetic()).notes.empty());
  EXPECT_EQ(plan_of(synthetic()).engine.max_flows, RunOptions{}.max_flows);
}

TEST(PlanMemory, ATableThatWasAskedForAndDoesNotFitIsAnError) {
  RunOptions options = synthetic();
  options.max_flows = 10'000'000;
  Surroundings small = machine(1);
  small.memory = room(0, 128, true);
  EXPECT_EQ(refused(options, small).find("--max-flows: 10,000,000 flows do not fit: the control"),
            0U);
  small.memory = room(500, 0, true);
  EXPECT_NE(refused(options, small).find("ulimit -v leaves 500 MiB"), std::string::npos);
  // The default, asked for.
  options.max_flows = RunOptions{}.max_flows;
  options.given["flows.max_flows"] = "--max-flows";
  EXPECT_NE(refused(options, small), "");
  // What is free at the moment is no limit.
  small.memory = room(0, 128, false);
  const RunPlan plan = plan_of(options, small);
  EXPECT_EQ(plan.engine.max_flows, options.max_flows);
  EXPECT_EQ(plan.notes.size(), 1U);
}

TEST(PlanMemory, TheRingShrinksWhereAddressSpaceIsShort) {
  Surroundings small = machine(1);
  small.memory = room(256, 0, false);
  EXPECT_EQ(plan_of({}, small).capture.ring_bytes, 32U << 20);
  RunOptions options;
  options.ring_bytes = 64 << 20;
  EXPECT_EQ(plan_of(options, small).capture.ring_bytes, 64U << 20) << "it was asked for";
}

}  // namespace
}  // namespace weir::cli
