#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "cli/options.h"
#include "cli/settings.h"
#include "engine/core/status.h"

/// What is set apart from the command line: by a file and by the environment.
namespace weir::cli {

/// Looks up a variable of the environment: getenv(3), or a test's own. Null: not set.
using Environment = std::function<const char*(const char* name)>;

/// What the flags are then read over, and where it comes from.
struct Config {
  RunOptions options;
  Origins origins;
  std::string path;                   ///< of the file that was read; empty: none
  std::vector<std::string> warnings;  ///< mistakes in iftop's file, one line each
};

/// Where the file of weir's own is looked for: $XDG_CONFIG_HOME/weir/weir.toml, else
/// $HOME/.config/weir/weir.toml. Empty without either. Under sudo HOME decides as everywhere.
std::string default_config_path(const Environment& environment);

/// Reads the file that `flags` (-c) or WEIR_CONFIG names, else the default one or, if that is not
/// there, iftop's ~/.iftoprc; then the WEIR_ variables. What does not fit the source that the flags
/// choose (an interface, with -r) is checked and left out.
///
/// A named file must exist, a default one may be missing. Errors are those of read_config_text(),
/// and Code::usage with "path:line:column" or the variable as `where`. A mistake in a file of
/// iftop's, named or not, is a warning as it is for iftop, and the line is left out.
Result<Config> load_config(const RunOptions& flags, const Environment& environment);

/// Applies a configuration's text: TOML, or iftop's directives. For load_config() and tests.
Result<void> apply_config_text(std::string_view text, const std::string& path,
                               const RunOptions& flags, Config& config);

/// With the flags that were given. For --print-config and with_origin().
Origins all_origins(const Config& config, const RunOptions& run);

/// The effective configuration as TOML that can be read back: each setting with where its value is
/// from.
std::string print_config(const RunOptions& run, const Origins& origins);

/// An error that names an option, of which the value came from elsewhere, names that instead:
/// "weir.toml:3:8: capture.cpus".
Status with_origin(Status status, const Origins& origins);

}  // namespace weir::cli
