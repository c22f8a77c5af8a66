#pragma once

#include "cli/options.h"
#include "cli/run.h"

namespace weir::cli {

/// A live or synthetic run that prints nothing else has the terminal UI, where standard input and
/// output are a terminal.
bool uses_screen(const RunOptions& options);

/// Such a run, from the first opening to the final summary, which comes after the terminal was
/// given back. Another filter or interface is another engine under the same screen. Returns the
/// exit code.
int run_on_screen(const ConfiguredRun& run);

}  // namespace weir::cli
