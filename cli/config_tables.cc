#include "cli/config_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "cli/alert_rules.h"
#include "cli/config_file.h"
#include "cli/suggestion.h"
#include "cli/units.h"
#include "report/format.h"
#include "report/tui/grid.h"

namespace weir::cli {
namespace {

using report::AlertRule;
using Kind = ConfigValue::Kind;

constexpr size_t kMostNetworks = 256;
constexpr size_t kMostThemes = 64;
constexpr size_t kMostNameBytes = 64;

/// Makes errors with their place in one file.
class Refusal {
 public:
  explicit Refusal(const std::string& path) : path_(path) {}
  tl::unexpected<Status> operator()(FilePlace place, const std::string& why) const {
    return fail({Code::usage, Recovery::give_up, 0, place_text(path_, place), why});
  }
  tl::unexpected<Status> expected(const std::string& key, const std::string& what,
                                  const ConfigValue& value) const {
    return (*this)(value.place,
                   fmt::format("{}: expected {}, not {}", key, what, found_text(value)));
  }

 private:
  const std::string& path_;
};

const std::vector<std::string>& roles() {
  static const std::vector<std::string> kRoles = [] {
    std::vector<std::string> names;
    for (uint8_t i = 0; i < static_cast<uint8_t>(tui::Role::count_); ++i) {
      names.emplace_back(tui::to_string(static_cast<tui::Role>(i)));
    }
    return names;
  }();
  return kRoles;
}

bool is_theme_name(const std::string& name) {
  return !name.empty() && name.size() <= kMostNameBytes &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

Result<void> read_look(const ConfigMember& role, const std::string& path, OwnTheme& theme) {
  const Refusal refused(path);
  OwnTheme::Look look;
  look.role = role.name;
  look.where = place_text(path, role.value.place);
  if (role.value.kind == Kind::text) {
    look.foreground = role.value.text;
  } else if (role.value.kind == Kind::table) {
    for (const ConfigMember& part : role.value.members) {
      if ((part.name == "fg" || part.name == "bg") && part.value.kind == Kind::text) {
        (part.name == "fg" ? look.foreground : look.background) = part.value.text;
      } else if (part.name == "bold" && part.value.kind == Kind::boolean) {
        look.bold = part.value.text == "true";
      } else if (part.name == "bold") {
        return refused.expected(role.name + ".bold", "true or false", part.value);
      } else if (part.name == "fg" || part.name == "bg") {
        return refused.expected(role.name + "." + part.name, "a colour in quotes", part.value);
      } else {
        return refused(part.place, role.name + "." + part.name + ": no such key (fg, bg, bold)");
      }
    }
  } else {
    return refused.expected(role.name, "a colour such as \"#a0c4ff\" or { fg, bg, bold }",
                            role.value);
  }
  theme.looks.push_back(std::move(look));
  return {};
}

Result<void> read_theme(const ConfigMember& named, const std::string& path, OwnTheme& theme) {
  const Refusal refused(path);
  theme.name = named.name;
  theme.where = place_text(path, named.place);
  for (const ConfigMember& member : named.value.members) {
    std::string* slot = member.name == "base"          ? &theme.base
                        : member.name == "description" ? &theme.description
                        : member.name == "ground"      ? &theme.ground
                                                       : nullptr;
    if (slot != nullptr) {
      const bool right = member.value.kind == Kind::text &&
                         (slot != &theme.ground || member.value.text == "dark" ||
                          member.value.text == "light" || member.value.text == "any");
      if (!right) {
        return refused.expected(member.name,
                                slot == &theme.ground ? "dark, light or any" : "a text in quotes",
                                member.value);
      }
      *slot = member.value.text.substr(0, 200);
      continue;
    }
    if (std::find(roles().begin(), roles().end(), member.name) == roles().end()) {
      return refused(member.place, member.name + ": no such role of a theme" +
                                       did_you_mean(member.name, roles()));
    }
    const Result<void> read = read_look(member, path, theme);
    if (!read) return read;
  }
  return {};
}

/// Stores one key of an alert. The subject is left to the end: it may need the rest.
Result<void> read_alert_key(const ConfigMember& member, const Refusal& refused, AlertRule& rule) {
  const std::string& name = member.name;
  const ConfigValue& value = member.value;
  if (name == "bell" || name == "exit") {
    if (value.kind != Kind::boolean) return refused.expected(name, "true or false", value);
    (name == "bell" ? rule.bell : rule.ends_run) = value.text == "true";
    return {};
  }
  if (name != "name" && name != "over" && name != "window" && name != "direction") {
    static const std::vector<std::string> kKeys{"name",      "on",   "over", "window",
                                                "direction", "bell", "exit"};
    return refused(member.place,
                   name +
                       ": no such key of an alert (name, on, over, window, direction, bell, "
                       "exit)" +
                       did_you_mean(name, kKeys));
  }
  if (value.kind != Kind::text) return refused.expected(name, "a text in quotes", value);
  const auto named = [&](const Status& error) {
    return refused(value.place, name + ": " + error.message);
  };
  if (name == "name") {
    if (value.text.empty() || value.text.size() > kMostNameBytes) {
      return refused.expected(name, "a name of at most 64 bytes", value);
    }
    rule.name = value.text;
  } else if (name == "over") {
    const Result<void> rate = parse_alert_rate(value.text, rule);
    if (!rate) return named(rate.error());
  } else if (name == "window") {
    const Result<uint32_t> window = parse_alert_window(value.text);
    if (!window) return named(window.error());
    rule.window_s = *window;
  } else {
    using Direction = AlertRule::Direction;
    if (value.text != "sent" && value.text != "received" && value.text != "both") {
      return refused.expected(name, "sent, received or both", value);
    }
    rule.direction = value.text == "sent"       ? Direction::sent
                     : value.text == "received" ? Direction::received
                                                : Direction::both;
  }
  return {};
}

Result<void> read_alert(const ConfigValue& table, const std::string& path, RunOptions& run) {
  const Refusal refused(path);
  AlertRule rule;
  const ConfigMember* on = nullptr;
  for (const ConfigMember& member : table.members) {
    if (member.name == "on") {
      on = &member;
      continue;
    }
    const Result<void> read = read_alert_key(member, refused, rule);
    if (!read) return read;
  }
  if (on != nullptr) {
    if (on->value.kind != Kind::text) return refused.expected("on", "a text in quotes", on->value);
    const Result<void> subject = parse_alert_subject(on->value.text, run.ui.networks, rule);
    if (!subject) return refused(on->value.place, "on: " + subject.error().message);
  }
  if (rule.over == 0) {
    return refused(table.place, "alerts: needs 'over', a rate such as \"800M\"");
  }
  if (rule.unit == AlertRule::Unit::packets && rule.subject != AlertRule::Subject::total) {
    return refused(table.place, "alerts: packets per second are counted for on = \"total\" only");
  }
  if (rule.name.empty()) rule.name = alert_subject_text(rule);
  for (const AlertRule& other : run.alerts) {
    if (other.name == rule.name) {
      return refused(table.place, "alerts: '" + rule.name + "' is the name of two alerts");
    }
  }
  run.alerts.push_back(std::move(rule));
  return {};
}

std::string network_text(const IpPrefix& network) {
  return fmt::format("{}/{}", report::address_text(network.ip_version, network.address),
                     network.length);
}

std::string print_networks(const RunOptions& run) {
  std::string out;
  const auto& networks = run.ui.networks;
  // Those of one name stand together.
  for (size_t i = 0; i < networks.size(); ++i) {
    const bool same = i > 0 && networks[i].name == networks[i - 1].name;
    const std::string quoted = toml_quoted(network_text(networks[i].prefix));
    if (same) {
      out.insert(out.size() - 2, ", " + quoted);
    } else {
      out += toml_quoted(networks[i].name) + " = [" + quoted + "]\n";
    }
  }
  return out.empty() ? out : "\n[networks]\n" + out;
}

std::string print_theme(const OwnTheme& theme) {
  std::string out = "\n[themes." + theme.name + "]\nbase = " + toml_quoted(theme.base) + "\n";
  if (!theme.description.empty()) out += "description = " + toml_quoted(theme.description) + "\n";
  if (!theme.ground.empty()) out += "ground = " + toml_quoted(theme.ground) + "\n";
  for (const OwnTheme::Look& look : theme.looks) {
    std::string parts;
    const auto add = [&](const std::string& part) { parts += (parts.empty() ? "" : ", ") + part; };
    if (!look.foreground.empty()) add("fg = " + toml_quoted(look.foreground));
    if (!look.background.empty()) add("bg = " + toml_quoted(look.background));
    if (look.bold) add(fmt::format("bold = {}", *look.bold));
    out += fmt::format("{} = {{ {} }}\n", look.role, parts);
  }
  return out;
}

std::string print_alert(const AlertRule& rule) {
  using Direction = AlertRule::Direction;
  const char* direction = rule.direction == Direction::sent       ? "sent"
                          : rule.direction == Direction::received ? "received"
                                                                  : "both";
  return fmt::format(
      "\n[[alerts]]\nname = {}\non = {}\nover = \"{}\"\nwindow = \"{}s\"\ndirection = \"{}\"\n"
      "bell = {}\nexit = {}\n",
      toml_quoted(rule.name), toml_quoted(alert_subject_text(rule)), alert_rate_text(rule),
      rule.window_s, direction, rule.bell, rule.ends_run);
}

}  // namespace

std::string found_text(const ConfigValue& value) {
  constexpr size_t kMostQuoted = 60;
  if (value.kind == Kind::table) return "a table";
  if (value.kind == Kind::array) return "a list";
  if (value.text.empty()) return "\"\"";
  const bool cut = value.text.size() > kMostQuoted;
  return value.text.substr(0, kMostQuoted) + (cut ? "..." : "");
}

Result<void> read_networks(const ConfigValue& table, const std::string& path, RunOptions& run) {
  const Refusal refused(path);
  if (table.kind != Kind::table) return refused.expected("networks", "a section", table);
  constexpr const char* kExpected = "networks such as [\"10.0.0.0/8\", \"fd00::/8\"]";
  for (const ConfigMember& member : table.members) {
    if (member.name.empty() || member.name.size() > kMostNameBytes) {
      return refused(member.place, "networks: a name has 1 to 64 bytes");
    }
    const std::vector<ConfigValue> one{member.value};
    const auto& items = member.value.kind == Kind::array ? member.value.items : one;
    for (const ConfigValue& item : items) {
      if (item.kind != Kind::text) return refused.expected(member.name, kExpected, item);
      const uint8_t version = item.text.find(':') == std::string::npos ? 4 : 6;
      const Result<IpPrefix> network = parse_network(item.text, version);
      if (!network) return refused.expected(member.name, kExpected, item);
      if (run.ui.networks.size() == kMostNetworks) {
        return refused(item.place, fmt::format("networks: more than {}", kMostNetworks));
      }
      run.ui.networks.push_back({member.name, *network});
    }
  }
  return {};
}

Result<void> read_themes(const ConfigValue& table, const std::string& path, RunOptions& run) {
  const Refusal refused(path);
  if (table.kind != Kind::table) return refused.expected("themes", "a section", table);
  for (const ConfigMember& member : table.members) {
    if (!is_theme_name(member.name)) {
      return refused(member.place,
                     "themes: '" + member.name + "': a name has small letters, digits and dashes");
    }
    if (member.value.kind != Kind::table) {
      return refused.expected("themes." + member.name, "a section", member.value);
    }
    if (run.own_themes.size() == kMostThemes) {
      return refused(member.place, fmt::format("themes: more than {}", kMostThemes));
    }
    OwnTheme theme;
    const Result<void> read = read_theme(member, path, theme);
    if (!read) return read;
    run.own_themes.push_back(std::move(theme));
  }
  return {};
}

Result<void> read_alerts(const ConfigValue& array, const std::string& path, RunOptions& run) {
  const Refusal refused(path);
  if (array.kind != Kind::array) return refused.expected("alerts", "sections [[alerts]]", array);
  for (const ConfigValue& item : array.items) {
    if (item.kind != Kind::table) return refused.expected("alerts", "a section", item);
    if (run.alerts.size() == report::kMostAlerts) {
      return refused(item.place, fmt::format("alerts: more than {}", report::kMostAlerts));
    }
    const Result<void> read = read_alert(item, path, run);
    if (!read) return read;
  }
  return {};
}

std::string print_tables(const RunOptions& run) {
  std::string out = print_networks(run);
  for (const OwnTheme& theme : run.own_themes) out += print_theme(theme);
  for (const AlertRule& rule : run.alerts) out += print_alert(rule);
  return out;
}

}  // namespace weir::cli
