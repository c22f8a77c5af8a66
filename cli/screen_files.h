#pragma once

#include <string>

#include "cli/options.h"
#include "engine/core/status.h"
#include "report/names/names.h"

/// What the screen takes from the configuration and gives to files.
namespace weir::cli {

report::NamesOptions names_options(const RunOptions& options);

/// Writes a view's text to a new file "weir-20261125-101530.txt" in the working directory and
/// returns its name. Never overwrites.
Result<std::string> save_export(const std::string& text);

}  // namespace weir::cli
