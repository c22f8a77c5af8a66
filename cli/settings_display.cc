#include <algorithm>

#include "cli/order_words.h"
#include "cli/setting_kinds.h"
#include "engine/core/clock.h"

namespace weir::cli {
namespace {

using tui::UiOptions;

constexpr uint64_t kFastestRefreshNs = 100 * kNsPerMs;
constexpr uint64_t kSlowestRefreshNs = 3600 * kNsPerSecond;
constexpr size_t kMostServers = 8;

Setting named(std::string key, std::string flags, std::string variable, std::string meaning) {
  Setting row;
  row.key = "display." + std::move(key);
  row.flags = std::move(flags);
  row.variable = std::move(variable);
  row.meaning = std::move(meaning);
  return row;
}

Setting view_setting() {
  using tui::View;
  return choice(named("view", "", "WEIR_VIEW", "the view shown first"), &UiOptions::view,
                Choices<View>{{"flows", View::flows},
                              {"hosts", View::hosts},
                              {"pairs", View::pairs},
                              {"ports", View::ports},
                              {"networks", View::networks},
                              {"vlans", View::vlans},
                              {"processes", View::processes},
                              {"workers", View::workers},
                              {"history", View::history}});
}

Setting ports_setting() {
  return choice(named("ports", "-P", "", "ports in lines; without it on, with -t off"),
                &RunOptions::port_display,
                Choices<PortDisplay>{{"off", PortDisplay::off},
                                     {"source-only", PortDisplay::source_only},
                                     {"destination-only", PortDisplay::destination_only},
                                     {"on", PortDisplay::on}});
}

Setting order_setting() {
  return choice(named("order", "-o", "WEIR_ORDER", "what lines are sorted by"), &RunOptions::order,
                Choices<FlowOrder>(order_words()));
}

Setting line_display_setting() {
  using tui::LineDisplay;
  return choice(named("line_display", "", "", "what is shown of a flow"), &UiOptions::line_display,
                Choices<LineDisplay>{{"two-line", LineDisplay::two_line},
                                     {"one-line-both", LineDisplay::one_line_both},
                                     {"one-line-sent", LineDisplay::one_line_sent},
                                     {"one-line-received", LineDisplay::one_line_received}});
}

Setting refresh_setting() {
  Setting row = named("refresh", "--interval", "WEIR_REFRESH", "time between reports");
  row.expected = "a time such as 1s, from 100ms to 1h";
  return scalar(
      std::move(row), &RunOptions::interval_ns,
      [](const std::string& given) -> std::optional<uint64_t> {
        const Result<uint64_t> ns = parse_duration_ns(given);
        if (!ns) return std::nullopt;
        if (*ns != 0 && (*ns < kFastestRefreshNs || *ns > kSlowestRefreshNs)) return std::nullopt;
        return *ns;
      },
      exact_time);
}

Setting scale_setting() {
  Setting row = named("scale_max", "-m", "", "upper end of the bars' scale; 0: follows");
  row.expected = "a rate in bits per second such as \"100M\" (by 1024, as iftop's)";
  return scalar(std::move(row), &UiOptions::scale_max_bits, parse_bandwidth,
                [](uint64_t bits) { return std::to_string(bits); });
}

Setting bar_seconds_setting() {
  return choice(named("bar_seconds", "", "", "which rate the bars show"), &UiOptions::bar_seconds,
                Choices<uint32_t>{{"2s", 2}, {"10s", 10}, {"40s", 40}});
}

Setting theme_setting() {
  Setting row = named("theme", "--theme", "WEIR_THEME", "colours; --list-themes");
  row.expected = "the name of a theme (--list-themes)";
  return text(std::move(row), &UiOptions::theme);
}

Setting text_setting() {
  Setting row = named("text", "-t", "", "iftop's text layout");
  row = boolean(std::move(row), &RunOptions::ascii);
  row.set = [](RunOptions& run, const Texts& texts) {
    RunOptions read;
    const Setting* ascii = find_setting("display.ascii");
    if (!ascii->set(read, texts)) return false;
    if (read.ascii) run.format = Format::iftop;
    if (!read.ascii && run.format == Format::iftop) run.format = Format::summary;
    return true;
  };
  row.get = [](const RunOptions& run) {
    return Texts{run.format == Format::iftop ? "true" : "false"};
  };
  return row;
}

void add_list_settings(std::vector<Setting>& table) {
  table.push_back(order_setting());
  table.push_back(boolean(named("reversed", "", "", "the order from below"), &UiOptions::reversed));
  table.push_back(number(named("lines", "-L", "", "flows listed in text; 0: all"),
                         &RunOptions::line_limit, 0, UINT64_MAX));
  table.push_back(line_display_setting());
  table.push_back(boolean(named("totals", "", "", "a column with totals"), &UiOptions::cumulative));
  table.push_back(
      boolean(named("process", "", "", "a column with processes"), &UiOptions::process_column));
  table.push_back(boolean(named("hide_source", "", "", "no local hosts"), &UiOptions::hide_source));
  table.push_back(
      boolean(named("hide_destination", "", "", "no remote hosts"), &UiOptions::hide_destination));
  table.push_back(text(named("filter", "", "", "display filter"), &UiOptions::filter));
  table.push_back(refresh_setting());
}

void add_look_settings(std::vector<Setting>& table) {
  table.push_back(boolean(named("bars", "-b", "", "bars behind the lines"), &UiOptions::bars));
  table.push_back(bar_seconds_setting());
  table.push_back(boolean(named("log_scale", "", "", "a logarithmic scale of the bars"),
                          &UiOptions::log_scale));
  table.push_back(scale_setting());
  table.push_back(boolean(named("titles", "", "", "column titles"), &UiOptions::column_titles));
  table.push_back(
      boolean(named("frame", "", "", "tabs and lines around the list"), &UiOptions::frame));
  table.push_back(number(named("prefix4", "", "", "length of IPv4 networks without a name"),
                         &UiOptions::prefix_v4, 0, 32));
  table.push_back(number(named("prefix6", "", "", "length of IPv6 networks without a name"),
                         &UiOptions::prefix_v6, 0, 128));
  table.push_back(boolean(named("ascii", "--ascii", "WEIR_ASCII", "no characters beyond ASCII"),
                          &RunOptions::ascii));
  table.push_back(boolean(named("mouse", "--no-mouse", "WEIR_MOUSE", "the mouse is weir's"),
                          &RunOptions::mouse));
  table.push_back(boolean(named("screen", "--no-ui", "WEIR_SCREEN", "the UI on a terminal"),
                          &RunOptions::screen));
  table.push_back(
      boolean(named("hover", "", "", "explanations where the mouse rests"), &UiOptions::hover));
  table.push_back(text_setting());
}

/// "10.0.0.1", "10.0.0.1:5353", "fd00::53", "[fd00::53]:53"
bool is_server(const std::string& text) {
  std::string address = text;
  std::string port;
  const size_t colon = text.rfind(':');
  const bool brackets = text.starts_with('[');
  if (brackets || (colon != std::string::npos && text.find(':') == colon)) {
    if (colon == std::string::npos || (brackets && (colon < 3 || text[colon - 1] != ']'))) {
      return false;
    }
    address = brackets ? text.substr(1, colon - 2) : text.substr(0, colon);
    port = text.substr(colon + 1);
    if (!parse_number(port, 1, 65535)) return false;
  }
  const bool v6 = address.find(':') != std::string::npos;
  return brackets <= v6 && address.find('/') == std::string::npos &&
         parse_network(address, v6 ? 6 : 4).has_value();
}

Setting servers_setting() {
  Setting row;
  row.key = "names.dns";
  row.variable = "WEIR_DNS";
  row.meaning = "DNS servers instead of /etc/resolv.conf's";
  row.kind = Setting::Kind::list;
  row.expected = "addresses of at most 8 DNS servers such as [\"10.0.0.1\", \"[fd00::53]:5353\"]";
  row.set = [](RunOptions& run, const Texts& servers) {
    if (servers.size() > kMostServers) return false;
    if (!std::all_of(servers.begin(), servers.end(), is_server)) return false;
    run.name_options.dns_servers = servers;
    return true;
  };
  row.get = [](const RunOptions& run) { return run.name_options.dns_servers; };
  return row;
}

Setting json_names_setting() {
  Setting row;
  row.key = "names.json";
  row.variable = "WEIR_NAMES_JSON";
  row.meaning = "host names in --json of a live capture; without it none is asked for";
  return boolean(std::move(row), &NameOptions::in_json);
}

Setting database_setting(std::string key, std::string flag, std::string variable,
                         std::string meaning, std::string NameOptions::* member) {
  Setting row;
  row.key = std::move(key);
  row.flags = std::move(flag);
  row.variable = std::move(variable);
  row.meaning = std::move(meaning);
  row.expected = "the path of a MaxMind file";
  return text(std::move(row), member);
}

}  // namespace

void add_display_settings(std::vector<Setting>& table) {
  table.push_back(theme_setting());
  table.push_back(view_setting());
  table.push_back(
      boolean(named("names", "-n", "WEIR_NAMES", "host names"), &UiOptions::resolve_names));
  table.push_back(boolean(named("services", "-N", "WEIR_SERVICES", "service names"),
                          &UiOptions::service_names));
  table.push_back(ports_setting());
  table.push_back(boolean(named("bytes", "-B", "WEIR_BYTES", "rates in bytes, not bits"),
                          &RunOptions::in_bytes));
  table.push_back(boolean(named("utc", "--utc", "WEIR_UTC", "times in UTC, not the local zone"),
                          &RunOptions::utc));
  add_list_settings(table);
  add_look_settings(table);
  table.push_back(boolean(named("json_processes", "", "WEIR_JSON_PROCESSES",
                                "whose a flow is, in --json of a live capture"),
                          &RunOptions::json_processes));
  table.push_back(servers_setting());
  table.push_back(json_names_setting());
  table.push_back(database_setting("names.country", "--geo-country", "WEIR_GEO_COUNTRY",
                                   "countries of addresses", &NameOptions::country_database));
  table.push_back(database_setting("names.asn", "--geo-asn", "WEIR_GEO_ASN",
                                   "autonomous systems of addresses", &NameOptions::asn_database));
}

}  // namespace weir::cli
