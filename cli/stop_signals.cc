#include "cli/stop_signals.h"

#include <signal.h>

#include <atomic>

namespace weir::cli {
namespace {

// Written by the main thread with the handlers off; read by the handler on any thread.
std::atomic<StopSignals::Stop> g_stop{nullptr};
std::atomic<void*> g_context{nullptr};
std::atomic<void (*)()> g_at_end{nullptr};
std::atomic<bool> g_interrupted{false};
std::atomic<bool> g_terminated{false};
std::atomic<bool> g_hung_up{false};
static_assert(std::atomic<StopSignals::Stop>::is_always_lock_free);

void on_signal(int number) {
  // A terminal that goes sends several: the kernel one to the session and one to the foreground
  // job, the shell one to each of its jobs. So a second one means no more than the first.
  if (number == SIGHUP) {
    if (g_hung_up.exchange(true)) return;
    if (const StopSignals::Stop stop = g_stop.load()) stop(g_context.load());
    return;
  }
  std::atomic<bool>& came = number == SIGINT ? g_interrupted : g_terminated;
  if (came.exchange(true)) {
    if (const auto at_end = g_at_end.load()) at_end();
    signal(number, SIG_DFL);
    raise(number);  // when this handler has returned
    return;
  }
  if (const StopSignals::Stop stop = g_stop.load()) stop(g_context.load());
}

void handle_with(void (*handler)(int)) {
  struct sigaction action{};
  action.sa_handler = handler;
  // No SA_RESTART: a blocked write or poll returns and sees that the run is over.
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  // nohup(1) has it ignored, and means it.
  struct sigaction now{};
  if (sigaction(SIGHUP, nullptr, &now) == 0 && now.sa_handler != SIG_IGN) {
    sigaction(SIGHUP, &action, nullptr);
  }
}

}  // namespace

StopSignals::StopSignals(Stop stop, void* context, void (*at_end)()) {
  g_interrupted = false;
  g_terminated = false;
  g_hung_up = false;
  g_at_end = at_end;
  g_context = context;
  g_stop = stop;
  handle_with(on_signal);
}

StopSignals::~StopSignals() {
  handle_with(SIG_DFL);
  g_stop = nullptr;
}

bool StopSignals::hung_up() noexcept {
  return g_hung_up.load();
}

}  // namespace weir::cli
