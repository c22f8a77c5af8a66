#include "cli/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>

#include "cli/units.h"
#include "engine/core/cpu.h"

namespace weir::cli {
namespace {

using Parse = std::function<Result<void>(const std::string&)>;

/// What CLI11 calls with the values of an option. `parse` stores each or says why it is wrong.
CLI::callback_t checked(const std::string& names, Parse parse) {
  std::string shown = names;
  std::replace(shown.begin(), shown.end(), ',', '/');
  return [parse = std::move(parse), shown = std::move(shown)](const CLI::results_t& values) {
    for (const std::string& value : values) {
      const Result<void> parsed = parse(value);
      if (!parsed) throw CLI::ValidationError(shown, parsed.error().message);
    }
    return true;
  };
}

/// An option without a value, whose count alone is asked for.
CLI::Option* add_switch(CLI::App& app, const std::string& names, const std::string& text) {
  return app.add_flag_callback(names, [] {}, text);
}

/// An option with one value. Given twice, the last one counts, as with getopt(3).
CLI::Option* add_value(CLI::App& app, const std::string& names, const std::string& type,
                       const std::string& text, Parse parse) {
  return app.add_option(names, checked(names, std::move(parse)), text)
      ->type_name(type)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

/// Stores what `read` makes of the text into `slot`.
template <class T, class Read>
Parse store(T& slot, Read read) {
  return [&slot, read](const std::string& text) -> Result<void> {
    const auto value = read(text);
    if (!value) return fail(value.error());
    slot = static_cast<std::decay_t<decltype(*value)>>(*value);
    return {};
  };
}

template <class T>
Parse store_number(T& slot, uint64_t least, uint64_t most) {
  return [&slot, least, most](const std::string& text) -> Result<void> {
    const Result<uint64_t> value = parse_number(text, least, most);
    if (!value) return fail(value.error());
    if constexpr (requires { typename T::value_type; }) {
      slot = static_cast<typename T::value_type>(*value);
    } else {
      slot = static_cast<T>(*value);
    }
    return {};
  };
}

/// "nice:-10", "rt:50".
Result<ThreadPriority> parse_priority(const std::string& text) {
  const auto refused = [&] {
    return fail({Code::usage, Recovery::give_up, 0, "",
                 "'" + text + "' is neither nice:-20 to nice:19 nor rt:1 to rt:99"});
  };
  const size_t colon = text.find(':');
  if (colon == std::string::npos) return refused();
  const std::string kind = text.substr(0, colon);
  const bool negative = text.compare(colon + 1, 1, "-") == 0;
  const std::string digits = text.substr(colon + (negative ? 2 : 1));
  if (kind == "nice") {
    const Result<uint64_t> value = parse_number(digits, 0, negative ? 20 : 19);
    if (!value) return refused();
    const auto nice = static_cast<int>(*value);
    return ThreadPriority{ThreadPriority::Kind::nice, negative ? -nice : nice};
  }
  const Result<uint64_t> value = parse_number(digits, 1, 99);
  if (kind != "rt" || negative || !value) return refused();
  return ThreadPriority{ThreadPriority::Kind::realtime, static_cast<int>(*value)};
}

Result<std::string> parse_packet_size(const std::string& text) {
  if (text == "imix") return text;
  const Result<uint64_t> size = parse_number(text, 64, 9018);
  if (!size)
    return fail({Code::usage, Recovery::give_up, 0, "", size.error().message + " or imix"});
  return text;
}

auto count_from(uint64_t least, uint64_t most = UINT64_MAX) {
  return [least, most](const std::string& text) { return parse_count(text, least, most); };
}

/// One of a few words.
template <class T>
Parse store_choice(T& slot, std::vector<std::pair<std::string, T>> choices) {
  return [&slot, choices = std::move(choices)](const std::string& text) -> Result<void> {
    std::string valid;
    for (const auto& [word, value] : choices) {
      if (word == text) {
        slot = value;
        return {};
      }
      valid += (valid.empty() ? "" : ", ") + word;
    }
    return fail({Code::usage, Recovery::give_up, 0, "", "'" + text + "' is not one of " + valid});
  };
}

Parse store_text(std::string& slot) {
  return [&slot](const std::string& text) -> Result<void> {
    slot = text;
    return {};
  };
}

Parse append_network(std::vector<IpPrefix>& networks, uint8_t ip_version) {
  return [&networks, ip_version](const std::string& text) -> Result<void> {
    const Result<IpPrefix> network = parse_network(text, ip_version);
    if (!network) return fail(network.error());
    networks.push_back(*network);
    return {};
  };
}

/// A network option may be given any number of times.
void add_networks(CLI::App& app, const std::string& name, const std::string& text,
                  std::vector<IpPrefix>& networks, uint8_t ip_version) {
  app.add_option(name, checked(name, append_network(networks, ip_version)), text)
      ->type_name("NET/MASK")
      ->expected(1, CLI::detail::expected_max_vector_size)
      ->allow_extra_args(false);
}

Parse store_cpus(std::vector<int>& cpus) {
  return [&cpus](const std::string& text) -> Result<void> {
    const Result<std::vector<int>> list = parse_cpu_list(text);
    if (!list) {
      return fail(
          {Code::usage, Recovery::give_up, 0, "", "'" + text + "': " + list.error().message});
    }
    cpus = *list;
    return {};
  };
}

Parse store_log_level(LogLevel& level) {
  return store_choice<LogLevel>(level, {{"error", LogLevel::error},
                                        {"warning", LogLevel::warning},
                                        {"info", LogLevel::info},
                                        {"debug", LogLevel::debug}});
}

Result<void> check_bandwidth(const std::string& text) {
  const Result<uint64_t> limit = parse_bandwidth(text);
  return limit ? Result<void>{} : fail(limit.error());
}

void add_iftop_options(CLI::App& app, RunOptions& run) {
  app.option_defaults()->group("iftop's options");
  app.add_option("-i", run.interfaces, "Interface; may be repeated")
      ->type_name("IF")
      ->allow_extra_args(false);
  add_value(app, "-f", "FILTER", "Count what pcap-filter(7) selects", store_text(run.filter));
  add_networks(app, "-F", "Local IPv4 network, for direction", run.local_networks, 4);
  add_networks(app, "-G", "Local IPv6 network, for direction", run.local_networks, 6);
  app.add_flag_callback(
      "-n", [&run] { run.resolve_hosts = false; },
      "No host names: addresses (-t live and the terminal UI)");
  app.add_flag_callback(
      "-N", [&run] { run.resolve_services = false; }, "No service names: port numbers (as -n)");
  app.add_flag("-P", run.ports, "Show ports (with -t)");
  app.add_flag("-p", run.promiscuous, "Promiscuous mode");
  app.add_flag("-l", run.link_local, "Count link-local IPv6 too (-t live; else always)");
  app.add_flag("-B", run.in_bytes, "Rates in bytes per second");
  add_value(app, "-o", "ORDER", "Sort by 2s, 10s, 40s, source, destination",
            store_choice<FlowOrder>(run.order, {{"2s", FlowOrder::rate_2s},
                                                {"10s", FlowOrder::rate_10s},
                                                {"40s", FlowOrder::rate_40s},
                                                {"source", FlowOrder::source},
                                                {"destination", FlowOrder::destination}}));
  app.add_flag_callback("-t", [&run] { run.format = Format::iftop; }, "iftop's text layout");
  add_value(app, "-L", "LINES", "Flows listed: 10, with --json 100; 0: all",
            store_number(run.line_limit, 0, UINT64_MAX));
  add_value(app, "-s,--duration", "TIME", "End after this time",
            store(run.duration_ns, parse_duration_ns));
  // What only a terminal UI has a use for is checked all the same, so that a script's mistake does
  // not wait for the day on which it matters.
  add_switch(app, "-b", "No bar graphs (terminal UI)");
  add_value(app, "-m", "LIMIT", "Upper end of the scale (terminal UI)", check_bandwidth);
  add_value(app, "-c", "FILE", "Configuration file (terminal UI)", store_text(run.config_file));
}

void add_run_options(CLI::App& app, Options& options) {
  RunOptions& run = options.run;
  app.option_defaults()->group("Input and output");
  app.add_option("-r", run.files, "Read pcap or pcapng files, also .gz; - is stdin")
      ->type_name("FILE");
  add_switch(app, "--json", "JSON lines");
  add_value(app, "--backend", "NAME", "auto, pcap, af_packet, af_xdp, dpdk, synthetic",
            store_choice<std::string>(run.backend, {{"auto", "auto"},
                                                    {"pcap", "pcap"},
                                                    {"af_packet", "af_packet"},
                                                    {"af_xdp", "af_xdp"},
                                                    {"dpdk", "dpdk"},
                                                    {"synthetic", "synthetic"}}));
  add_value(app, "--interval", "TIME", "Between reports: 1 s live, 2 s with -t; 0: none",
            store(run.interval_ns, parse_duration_ns));
  add_value(app, "--count", "N", "End after N packets", store(run.count, count_from(1)));
  add_value(app, "--snaplen", "BYTES", "Kept of each packet (262144)",
            store_number(run.snaplen, 64, 262'144));
  add_value(app, "--log-level", "LEVEL", "error, warning, info, debug",
            store_log_level(options.log_level));
  app.option_defaults()->group("Flows");
  app.add_flag("--decap", run.decap, "Key on the innermost flow of a tunnel");
  add_value(app, "--key", "KEY", "5tuple, or vlan to add the VLAN stack",
            store_choice<bool>(run.key_vlan, {{"5tuple", false}, {"vlan", true}}));
  add_value(app, "--max-flows", "N", "Flows held at once (2097152)",
            store(run.max_flows, count_from(1, 1ULL << 30)));
  add_value(app, "--flow-timeout", "TIME", "Idle time that ends a flow (60s; -t 40s; files 0)",
            store(run.flow_timeout_ns, parse_duration_ns));
  add_value(app, "--seed", "N", "Fixed seed of the flow hash and the synthetic link",
            store_number(run.seed, 0, UINT64_MAX));
}

void add_dpdk_options(CLI::App& app, bool& no_huge, std::string& arguments) {
  app.add_flag("--no-huge", no_huge, "Memory without hugepages (dpdk)");
  // Its value begins with a dash as often as not, so it is taken as it stands.
  add_value(app, "--dpdk-args", "ARGS", "More of the EAL's options, in one word (dpdk)",
            store_text(arguments));
}

void add_machine_options(CLI::App& app, RunOptions& run) {
  app.option_defaults()->group("Threads and memory");
  add_value(app, "--workers", "N", "Worker threads", store_number(run.workers, 1, 64));
  add_value(app, "--cpus", "LIST", "Worker i runs on the i-th, 0,2-5", store_cpus(run.cpus));
  add_value(app, "--reporter-cpu", "N", "CPU of the reporter thread",
            store_number(run.reporter_cpu, 0, 4095));
  add_value(app, "--priority", "WHAT", "Of workers: nice:-20 to nice:19, or rt:1 to rt:99",
            store(run.priority, parse_priority));
  add_value(app, "--idle", "POLICY", "Workers without packets: park (default), yield, spin",
            store_choice<IdlePolicy>(run.idle, {{"park", IdlePolicy::park},
                                                {"yield", IdlePolicy::yield},
                                                {"spin", IdlePolicy::spin}}));
  add_value(app, "--batch", "N", "Most packets a batch (256)", store_number(run.batch, 1, 4096));
  add_value(app, "--ring", "SIZE", "Capture memory a queue (64M)",
            store(run.ring_bytes, parse_size_bytes));
  add_value(app, "--queues", "LIST", "Receive queues (af_xdp, dpdk)", store_text(run.queues));
  add_value(app, "--fanout", "MODE", "symmetric (default), hash, lb, cpu, qm, rnd, rollover",
            store_choice<std::string>(run.fanout, {{"symmetric", "symmetric"},
                                                   {"hash", "hash"},
                                                   {"lb", "lb"},
                                                   {"cpu", "cpu"},
                                                   {"qm", "qm"},
                                                   {"rnd", "rnd"},
                                                   {"rollover", "rollover"}}));
  add_value(app, "--timestamps", "CLOCK", "kernel (default), or nic where it has a clock",
            store_choice<bool>(run.nic_time, {{"kernel", false}, {"nic", true}}));
  add_value(app, "--busy-poll", "US", "Poll the interface so long before sleeping (0: not)",
            store_number(run.busy_poll_us, 0, 1'000'000));
  add_dpdk_options(app, run.no_huge, run.dpdk_args);
  app.option_defaults()->group("Synthetic link (--backend synthetic)");
  add_value(app, "--flows", "N", "Flows (1000)",
            store(run.synthetic_flows, count_from(1, 1ULL << 24)));
  add_value(app, "--packet-size", "BYTES", "Frame with FCS, 64 to 9018, or imix (imix)",
            store(run.synthetic_packet_size, parse_packet_size));
  add_value(app, "--rate", "PPS", "Packets a second; 0: as fast as possible (200k)",
            store(run.synthetic_rate_pps, count_from(0)));
}

/// CLI11's help with one blank line between groups instead of two or three.
std::string help_text(const CLI::App& app) {
  std::string help = app.help();
  for (size_t at = help.find("\n\n\n"); at != std::string::npos; at = help.find("\n\n\n")) {
    help.erase(at, 1);
  }
  return help;
}

/// Runs the grammar. CLI11 reports by exception; none leaves this file.
Result<Options> parse_with(CLI::App& app, std::span<const char* const> arguments,
                           Options& options) {
  app.set_help_flag("-h,--help", "This help")->group("Options");
  // CLI11 takes the arguments last first.
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  try {
    app.parse(reversed);
  } catch (const CLI::CallForHelp&) {
    options.command = Options::Command::help;
    options.help = help_text(app);
  } catch (const CLI::ExtrasError&) {
    const std::vector<std::string> extra = app.remaining();
    const std::string first = extra.empty() ? "" : extra.front();
    return fail({Code::usage, Recovery::give_up, 0, first,
                 first.starts_with('-') ? "no such option" : "a value without an option"});
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string text = error.what();
    return fail(
        {Code::usage, Recovery::give_up, 0, text.substr(0, text.find(':')), "needs a value"});
  } catch (const CLI::ParseError& error) {
    return fail({Code::usage, Recovery::give_up, 0, "", error.what()});
  }
  return options;
}

constexpr const char* kFooter =
    "Other commands, each with its own --help:\n"
    "  weir devices   interfaces, and which backends can open them\n"
    "  weir doctor    what would make capture lossy here, and what mends it\n"
    "  weir dissect   a line a packet: what the parser made of it\n"
    "  weir bench     the engine on synthetic packets\n"
    "\nTimes are seconds, or with a unit: 500ms, 2s, 1m. Exit codes: 0 done, 1 failed\n"
    "while running, 2 wrong usage, 3 not permitted, 4 no such interface, file or\n"
    "backend, 5 input damaged.";

Result<Options> parse_run(std::span<const char* const> arguments) {
  Options options;
  CLI::App app("weir: which flows use the bandwidth, and what the measurement missed", "weir");
  app.get_formatter()->column_width(26);

  app.footer(kFooter);
  add_iftop_options(app, options.run);
  add_run_options(app, options);
  add_machine_options(app, options.run);
  const CLI::Option* version =
      add_switch(app, "--version", "Version and backends")->group("Options");
  Result<Options> parsed = parse_with(app, arguments, options);
  if (!parsed) return parsed;
  if (version->count() > 0) options.command = Options::Command::version;
  if (app.count("--json") > 0) {
    if (options.run.format == Format::iftop) {
      return fail({Code::usage, Recovery::give_up, 0, "-t", "cannot be combined with --json"});
    }
    options.run.format = Format::json;
  }
  return options;
}

Result<Options> parse_devices(std::span<const char* const> arguments) {
  Options options;
  options.command = Options::Command::devices;
  CLI::App app("Interfaces, and which backends can open each", "weir devices");
  DevicesOptions& devices = options.devices;
  app.add_flag("--json", devices.json, "JSON lines");
  add_value(app, "--backend", "NAME", "dpdk: its ports, for which it is started",
            store_choice<bool>(devices.dpdk, {{"auto", false}, {"dpdk", true}}));
  add_dpdk_options(app, devices.no_huge, devices.dpdk_args);
  return parse_with(app, arguments, options);
}

constexpr const char* kDoctorFooter =
    "Findings are problems (no capture, or losses), advice, what is not known and\n"
    "why, and what is ok. Commands are for root; weir itself changes nothing.\n"
    "Exit codes: 0 whatever was found, 4 no such interface. docs/doctor.md has more.";

Result<Options> parse_doctor(std::span<const char* const> arguments) {
  Options options;
  options.command = Options::Command::doctor;
  CLI::App app("What would make capture lossy or impossible here, with what mends it",
               "weir doctor");
  app.footer(kDoctorFooter);
  app.add_option("-i", options.doctor.interfaces,
                 "Interface; may be repeated (the cards that are up)")
      ->type_name("IF")
      ->allow_extra_args(false);
  app.add_flag("--json", options.doctor.json, "JSON lines");
  return parse_with(app, arguments, options);
}

Result<Options> parse_dissect(std::span<const char* const> arguments) {
  Options options;
  options.command = Options::Command::dissect;
  DissectOptions& dissect = options.dissect;
  CLI::App app("A line a packet: what the parser made of it and where it stopped", "weir dissect");
  app.add_option("-r", dissect.files, "pcap or pcapng files, also .gz; - is stdin")
      ->type_name("FILE")
      ->required();
  add_value(app, "-f", "FILTER", "Only what pcap-filter(7) selects", store_text(dissect.filter));
  app.add_flag("--json", dissect.json, "JSON lines");
  app.add_flag("--decap", dissect.decap, "Addresses of the innermost flow of a tunnel");
  add_value(app, "-L,--count", "N", "Only the first N packets",
            store(dissect.count, count_from(1)));
  add_value(app, "--log-level", "LEVEL", "error, warning, info, debug",
            store_log_level(options.log_level));
  return parse_with(app, arguments, options);
}

template <class T>
Parse store_list(std::vector<T>& slot, uint64_t least, uint64_t most) {
  return [&slot, least, most](const std::string& text) -> Result<void> {
    const Result<std::vector<uint64_t>> values = parse_count_list(text, least, most);
    if (!values) return fail(values.error());
    slot.assign(values->begin(), values->end());
    return {};
  };
}

/// "64,imix,1518"
Result<std::vector<uint32_t>> parse_packet_sizes(const std::string& text) {
  std::vector<uint32_t> sizes;
  for (size_t at = 0; at <= text.size();) {
    const size_t comma = std::min(text.find(',', at), text.size());
    const Result<std::string> size = parse_packet_size(text.substr(at, comma - at));
    if (!size) return fail(size.error());
    sizes.push_back(*size == "imix" ? kImix : static_cast<uint32_t>(std::stoul(*size)));
    at = comma + 1;
  }
  return sizes;
}

Result<Options> parse_bench(std::span<const char* const> arguments) {
  Options options;
  options.command = Options::Command::bench;
  BenchOptions& bench = options.bench;
  CLI::App app("The engine on synthetic packets; every combination of the lists is a line",
               "weir bench");
  add_value(app, "--workers", "LIST", "Worker threads (1)", store_list(bench.workers, 1, 64));
  add_value(app, "--flows", "LIST", "Live flows (1M)", store_list(bench.flows, 1, 1ULL << 24));
  add_value(app, "--packet-size", "LIST", "Frame with FCS, 64 to 9018, or imix (64)",
            store(bench.packet_sizes, parse_packet_sizes));
  add_value(app, "--ipv6", "PERCENT", "IPv6 part of the flows (0)",
            store_number(bench.ipv6_percent, 0, 100));
  add_value(app, "--packets", "N", "Packets a line (50M), k, M, G",
            store(bench.packets, count_from(1)));
  add_value(app, "--batch", "N", "Most packets a batch (256)", store_number(bench.batch, 1, 4096));
  add_value(app, "--max-flows", "N", "Flows held at once (twice --flows)",
            store(bench.max_flows, count_from(1, 1ULL << 30)));
  add_value(app, "--cpus", "LIST", "Worker i runs on the i-th, 0,2-5", store_cpus(bench.cpus));
  app.add_flag("--json", bench.json, "JSON lines");
  Result<Options> parsed = parse_with(app, arguments, options);
  if (!parsed || parsed->command != Options::Command::bench) return parsed;
  const unsigned workers = *std::max_element(bench.workers.begin(), bench.workers.end());
  if (!bench.cpus.empty() && bench.cpus.size() < workers) {
    return fail({Code::usage, Recovery::give_up, 0, "--cpus",
                 "names " + std::to_string(bench.cpus.size()) + " CPUs for " +
                     std::to_string(workers) + " workers"});
  }
  return parsed;
}

}  // namespace

std::string help_command(std::span<const char* const> arguments) {
  const std::string_view first = arguments.empty() ? "" : arguments.front();
  const bool own =
      first == "devices" || first == "doctor" || first == "dissect" || first == "bench";
  return own ? "weir " + std::string(first) + " --help" : "weir --help";
}

// A command is the first word and nothing else: so a file named "bench" can be read with -r.
Result<Options> parse_options(std::span<const char* const> arguments) {
  const std::string_view first = arguments.empty() ? "" : arguments.front();
  if (first == "devices") return parse_devices(arguments.subspan(1));
  if (first == "dissect") return parse_dissect(arguments.subspan(1));
  if (first == "bench") return parse_bench(arguments.subspan(1));
  if (first == "doctor") return parse_doctor(arguments.subspan(1));
  if (!first.empty() && first.front() != '-') {
    return fail({Code::usage, Recovery::give_up, 0, std::string(first),
                 "no such command (devices, doctor, dissect, bench)"});
  }
  return parse_run(arguments);
}

}  // namespace weir::cli
