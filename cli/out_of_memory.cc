#include "cli/out_of_memory.h"

#include <unistd.h>

#include <exception>
#include <new>
#include <string_view>

#include "cli/failure.h"
#include "report/tui/tty_guard.h"

namespace weir::cli {
namespace {

std::terminate_handler g_before = nullptr;  // written before threads start

bool is_out_of_memory() noexcept {
  const std::exception_ptr thrown = std::current_exception();
  if (!thrown) return false;
  try {
    std::rethrow_exception(thrown);
  } catch (const std::bad_alloc&) {
    return true;
  } catch (...) {
    return false;
  }
}

[[noreturn]] void on_terminate() {
  if (is_out_of_memory()) {
    tell_out_of_memory();
    ::_exit(kExitFailed);
  }
  if (g_before != nullptr) g_before();
  ::_exit(kExitFailed);  // a handler does not return
}

}  // namespace

void end_well_without_memory() {
  g_before = std::set_terminate(on_terminate);
}

void tell_out_of_memory() noexcept {
  constexpr std::string_view kText =
      "weir: out of memory; fewer flows (--max-flows), a smaller ring (--ring) or a higher limit "
      "(ulimit -v, the control group's) help\n";
  [[maybe_unused]] const ssize_t wrote = ::write(STDERR_FILENO, kText.data(), kText.size());
  // Behind it: on the screen standard error is held, and told when the terminal is given back.
  tui::TtyGuard::restore_now();
}

}  // namespace weir::cli
