#pragma once

#include "cli/options.h"
#include "cli/run.h"

namespace weir::cli {

/// A live or synthetic run that prints nothing else wants the terminal UI, where standard input and
/// output are a terminal.
bool wants_screen(const RunOptions& options);

/// The same, and the terminal can place its cursor: a dumb one (an editor's shell, a serial log)
/// gets what a pipe gets.
bool uses_screen(const RunOptions& options);

/// Such a run, from the first opening to the final summary, which comes after the terminal was
/// given back. Another filter or interface is another engine under the same screen. Returns the
/// exit code.
int run_on_screen(const ConfiguredRun& run);

}  // namespace weir::cli
