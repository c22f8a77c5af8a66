#include "cli/config.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <utility>

#include "cli/config_file.h"
#include "cli/config_tables.h"
#include "cli/iftoprc.h"
#include "cli/settings.h"
#include "cli/suggestion.h"
#include "report/format.h"

namespace weir::cli {
namespace {

using Kind = ConfigValue::Kind;

tl::unexpected<Status> refused(const std::string& where, const std::string& why) {
  return fail({Code::usage, Recovery::give_up, 0, where, why});
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// Settings that only some backends have; plan.cc refuses them for others.
bool suits(std::string_view key, std::string_view backend) {
  if (key == "capture.interface") return backend != "synthetic";
  if (key == "capture.queues") return is_one_of(backend, {"af_xdp", "dpdk"});
  if (key == "capture.fanout") return is_one_of(backend, {"auto", "af_packet"});
  if (key == "capture.timestamps") return is_one_of(backend, {"auto", "af_packet", "dpdk"});
  if (key == "capture.busy_poll_us") return is_one_of(backend, {"auto", "af_packet", "af_xdp"});
  if (key == "capture.no_huge" || key == "capture.dpdk_args") return backend == "dpdk";
  return true;
}

/// Whether what the file sets makes sense with the source that has been chosen with more right.
/// `backend` is that of the flags or of the environment, or empty.
bool fits(std::string_view key, const RunOptions& flags, std::string_view backend) {
  if (!flags.files.empty()) {
    const bool of_any_source =
        is_one_of(key, {"capture.workers", "capture.cpus", "capture.reporter_cpu",
                        "capture.priority", "capture.idle", "capture.batch"});
    if (key.starts_with("capture.") && !of_any_source) return false;
    if (key == "flows.timeout" || key == "display.refresh") return false;
  }
  if (key == "capture.backend" && !flags.interfaces.empty()) return true;
  return backend.empty() || suits(key, backend);
}

std::string value_or_empty(const char* value) {
  return value == nullptr ? "" : value;
}

std::string backend_of_flags(const RunOptions& flags) {
  return flags.given.contains("capture.backend") ? flags.backend : "";
}

/// Sets it, or only checks it where it does not fit.
bool set_if_fits(const Setting& setting, const std::vector<std::string>& values,
                 const RunOptions& flags, std::string_view backend, const Origin& origin,
                 Config& config) {
  if (!fits(setting.key, flags, backend) ||
      (setting.key == "capture.backend" && values.size() == 1 && values[0] == "synthetic" &&
       !flags.interfaces.empty())) {
    RunOptions scratch;
    return setting.set(scratch, values);
  }
  if (!setting.set(config.options, values)) return false;
  config.origins[setting.key] = origin;
  return true;
}

/// The values of a setting as text; nothing if the file has another type there.
std::optional<std::vector<std::string>> texts_of(const Setting& setting, const ConfigValue& value) {
  if (setting.kind == Setting::Kind::list && value.kind == Kind::array) {
    std::vector<std::string> texts;
    for (const ConfigValue& item : value.items) {
      if (item.kind != Kind::text) return std::nullopt;
      texts.push_back(item.text);
    }
    return texts;
  }
  const Kind wanted = setting.kind == Setting::Kind::boolean  ? Kind::boolean
                      : setting.kind == Setting::Kind::number ? Kind::integer
                                                              : Kind::text;
  if (value.kind != wanted) return std::nullopt;
  return std::vector<std::string>{value.text};
}

/// One file being applied.
class Reader {
 public:
  Reader(const std::string& path, const RunOptions& flags, std::string backend, Config& config)
      : path_(path), flags_(flags), backend_(std::move(backend)), config_(config) {}

  Result<void> read(const ConfigValue& root) {
    for (const ConfigMember& section : root.members) {
      const Result<void> done = read_section(section);
      if (!done) return done;
    }
    // Alerts use the names of networks, which may stand behind them.
    for (const ConfigMember& section : root.members) {
      if (section.name != "alerts") continue;
      const Result<void> done = read_alerts(section.value, path_, config_.options);
      if (!done) return done;
    }
    return {};
  }

  void read(const std::vector<IftopDirective>& directives) {
    std::vector<std::string> networks;
    for (const IftopDirective& directive : directives) {
      const Setting& setting = *find_setting(directive.key);
      std::vector<std::string> values{directive.value};
      // net-filter and net-filter6 are one list here.
      if (directive.key == "flows.networks") {
        values = networks;
        values.push_back(directive.value);
      }
      if (set(setting, values, directive.place)) {
        if (directive.key == "flows.networks") networks = values;
        continue;
      }
      config_.warnings.push_back(place_text(path_, directive.place) + ": " + directive.name + ": " +
                                 expected_text(setting, directive.typed) + "; it is left out");
    }
  }

 private:
  Result<void> read_section(const ConfigMember& section) {
    RunOptions& run = config_.options;
    if (section.name == "networks") return read_networks(section.value, path_, run);
    if (section.name == "themes") return read_themes(section.value, path_, run);
    if (section.name == "alerts") return {};
    if (!is_one_of(section.name, {"capture", "flows", "display", "names"})) {
      static const std::vector<std::string> kSections{"capture",  "flows",  "display", "names",
                                                      "networks", "themes", "alerts"};
      return refused(place_text(path_, section.place),
                     section.name +
                         ": no such section (capture, flows, display, names, networks, themes, "
                         "alerts)" +
                         did_you_mean(section.name, kSections));
    }
    if (section.value.kind != Kind::table) {
      return refused(
          place_text(path_, section.value.place),
          fmt::format("{}: expected a section, not {}", section.name, found_text(section.value)));
    }
    for (const ConfigMember& member : section.value.members) {
      const Result<void> done = read_key(section.name, member);
      if (!done) return done;
    }
    return {};
  }

  Result<void> read_key(const std::string& section, const ConfigMember& member) {
    const Setting* setting = find_setting(section + "." + member.name);
    if (setting == nullptr) {
      return refused(place_text(path_, member.place),
                     fmt::format("{}: no such key in [{}]{}", member.name, section,
                                 did_you_mean(member.name, setting_keys(section))));
    }
    const auto values = texts_of(*setting, member.value);
    if (values && set(*setting, *values, member.value.place)) return {};
    const std::string found = values && values->size() != 1
                                  ? toml_value(Setting::Kind::list, *values)
                                  : found_text(member.value);
    return refused(place_text(path_, member.value.place),
                   member.name + ": " + expected_text(*setting, found));
  }

  bool set(const Setting& setting, const std::vector<std::string>& values, FilePlace place) {
    return set_if_fits(setting, values, flags_, backend_,
                       {Origin::Kind::file, place_text(path_, place)}, config_);
  }

  const std::string& path_;
  const RunOptions& flags_;
  std::string backend_;
  Config& config_;
};

Result<void> apply_text(std::string_view text, const std::string& path, const RunOptions& flags,
                        const std::string& backend, Config& config) {
  Reader reader(path, flags, backend, config);
  if (looks_like_iftoprc(text) || path.ends_with(".iftoprc")) {
    reader.read(parse_iftoprc(text, path, config.warnings));
    return {};
  }
  const Result<ConfigValue> root = parse_toml(text, path);
  return root ? reader.read(*root) : fail(root.error());
}

Result<void> apply_environment(const RunOptions& flags, const Environment& environment,
                               Config& config) {
  const std::string backend = backend_of_flags(flags);
  for (const Setting& setting : settings()) {
    if (setting.variable.empty()) continue;
    const std::string value = value_or_empty(environment(setting.variable.c_str()));
    if (value.empty()) continue;
    // Checked by the rules of text, then set by those of what fits.
    RunOptions scratch;
    const Result<void> right = set_from_text(scratch, setting, value);
    if (!right) {
      std::string why = right.error().message;
      return refused(setting.variable, why);
    }
    set_if_fits(setting, *setting.get(scratch), flags, backend,
                {Origin::Kind::environment, setting.variable}, config);
  }
  return {};
}

/// True for a default file that is there. One that cannot be reached (a HOME that is another
/// user's) is none; one that is there and cannot be read is an error.
bool exists(const std::string& path) {
  struct stat found{};
  return !path.empty() && ::stat(path.c_str(), &found) == 0;
}

std::string file_to_read(const RunOptions& flags, const Environment& environment) {
  if (!flags.config_file.empty()) return flags.config_file;
  std::string named = value_or_empty(environment("WEIR_CONFIG"));
  if (!named.empty()) return named;
  std::string own = default_config_path(environment);
  if (exists(own)) return own;
  const std::string home = value_or_empty(environment("HOME"));
  std::string iftops = home.empty() ? "" : home + "/.iftoprc";
  return exists(iftops) ? iftops : "";
}

std::string origin_text(const Origins& origins, const std::string& key) {
  const auto found = origins.find(key);
  return found == origins.end() ? "default" : report::printable(found->second.text);
}

}  // namespace

std::string default_config_path(const Environment& environment) {
  // The specification of base directories has a relative one ignored.
  const std::string base = value_or_empty(environment("XDG_CONFIG_HOME"));
  if (base.starts_with('/')) return base + "/weir/weir.toml";
  const std::string home = value_or_empty(environment("HOME"));
  return home.empty() ? "" : home + "/.config/weir/weir.toml";
}

Result<void> apply_config_text(std::string_view text, const std::string& path,
                               const RunOptions& flags, Config& config) {
  return apply_text(text, path, flags, backend_of_flags(flags), config);
}

Result<Config> load_config(const RunOptions& flags, const Environment& environment) {
  Result<Config> loaded(tl::in_place);
  Config& config = *loaded;
  if (flags.no_config) {
    if (flags.config_file.empty()) return loaded;
    return refused("--no-config", "cannot be combined with -c");
  }
  config.path = file_to_read(flags, environment);
  if (!config.path.empty()) {
    const Result<std::string> text = read_config_text(config.path);
    if (!text) return fail(text.error());
    std::string backend = backend_of_flags(flags);
    if (backend.empty()) backend = value_or_empty(environment("WEIR_BACKEND"));
    const Result<void> applied = apply_text(*text, config.path, flags, backend, config);
    if (!applied) return fail(applied.error());
  }
  const Result<void> applied = apply_environment(flags, environment, config);
  if (!applied) return fail(applied.error());
  return loaded;
}

Origins all_origins(const Config& config, const RunOptions& run) {
  Origins origins = config.origins;
  for (const auto& [key, flag] : run.given) origins[key] = {Origin::Kind::flag, flag};
  return origins;
}

std::string print_config(const RunOptions& run, const Origins& origins) {
  constexpr size_t kCommentColumn = 36;
  std::string out;
  std::string section;
  for (const Setting& setting : settings()) {
    const size_t dot = setting.key.find('.');
    if (setting.key.substr(0, dot) != section) {
      section = setting.key.substr(0, dot);
      out += (out.empty() ? "[" : "\n[") + section + "]\n";
    }
    const std::string name = setting.key.substr(dot + 1);
    const auto values = setting.get(run);
    const std::string line =
        values ? name + " = " + toml_value(setting.kind, *values) : "# " + name + " =";
    out += fmt::format("{:<{}}  # {}{}\n", line, kCommentColumn,
                       values ? origin_text(origins, setting.key) : "not set",
                       setting.meaning.empty() ? "" : ": " + setting.meaning);
  }
  return out + print_tables(run);
}

Status with_origin(Status status, const Origins& origins) {
  const std::string flag = status.where.substr(0, status.where.find(' '));
  for (const Setting& setting : settings()) {
    const auto found = origins.find(setting.key);
    if (found == origins.end()) continue;
    const Origin& origin = found->second;
    // A flag is named by the error already, but for --set, which stands in for another flag.
    const bool by_flag = origin.kind == Origin::Kind::flag;
    if (by_flag && !origin.text.starts_with("--set ")) continue;
    const bool same =
        !flag.empty() && ("," + setting.flags + ",").find("," + flag + ",") != std::string::npos;
    if (same) status.where = by_flag ? origin.text : origin.text + ": " + setting.key;
  }
  return status;
}

}  // namespace weir::cli
