#pragma once

#include <memory>
#include <vector>

#include "cli/config.h"
#include "cli/options.h"
#include "cli/plan.h"
#include "cli/settings.h"
#include "report/output.h"
#include "report/text_summary.h"
#include "report/tui/theme.h"

namespace weir::cli {

/// A run as flags, environment and file have it together.
struct ConfiguredRun {
  RunOptions options;
  Config config;    ///< without the flags: for save_config()
  Origins origins;  ///< of the options
  std::vector<tui::Theme> themes;
};

/// The summary on standard output.
std::unique_ptr<report::TextSummary> make_summary(report::Output& output, const RunOptions& options,
                                                  const RunPlan& plan);

/// `weir [-i IF]...` and `weir -r FILE...`: opens, measures, prints. Returns the exit code. What is
/// wrong with a value is told with where it comes from.
int run_capture(const ConfiguredRun& run);

}  // namespace weir::cli
