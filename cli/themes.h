#pragma once

#include <string>
#include <vector>

#include "cli/options.h"
#include "engine/core/status.h"
#include "report/tui/theme.h"

namespace weir::cli {

/// The user's own themes, each over a built-in one or over one of those before it, behind the
/// built-in ones: what there is to choose from. An own theme of a built-in one's name takes its
/// place. Errors are Code::usage with the place in the file as `where`, or "--theme" for a theme
/// that is none.
Result<std::vector<tui::Theme>> all_themes(const RunOptions& run);

/// One of them by name; null: none.
const tui::Theme* theme_of(const std::vector<tui::Theme>& themes, const std::string& name);

}  // namespace weir::cli
