#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "backends/registry.h"
#include "cli/bench.h"
#include "cli/doctor.h"
#include "cli/log.h"
#include "engine/core/ip_prefix.h"
#include "engine/core/priority.h"
#include "engine/core/status.h"
#include "engine/pipeline/idle_policy.h"
#include "engine/pipeline/snapshot.h"
#include "report/alert_rule.h"
#include "report/format.h"
#include "report/tui/ui_options.h"

namespace weir::cli {

inline constexpr size_t kMostTextBytes = 4096;  ///< of a filter, a name, a path that is set

/// How data is printed.
enum class Format : uint8_t {
  summary,  ///< for people
  iftop,    ///< -t
  json,     ///< --json
  csv,      ///< --csv
};

/// Which ports a line of the display has (iftop's port-display).
enum class PortDisplay : uint8_t { off, source_only, destination_only, on };

/// Where names come from beyond /etc/hosts and /etc/services.
struct NameOptions {
  std::vector<std::string> dns_servers;  ///< empty: those of /etc/resolv.conf
  std::string country_database;          ///< MaxMind file; empty: none
  std::string asn_database;              ///< MaxMind file; empty: none
  bool in_json = false;                  ///< src_name and dst_name, by DNS too
};

/// A theme of the user's, as the configuration has it: see tui::make_theme().
struct OwnTheme {
  struct Look {
    std::string role;
    std::string foreground;  ///< empty: as in the base
    std::string background;  ///< empty: as in the base
    std::optional<bool> bold;
    std::string where;  ///< "weir.toml:4:1"
  };
  std::string name;
  std::string base = "default";
  std::string description;
  std::string ground;  ///< "dark", "light"; empty: that of the base
  std::vector<Look> looks;
  std::string where;  ///< "weir.toml:3:1"
};

/// `weir [-i IF]...` and `weir -r FILE...`, as given. What was not given is empty, so that
/// make_plan() can tell a default from a wish and find contradictions.
struct RunOptions {
  std::vector<std::string> interfaces;
  std::vector<std::string> files;
  std::string backend = "auto";
  std::string filter;
  std::vector<IpPrefix> local_networks;
  Format format = Format::summary;
  std::optional<PortDisplay> port_display;  ///< empty: on the terminal on, in iftop's layout off
  bool in_bytes = false;
  bool utc = false;            ///< times in UTC, not in the local zone
  bool json_processes = true;  ///< whose a live flow is
  bool promiscuous = false;
  bool link_local = false;        ///< -l: counts with -t too, see make_plan()
  std::string config_file;        ///< -c
  bool no_config = false;         ///< --no-config: neither a file nor the environment
  bool print_config = false;      ///< --print-config
  bool list_themes = false;       ///< --list-themes
  std::vector<std::string> sets;  ///< --set: "display.theme=nord"
  /// By key of a setting (cli/settings.h) the flag that has set it.
  std::map<std::string, std::string, std::less<>> given;
  tui::UiOptions ui;   ///< without what is kept here too: see ui_options()
  bool screen = true;  ///< --no-ui: false
  bool ascii = false;
  bool mouse = true;
  NameOptions name_options;
  std::vector<OwnTheme> own_themes;
  std::vector<report::AlertRule> alerts;
  std::optional<FlowOrder> order;      ///< see report_order() for the default
  std::optional<uint64_t> line_limit;  ///< 0: all
  std::optional<uint32_t> workers;
  std::vector<int> cpus;
  int reporter_cpu = -1;
  ThreadPriority priority;
  IdlePolicy idle = IdlePolicy::park;
  std::string queues;  ///< list, as given
  std::string fanout;
  bool no_huge = false;   ///< dpdk
  std::string dpdk_args;  ///< as given
  bool nic_time = false;
  uint32_t busy_poll_us = 0;
  uint32_t batch = 256;
  std::optional<uint64_t> ring_bytes;
  std::optional<uint32_t> snaplen;
  uint64_t max_flows = 1ULL << 21;
  std::optional<uint64_t> flow_timeout_ns;
  bool decap = false;
  bool key_vlan = false;
  std::optional<uint64_t> interval_ns;
  std::optional<uint64_t> duration_ns;
  uint64_t count = 0;
  std::optional<uint64_t> seed;
  std::optional<uint32_t> synthetic_flows;
  std::optional<std::string> synthetic_packet_size;  ///< a number or "imix"
  std::optional<uint64_t> synthetic_rate_pps;
};

/// `weir dissect -r FILE...`
struct DissectOptions {
  std::vector<std::string> files;
  std::string filter;
  bool json = false;
  bool decap = false;
  bool utc = false;
  uint64_t count = 0;  ///< packets; 0: all
};

struct DevicesOptions {
  bool json = false;
  bool dpdk = false;  ///< DPDK's ports, not the interfaces
  bool no_huge = false;
  std::string dpdk_args;
};

/// What the command line asks for; only the part that belongs to `command` means anything.
struct Options {
  enum class Command : uint8_t { run, devices, dissect, bench, doctor, help, version };
  Command command = Command::run;
  RunOptions run;
  DissectOptions dissect;
  DevicesOptions devices;
  DoctorOptions doctor;
  BenchOptions bench;
  LogLevel log_level = LogLevel::info;
  std::string help;  ///< text, for Command::help
};

/// Reads the arguments, without the program's name, over what the environment and the configuration
/// file set (`base`; see cli/config.h). An error is Code::usage, one line. Neither prints nor
/// exits.
Result<Options> parse_options(std::span<const char* const> arguments, const RunOptions& base = {});

/// What reports are sorted by: -o, else a summary by bytes, because a rate is of the last seconds
/// and a summary of everything; -t and JSON by the 10-second rate.
FlowOrder report_order(const RunOptions& run);

/// Which clock the run writes times in.
report::TimeZone zone_of(const RunOptions& run);

/// What the screen begins with: RunOptions::ui and what other sinks use too (order, bytes, ...).
tui::UiOptions ui_options(const RunOptions& run);

/// "weir --help", or that of the subcommand that the arguments begin with.
std::string help_command(std::span<const char* const> arguments);

}  // namespace weir::cli
