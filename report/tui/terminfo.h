#pragma once

#include <string>
#include <string_view>

#include "engine/core/status.h"

namespace weir::tui {

/// Ends every kind of mouse report and bracketed paste, also what a program before left on.
inline constexpr std::string_view kReportsOff =
    "\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l";

/// What the terminal's description in terminfo says beyond what ncurses makes of it.
struct TerminalDescription {
  std::string name;      ///< what terminfo has it under
  std::string note;      ///< that it is another name than asked for, and why; else empty
  bool reports = false;  ///< it is one of xterm's kind: mouse, bracketed paste, OSC 52
  bool gives_colours_back = false;
  std::string leave;  ///< everything back, for a program that has no time for more
};

/// Describes the terminal that TERM names. A name that is empty or that terminfo does not have (a
/// new terminal, over ssh to an old host) is taken for xterm-256color, and where even that is
/// missing for vt100: nearly every terminal understands one of them. `name` and `note` then say so.
/// Errors are Code::usage: terminfo has none of them, and a terminal that it knows to be unable to
/// place its cursor. One thread, before ncurses starts.
Result<TerminalDescription> describe_terminal(const std::string& term, int fd);

/// True where terminfo knows the terminal, and that it cannot place its cursor: "dumb".
bool is_dumb_terminal(const std::string& term, int fd);

}  // namespace weir::tui
