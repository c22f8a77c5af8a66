#pragma once

#include <string>

#include "cli/config_value.h"
#include "cli/options.h"
#include "engine/core/status.h"

/// The tables of a configuration whose keys are the user's own. Each reads its section into `run`;
/// errors are Code::usage with "path:line:column" as `where`.
namespace weir::cli {

/// [networks]: "office" = ["10.1.0.0/16", "fd00:1::/32"]
Result<void> read_networks(const ConfigValue& table, const std::string& path, RunOptions& run);

/// [themes.NAME]: base, description, ground, and roles as "red" or { fg, bg, bold }.
Result<void> read_themes(const ConfigValue& table, const std::string& path, RunOptions& run);

/// [[alerts]]: after the networks, whose names they use.
Result<void> read_alerts(const ConfigValue& array, const std::string& path, RunOptions& run);

/// "a table", "12": what a message says was found.
std::string found_text(const ConfigValue& value);

/// The three of them as TOML.
std::string print_tables(const RunOptions& run);

}  // namespace weir::cli
