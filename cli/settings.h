#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/options.h"
#include "engine/core/status.h"

/// Everything a configuration file, an environment variable or `--set` may set, as one table: what
/// it is called in each place, which values it takes, and where in RunOptions it is kept. The flags
/// of the command line have their own grammar (options.cc) and write to the same places.
namespace weir::cli {

struct Setting {
  enum class Kind : uint8_t { boolean, number, text, list };
  /// The values as text, all of them for a list, else one. False: not a value of this setting.
  using Set = std::function<bool(RunOptions&, const std::vector<std::string>&)>;
  /// Empty where nothing is set and the default depends on the run.
  using Get = std::function<std::optional<std::vector<std::string>>(const RunOptions&)>;

  std::string key;  ///< "display.theme"
  Kind kind = Kind::text;
  std::string flags;     ///< of the command line, "-s,--duration"; may be empty
  std::string variable;  ///< of the environment, "WEIR_THEME"; may be empty
  std::string expected;  ///< "a time such as 1s"
  std::string meaning;   ///< half a line
  Set set;
  Get get;
};

/// All of them, by section. Made once.
const std::vector<Setting>& settings();
const Setting* find_setting(std::string_view key);
/// The keys of one section without its name, or all of them with theirs.
std::vector<std::string> setting_keys(std::string_view section = {});

/// "expected a time such as 1s, not 3". What is quoted is cut to a readable length.
std::string expected_text(const Setting& setting, std::string_view found);

/// Sets it from one text, as the environment and `--set` have it: a list is cut at commas. Errors
/// are Code::usage with the setting's key as `where`.
Result<void> set_from_text(RunOptions& run, const Setting& setting, const std::string& text);

/// "display.theme=nord", for `--set`.
Result<void> set_assignment(RunOptions& run, const std::string& assignment);

/// The value as TOML writes it.
std::string toml_value(Setting::Kind kind, const std::vector<std::string>& values);

/// Where the value of a setting comes from.
struct Origin {
  /// Later ones win.
  enum class Kind : uint8_t { by_default, file, environment, flag };
  Kind kind = Kind::by_default;
  std::string text;  ///< "weir.toml:3:1", "WEIR_THEME", "-i"
};
using Origins = std::map<std::string, Origin, std::less<>>;  ///< by key; none: by_default

/// The parts of the table, for settings() alone.
void add_capture_settings(std::vector<Setting>& table);
void add_display_settings(std::vector<Setting>& table);

}  // namespace weir::cli
