#pragma once

#include <termios.h>

#include <string>
#include <string_view>

#include "engine/core/status.h"

/// The device behind the terminal, without knowing what it is able to do.
namespace weir::tui {

/// Standard input, or the controlling terminal where that is something else, and standard output.
/// Owned: what was opened is closed. One thread.
class Tty {
 public:
  static Result<Tty> open();
  ~Tty();
  Tty(Tty&& other) noexcept;
  Tty& operator=(Tty&&) = delete;
  Tty(const Tty&) = delete;
  Tty& operator=(const Tty&) = delete;

  int in() const noexcept { return in_; }
  int out() const noexcept { return out_; }
  /// As it was found.
  const termios& modes() const noexcept { return modes_; }
  struct Size {
    int columns;
    int rows;
  };
  /// 0 where the device does not know.
  Size size() const noexcept;
  void write(std::string_view bytes) const noexcept;
  /// Waits for a key with the modes of a full-screen program; false when the terminal is gone or
  /// let go.
  bool wait_for_key() const;
  /// Runs a command of the user's shell on this terminal and waits for its end: its status as of
  /// waitpid(). The terminal's Ctrl-C and Ctrl-\ are for the command alone meanwhile; its Ctrl-Z
  /// stops this program as well, so that the user's shell comes back.
  Result<int> run(const std::string& command) const;
  /// Ends what waits in the calls above: throws away what the terminal does not take, hangs up the
  /// command. Any thread.
  void let_go() const noexcept;
  bool is_let_go() const noexcept;
  /// What was written and not taken yet.
  void discard_output() const noexcept;

 private:
  Tty(int in, int out, int ending, const termios& modes)
      : in_(in), out_(out), ending_(ending), modes_(modes) {}
  bool wait_readable(int fd) const;

  int in_;
  int out_;
  int ending_;  ///< an eventfd, readable once the terminal is let go
  termios modes_;
};

/// Takes the characters of the environment and says whether they are UTF-8. A locale that names
/// UTF-8 but is not installed here counts as "C.UTF-8".
bool use_locale();

}  // namespace weir::tui
