#pragma once

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "cli/options.h"
#include "cli/suggestion.h"
#include "cli/units.h"
#include "engine/core/cpu.h"

/// What the grammar of the command line is built from. Only for the files of the grammar.
namespace weir::cli {

using Parse = std::function<Result<void>(const std::string&)>;

/// What CLI11 calls with the values of an option. `parse` stores each or says why it is wrong.
inline CLI::callback_t checked(const std::string& names, Parse parse) {
  std::string shown = names;
  std::replace(shown.begin(), shown.end(), ',', '/');
  return [parse = std::move(parse), shown = std::move(shown)](const CLI::results_t& values) {
    for (const std::string& value : values) {
      const Result<void> parsed = parse(value);
      if (!parsed) throw CLI::ValidationError(shown, parsed.error().message);
    }
    return true;
  };
}

/// An option without a value, whose count alone is asked for.
inline CLI::Option* add_switch(CLI::App& app, const std::string& names, const std::string& text) {
  return app.add_flag_callback(names, [] {}, text);
}

/// An option with one value. Given twice, the last one counts, as with getopt(3).
inline CLI::Option* add_value(CLI::App& app, const std::string& names, const std::string& type,
                              const std::string& text, Parse parse) {
  return app.add_option(names, checked(names, std::move(parse)), text)
      ->type_name(type)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

/// Stores what `read` makes of the text into `slot`.
template <class T, class Read>
Parse store(T& slot, Read read) {
  return [&slot, read](const std::string& text) -> Result<void> {
    const auto value = read(text);
    if (!value) return fail(value.error());
    slot = static_cast<std::decay_t<decltype(*value)>>(*value);
    return {};
  };
}

template <class T>
Parse store_number(T& slot, uint64_t least, uint64_t most) {
  return [&slot, least, most](const std::string& text) -> Result<void> {
    const Result<uint64_t> value = parse_number(text, least, most);
    if (!value) return fail(value.error());
    if constexpr (requires { typename T::value_type; }) {
      slot = static_cast<typename T::value_type>(*value);
    } else {
      slot = static_cast<T>(*value);
    }
    return {};
  };
}

inline auto count_from(uint64_t least, uint64_t most = UINT64_MAX) {
  return [least, most](const std::string& text) { return parse_count(text, least, most); };
}

/// One of a few words.
template <class T>
Parse store_choice(T& slot, std::vector<std::pair<std::string, T>> choices) {
  return [&slot, choices = std::move(choices)](const std::string& text) -> Result<void> {
    std::string valid;
    std::vector<std::string> words;
    for (const auto& [word, value] : choices) {
      if (word == text) {
        slot = value;
        return {};
      }
      valid += (valid.empty() ? "" : ", ") + word;
      words.push_back(word);
    }
    return fail({Code::usage, Recovery::give_up, 0, "",
                 "'" + text + "' is not one of " + valid + did_you_mean(text, words)});
  };
}

inline Parse store_text(std::string& slot) {
  return [&slot](const std::string& text) -> Result<void> {
    slot = text;
    return {};
  };
}

inline Parse store_cpus(std::vector<int>& cpus) {
  return [&cpus](const std::string& text) -> Result<void> {
    const Result<std::vector<int>> list = parse_cpu_list(text);
    if (!list) {
      return fail(
          {Code::usage, Recovery::give_up, 0, "", "'" + text + "': " + list.error().message});
    }
    cpus = *list;
    return {};
  };
}

inline Parse store_log_level(LogLevel& level) {
  return store_choice<LogLevel>(level, {{"error", LogLevel::error},
                                        {"warning", LogLevel::warning},
                                        {"info", LogLevel::info},
                                        {"debug", LogLevel::debug}});
}

inline void add_dpdk_options(CLI::App& app, bool& no_huge, std::string& arguments) {
  app.add_flag("--no-huge", no_huge, "Memory without hugepages (dpdk)");
  // Its value begins with a dash as often as not, so it is taken as it stands.
  add_value(app, "--dpdk-args", "ARGS", "More of the EAL's options, in one word (dpdk)",
            store_text(arguments));
}

/// Runs the grammar. CLI11 reports by exception; none leaves this function.
Result<Options> parse_with(CLI::App& app, std::span<const char* const> arguments, Options& options);

/// The grammar of `weir [-i IF]...` and `weir -r FILE...`.
Result<Options> parse_run(std::span<const char* const> arguments, const RunOptions& base);

}  // namespace weir::cli
