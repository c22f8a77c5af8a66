#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backends/registry.h"
#include "cli/bench.h"
#include "cli/config.h"
#include "cli/devices.h"
#include "cli/dissect.h"
#include "cli/doctor.h"
#include "cli/failure.h"
#include "cli/log.h"
#include "cli/options.h"
#include "cli/out_of_memory.h"
#include "cli/run.h"
#include "cli/run_screen.h"
#include "cli/themes.h"
#include "report/output.h"
#include "report/style.h"

namespace weir::cli {
namespace {

int print_text(std::string_view text) {
  report::Output output(STDOUT_FILENO, "standard output");
  output.buffer().append(text);
  if (output.flush() || output.error()->sys_errno == EPIPE) return kExitDone;
  return tell_failure(*output.error());
}

std::string version_text() {
  std::string text = "weir " WEIR_VERSION "\nbackends:\n";
  for (const backends::BackendKind& kind : backends::compiled_backends()) {
    text += fmt::format("  {:<10} {}\n", kind.name, kind.description);
  }
  return text;
}

/// Making them costs as much time as all else before a file is read.
bool needs_themes(const RunOptions& run) {
  return run.list_themes || !run.own_themes.empty() || run.ui.theme != tui::UiOptions{}.theme ||
         uses_screen(run);
}

/// A file that is no configuration at all has a mistake in every line.
void warn_of_mistakes(const std::vector<std::string>& warnings) {
  constexpr size_t kMostTold = 20;
  const size_t told = std::min(warnings.size(), kMostTold);
  for (size_t i = 0; i < told; ++i) log(LogLevel::warning, warnings[i]);
  if (told < warnings.size()) {
    log(LogLevel::warning, fmt::format("{} more mistakes like these", warnings.size() - told));
  }
}

/// A run is configured by flag, environment, file and default, in this order: the flags are read
/// once to find the file, and again over what it and the environment set.
int run_configured(std::span<const char* const> arguments, const RunOptions& flags) {
  const Result<Config> config = load_config(flags, [](const char* name) { return getenv(name); });
  if (!config) return tell_failure(config.error());
  warn_of_mistakes(config->warnings);
  RunOptions run = flags;
  if (!config->origins.empty() || !config->path.empty()) {
    const Result<Options> options = parse_options(arguments, config->options);
    if (!options) return tell_wrong_usage(options.error());
    run = options->run;
  }
  const Origins origins = all_origins(*config, run);
  std::vector<tui::Theme> themes;
  if (needs_themes(run)) {
    Result<std::vector<tui::Theme>> made = all_themes(run);
    if (!made) return tell_failure(with_origin(made.error(), origins));
    themes = std::move(*made);
  }
  if (run.list_themes) {
    const bool colours = !report::style_for(STDOUT_FILENO).heading.empty();
    return print_text(tui::theme_list_text(themes, colours));
  }
  if (run.print_config) return print_text(print_config(run, origins));
  return run_capture({run, *config, origins, std::move(themes)});
}

int run_command(std::span<const char* const> arguments, const Options& options) {
  set_log_level(options.log_level);
  switch (options.command) {
    case Options::Command::run: return run_configured(arguments, options.run);
    case Options::Command::devices: return run_devices(options.devices);
    case Options::Command::dissect: return run_dissect(options.dissect);
    case Options::Command::bench: return run_bench(options.bench);
    case Options::Command::doctor: return run_doctor(options.doctor);
    case Options::Command::help: return print_text(options.help);
    case Options::Command::version: return print_text(version_text());
  }
  return kExitFailed;
}

/// A standard stream that the caller closed would be the number of the next file opened: output
/// would go into a socket or a capture. A descriptor that fails on use takes its place.
void occupy_standard_streams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(fd, F_GETFD) != -1 || errno != EBADF) continue;
    // The lowest free descriptor is fd itself.
    [[maybe_unused]] const int taken = open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

int guarded_main(std::span<const char* const> arguments) {
  occupy_standard_streams();
  // A closed pipe is an error of write(2), which the outputs handle.
  signal(SIGPIPE, SIG_IGN);
  end_well_without_memory();
  const Result<Options> options = parse_options(arguments);
  if (!options) return tell_wrong_usage(options.error(), help_command(arguments));
  return run_command(arguments, *options);
}

}  // namespace
}  // namespace weir::cli

int main(int argc, char** argv) {
  // What throws is the library and memory; nobody above could do more than say so.
  try {
    const std::span<char*> all(argv, static_cast<size_t>(argc));
    return weir::cli::guarded_main(all.subspan(argc > 0 ? 1 : 0));
  } catch (const std::bad_alloc&) {
    weir::cli::tell_out_of_memory();
    return weir::cli::kExitFailed;
  } catch (const std::exception& error) {
    weir::cli::log(weir::cli::LogLevel::error, error.what());
    return weir::cli::kExitFailed;
  }
}
