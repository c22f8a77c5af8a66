#include "cli/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "cli/config_file.h"
#include "cli/setting_kinds.h"
#include "cli/suggestion.h"
#include "engine/core/clock.h"

namespace weir::cli {
namespace {

constexpr size_t kMostQuoted = 60;

std::vector<Setting> make_settings() {
  std::vector<Setting> table;
  add_capture_settings(table);
  add_display_settings(table);
  return table;
}

tl::unexpected<Status> refused(const std::string& where, const std::string& why) {
  return fail({Code::usage, Recovery::give_up, 0, where, why});
}

/// "a, b" -> {"a", "b"}
Texts cut_list(const std::string& text) {
  Texts items;
  for (size_t at = 0; at <= text.size();) {
    const size_t comma = std::min(text.find(',', at), text.size());
    std::string item = text.substr(at, comma - at);
    item.erase(0, item.find_first_not_of(' '));
    item.erase(item.find_last_not_of(' ') + 1);
    if (!item.empty()) items.push_back(std::move(item));
    at = comma + 1;
  }
  return items;
}

}  // namespace

const std::vector<Setting>& settings() {
  static const std::vector<Setting> kTable = make_settings();
  return kTable;
}

const Setting* find_setting(std::string_view key) {
  const auto& table = settings();
  const auto found = std::find_if(table.begin(), table.end(),
                                  [&](const Setting& setting) { return setting.key == key; });
  return found == table.end() ? nullptr : &*found;
}

std::vector<std::string> setting_keys(std::string_view section) {
  std::vector<std::string> keys;
  for (const Setting& setting : settings()) {
    const bool inside = setting.key.starts_with(section) && setting.key.size() > section.size();
    if (section.empty()) {
      keys.push_back(setting.key);
    } else if (inside && setting.key[section.size()] == '.') {
      keys.push_back(setting.key.substr(section.size() + 1));
    }
  }
  return keys;
}

std::string expected_text(const Setting& setting, std::string_view found) {
  std::string quoted(found.substr(0, kMostQuoted));
  if (found.size() > kMostQuoted) quoted += "...";
  return fmt::format("expected {}, not {}", setting.expected, quoted.empty() ? "\"\"" : quoted);
}

Result<void> set_from_text(RunOptions& run, const Setting& setting, const std::string& text) {
  const Texts texts = setting.kind == Setting::Kind::list ? cut_list(text) : Texts{text};
  if (setting.set(run, texts)) return {};
  return refused(setting.key, expected_text(setting, text));
}

Result<void> set_assignment(RunOptions& run, const std::string& assignment) {
  const size_t equals = assignment.find('=');
  const std::string key = assignment.substr(0, equals);
  if (equals == std::string::npos) {
    return refused("--set " + assignment, "expected KEY=VALUE, such as display.theme=nord");
  }
  const Setting* setting = find_setting(key);
  if (setting == nullptr) {
    return refused("--set " + assignment, "no such key" + did_you_mean(key, setting_keys()) +
                                              "; --print-config lists all keys");
  }
  Result<void> set = set_from_text(run, *setting, assignment.substr(equals + 1));
  if (!set) return refused("--set " + assignment, set.error().message);
  return set;
}

std::string toml_value(Setting::Kind kind, const std::vector<std::string>& values) {
  if (kind == Setting::Kind::list) {
    std::string list;
    for (const std::string& value : values) {
      list += (list.empty() ? "" : ", ") + toml_quoted(value);
    }
    return "[" + list + "]";
  }
  return kind == Setting::Kind::text ? toml_quoted(values.front()) : values.front();
}

std::string exact_time(uint64_t ns) {
  static constexpr std::pair<uint64_t, const char*> kUnits[] = {
      {3600 * kNsPerSecond, "h"},
      {60 * kNsPerSecond, "m"},
      {kNsPerSecond, "s"},
      {kNsPerMs, "ms"},
      {1000, "us"},
  };
  if (ns == 0) return "0s";
  for (const auto& [unit, suffix] : kUnits) {
    if (ns % unit == 0) return std::to_string(ns / unit) + suffix;
  }
  // What is not whole microseconds was given in decimals of a second.
  std::string digits = fmt::format("{}.{:09}", ns / kNsPerSecond, ns % kNsPerSecond);
  digits.erase(digits.find_last_not_of('0') + 1);
  return digits + "s";
}

}  // namespace weir::cli
