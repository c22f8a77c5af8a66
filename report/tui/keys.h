#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "report/tui/help_view.h"
#include "report/tui/input.h"

/// Which key does what: the one table that input, help and documentation agree on.
namespace weir::tui {

enum class Action : uint8_t {
  none,
  // What is shown.
  next_view,
  previous_view,
  go_to_view,  ///< which: KeyBinding::argument
  open,
  back,
  filter,
  screen_filter,  ///< iftop's: a regular expression on host names
  clear_filter,
  pause,
  help,
  // How flows are shown.
  resolve_names,
  service_names,
  hide_source,
  hide_destination,
  source_ports,
  destination_ports,
  ports,
  line_display,
  cumulative,
  process_column,
  // Bars and units.
  bars,
  bar_average,
  log_scale,
  unit,
  zoom_in,
  zoom_out,
  frame,
  column_titles,
  // Order.
  sort,       ///< by KeyBinding::argument, a FlowOrder
  sort_left,  ///< by the column to the left of the one that is sorted by
  sort_right,
  reverse,
  freeze,
  // Where one is.
  down,
  up,
  page_down,
  page_up,
  half_page_down,
  half_page_up,
  first,
  last,
  // What is done with it.
  pin,
  copy,
  export_view,
  capture_filter,
  interface,
  theme,
  edit_theme,
  hover,
  refresh,
  shell,
  save,
  redraw,
  quit,
};

struct KeyBinding {
  Key key = Key::character;
  char32_t character = 0;
  Action action = Action::none;
  uint8_t argument = 0;
  bool control = false;
  bool alt = false;
};

/// What a key does in the views themselves, where no popup takes it. None: `action` is none.
KeyBinding binding_of(const Input& input) noexcept;
std::span<const KeyBinding> key_bindings() noexcept;

/// The keys for people, under headings; the help screen.
std::span<const HelpEntry> key_help() noexcept;

}  // namespace weir::tui
