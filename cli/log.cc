#include "cli/log.h"

#include <unistd.h>

#include <string>

#include "report/format.h"

namespace weir::cli {
namespace {

LogLevel g_level = LogLevel::info;

}  // namespace

void set_log_level(LogLevel level) noexcept {
  g_level = level;
}

bool tells(LogLevel level) noexcept {
  return level <= g_level;
}

void log(LogLevel level, std::string_view text) {
  if (!tells(level)) return;
  // A name of a file or a capture may hold what a terminal obeys, or another line.
  const std::string line = "weir: " + report::printable(text) + "\n";
  // One write, so that lines of several threads do not mix.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace weir::cli
