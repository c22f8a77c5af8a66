#pragma once

#include <memory>
#include <string>

#include "engine/core/status.h"
#include "report/tui/grid.h"
#include "report/tui/input.h"
#include "report/tui/theme.h"

namespace weir::tui {

/// The terminal, through ncursesw: the only place that knows it. Shows grids and says what was
/// typed. Used by one thread. However the program ends, the terminal is left as it was found: by
/// the destructor, and at a fatal signal by a handler that then lets the signal do its work.
/// Ctrl-Z is handled here: the program stops, and goes on with Input::Kind::resize.
class Terminal {
 public:
  struct Options {
    bool ascii = false;   ///< though the locale is UTF-8
    bool colours = true;  ///< false: NO_COLOR or a terminal without
    bool mouse = true;
    bool motion = false;  ///< Mouse::moved too, some 10 bytes for each cell that it comes to
  };

  /// Errors: no terminal on standard input and output, a TERM that cannot place its cursor. One
  /// that terminfo does not know is replaced, see note().
  static Result<std::unique_ptr<Terminal>> open(const Options& options, const Theme& theme);
  virtual ~Terminal() = default;

  virtual int columns() const = 0;
  virtual int rows() const = 0;
  virtual Glyphs glyphs() const = 0;
  /// What is not as asked for, for the user; empty where nothing is.
  virtual std::string note() const { return {}; }
  virtual void set_theme(const Theme& theme) = 0;
  virtual void set_motion(bool on) = 0;

  /// Shows the grid; only what changed is sent. The cursor is hidden, unless it is placed.
  virtual void show(const Grid& grid) = 0;
  virtual void show(const Grid& grid, int cursor_row, int cursor_column) = 0;

  /// Waits for input, at most `timeout_ms` (-1: for ever), or until `wake_fd` is readable
  /// (Kind::nothing; the caller empties it).
  virtual Input wait(int timeout_ms, int wake_fd) = 0;

  /// Sends the whole screen anew at the next show(): Ctrl-L, after others wrote to the terminal.
  virtual void redraw() = 0;

  virtual void bell() = 0;
  /// Puts text on the clipboard of the terminal that the user sits at, through OSC 52; cut at 64
  /// KiB. Many terminals refuse it in silence.
  virtual void copy(const std::string& text) = 0;
  /// Gives the terminal to a command of the user's shell, then waits for a key: iftop's '!'.
  virtual void run_shell(const std::string& command) = 0;

  /// Gives the terminal back, as the destructor does; nothing is shown afterwards.
  virtual void close() = 0;
  /// The program ends, and the owner's thread may be in a call of this that waits: for a terminal
  /// that takes nothing (what it was not given yet is lost), for a shell command (it is hung up) or
  /// for the key after it. Any thread, again and again until the owner's comes back.
  virtual void let_go() = 0;
};

}  // namespace weir::tui
