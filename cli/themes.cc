#include "cli/themes.h"

#include <algorithm>

#include "cli/suggestion.h"

namespace weir::cli {
namespace {

tl::unexpected<Status> refused(const std::string& where, const std::string& why) {
  return fail({Code::usage, Recovery::give_up, 0, where, why});
}

/// "'nrod' is no theme (did you mean nord?); --list-themes lists all themes"
std::string no_theme(const std::string& name, const std::vector<tui::Theme>& themes) {
  std::vector<std::string> names;
  for (const tui::Theme& theme : themes) names.push_back(theme.name);
  return "'" + name + "' is no theme" + did_you_mean(name, names) +
         "; --list-themes lists all themes";
}

Result<tui::Theme> make_own(const OwnTheme& own, const tui::Theme& base) {
  // One change at a time, so that an error has the place of its line.
  std::vector<tui::LookChange> changes;
  for (const OwnTheme::Look& look : own.looks) {
    changes.push_back({look.role, look.foreground, look.background, look.bold});
    const Result<tui::Theme> tried = tui::make_theme(own.name, base, {&changes.back(), 1});
    if (!tried) return refused(look.where, look.role + ": " + tried.error().message);
  }
  Result<tui::Theme> theme = tui::make_theme(own.name, base, changes);
  if (!theme) return refused(own.where, theme.error().message);
  if (!own.description.empty()) theme->description = own.description;
  if (own.ground == "dark") theme->ground = tui::Theme::Ground::dark;
  if (own.ground == "light") theme->ground = tui::Theme::Ground::light;
  if (own.ground == "any") theme->ground = tui::Theme::Ground::any;
  return theme;
}

}  // namespace

const tui::Theme* theme_of(const std::vector<tui::Theme>& themes, const std::string& name) {
  const auto found = std::find_if(themes.begin(), themes.end(),
                                  [&](const tui::Theme& theme) { return theme.name == name; });
  return found == themes.end() ? nullptr : &*found;
}

Result<std::vector<tui::Theme>> all_themes(const RunOptions& run) {
  const auto built_in = tui::built_in_themes();
  std::vector<tui::Theme> themes(built_in.begin(), built_in.end());
  for (const OwnTheme& own : run.own_themes) {
    const tui::Theme* base = theme_of(themes, own.base);
    if (base == nullptr) {
      return refused(own.where, "themes." + own.name + ": its base " + no_theme(own.base, themes));
    }
    Result<tui::Theme> theme = make_own(own, *base);
    if (!theme) return fail(theme.error());
    std::erase_if(themes, [&](const tui::Theme& old) { return old.name == own.name; });
    themes.push_back(std::move(*theme));
  }
  if (theme_of(themes, run.ui.theme) == nullptr) {
    return refused("--theme", no_theme(run.ui.theme, themes));
  }
  return themes;
}

}  // namespace weir::cli
