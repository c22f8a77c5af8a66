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
  bool reports = false;  ///< it is one of xterm's kind: mouse, bracketed paste, OSC 52
  bool gives_colours_back = false;
  std::string leave;  ///< everything back, for a program that has no time for more
};

/// Errors are Code::usage: a name that is empty or that terminfo does not have, and a terminal that
/// cannot place its cursor. One thread, before ncurses starts.
Result<TerminalDescription> describe_terminal(const std::string& term, int fd);

}  // namespace weir::tui
