#pragma once

#include <cstdint>

#include "engine/core/status.h"

namespace weir::tui {

/// The signals that a terminal sends, as bytes of a pipe, because they arrive in any thread: the
/// handler only writes. SIGWINCH, SIGTSTP, SIGCONT and SIGHUP, each only where nobody ignores or
/// handles it. One at a time; handlers that were there come back with the destructor.
class SignalPipe {
 public:
  struct Arrived {
    bool resized = false;
    bool stop = false;
    bool continued = false;
    bool hung_up = false;
    bool any() const noexcept { return resized || stop || continued || hung_up; }
  };

  SignalPipe() = default;
  ~SignalPipe();
  SignalPipe(const SignalPipe&) = delete;
  SignalPipe& operator=(const SignalPipe&) = delete;
  SignalPipe(SignalPipe&&) = delete;
  SignalPipe& operator=(SignalPipe&&) = delete;

  Result<void> open();
  /// The terminal is lost: SIGHUP is ignored from now on, also after the destructor. It comes more
  /// than once, from the kernel and from the shell, and the next must not cut an orderly end short.
  void ignore_hang_ups();
  int fd() const noexcept { return read_fd_; }
  /// What arrived since the last call.
  Arrived take();
  /// False where SIGTSTP was ignored, as for a program that was not started by a shell for people.
  bool can_stop() const noexcept;
  /// Stops the program as SIGTSTP does by default, and returns when it goes on; at once where there
  /// is no shell to continue it. `whole_group`: as Ctrl-Z does, with all processes of the job.
  /// The signals of that are taken, but for a hang-up.
  void stop_program(bool whole_group);

 private:
  int read_fd_ = -1;
  bool was_hung_up_ = false;
};

}  // namespace weir::tui
