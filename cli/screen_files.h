#pragma once

#include <string>
#include <vector>

#include "cli/options.h"
#include "engine/core/status.h"
#include "report/names/names.h"
#include "report/tui/theme.h"

/// What the screen takes from the configuration and gives to files.
namespace weir::cli {

/// The themes there are: the user's own, and those that weir brings.
class Themes {
 public:
  /// Errors are Code::usage, with the place in the configuration.
  static Result<Themes> of(const std::vector<OwnTheme>& own);

  /// Null: there is none of this name. Valid as long as this object.
  const tui::Theme* find(const std::string& name) const;
  std::vector<std::string> names() const;
  const std::vector<tui::Theme>& all() const noexcept { return themes_; }

 private:
  std::vector<tui::Theme> themes_;
};

report::NamesOptions names_options(const RunOptions& options);

/// Writes a view's text to a new file "weir-20261125-101530.txt" in the working directory and
/// returns its name. Never overwrites.
Result<std::string> save_export(const std::string& text);

}  // namespace weir::cli
