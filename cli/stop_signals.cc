#include "cli/stop_signals.h"

#include <signal.h>

#include <atomic>

namespace weir::cli {
namespace {

// Written by the main thread with the handlers off; read by the handler on any thread.
std::atomic<StopSignals::Stop> g_stop{nullptr};
std::atomic<void*> g_context{nullptr};
static_assert(std::atomic<StopSignals::Stop>::is_always_lock_free);

void on_signal(int) {
  if (const StopSignals::Stop stop = g_stop.load()) stop(g_context.load());
}

void handle_with(void (*handler)(int)) {
  struct sigaction action{};
  action.sa_handler = handler;
  // No SA_RESTART: a blocked write or poll returns and sees that the run is over.
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

}  // namespace

StopSignals::StopSignals(Stop stop, void* context) {
  g_context = context;
  g_stop = stop;
  handle_with(on_signal);
}

StopSignals::~StopSignals() {
  handle_with(SIG_DFL);
  g_stop = nullptr;
}

}  // namespace weir::cli
