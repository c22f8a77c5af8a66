#include "cli/alert_rules.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include "cli/units.h"
#include "report/format.h"

namespace weir::cli {
namespace {

using report::AlertRule;

tl::unexpected<Status> expected(const std::string& what, std::string_view found) {
  return fail({Code::usage, Recovery::give_up, 0, "",
               fmt::format("expected {}, not {}", what, found.empty() ? "\"\"" : found)});
}

constexpr const char* kRate = "a rate such as 800M (bits per second) or 20kpps (packets)";
constexpr const char* kSubject =
    "total, host ADDRESS, net NETWORK, port NUMBER, any host, any port or any flow";

/// "tcp" -> 6; only those that have ports.
std::optional<uint8_t> proto_of(std::string_view name) {
  for (unsigned proto = 0; proto <= UINT8_MAX; ++proto) {
    const auto number = static_cast<uint8_t>(proto);
    if (has_ports(number) && report::proto_name(number) == name) return number;
  }
  return std::nullopt;
}

Result<IpPrefix> any_network(std::string_view text) {
  return parse_network(text, text.find(':') == std::string_view::npos ? 4 : 6);
}

Result<void> parse_port(std::string_view text, AlertRule& rule) {
  const size_t slash = text.find('/');
  const Result<uint64_t> port = parse_number(text.substr(0, slash), 0, 65535);
  if (!port) return expected("a port such as 443 or 443/tcp", text);
  rule.port = static_cast<uint16_t>(*port);
  if (slash == std::string_view::npos) return {};
  const std::optional<uint8_t> proto = proto_of(text.substr(slash + 1));
  if (!proto) return expected("a port such as 443 or 443/tcp", text);
  rule.proto = *proto;
  return {};
}

Result<void> parse_network_subject(std::string_view text,
                                   const std::vector<tui::NamedNetwork>& networks,
                                   AlertRule& rule) {
  for (const tui::NamedNetwork& network : networks) {
    if (network.name == text) rule.prefixes.push_back(network.prefix);
  }
  if (!rule.prefixes.empty()) {
    rule.network = text;
    return {};
  }
  const Result<IpPrefix> network = any_network(text);
  if (!network) return expected("a network such as 10.0.0.0/8, or a name of [networks]", text);
  rule.prefixes.push_back(*network);
  return {};
}

}  // namespace

Result<void> parse_alert_rate(std::string_view text, AlertRule& rule) {
  std::string_view digits = text;
  const auto take = [&](std::string_view suffix) {
    if (!digits.ends_with(suffix)) return false;
    digits.remove_suffix(suffix.size());
    return true;
  };
  const bool packets = take("pps");
  if (!packets && !take("bit/s")) take("bps");
  uint64_t factor = 1;
  for (const auto& [letter, by] : {std::pair<std::string_view, uint64_t>{"k", 1000},
                                   {"K", 1000},
                                   {"M", 1'000'000},
                                   {"G", 1'000'000'000},
                                   {"T", 1'000'000'000'000}}) {
    if (take(letter)) {
      factor = by;
      break;
    }
  }
  const size_t point = digits.find('.');
  const Result<uint64_t> whole = parse_number(digits.substr(0, point), 0, UINT64_MAX);
  uint64_t rate = 0;
  if (!whole || __builtin_mul_overflow(*whole, factor, &rate)) return expected(kRate, text);
  if (point != std::string_view::npos) {
    const std::string_view decimals = digits.substr(point + 1);
    const Result<uint64_t> part = parse_number(decimals, 0, 999'999'999);
    if (!part || decimals.size() > 9) return expected(kRate, text);
    const double share =
        static_cast<double>(*part) / std::pow(10.0, static_cast<double>(decimals.size()));
    rate += static_cast<uint64_t>(std::llround(share * static_cast<double>(factor)));
  }
  if (rate == 0) return expected(kRate, text);
  rule.unit = packets ? AlertRule::Unit::packets : AlertRule::Unit::bits;
  rule.over = rate;
  return {};
}

std::string alert_rate_text(const AlertRule& rule) {
  const char* unit = rule.unit == AlertRule::Unit::packets ? "pps" : "";
  static constexpr std::pair<uint64_t, const char*> kFactors[] = {
      {1'000'000'000, "G"}, {1'000'000, "M"}, {1000, "k"}};
  for (const auto& [factor, letter] : kFactors) {
    if (rule.over % factor == 0) return fmt::format("{}{}{}", rule.over / factor, letter, unit);
  }
  return fmt::format("{}{}", rule.over, unit);
}

Result<uint32_t> parse_alert_window(std::string_view text) {
  if (text == "2s") return 2U;
  if (text == "10s") return 10U;
  if (text == "40s") return 40U;
  return expected("2s, 10s or 40s", text);
}

Result<void> parse_alert_subject(std::string_view text,
                                 const std::vector<tui::NamedNetwork>& networks, AlertRule& rule) {
  using Subject = AlertRule::Subject;
  for (const auto& [word, subject] : {std::pair<std::string_view, Subject>{"total", Subject::total},
                                      {"any host", Subject::any_host},
                                      {"any port", Subject::any_port},
                                      {"any flow", Subject::any_flow}}) {
    if (text == word) {
      rule.subject = subject;
      return {};
    }
  }
  const size_t space = text.find(' ');
  const std::string_view kind = text.substr(0, space);
  const std::string_view what = space == std::string_view::npos ? "" : text.substr(space + 1);
  if (kind == "port" && !what.empty()) {
    rule.subject = Subject::port;
    return parse_port(what, rule);
  }
  if (kind == "net" && !what.empty()) {
    rule.subject = Subject::network;
    return parse_network_subject(what, networks, rule);
  }
  if (kind == "host" && !what.empty()) {
    rule.subject = Subject::host;
    const Result<IpPrefix> host = any_network(what);
    if (!host || what.find('/') != std::string_view::npos) {
      return expected("an address such as 10.0.0.5", what);
    }
    rule.prefixes.push_back(*host);
    return {};
  }
  return expected(kSubject, text);
}

std::string alert_subject_text(const AlertRule& rule) {
  using Subject = AlertRule::Subject;
  const auto address = [&] {
    return rule.prefixes.empty()
               ? std::string()
               : report::address_text(rule.prefixes[0].ip_version, rule.prefixes[0].address);
  };
  switch (rule.subject) {
    case Subject::total: return "total";
    case Subject::any_host: return "any host";
    case Subject::any_port: return "any port";
    case Subject::any_flow: return "any flow";
    case Subject::host: return "host " + address();
    case Subject::port:
      return fmt::format("port {}{}", rule.port,
                         rule.proto == 0 ? "" : "/" + report::proto_name(rule.proto));
    case Subject::network:
      if (!rule.network.empty() || rule.prefixes.empty()) return "net " + rule.network;
      return fmt::format("net {}/{}", address(), rule.prefixes[0].length);
  }
  return "";
}

Result<AlertRule> parse_exit_over(const std::string& text) {
  AlertRule rule;
  rule.name = kExitOverName;
  rule.ends_run = true;
  rule.bell = false;
  const size_t colon = text.find(':');
  const Result<void> rate = parse_alert_rate(text.substr(0, colon), rule);
  if (!rate) return fail(rate.error());
  if (colon == std::string::npos) return rule;
  const Result<uint32_t> window = parse_alert_window(text.substr(colon + 1));
  if (!window) return fail(window.error());
  rule.window_s = *window;
  return rule;
}

}  // namespace weir::cli
