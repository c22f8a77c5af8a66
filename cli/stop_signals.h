#pragma once

namespace weir::cli {

/// SIGINT and SIGTERM call `stop(context)` from the signal handler while this object lives, once:
/// a second signal ends the program, in case it waits for somebody who does not read its output,
/// after it has called `at_end`. Both must be async-signal-safe. One object at a time.
class StopSignals {
 public:
  using Stop = void (*)(void* context);
  StopSignals(Stop stop, void* context, void (*at_end)() = nullptr);
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
};

}  // namespace weir::cli
