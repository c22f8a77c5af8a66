#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "report/tui/theme.h"

namespace weir::tui {

/// A theme of the user's that is in the configuration file from now on.
struct SavedTheme {
  std::string name;
  std::string path;
};

/// What makes a theme of the user's out of another one.
struct ThemeChange {
  std::string base;
  std::vector<LookChange> looks;
};

/// What the application shall do after an input or a snapshot, because Ui itself reaches nothing
/// outside: Ui fills it in, the application empties it. Independent of one another.
struct UiRequests {
  bool quit = false;
  bool redraw = false;         ///< something that is shown changed
  bool query_changed = false;  ///< Ui::query() wants another answer; at once, please
  bool bell = false;
  bool clear = false;                      ///< Ctrl-L: send the whole screen anew
  bool save_configuration = false;         ///< of Ui::options(); then tell(): where to, or why not
  bool list_interfaces = false;            ///< then Ui::set_interfaces()
  std::optional<std::string> copy;         ///< to the clipboard
  std::optional<std::string> export_text;  ///< to a file; then tell(): which
  std::optional<std::string> shell_command;   ///< iftop's '!'
  std::optional<std::string> capture_filter;  ///< pcap expression; empty: none
  std::optional<std::string> interface;       ///< capture there from now on
  std::optional<std::string> theme;           ///< show this one, by name
  bool edit_theme = false;                    ///< then Ui::edit_theme() of the one that is shown
  std::optional<Theme> shown_theme;           ///< show this one, that has no name yet
  std::optional<ThemeChange> saved_theme;     ///< then Ui::theme_saved(), or tell() why not
  std::optional<bool> mouse_motion;           ///< whether Mouse::moved is wanted
  std::optional<uint32_t> refresh_ms;         ///< between two snapshots
  std::optional<bool> resolve_names;          ///< 'n'
  std::optional<bool> watch_processes;        ///< ProcessSource::set_active()
};

}  // namespace weir::tui
