#include "cli/failure.h"

#include "cli/log.h"

namespace weir::cli {

int tell_failure(const Status& status) {
  log(LogLevel::error, to_string(status));
  return exit_code_of(status.code);
}

int tell_wrong_usage(const Status& status) {
  log(LogLevel::error, to_string(status) + "; see weir --help");
  return kExitUsage;
}

}  // namespace weir::cli
