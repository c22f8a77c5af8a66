#include "cli/failure.h"

#include <string>

#include "cli/log.h"

namespace weir::cli {

int tell_failure(const Status& status) {
  log(LogLevel::error, to_string(status));
  return exit_code_of(status.code);
}

int tell_wrong_usage(const Status& status, std::string_view help_command) {
  log(LogLevel::error, to_string(status) + "; see " + std::string(help_command));
  return kExitUsage;
}

}  // namespace weir::cli
