#pragma once

#include <string>
#include <vector>

#include "cli/config.h"
#include "cli/config_edit.h"
#include "cli/options.h"
#include "engine/core/status.h"
#include "report/tui/theme.h"
#include "report/tui/ui_options.h"
#include "report/tui/ui_requests.h"

namespace weir::cli {

/// Saves what the user changed on the screen: the keys of [display] whose value is another in `now`
/// than what `run` began with. Into the file that was read, or else a new one of weir's own. From
/// iftop's ~/.iftoprc, which a weir.toml takes the place of, all that it had set goes along.
///
/// The file is read again, edited by line, written beside it and renamed: it is whole at any
/// moment. Its mode and owner stay. A link is written through, to what it points to; one that
/// belongs to somebody else than the user or root is refused, and so is what is no regular file.
/// Returns the path. From then on `config` is of that file and `run` as `now` has it, so that it
/// may be called again. Blocks on the disk: not for the reporter.
Result<std::string> save_config(Config& config, RunOptions& run, const tui::UiOptions& now,
                                const Environment& environment,
                                std::vector<ConfigChange> more = {});

/// Saves a theme that was edited on the screen, and that it is the one to be shown: into its own
/// [themes.NAME] where it is the user's, else as "my-NAME" over the built-in one. Otherwise as
/// save_config(), whose keys are saved too. `themes` has it from then on.
Result<tui::SavedTheme> save_theme(Config& config, RunOptions& run, std::vector<tui::Theme>& themes,
                                   const tui::UiOptions& now, const tui::ThemeChange& change,
                                   const Environment& environment);

/// Writes a file whole or not at all, as said above. For save_config() and tests.
Result<void> replace_file(const std::string& path, const std::string& text);

}  // namespace weir::cli
