#pragma once

#include "engine/core/status.h"

namespace weir::cli {

/// The program's exit codes, a contract with scripts.
inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitNotPermitted = 3;
inline constexpr int kExitNotFound = 4;
inline constexpr int kExitDamaged = 5;

constexpr int exit_code_of(Code code) noexcept {
  switch (code) {
    case Code::usage: return kExitUsage;
    case Code::not_permitted: return kExitNotPermitted;
    case Code::not_found: return kExitNotFound;
    case Code::damaged: return kExitDamaged;
    case Code::device_gone:
    case Code::io:
    case Code::internal: break;
  }
  return kExitFailed;
}

}  // namespace weir::cli
