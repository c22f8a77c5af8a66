#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "cli/bench_line.h"
#include "cli/cycle_counter.h"
#include "cli/options.h"

namespace weir::cli {
namespace {

Result<Options> parse(const std::vector<const char*>& arguments) {
  return parse_options(arguments);
}

TEST(BenchOptions, Defaults) {
  const BenchOptions bench = parse({"bench"})->bench;
  EXPECT_EQ(bench.workers, (std::vector<unsigned>{1}));
  EXPECT_EQ(bench.flows, (std::vector<uint64_t>{1'000'000}));
  EXPECT_EQ(bench.packet_sizes, (std::vector<uint32_t>{64}));
  EXPECT_EQ(bench.packets, 50'000'000U);
  EXPECT_EQ(bench.ipv6_percent, 0U);
  EXPECT_EQ(bench.max_flows, 0U);
  EXPECT_FALSE(bench.json);
}

TEST(BenchOptions, AllOfThem) {
  const auto options = parse({"bench", "--workers", "4,1", "--flows", "8M", "--packet-size",
                              "64,imix,1518", "--packets", "2G", "--ipv6", "25", "--batch", "32",
                              "--max-flows", "10M", "--cpus", "0-3", "--json"});
  ASSERT_TRUE(options) << to_string(options.error());
  const BenchOptions& bench = options->bench;
  EXPECT_EQ(bench.workers, (std::vector<unsigned>{4, 1}));
  EXPECT_EQ(bench.flows, (std::vector<uint64_t>{8'000'000}));
  EXPECT_EQ(bench.packet_sizes, (std::vector<uint32_t>{64, kImix, 1518}));
  EXPECT_EQ(bench.packets, 2'000'000'000U);
  EXPECT_EQ(bench.ipv6_percent, 25U);
  EXPECT_EQ(bench.batch, 32U);
  EXPECT_EQ(bench.max_flows, 10'000'000U);
  EXPECT_EQ(bench.cpus, (std::vector<int>{0, 1, 2, 3}));
  EXPECT_TRUE(bench.json);
}

TEST(BenchOptions, WhatIsWrongIsSaid) {
  struct Bad {
    std::vector<const char*> arguments;
    const char* part;
  };
  const std::vector<Bad> table{
      {{"bench", "--workers", "0"}, "--workers"},
      {{"bench", "--workers", "65"}, "from 1 to 64"},
      {{"bench", "--flows", "17M"}, "from 1 to 16777216"},
      {{"bench", "--packet-size", "64,,1518"}, "''"},
      {{"bench", "--packet-size", "64,"}, "''"},
      {{"bench", "--packet-size", "9019"}, "from 64 to 9018 or imix"},
      {{"bench", "--packet-size", "imax"}, "'imax'"},
      {{"bench", "--packets", "5X"}, "'5X'"},
      {{"bench", "--ipv6", "101"}, "from 0 to 100"},
      {{"bench", "--batch", "4097"}, "from 1 to 4096"},
      {{"bench", "--max-flows", "0"}, "--max-flows"},
      {{"bench", "--cpus", "0,x"}, "CPU"},
      {{"bench", "--cpus", "0", "--workers", "1,2"}, "names 1 CPUs for 2 workers"},
      {{"bench", "--duration", "1"}, "no such option"},
      {{"bench", "--packets"}, "needs a value"},
  };
  for (const Bad& entry : table) {
    const auto options = parse(entry.arguments);
    ASSERT_FALSE(options) << entry.part;
    EXPECT_EQ(options.error().code, Code::usage);
    const std::string text = to_string(options.error());
    EXPECT_NE(text.find(entry.part), std::string::npos) << text;
    EXPECT_EQ(text.find('\n'), std::string::npos) << text;
  }
}

TEST(BenchOptions, HelpIsHelpWhateverElseIsGiven) {
  const auto options = parse({"bench", "--cpus", "0", "--workers", "2", "--help"});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->command, Options::Command::help);
  for (const char* word : {"--workers", "--flows", "--packet-size", "--ipv6", "--max-flows"}) {
    EXPECT_NE(options->help.find(word), std::string::npos) << word;
  }
}

BenchLine sample() {
  BenchLine line;
  line.workers = 2;
  line.flows = 1000;
  line.packet_size = 64;
  line.max_flows = 2000;
  line.packets = 10'000;
  line.mpps = 20;
  line.gbps = 13.44;
  line.ns_per_packet = 100;
  line.limit_mpps = 40;
  line.of_limit = 0.25;
  line.scaling = 0.9;
  line.user_s = 0.5;
  line.system_s = 0.25;
  line.generate.ns = 2;
  line.parse.ns = 10;
  line.table.ns = 30;
  line.report.ns = 4;
  line.exact = true;
  line.usable_cpus = 4;
  return line;
}

TEST(BenchLine, JsonHasTheFieldsThatScriptsRead) {
  const auto json = nlohmann::json::parse(bench_json(sample()));
  EXPECT_EQ(json["type"], "bench");
  EXPECT_EQ(json["workers"], 2);
  EXPECT_EQ(json["flows"], 1000);
  EXPECT_EQ(json["packet_size"], 64);
  EXPECT_EQ(json["packets"], 10'000);
  EXPECT_DOUBLE_EQ(json["mpps"], 20);
  EXPECT_DOUBLE_EQ(json["gbps"], 13.44);
  EXPECT_DOUBLE_EQ(json["ns_per_packet"], 100);
  EXPECT_DOUBLE_EQ(json["limit_mpps"], 40);
  EXPECT_DOUBLE_EQ(json["of_limit"], 0.25);
  EXPECT_DOUBLE_EQ(json["scaling"], 0.9);
  EXPECT_DOUBLE_EQ(json["stages"]["table"]["ns"], 30);
  EXPECT_EQ(json["exact"], true);
}

TEST(BenchLine, WhatIsUnknownIsNullAndNotZero) {
  BenchLine line = sample();
  line.scaling.reset();
  auto json = nlohmann::json::parse(bench_json(line));
  EXPECT_TRUE(json["scaling"].is_null());
  EXPECT_TRUE(json["cycles_per_packet"].is_null());
  EXPECT_TRUE(json["stages"]["parse"]["cycles"].is_null());
  EXPECT_NE(bench_row(line).find("unknown"), std::string::npos);
  line.cycles_per_packet = 138;
  line.parse.cycles = 30.5;
  json = nlohmann::json::parse(bench_json(line));
  EXPECT_DOUBLE_EQ(json["cycles_per_packet"], 138);
  EXPECT_DOUBLE_EQ(json["stages"]["parse"]["cycles"], 30.5);
  EXPECT_EQ(bench_row(line).find("unknown"), std::string::npos);
}

TEST(BenchLine, RowsStandBelowTheirHeadings) {
  const std::string heading = bench_heading();
  const std::string second = heading.substr(heading.find('\n') + 1);
  const std::string row = bench_row(sample());
  for (const auto& [name, value] : {std::pair{"workers", "2"},
                                    {"Mpps", "20.00"},
                                    {"Gbit/s", "13.44"},
                                    {"scaling", "0.90"},
                                    {"user", "0.50"},
                                    {"packet", "100.0"},
                                    {"generate", "2.0"},
                                    {"report", "4.0"}}) {
    const size_t end = second.find(name) + std::string(name).size();
    const std::string text = value;
    EXPECT_EQ(row.substr(end - text.size(), text.size()), text) << name;
  }
  EXPECT_TRUE(row.ends_with("  exact\n")) << row;
  BenchLine wrong = sample();
  wrong.exact = false;
  EXPECT_TRUE(bench_row(wrong).ends_with("  NOT EXACT\n"));
}

TEST(BenchLine, RemarksSayWhatTheRowCannotBeTrustedFor) {
  BenchLine line = sample();
  EXPECT_EQ(bench_remarks(line), "");
  line.packets = 9'999;
  EXPECT_NE(bench_remarks(line).find("9999 packets are few for 1000 flows"), std::string::npos);
  line.untracked = 7;
  EXPECT_NE(bench_remarks(line).find("7 packets found no room"), std::string::npos);
  line.usable_cpus = 2;
  EXPECT_NE(bench_remarks(line).find("2 workers and the reporter share 2 CPUs"), std::string::npos);
}

/// Takes some millions of cycles.
void work() {
  volatile uint64_t sum = 0;
  for (uint64_t i = 0; i < 2'000'000; ++i) sum = sum + i;
}

TEST(CycleCounter, CountsThisThreadAndThoseItStarts) {
  const CycleCounter counter;
  const auto before = counter.cycles();
  if (!before) GTEST_SKIP() << "no cycle counter here (perf_event_open)";
  work();
  const auto own = counter.cycles();
  ASSERT_TRUE(own);
  EXPECT_GT(*own, *before + 1'000'000);
  std::thread(work).join();
  EXPECT_GT(*counter.cycles(), *own + 1'000'000);
}

}  // namespace
}  // namespace weir::cli
