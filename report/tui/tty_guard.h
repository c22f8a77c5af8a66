#pragma once

#include <termios.h>

#include <string>

namespace weir::tui {

/// Gives a terminal back as it was found when the program dies: at a fatal signal, by a handler
/// that writes prepared bytes, sets the saved modes and lets the signal do its work; and at exit().
/// Signals that somebody else handles or ignores stay theirs, except those of a crash, which are
/// handed on to the handler that was there. One at a time; made and destroyed by one thread, the
/// handlers run on any. A thread that has overflowed its stack is only seen if it has an alternate
/// one, as the thread that makes this gets.
class TtyGuard {
 public:
  TtyGuard(int fd, const termios& modes, const std::string& bytes);
  ~TtyGuard();
  TtyGuard(const TtyGuard&) = delete;
  TtyGuard& operator=(const TtyGuard&) = delete;
  TtyGuard(TtyGuard&&) = delete;
  TtyGuard& operator=(TtyGuard&&) = delete;

  /// Off while the terminal is not ours: during a suspend or a shell command.
  void arm(bool armed) noexcept;

  /// As at a fatal signal, for a handler that ends the program. Async-signal-safe.
  static void restore_now() noexcept;

 private:
  void* alternate_stack_ = nullptr;
};

}  // namespace weir::tui
