#include "cli/config.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cli/themes.h"
#include "tests/unit/cli/config_test.h"

namespace weir::cli {
namespace {

using test::apply;
using test::error_of;
using test::Home;

Config good(const std::string& text, const RunOptions& flags = {}) {
  const Result<Config> config = apply(text, flags);
  EXPECT_TRUE(config) << (config ? "" : to_string(config.error()));
  return config ? *config : Config{};
}

Options parsed(const std::vector<const char*>& arguments, const RunOptions& base = {}) {
  const Result<Options> options = parse_options(arguments, base);
  EXPECT_TRUE(options) << (options ? "" : to_string(options.error()));
  return options ? *options : Options{};
}

constexpr const char* kWhole = R"(
[capture]
interface = ["eth0", "eth1"]
filter = "not port 22"
backend = "af_packet"
promiscuous = true
duration = "90s"
workers = 2
cpus = "0,2"
reporter_cpu = 1
priority = "nice:-5"
idle = "spin"
batch = 64
ring = "8M"
snaplen = 128
fanout = "hash"
timestamps = "nic"
busy_poll_us = 50
[flows]
networks = ["10.0.0.0/8", "fd00::/8"]
timeout = "1500ms"
max_flows = 1000
decap = true
key = "vlan"
link_local = true
[display]
theme = "nord"
view = "hosts"
names = false
services = false
ports = "source-only"
bytes = true
utc = true
order = "peak"
reversed = true
lines = 0
line_display = "one-line-sent"
totals = true
process = true
hide_source = true
hide_destination = true
filter = "tcp"
refresh = "500ms"
bars = false
bar_seconds = "40s"
log_scale = true
scale_max = "10M"
titles = false
hover = false
frame = false
prefix4 = 16
prefix6 = 48
ascii = true
mouse = false
screen = false
text = true
json_processes = false
[names]
json = true
dns = ["10.0.0.1", "fd00::53"]
country = "/a.mmdb"
asn = "/b.mmdb"
[networks]
"the lab" = "10.2.0.0/16"
office = ["10.1.0.0/16", "fd00:1::/32"]
[themes.mine]
base = "nord"
sent = "red"
selected = { bg = "#202020", bold = true }
[[alerts]]
name = "uplink"
on = "net office"
over = "1.5G"
window = "40s"
direction = "sent"
bell = false
exit = true
)";

TEST(Config, EveryKeyArrives) {
  const RunOptions run = good(kWhole).options;
  EXPECT_EQ(run.interfaces, (std::vector<std::string>{"eth0", "eth1"}));
  EXPECT_EQ(run.duration_ns, 90'000'000'000U);
  EXPECT_EQ(run.cpus, (std::vector<int>{0, 2}));
  EXPECT_EQ(run.ring_bytes, 8U << 20);
  EXPECT_EQ(run.priority.value, -5);
  EXPECT_EQ(run.local_networks.size(), 2U);
  EXPECT_EQ(run.flow_timeout_ns, 1'500'000'000U);
  EXPECT_EQ(run.format, Format::iftop);
  EXPECT_EQ(run.name_options.dns_servers.size(), 2U);
  const tui::UiOptions ui = ui_options(run);
  EXPECT_EQ(ui.theme, "nord");
  EXPECT_EQ(ui.view, tui::View::hosts);
  EXPECT_TRUE(ui.source_ports);
  EXPECT_FALSE(ui.destination_ports);
  EXPECT_TRUE(ui.in_bytes);
  EXPECT_EQ(ui.order, FlowOrder::peak);
  EXPECT_EQ(ui.refresh_ms, 500U);
  EXPECT_EQ(ui.scale_max_bits, 10U << 20);
  EXPECT_EQ(ui.bar_seconds, 40U);
  EXPECT_EQ(ui.networks.size(), 3U);
  EXPECT_TRUE(ui.vlan_keys);
  ASSERT_EQ(run.alerts.size(), 1U);
  EXPECT_EQ(run.alerts[0].over, 1'500'000'000U);
  EXPECT_EQ(run.alerts[0].prefixes.size(), 2U);
}

TEST(Config, WhatIsPrintedReadsBackTheSame) {
  const std::string printed = print_config(good(kWhole).options, {});
  const RunOptions again = good(printed).options;
  EXPECT_EQ(print_config(again, {}), printed);
  EXPECT_EQ(again.alerts, good(kWhole).options.alerts);
  // Every key of the table stands in the whole file or is set to something else than its default
  // in vain.
  const std::string defaults = print_config(RunOptions{}, {});
  EXPECT_EQ(print_config(good(defaults).options, {}), defaults);
  EXPECT_NE(defaults, printed);
}

TEST(Config, EveryKeyOfTheTableIsInTheWholeFile) {
  const Config config = good(kWhole);
  for (const Setting& setting : settings()) {
    const bool of_other_backends = setting.key == "capture.queues" ||
                                   setting.key == "capture.no_huge" ||
                                   setting.key == "capture.dpdk_args";
    EXPECT_TRUE(of_other_backends || config.origins.contains(setting.key)) << setting.key;
    EXPECT_FALSE(setting.meaning.empty()) << setting.key;
    EXPECT_FALSE(setting.expected.empty()) << setting.key;
  }
}

TEST(Config, ErrorsNameLineColumnAndKey) {
  EXPECT_EQ(error_of("[display]\n\nrefresh = 3\n"),
            "weir.toml:3:11: refresh: expected a time such as 1s, from 100ms to 1h, not 3");
  EXPECT_EQ(error_of("[display]\n  colour = 1"), "weir.toml:2:3: colour: no such key in [display]");
  EXPECT_EQ(error_of("[display]\nbytes = \"yes\""),
            "weir.toml:2:9: bytes: expected true or false, not yes");
  EXPECT_EQ(error_of("[display]\nprefix4 = 33"),
            "weir.toml:2:11: prefix4: expected a number from 0 to 32, not 33");
  EXPECT_EQ(error_of("[display]\nprefix4 = -1"),
            "weir.toml:2:11: prefix4: expected a number from 0 to 32, not -1");
  EXPECT_EQ(error_of("[capture]\nworkers = 1.5"),
            "weir.toml:2:11: workers: expected a number from 1 to 64, not 1.5");
  EXPECT_EQ(error_of("display = 3"), "weir.toml:1:11: display: expected a section, not 3");
  EXPECT_EQ(error_of("[colours]"),
            "weir.toml:1:2: colours: no such section (capture, flows, display, names, networks, "
            "themes, alerts)");
  EXPECT_EQ(error_of("[display]\ntheme = \"x"), "weir.toml:2:11: encountered end-of-file");
  EXPECT_EQ(error_of("[display]\nbytes = true\nbytes = true"),
            "weir.toml:3:9: cannot redefine existing boolean 'bytes'");
}

// What toml++ takes for granted: that a table's name begins as a key, and that letters and signs of
// many scripts (U+00E9, U+03DA, U+3001) are none where a blank may be.
TEST(Config, WhatTheLibraryTakesForGrantedIsAnError) {
  for (const char* text :
       {"[.a]", "[ =]", "[#", "[\n", "[[\n", "[\x01]", "[\\", "[[.a]]", "[\u00e9]", "\u00e9 = 1",
        "a \u00e9 = 1", "a = 1 \u03da", "a = [1 \u3001]", "a = [[\u03da]]", "a = { \u2e80 = 1 }"}) {
    Config config;
    const Result<void> applied = apply_config_text(text, "x.toml", {}, config);
    ASSERT_FALSE(applied) << text;
    EXPECT_TRUE(applied.error().where.starts_with("x.toml:1:")) << applied.error().where;
  }
}

TEST(Config, DnsServersMayHavePorts) {
  for (const char* right : {"10.0.0.1", "10.0.0.1:53", "fd00::53", "[fd00::53]:53"}) {
    EXPECT_TRUE(apply(std::string("[names]\ndns = \"") + right + "\"")) << right;
  }
  for (const char* wrong : {"", "dns", "10.0.0.1:", "10.0.0.1:0", "10.0.0.0/8", "[fd00::53]",
                            "[]:53", "[10.0.0.1]:53", "fd00::/8", "[fd00::53]x:53"}) {
    EXPECT_FALSE(apply(std::string("[names]\ndns = \"") + wrong + "\"")) << wrong;
  }
}

TEST(Config, ColumnsAreCharacters) {
  EXPECT_EQ(error_of("[display]\n\"f\u00fc\u00fc\" = 1"),
            "weir.toml:2:1: f\u00fc\u00fc: no such key in [display]");
  EXPECT_EQ(error_of("[networks]\n\"\u00e4\u00f6\u00fc\" = \"x\"").substr(0, 15),
            "weir.toml:2:9: ");
}

TEST(Config, ErrorsOfTables) {
  EXPECT_EQ(error_of("[networks]\na = [\"10.0.0.0/8\", 3]"),
            "weir.toml:2:20: a: expected networks such as [\"10.0.0.0/8\", \"fd00::/8\"], not 3");
  EXPECT_EQ(error_of("[themes.a]\nfoo = \"red\""), "weir.toml:2:1: foo: no such role of a theme");
  EXPECT_EQ(error_of("[themes.A]\n"),
            "weir.toml:1:9: themes: 'A': a name has small letters, digits and dashes");
  EXPECT_EQ(error_of("[[alerts]]\nover = \"1Q\""),
            "weir.toml:2:8: over: expected a rate such as 800M (bits per second) or 20kpps "
            "(packets), not 1Q");
  EXPECT_EQ(error_of("[[alerts]]\non = \"total\""),
            "weir.toml:1:1: alerts: needs 'over', a rate such as \"800M\"");
  EXPECT_EQ(error_of("[[alerts]]\non = \"net x\"\nover = \"1M\""),
            "weir.toml:2:6: on: expected a network such as 10.0.0.0/8, or a name of [networks], "
            "not x");
  EXPECT_EQ(error_of("[[alerts]]\nover = \"1M\"\n[[alerts]]\nover = \"2M\""),
            "weir.toml:3:1: alerts: 'total' is the name of two alerts");
  EXPECT_EQ(error_of("[[alerts]]\non = \"any host\"\nover = \"1kpps\""),
            "weir.toml:1:1: alerts: packets per second are counted for on = \"total\" only");
}

TEST(Config, ThemesAreCheckedWithTheirPlace) {
  const auto theme_error = [](const std::string& text) {
    const auto themes = all_themes(good(text).options);
    return themes ? "no error" : to_string(themes.error());
  };
  EXPECT_EQ(theme_error("[themes.a]\nsent = \"blurple\"").substr(0, 21), "weir.toml:2:8: sent: ");
  EXPECT_EQ(theme_error("[themes.a]\nbase = \"none\"").substr(0, 26), "weir.toml:1:9: themes.a: i");
  EXPECT_EQ(theme_error("[display]\ntheme = \"none\"").substr(0, 16), "--theme: 'none' ");
  const auto themes =
      all_themes(good("[themes.a]\nsent = \"red\"\n[themes.b]\nbase=\"a\"").options);
  ASSERT_TRUE(themes);
  EXPECT_EQ(theme_of(*themes, "b")->of(tui::Role::sent).foreground,
            theme_of(*themes, "a")->of(tui::Role::sent).foreground);
}

TEST(Config, FlagEnvironmentFileDefault) {
  Home home;
  home.write(".config/weir/weir.toml",
             "[display]\ntheme = \"file\"\nview = \"hosts\"\norder = \"2s\"\n");
  home.set("WEIR_THEME", "environment");
  home.set("WEIR_VIEW", "pairs");
  const std::vector<const char*> arguments{"--theme", "flag"};
  const Result<Config> config = load_config(parsed(arguments).run, home.environment());
  ASSERT_TRUE(config) << to_string(config.error());
  const Options options = parsed(arguments, config->options);
  EXPECT_EQ(options.run.ui.theme, "flag");
  EXPECT_EQ(options.run.ui.view, tui::View::pairs);
  EXPECT_EQ(options.run.order, FlowOrder::rate_2s);
  EXPECT_EQ(options.run.ui.prefix_v4, 24);
  const Origins origins = all_origins(*config, options.run);
  EXPECT_EQ(origins.at("display.theme").text, "--theme");
  EXPECT_EQ(origins.at("display.view").text, "WEIR_VIEW");
  EXPECT_EQ(origins.at("display.order").text, home.path(".config/weir/weir.toml:4:9"));
  EXPECT_FALSE(origins.contains("display.prefix4"));
}

TEST(Config, ListsOfFlagsTakeThePlaceOfThoseOfTheFile) {
  const RunOptions base =
      good("[capture]\ninterface = \"a\"\n[flows]\nnetworks = \"10.0.0.0/8\"").options;
  EXPECT_EQ(parsed({"-i", "b"}, base).run.interfaces, (std::vector<std::string>{"b"}));
  EXPECT_EQ(parsed({"-i", "b"}, base).run.local_networks.size(), 1U);
  const RunOptions given = parsed({"-F", "192.168.0.0/16", "-G", "fd00::/8"}, base).run;
  EXPECT_EQ(given.local_networks.size(), 2U);
  EXPECT_EQ(given.interfaces, (std::vector<std::string>{"a"}));
}

TEST(Config, SetTakesWhatAFileTakes) {
  const RunOptions run =
      parsed({"--set", "display.bytes=false", "--set", "names.dns=10.0.0.1, 10.0.0.2"},
             good("[display]\nbytes = true").options)
          .run;
  EXPECT_FALSE(run.in_bytes);
  EXPECT_EQ(run.name_options.dns_servers.size(), 2U);
  EXPECT_EQ(run.given.at("display.bytes"), "--set display.bytes=false");
  for (const char* wrong : {"display.bytes", "display.byte=true", "display.bytes=maybe",
                            "display.refresh=1d", "names.dns=a"}) {
    const std::vector<const char*> arguments{"--set", wrong};
    EXPECT_FALSE(parse_options(arguments)) << wrong;
  }
}

TEST(Config, WhatDoesNotFitTheSourceIsLeftOut) {
  const std::string text =
      "[capture]\ninterface = \"eth0\"\nbackend = \"af_packet\"\nfanout = \"hash\"\n"
      "filter = \"tcp\"\nworkers = 2\n";
  const RunOptions file = good(text, parsed({"-r", "a.pcap"}).run).options;
  EXPECT_TRUE(file.interfaces.empty());
  EXPECT_EQ(file.backend, "auto");
  EXPECT_EQ(file.filter, "");
  EXPECT_EQ(file.workers, 2U);
  const RunOptions synthetic = good(text, parsed({"--backend", "synthetic"}).run).options;
  EXPECT_TRUE(synthetic.interfaces.empty());
  EXPECT_EQ(synthetic.fanout, "");
  const RunOptions live =
      good("[capture]\nbackend = \"synthetic\"", parsed({"-i", "lo"}).run).options;
  EXPECT_EQ(live.backend, "auto");
  // It is checked all the same.
  Config config;
  EXPECT_FALSE(apply_config_text("[capture]\ninterface = 3", "weir.toml",
                                 parsed({"-r", "a.pcap"}).run, config));
}

TEST(Config, ErrorsOfThePlanNameTheFile) {
  const Config config = good("[capture]\ncpus = \"900\"");
  const Status status = with_origin(
      {Code::usage, Recovery::give_up, 0, "--cpus", "this process may not run on CPU 900"},
      all_origins(config, config.options));
  EXPECT_EQ(to_string(status), "weir.toml:2:8: capture.cpus: this process may not run on CPU 900");
}

TEST(Config, EnvironmentIsChecked) {
  Home home;
  home.set("WEIR_VIEW", "sideways");
  const Result<Config> config = load_config({}, home.environment());
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().code, Code::usage);
  EXPECT_EQ(to_string(config.error()).substr(0, 27), "WEIR_VIEW: expected flows, ");
  RunOptions without;
  without.no_config = true;
  EXPECT_TRUE(load_config(without, home.environment()));
}

TEST(Config, WhichFileIsRead) {
  Home home;
  const auto path = [&](const RunOptions& flags = {}) {
    const Result<Config> config = load_config(flags, home.environment());
    return config ? config->path : "error: " + to_string(config.error());
  };
  EXPECT_EQ(path(), "");
  const std::string iftops = home.write(".iftoprc", "use-bytes: yes\n");
  EXPECT_EQ(path(), iftops);
  const std::string own = home.write(".config/weir/weir.toml", "");
  EXPECT_EQ(path(), own);
  home.set("XDG_CONFIG_HOME", "relative");
  EXPECT_EQ(path(), own);
  home.set("XDG_CONFIG_HOME", home.path("xdg"));
  EXPECT_EQ(path(), iftops);
  const std::string named = home.write("named.toml", "");
  home.set("WEIR_CONFIG", named);
  EXPECT_EQ(path(), named);
  RunOptions flags;
  flags.config_file = home.path("missing");
  EXPECT_EQ(path(flags), "error: " + home.path("missing") + ": No such file or directory");
  home.set("HOME", named);  // no folder
  home.set("WEIR_CONFIG", "");
  home.set("XDG_CONFIG_HOME", "");
  EXPECT_EQ(path(), "");
}

TEST(Iftoprc, EveryDirective) {
  const RunOptions run = good(R"(# mine
interface: eth7
dns-resolution: no
port-resolution: false
filter-code: not port 22 and \
not port 53
show-bars: no
promiscuous: yes
port-display: destination-only
link-local: true
hide-source: yes
hide-destination: yes
use-bytes:yes
  sort : 40s      # as usual
line-display: one-line-both
show-totals: yes
log-scale: yes
max-bandwidth: 10M
net-filter: 10.0.0.0/255.0.0.0
net-filter6: fd00::/8
screen-filter: ^www
no-curses: yes
timed-output: 30
num-lines: 5
)")
                             .options;
  EXPECT_EQ(run.interfaces, (std::vector<std::string>{"eth7"}));
  EXPECT_EQ(run.filter, "not port 22 and not port 53");
  EXPECT_TRUE(run.promiscuous && run.link_local && run.in_bytes);
  EXPECT_EQ(run.port_display, PortDisplay::destination_only);
  EXPECT_EQ(run.order, FlowOrder::rate_40s);
  EXPECT_EQ(run.local_networks.size(), 2U);
  EXPECT_EQ(run.format, Format::iftop);
  EXPECT_EQ(run.duration_ns, 30'000'000'000U);
  EXPECT_EQ(run.line_limit, 5U);
  EXPECT_FALSE(run.ui.resolve_names || run.ui.service_names || run.ui.bars);
  EXPECT_TRUE(run.ui.hide_source && run.ui.hide_destination && run.ui.cumulative &&
              run.ui.log_scale);
  EXPECT_EQ(run.ui.line_display, tui::LineDisplay::one_line_both);
  EXPECT_EQ(run.ui.scale_max_bits, 10U << 20);
  EXPECT_EQ(run.ui.filter, "~^www");
}

Config warned(const std::string& text) {
  Config config;
  EXPECT_TRUE(apply_config_text(text, "rc", {}, config)) << text;
  return config;
}

// As iftop does: it warns, leaves the line out and goes on.
TEST(Iftoprc, MistakesAreWarningsWithLineAndColumn) {
  const std::pair<const char*, const char*> kMistakes[] = {
      {"  frob:  maybe", "rc:2:3: frob: iftop has no such directive; it is left out"},
      {"use-bytes yes", "rc:2:1: expected a line such as \"interface: eth0\"; it is left out"},
      {"interface: eth1", "rc:2:1: interface: is there twice; the first one counts"},
      {"use-bytes:  maybe",
       "rc:2:13: use-bytes: expected true or false, not maybe; it is left out"},
      {"net-filter: x",
       "rc:2:13: net-filter: expected networks such as \"10.0.0.0/8\" or "
       "[\"10.0.0.0/8\", \"fd00::/8\"], not x; it is left out"}};
  for (const auto& [line, warning] : kMistakes) {
    const Config config =
        warned("interface: eth0\n" + std::string(line) + "\nnet-filter6: fd00::/8\nnum-lines: 3\n");
    EXPECT_EQ(config.warnings, std::vector<std::string>{warning});
    EXPECT_EQ(config.options.interfaces, std::vector<std::string>{"eth0"});
    EXPECT_EQ(config.options.local_networks.size(), 1U);
    EXPECT_EQ(config.options.line_limit, 3U) << "what follows counts";
  }
}

TEST(Iftoprc, EveryValueThatIsWrongIsLeftOut) {
  for (const char* name : {"sort", "port-display", "line-display", "max-bandwidth", "net-filter6",
                           "num-lines", "timed-output", "show-bars"}) {
    const Config config = warned("use-bytes: yes\n" + std::string(name) + ": frob\n");
    EXPECT_EQ(config.warnings.size(), 1U) << name;
    EXPECT_TRUE(config.options.in_bytes);
    EXPECT_EQ(config.options.order, RunOptions{}.order);
  }
}

// weir tells a regular expression by a '~', which the user has not typed.
TEST(Iftoprc, AWrongScreenFilterIsNamedAsItWasTyped) {
  const Config config = warned("screen-filter: " + std::string(100'000, 'x') + "\n");
  ASSERT_EQ(config.warnings.size(), 1U);
  EXPECT_EQ(config.warnings[0].find('~'), std::string::npos) << config.warnings[0];
  EXPECT_EQ(config.options.ui.filter, "");
}

}  // namespace
}  // namespace weir::cli
