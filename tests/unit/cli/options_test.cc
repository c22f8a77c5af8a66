#include "cli/options.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace weir::cli {
namespace {

using Arguments = std::vector<const char*>;

Options good(const Arguments& arguments) {
  const Result<Options> options = parse_options(arguments);
  EXPECT_TRUE(options) << (options ? "" : to_string(options.error()));
  return options.value_or(Options{});
}

std::string bad(const Arguments& arguments) {
  const Result<Options> options = parse_options(arguments);
  std::string line;
  for (const char* argument : arguments) line += std::string(argument) + ' ';
  EXPECT_FALSE(options) << line;
  if (options) return "";
  EXPECT_EQ(options.error().code, Code::usage) << line;
  const std::string text = to_string(options.error());
  EXPECT_EQ(text.find('\n'), std::string::npos) << "one line: " << text;
  return text;
}

TEST(Options, NothingGiven) {
  const Options options = good({});
  EXPECT_EQ(options.command, Options::Command::run);
  EXPECT_TRUE(options.run.interfaces.empty());
  EXPECT_FALSE(options.run.duration_ns);
  EXPECT_EQ(options.run.format, Format::summary);
  EXPECT_TRUE(options.run.ui.resolve_names);
  EXPECT_TRUE(options.run.ui.service_names);
}

TEST(Options, NamesAreTurnedOffOneByOne) {
  EXPECT_FALSE(good({"-n"}).run.ui.resolve_names);
  EXPECT_TRUE(good({"-n"}).run.ui.service_names);
  EXPECT_TRUE(good({"-N"}).run.ui.resolve_names);
  EXPECT_FALSE(good({"-N"}).run.ui.service_names);
  EXPECT_FALSE(good({"-nNP"}).run.ui.resolve_names);
}

TEST(Options, IftopsUsualLine) {
  const RunOptions run = good({"-i", "eth0", "-t", "-s", "10", "-nNP"}).run;
  EXPECT_EQ(run.interfaces, (std::vector<std::string>{"eth0"}));
  EXPECT_EQ(run.format, Format::iftop);
  EXPECT_EQ(run.duration_ns, 10'000'000'000U);
  EXPECT_EQ(run.port_display, PortDisplay::on);
}

TEST(Options, AllOfIftops) {
  const RunOptions run = good({"-npblBNP",
                               "-i",
                               "eth0",
                               "-f",
                               "port 53",
                               "-F",
                               "10.0.0.0/255.0.0.0",
                               "-G",
                               "2001:db8::/32",
                               "-m",
                               "10M",
                               "-o",
                               "40s",
                               "-t",
                               "-s",
                               "5",
                               "-L",
                               "7",
                               "-c",
                               "/dev/null"})
                             .run;
  EXPECT_TRUE(run.promiscuous);
  EXPECT_TRUE(run.in_bytes);
  EXPECT_TRUE(run.link_local);
  EXPECT_EQ(run.config_file, "/dev/null");
  EXPECT_EQ(run.filter, "port 53");
  ASSERT_EQ(run.local_networks.size(), 2U);
  EXPECT_EQ(run.local_networks[0].length, 8);
  EXPECT_EQ(run.local_networks[1].ip_version, 6);
  EXPECT_EQ(run.order, FlowOrder::rate_40s);
  EXPECT_EQ(run.line_limit, 7U);
}

TEST(Options, OrdersAreByTheColumnsThereAre) {
  const std::vector<std::pair<const char*, FlowOrder>> orders = {
      {"2s", FlowOrder::rate_2s},        {"10s", FlowOrder::rate_10s},
      {"40s", FlowOrder::rate_40s},      {"source", FlowOrder::source},
      {"bytes", FlowOrder::bytes},       {"destination", FlowOrder::destination},
      {"packets", FlowOrder::packets},   {"peak", FlowOrder::peak},
      {"duration", FlowOrder::duration}, {"sent", FlowOrder::sent},
      {"received", FlowOrder::received}, {"flows", FlowOrder::flows},
      {"protocol", FlowOrder::protocol}};
  for (const auto& [word, order] : orders) {
    const RunOptions run = good({"-o", word}).run;
    EXPECT_EQ(report_order(run), order) << word;
    EXPECT_EQ(ui_options(run).order, order) << word;
    EXPECT_EQ(report_order(good({"-o", word, "--json"}).run), order) << word;
  }
}

TEST(Options, ASummaryIsByBytesUnlessAskedOtherwise) {
  EXPECT_EQ(report_order(good({"-r", "a.pcap"}).run), FlowOrder::bytes);
  EXPECT_EQ(report_order(good({"-i", "lo"}).run), FlowOrder::bytes);
  EXPECT_EQ(ui_options(good({"-i", "lo"}).run).order, FlowOrder::rate_10s);
  EXPECT_EQ(report_order(good({"-r", "a.pcap", "--json"}).run), FlowOrder::rate_10s);
  EXPECT_EQ(report_order(good({"-r", "a.pcap", "-t"}).run), FlowOrder::rate_10s);
}

TEST(Options, SeveralInterfacesNetworksAndFiles) {
  EXPECT_EQ(good({"-i", "a", "-i", "b"}).run.interfaces.size(), 2U);
  EXPECT_EQ(good({"-F", "10.0.0.0/8", "-F", "172.16.0.0/12"}).run.local_networks.size(), 2U);
  EXPECT_EQ(good({"-r", "a.pcap", "b.pcap", "--json"}).run.files,
            (std::vector<std::string>{"a.pcap", "b.pcap"}));
  EXPECT_EQ(good({"-r", "a.pcap", "-r", "b.pcap"}).run.files.size(), 2U);
  EXPECT_EQ(good({"-r", "-"}).run.files, (std::vector<std::string>{"-"}));
}

TEST(Options, FilesMayBeNamedLikeCommands) {
  EXPECT_EQ(good({"-r", "bench", "devices"}).run.files,
            (std::vector<std::string>{"bench", "devices"}));
}

TEST(Options, WeirsOwn) {
  const Options options = good({"-r",          "f",
                                "--json",      "--workers",
                                "2",           "--cpus",
                                "3,1",         "--reporter-cpu",
                                "0",           "--priority",
                                "nice:-10",    "--idle",
                                "spin",        "--batch",
                                "64",          "--ring",
                                "64M",         "--snaplen",
                                "96",          "--max-flows",
                                "1M",          "--flow-timeout",
                                "30s",         "--decap",
                                "--key",       "vlan",
                                "--interval",  "500ms",
                                "--duration",  "1m",
                                "--count",     "5M",
                                "--log-level", "debug",
                                "--seed",      "9"});
  const RunOptions& run = options.run;
  EXPECT_EQ(run.format, Format::json);
  EXPECT_EQ(run.workers, 2U);
  EXPECT_EQ(run.cpus, (std::vector<int>{3, 1}));
  EXPECT_EQ(run.reporter_cpu, 0);
  EXPECT_EQ(run.priority, (ThreadPriority{ThreadPriority::Kind::nice, -10}));
  EXPECT_EQ(run.idle, IdlePolicy::spin);
  EXPECT_EQ(run.batch, 64U);
  EXPECT_EQ(run.ring_bytes, 64ULL << 20);
  EXPECT_EQ(run.snaplen, 96U);
  EXPECT_EQ(run.max_flows, 1'000'000U);
  EXPECT_EQ(run.flow_timeout_ns, 30'000'000'000U);
  EXPECT_TRUE(run.decap);
  EXPECT_TRUE(run.key_vlan);
  EXPECT_EQ(run.interval_ns, 500'000'000U);
  EXPECT_EQ(run.duration_ns, 60'000'000'000U);
  EXPECT_EQ(run.count, 5'000'000U);
  EXPECT_EQ(options.log_level, LogLevel::debug);
  EXPECT_EQ(run.seed, 9U);
}

TEST(Options, TheLastOfARepeatedOptionCounts) {
  EXPECT_EQ(good({"-L", "5", "-L", "6"}).run.line_limit, 6U);
}

TEST(Options, Synthetic) {
  const RunOptions run =
      good({"--backend", "synthetic", "--flows", "10k", "--packet-size", "imix", "--rate", "0"})
          .run;
  EXPECT_EQ(run.synthetic_flows, 10'000U);
  EXPECT_EQ(run.synthetic_packet_size, "imix");
  EXPECT_EQ(run.synthetic_rate_pps, 0U);
}

TEST(Options, OtherCommands) {
  EXPECT_TRUE(good({"devices", "--json"}).devices.json);
  const Options dissect =
      good({"dissect", "-r", "a", "-", "--json", "--decap", "-f", "tcp", "-L", "3"});
  EXPECT_EQ(dissect.command, Options::Command::dissect);
  EXPECT_EQ(dissect.dissect.files.size(), 2U);
  EXPECT_TRUE(dissect.dissect.json && dissect.dissect.decap);
  EXPECT_EQ(dissect.dissect.count, 3U);
  const Options bench = good({"bench", "--workers", "1,2", "--flows", "1k,1M", "--packet-size",
                              "64,1518", "--packets", "5M", "--cpus", "0-1", "--json"});
  EXPECT_EQ(bench.command, Options::Command::bench);
  EXPECT_EQ(bench.bench.workers, (std::vector<unsigned>{1, 2}));
  EXPECT_EQ(bench.bench.flows, (std::vector<uint64_t>{1000, 1'000'000}));
  EXPECT_EQ(bench.bench.packet_sizes, (std::vector<uint32_t>{64, 1518}));
  EXPECT_EQ(bench.bench.packets, 5'000'000U);
  EXPECT_EQ(good({"bench", "--packet-size", "imix"}).bench.packet_sizes,
            (std::vector<uint32_t>{kImix}));
  EXPECT_EQ(good({"--version"}).command, Options::Command::version);
  EXPECT_EQ(good({"doctor", "-i", "eth0"}).command, Options::Command::doctor);
}

TEST(Options, HelpIsReadableAndNamesEverything) {
  for (const char* flag : {"-h", "--help"}) {
    const Options options = good({flag});
    EXPECT_EQ(options.command, Options::Command::help);
    for (const char* word : {"-i", "-s,--duration", "--json", "--backend", "dissect", "bench",
                             "devices", "iftop's options", "--flow-timeout", "NET/MASK"}) {
      EXPECT_NE(options.help.find(word), std::string::npos) << word;
    }
  }
  EXPECT_NE(good({"dissect", "--help"}).help.find("--decap"), std::string::npos);
}

TEST(Options, HelpFitsATerminal) {
  const std::string help = good({"--help"}).help;
  for (size_t at = 0; at < help.size();) {
    const size_t end = help.find('\n', at);
    EXPECT_LE(end - at, 80U) << help.substr(at, end - at);
    at = end == std::string::npos ? help.size() : end + 1;
  }
}

struct Bad {
  Arguments arguments;
  const char* part;  ///< of the message
};

TEST(Options, BadOnes) {
  const std::vector<Bad> table{
      {{"--frobnicate"}, "--frobnicate"},
      {{"-z"}, "-z"},
      {{"eth0"}, "no such command"},
      {{"doctors"}, "no such command"},
      {{"-i"}, "-i"},
      {{"-i", "eth0", "stray"}, "stray"},
      {{"-t", "stray"}, "stray"},
      {{"-s", "abc"}, "'abc' is not a time"},
      {{"-s", "-1"}, "-s"},
      {{"-L", "many"}, "'many' is not a number"},
      {{"-L"}, "-L"},
      {{"-o", "3s"},
       "not one of 2s, 10s, 40s, source, destination, bytes, packets, peak, duration, sent, "
       "received, flows, protocol"},
      {{"-F", "10.0.0.0/99"}, "'10.0.0.0/99' is not an IPv4 network"},
      {{"-F", "2001:db8::/32"}, "not an IPv4 network"},
      {{"-G", "10.0.0.0/8"}, "not an IPv6 network"},
      {{"-m", "much"}, "'much'"},
      {{"--backend", "ebpf"}, "not one of auto, pcap, af_packet, af_xdp, dpdk, synthetic"},
      {{"--workers", "0"}, "'0' is not a number from 1 to 64"},
      {{"--workers", "65"}, "from 1 to 64"},
      {{"--cpus", "0-"}, "--cpus: '0-': not a CPU number"},
      {{"--cpus", "0,0"}, "--cpus"},
      {{"--reporter-cpu", "-1"}, "--reporter-cpu"},
      {{"--priority", "high"}, "'high' is neither nice:-20 to nice:19 nor rt:1 to rt:99"},
      {{"--priority", "nice:20"}, "neither"},
      {{"--priority", "nice:-21"}, "neither"},
      {{"--priority", "nice:"}, "neither"},
      {{"--priority", "rt:0"}, "neither"},
      {{"--priority", "rt:100"}, "neither"},
      {{"--priority", "rt:-5"}, "neither"},
      {{"--priority", "5"}, "neither"},
      {{"--idle", "sleep"}, "not one of park, yield, spin"},
      {{"--batch", "0"}, "'0' is not a number from 1 to 4096"},
      {{"--batch", "5000"}, "from 1 to 4096"},
      {{"--ring", "64MB"}, "'64MB' is not a size"},
      {{"--snaplen", "10"}, "from 64 to 262144"},
      {{"--fanout", "spray"}, "not one of symmetric, hash, lb, cpu, qm, rnd, rollover"},
      {{"--timestamps", "gps"}, "not one of kernel, nic"},
      {{"--max-flows", "0"}, "--max-flows"},
      {{"--flow-timeout", "1x"}, "'1x' is not a time"},
      {{"--key", "3tuple"}, "not one of 5tuple, vlan"},
      {{"--interval", ""}, "'' is not a time"},
      {{"--count", "0"}, "--count"},
      {{"--log-level", "loud"}, "not one of error, warning, info, debug"},
      {{"--packet-size", "63"}, "from 64 to 9018 or imix"},
      {{"--flows", "0"}, "--flows"},
      {{"--flows", "16777217"}, "from 1 to 16777216"},
      {{"--rate", "fast"}, "'fast'"},
      {{"-t", "--json"}, "cannot be combined with --json"},
      {{"dissect"}, "-r"},
      {{"dissect", "-r"}, "-r"},
      {{"dissect", "-r", "a", "--workers", "2"}, "--workers"},
      {{"dissect", "-r", "a", "-L", "0"}, "'0'"},
      {{"devices", "-i", "eth0"}, "-i"},
      {{"bench", "--workers", "1,,2"}, "''"},
      {{"bench", "--packet-size", "32"}, "from 64 to 9018"},
      {{"bench", "--packets", "0"}, "--packets"},
  };
  for (const Bad& entry : table) {
    const std::string message = bad(entry.arguments);
    EXPECT_NE(message.find(entry.part), std::string::npos) << message;
  }
}

TEST(Options, TheScreen) {
  const RunOptions run = good({"-nNPbB", "-m", "10M", "-o", "40s", "--theme", "nord", "--ascii",
                               "--no-mouse", "--no-ui", "--geo-country", "a", "--geo-asn", "b"})
                             .run;
  const tui::UiOptions ui = ui_options(run);
  EXPECT_FALSE(ui.resolve_names || ui.service_names || ui.bars);
  EXPECT_TRUE(ui.source_ports && ui.destination_ports && ui.in_bytes);
  EXPECT_EQ(ui.scale_max_bits, 10U << 20);
  EXPECT_EQ(ui.order, FlowOrder::rate_40s);
  EXPECT_EQ(ui.theme, "nord");
  EXPECT_TRUE(run.ascii);
  EXPECT_FALSE(run.mouse || run.screen);
  EXPECT_EQ(run.name_options.country_database + run.name_options.asn_database, "ab");
  EXPECT_EQ(run.given.at("display.names"), "-n");
  EXPECT_FALSE(run.given.contains("display.view"));
  EXPECT_TRUE(ui_options(good({}).run).destination_ports) << "the screen shows ports without -P";
}

TEST(Options, ExitOver) {
  const report::AlertRule rule = good({"--exit-over", "1.5G:40s"}).run.alerts.at(0);
  EXPECT_EQ(rule.over, 1'500'000'000U);
  EXPECT_EQ(rule.window_s, 40U);
  EXPECT_TRUE(rule.ends_run);
  const auto packets = good({"--exit-over", "20kpps"}).run.alerts.at(0);
  EXPECT_EQ(packets.unit, report::AlertRule::Unit::packets);
  EXPECT_EQ(packets.over, 20'000U);
  for (const char* wrong :
       {"", "0", "M", "1.M", "-1", "1:3s", "1M:", "99999999999999T", "1.5.5M"}) {
    bad({"--exit-over", wrong});
  }
}

TEST(Options, HelpIsACommandToo) {
  EXPECT_EQ(good({"help"}).help, good({"--help"}).help);
  for (const char* command : {"devices", "doctor", "dissect", "bench"}) {
    const Options options = good({"help", command});
    EXPECT_EQ(options.command, Options::Command::help);
    EXPECT_EQ(options.help, good({command, "--help"}).help);
    EXPECT_NE(options.help, good({"help"}).help);
  }
  EXPECT_EQ(good({"help", "help"}).help, good({"--help"}).help);
  EXPECT_EQ(bad({"help", "disect"}), "disect: no such command (did you mean dissect?)");
  EXPECT_NE(bad({"help", "-r"}).find("-r: no such command"), std::string::npos);
  EXPECT_NE(bad({"help", "bench", "more"}).find("more: "), std::string::npos);
}

TEST(Options, VersionHasAShortFlag) {
  EXPECT_EQ(good({"-V"}).command, Options::Command::version);
  EXPECT_EQ(good({"--version"}).command, Options::Command::version);
}

TEST(Options, WhatIsMistypedIsGuessed) {
  EXPECT_EQ(bad({"--jsn"}), "--jsn: no such option (did you mean --json?)");
  EXPECT_EQ(bad({"--workrs=3"}), "--workrs=3: no such option (did you mean --workers?)");
  EXPECT_EQ(bad({"dissect", "-r", "a", "--decpa"}),
            "--decpa: no such option (did you mean --decap?)");
  EXPECT_EQ(bad({"-q"}), "-q: no such option") << "one letter is near every other";
  EXPECT_EQ(bad({"devcies"}), "devcies: no such command (did you mean devices?)");
  EXPECT_NE(bad({"eth0"}).find("interfaces follow -i, files -r"), std::string::npos);
  EXPECT_NE(bad({"--backend", "af_paket"}).find("(did you mean af_packet?)"), std::string::npos);
}

TEST(Options, ErrorsOfSetNameWhatWasTyped) {
  for (const char* given : {"display.theme", "displya.theme=x", "display.bytes=maybe",
                            "capture.workers=0", "display.refresh=soon"}) {
    EXPECT_TRUE(bad({"--set", given}).starts_with(std::string("--set ") + given + ": ")) << given;
  }
  EXPECT_NE(bad({"--set", "displya.theme=x"}).find("(did you mean display.theme?)"),
            std::string::npos);
}

TEST(Options, OneFormatAtATime) {
  EXPECT_EQ(good({"--csv"}).run.format, Format::csv);
  EXPECT_EQ(bad({"--csv", "--json"}), "--json: cannot be combined with --csv");
  EXPECT_EQ(bad({"--csv", "-t"}), "-t: cannot be combined with --csv");
  EXPECT_EQ(bad({"--json", "-t"}), "-t: cannot be combined with --json");
}

TEST(Options, TimesAreLocalUnlessUtcIsAskedFor) {
  EXPECT_EQ(zone_of(good({}).run), report::TimeZone::local);
  EXPECT_EQ(zone_of(good({"--utc"}).run), report::TimeZone::utc);
  EXPECT_EQ(zone_of(good({"--set", "display.utc=true"}).run), report::TimeZone::utc);
  EXPECT_EQ(ui_options(good({"--utc"}).run).zone, report::TimeZone::utc);
  EXPECT_TRUE(good({"dissect", "-r", "a", "--utc"}).dissect.utc);
}

}  // namespace
}  // namespace weir::cli
