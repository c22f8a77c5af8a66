#include <algorithm>

#include "cli/alert_rules.h"
#include "cli/option_kinds.h"
#include "cli/order_words.h"
#include "cli/settings.h"
#include "engine/core/clock.h"

namespace weir::cli {
namespace {

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

Parse store_order(std::optional<FlowOrder>& slot) {
  std::vector<std::pair<std::string, std::optional<FlowOrder>>> choices;
  for (const auto& [word, order] : order_words()) choices.emplace_back(word, order);
  return store_choice<std::optional<FlowOrder>>(slot, std::move(choices));
}

void add_iftop_options(CLI::App& app, RunOptions& run) {
  app.option_defaults()->group("iftop's options");
  app.add_option("-i", run.interfaces, "Interface (the default route's); may be repeated")
      ->type_name("IF")
      ->allow_extra_args(false);
  add_value(app, "-f", "FILTER", "Count what pcap-filter(7) selects", store_text(run.filter));
  add_networks(app, "-F", "Local IPv4 network: what it sends (docs/iftop.md)", run.local_networks,
               4);
  add_networks(app, "-G", "Local IPv6 network, likewise", run.local_networks, 6);
  app.add_flag_callback(
      "-n", [&run] { run.ui.resolve_names = false; },
      "No host names (the screen and live -t have them)");
  app.add_flag_callback("-N", [&run] { run.ui.service_names = false; }, "No service names (as -n)");
  app.add_flag_callback(
      "-P", [&run] { run.port_display = PortDisplay::on; },
      "Ports with -t (the screen begins with them)");
  app.add_flag("-p", run.promiscuous, "Promiscuous mode");
  app.add_flag("-l", run.link_local, "Link-local IPv6 in live -t too (else always there)");
  app.add_flag("-B", run.in_bytes, "Rates in bytes per second");
  add_value(app, "-o", "ORDER", "10s 2s 40s bytes packets peak sent received source ...",
            store_order(run.order));
  app.add_flag_callback(
      "-t", [&run] { run.format = Format::iftop; }, "iftop's text layout, no screen");
  add_value(app, "-L", "LINES", "Flows in text (10; --json, --csv 100; 0: all)",
            store_number(run.line_limit, 0, UINT64_MAX));
  add_value(app, "-s,--duration", "TIME", "End after this time",
            store(run.duration_ns, parse_duration_ns));
  app.add_flag_callback("-b", [&run] { run.ui.bars = false; }, "No bars on the screen");
  add_value(app, "-m", "LIMIT", "Upper end of the bars' scale, as 100M",
            store(run.ui.scale_max_bits, parse_bandwidth));
  add_value(app, "-c", "FILE", "Configuration: weir.toml, or iftop's format",
            store_text(run.config_file));
}

void add_run_options(CLI::App& app, Options& options) {
  RunOptions& run = options.run;
  app.option_defaults()->group("Input and output");
  app.add_option("-r", run.files, "Read pcap or pcapng files, also .gz; - is stdin")
      ->type_name("FILE");
  add_switch(app, "--json", "JSON lines");
  add_switch(app, "--csv", "Flows as CSV");
  add_value(app, "--backend", "NAME", "auto, pcap, af_packet, af_xdp, dpdk, synthetic",
            store_choice<std::string>(run.backend, {{"auto", "auto"},
                                                    {"pcap", "pcap"},
                                                    {"af_packet", "af_packet"},
                                                    {"af_xdp", "af_xdp"},
                                                    {"dpdk", "dpdk"},
                                                    {"synthetic", "synthetic"}}));
  add_value(app, "--interval", "TIME", "Between reports (1s; -t 2s; text in a pipe 0: none)",
            store(run.interval_ns, parse_duration_ns));
  add_value(app, "--count", "N", "End after N packets", store(run.count, count_from(1)));
  app.add_flag("--utc", run.utc, "Times in UTC, not in the local zone");
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

void add_screen_options(CLI::App& app, RunOptions& run) {
  app.option_defaults()->group("Screen and configuration");
  add_value(app, "--theme", "NAME", "Colours of the screen (default)", store_text(run.ui.theme));
  app.add_flag("--list-themes", run.list_themes, "The themes there are");
  app.add_flag("--ascii", run.ascii, "No characters beyond ASCII");
  app.add_flag_callback("--no-mouse", [&run] { run.mouse = false; }, "Leave the mouse alone");
  app.add_flag_callback(
      "--no-ui", [&run] { run.screen = false; }, "No screen: the summary, on a terminal too");
  add_value(app, "--geo-country", "FILE", "Countries, from a MaxMind file",
            store_text(run.name_options.country_database));
  add_value(app, "--geo-asn", "FILE", "Autonomous systems, from a MaxMind file",
            store_text(run.name_options.asn_database));
  add_value(app, "--exit-over", "RATE", "End with 6 when all traffic is more: 800M, 1G:40s",
            [&run](const std::string& text) -> Result<void> {
              Result<report::AlertRule> rule = parse_exit_over(text);
              if (!rule) return fail(rule.error());
              std::erase_if(run.alerts, [&](const auto& old) { return old.name == rule->name; });
              run.alerts.push_back(std::move(*rule));
              return {};
            });
  app.add_flag("--no-config", run.no_config, "Neither file nor environment");
  app.add_option("--set", run.sets, "Set a key of the configuration; may be repeated")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  app.add_flag("--print-config", run.print_config, "The configuration and where it is from");
}

/// Which settings the flags have set. Only the flags that were given are looked for: of the grammar
/// it would be a sixth of what a short run costs.
void note_given(const CLI::App& app, RunOptions& run) {
  const std::vector<const CLI::Option*> given =
      app.get_options([](const CLI::Option* option) { return option->count() > 0; });
  if (given.empty()) return;
  for (const Setting& setting : settings()) {
    for (size_t at = 0; at < setting.flags.size();) {
      const size_t comma = std::min(setting.flags.find(',', at), setting.flags.size());
      const std::string flag = setting.flags.substr(at, comma - at);
      const auto is_it = [&](const CLI::Option* option) { return option->check_name(flag); };
      if (std::any_of(given.begin(), given.end(), is_it)) run.given[setting.key] = flag;
      at = comma + 1;
    }
  }
}

Result<void> apply_sets(RunOptions& run) {
  for (const std::string& assignment : run.sets) {
    const Result<void> set = set_assignment(run, assignment);
    if (!set) return set;
    // Shown in errors and in the comments of --print-config.
    constexpr size_t kMostShown = 80;
    run.given[assignment.substr(0, assignment.find('='))] =
        "--set " + report::printable(assignment.substr(0, kMostShown));
  }
  return {};
}

/// The layout of the file gives way to what the command line asks for.
Result<void> choose_format(const CLI::App& app, RunOptions& run) {
  const std::pair<const char*, Format> formats[] = {
      {"-t", Format::iftop}, {"--json", Format::json}, {"--csv", Format::csv}};
  std::string chosen;
  for (const auto& [flag, format] : formats) {
    if (app.count(flag) == 0) continue;
    if (!chosen.empty()) {
      return fail({Code::usage, Recovery::give_up, 0, chosen,
                   std::string("cannot be combined with ") + flag});
    }
    chosen = flag;
    run.format = format;
  }
  return {};
}

constexpr const char* kFooter =
    "On a terminal weir -i shows a screen: h there shows the keys, q ends it. At the\n"
    "end, in a pipe and for files too, it prints a summary.\n\n"
    "Other commands, each with its own --help (weir help COMMAND):\n"
    "  weir devices   interfaces, and which backends can open them\n"
    "  weir doctor    what would make capture lossy here, and what mends it\n"
    "  weir dissect   a line a packet: what the parser made of it\n"
    "  weir bench     the engine on synthetic packets\n"
    "\nTimes are seconds, or with a unit: 500ms, 2s, 1m. Exit codes: 0 done, 1 failed\n"
    "while running, 2 wrong usage, 3 not permitted, 4 no such interface, file or\n"
    "backend, 5 input damaged, 6 a threshold of --exit-over was exceeded.\n"
    "Configuration: $XDG_CONFIG_HOME/weir/weir.toml, else ~/.config/weir/weir.toml,\n"
    "else ~/.iftoprc. A flag counts before WEIR_... of the environment, that before\n"
    "the file.";

}  // namespace

Result<Options> parse_run(std::span<const char* const> arguments, const RunOptions& base) {
  Options options;
  RunOptions& run = options.run;
  run = base;
  // Local networks of the command line take the place of those of the file; -F and -G share a list.
  run.local_networks.clear();
  CLI::App app("weir: which flows use the bandwidth, and what the measurement missed", "weir");
  app.get_formatter()->column_width(26);

  app.footer(kFooter);
  add_iftop_options(app, run);
  add_run_options(app, options);
  add_screen_options(app, run);
  add_machine_options(app, run);
  const CLI::Option* version =
      add_switch(app, "-V,--version", "Version and backends")->group("Options");
  Result<Options> parsed = parse_with(app, arguments, options);
  if (!parsed) return parsed;
  if (app.count("-F") + app.count("-G") == 0) parsed->run.local_networks = base.local_networks;
  if (version->count() > 0) parsed->command = Options::Command::version;
  note_given(app, parsed->run);
  for (const Result<void>& done : {choose_format(app, parsed->run), apply_sets(parsed->run)}) {
    if (!done) return fail(done.error());
  }
  return parsed;
}

FlowOrder report_order(const RunOptions& run) {
  const bool summary = run.format == Format::summary;
  return run.order.value_or(summary ? FlowOrder::bytes : FlowOrder::rate_10s);
}

report::TimeZone zone_of(const RunOptions& run) {
  return run.utc ? report::TimeZone::utc : report::TimeZone::local;
}

tui::UiOptions ui_options(const RunOptions& run) {
  tui::UiOptions ui = run.ui;
  const PortDisplay ports = run.port_display.value_or(PortDisplay::on);
  ui.source_ports = ports == PortDisplay::on || ports == PortDisplay::source_only;
  ui.destination_ports = ports == PortDisplay::on || ports == PortDisplay::destination_only;
  ui.in_bytes = run.in_bytes;
  ui.zone = zone_of(run);
  ui.order = run.order.value_or(FlowOrder::rate_10s);
  // Without snapshots in between there would be nothing to show.
  if (run.interval_ns.value_or(0) != 0) {
    ui.refresh_ms =
        static_cast<uint32_t>(std::min<uint64_t>(*run.interval_ns / kNsPerMs, UINT32_MAX));
  }
  ui.vlan_keys = run.key_vlan;
  ui.capture_filter = run.filter;
  for (const OwnTheme& theme : run.own_themes) ui.themes.push_back(theme.name);
  return ui;
}

}  // namespace weir::cli
