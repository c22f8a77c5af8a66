#include "cli/options.h"

#include <algorithm>
#include <string_view>

#include "cli/option_kinds.h"
#include "cli/suggestion.h"

namespace weir::cli {
namespace {

/// CLI11's help with one blank line between groups instead of two or three.
std::string help_text(const CLI::App& app) {
  std::string help = app.help();
  for (size_t at = help.find("\n\n\n"); at != std::string::npos; at = help.find("\n\n\n")) {
    help.erase(at, 1);
  }
  return help;
}

constexpr const char* kCommands[] = {"devices", "doctor", "dissect", "bench"};

/// All names of all options, with their dashes.
std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
  }
  return names;
}

Status no_such_option(const CLI::App& app, const std::string& given) {
  const std::string name = given.substr(0, given.find('='));
  // One letter is near every other: only a long name can be recognised.
  const bool guess = name.size() > 2;
  return {Code::usage, Recovery::give_up, 0, given,
          "no such option" + (guess ? did_you_mean(name, option_names(app)) : "")};
}

}  // namespace

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
    if (first.starts_with('-')) return fail(no_such_option(app, first));
    return fail({Code::usage, Recovery::give_up, 0, first, "a value without an option"});
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string text = error.what();
    return fail(
        {Code::usage, Recovery::give_up, 0, text.substr(0, text.find(':')), "needs a value"});
  } catch (const CLI::ParseError& error) {
    return fail({Code::usage, Recovery::give_up, 0, "", error.what()});
  }
  return options;
}

namespace {

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
  app.add_flag("--all", options.doctor.all, "also what is fine and what has no answer");
  app.add_flag("--json", options.doctor.json, "JSON lines, all of them");
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
  app.add_flag("--utc", dissect.utc, "Times in UTC, not in the local zone");
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
      std::find(std::begin(kCommands), std::end(kCommands), first) != std::end(kCommands);
  return own ? "weir " + std::string(first) + " --help" : "weir --help";
}

namespace {

tl::unexpected<Status> no_such_command(std::string_view given) {
  std::vector<std::string> commands(std::begin(kCommands), std::end(kCommands));
  commands.emplace_back("help");
  std::string all;
  for (const std::string& command : commands) all += (all.empty() ? "" : ", ") + command;
  const std::string near = did_you_mean(given, commands);
  const std::string hint = near.empty() ? " (" + all + "); interfaces follow -i, files -r" : near;
  return fail({Code::usage, Recovery::give_up, 0, std::string(given), "no such command" + hint});
}

/// `weir help`, `weir help COMMAND`: the same as --help there.
Result<Options> parse_help(std::span<const char* const> arguments) {
  if (arguments.size() > 1) {
    return fail({Code::usage, Recovery::give_up, 0, arguments[1], "weir help takes one command"});
  }
  std::vector<const char*> words(arguments.begin(), arguments.end());
  if (!words.empty() && std::string_view(words.front()) == "help") words.clear();
  if (!words.empty() && *words.front() == '-') return no_such_command(words.front());
  words.push_back("--help");
  return parse_options(words);
}

}  // namespace

// A command is the first word and nothing else: so a file named "bench" can be read with -r.
Result<Options> parse_options(std::span<const char* const> arguments, const RunOptions& base) {
  const std::string_view first = arguments.empty() ? "" : arguments.front();
  if (first == "devices") return parse_devices(arguments.subspan(1));
  if (first == "dissect") return parse_dissect(arguments.subspan(1));
  if (first == "bench") return parse_bench(arguments.subspan(1));
  if (first == "doctor") return parse_doctor(arguments.subspan(1));
  if (first == "help") return parse_help(arguments.subspan(1));
  if (!first.empty() && first.front() != '-') return no_such_command(first);
  return parse_run(arguments, base);
}

}  // namespace weir::cli
