#pragma once

namespace weir::cli {

/// SIGINT, SIGTERM and SIGHUP call `stop(context)` from the signal handler while this object lives,
/// once: a second SIGINT or SIGTERM ends the program, in case it waits for somebody who does not
/// read its output, after it has called `at_end`. Both must be async-signal-safe. A SIGHUP that was
/// ignored before stays so. One object at a time.
class StopSignals {
 public:
  using Stop = void (*)(void* context);
  StopSignals(Stop stop, void* context, void (*at_end)() = nullptr);
  ~StopSignals();
  /// The terminal is gone, or somebody says so: who reads standard output may be gone too.
  static bool hung_up() noexcept;
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
};

}  // namespace weir::cli
