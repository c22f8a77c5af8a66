#pragma once

#include <string_view>

#include "engine/core/status.h"

namespace weir::cli {

/// The program's exit codes, a contract with scripts.
inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitNotPermitted = 3;
inline constexpr int kExitNotFound = 4;
inline constexpr int kExitDamaged = 5;
inline constexpr int kExitExceeded = 6;  ///< --exit-over, and alerts with exit = true

constexpr int exit_code_of(Code code) noexcept {
  switch (code) {
    case Code::usage: return kExitUsage;
    case Code::not_permitted: return kExitNotPermitted;
    case Code::not_found: return kExitNotFound;
    case Code::damaged:
    case Code::other_format: return kExitDamaged;
    case Code::device_gone:
    case Code::io:
    case Code::internal: break;
  }
  return kExitFailed;
}

/// Writes the failure to standard error and returns its exit code.
int tell_failure(const Status& status);

/// The same for a command line that makes no sense, with a hint where to look.
int tell_wrong_usage(const Status& status, std::string_view help_command = "weir --help");

}  // namespace weir::cli
