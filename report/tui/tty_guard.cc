#include "report/tui/tty_guard.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "report/tui/held_errors.h"

namespace weir::tui {
namespace {

// Of a crash: caught though somebody else has a handler, which comes next.
constexpr std::array kCrashes = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGTRAP};
// Deadly where nobody handles them.
constexpr std::array kDeadly = {SIGTERM, SIGINT,  SIGQUIT,   SIGUSR1, SIGUSR2, SIGALRM,
                                SIGXCPU, SIGXFSZ, SIGVTALRM, SIGPROF, SIGPIPE};
constexpr size_t kMostBytes = 512;
constexpr size_t kStackBytes = 64UL << 10;
constexpr int kSlowTerminalMs = 500;

/// What the handlers read. Written while they are not installed.
struct Saved {
  int fd = -1;
  termios modes{};
  std::array<char, kMostBytes> bytes{};
  size_t size = 0;
  std::array<struct sigaction, NSIG> old{};
  std::array<bool, NSIG> installed{};
};

Saved g_saved;
std::atomic<bool> g_armed{false};  // set by the owner's thread, taken by whoever restores

/// A terminal that takes nothing must not keep a crashed program from ending.
void write_all(int fd, const char* bytes, size_t size) noexcept {
  while (size > 0) {
    pollfd ready{fd, POLLOUT, 0};
    if (::poll(&ready, 1, kSlowTerminalMs) <= 0) return;
    const ssize_t wrote = ::write(fd, bytes, size);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return;
    bytes += wrote;
    size -= static_cast<size_t>(wrote);
  }
}

/// Async-signal-safe.
void restore() noexcept {
  if (!g_armed.exchange(false)) return;
  // A program in the background would be stopped by what follows.
  sigset_t block;
  sigset_t before;
  sigemptyset(&block);
  sigaddset(&block, SIGTTOU);
  ::pthread_sigmask(SIG_BLOCK, &block, &before);
  write_all(g_saved.fd, g_saved.bytes.data(), g_saved.size);
  ::tcsetattr(g_saved.fd, TCSANOW, &g_saved.modes);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

/// Async-signal-safe. Why the program ends may be among the errors that were held, and a handler
/// that comes next may have more to say.
void give_back() noexcept {
  restore();
  HeldErrors::tell_now();
}

/// The instruction that did it runs again after the handler, and finds the one that was there.
bool comes_again(int number, const siginfo_t* info) noexcept {
  return info != nullptr && info->si_code > 0 && info->si_code != SI_KERNEL &&
         (number == SIGSEGV || number == SIGBUS || number == SIGILL || number == SIGFPE);
}

extern "C" void on_fatal_signal(int number, siginfo_t* info, void* /*context*/) {
  const int kept = errno;
  give_back();
  ::sigaction(number, &g_saved.old[static_cast<size_t>(number)], nullptr);
  if (!comes_again(number, info)) ::raise(number);
  errno = kept;
}

extern "C" void on_exit_of_program() {
  give_back();
}

void install(int number, bool though_handled) {
  const auto index = static_cast<size_t>(number);
  struct sigaction& old = g_saved.old[index];
  if (::sigaction(number, nullptr, &old) != 0) return;
  const bool is_default = (old.sa_flags & SA_SIGINFO) == 0 && old.sa_handler == SIG_DFL;
  if (!is_default && !though_handled) return;
  struct sigaction action{};
  action.sa_sigaction = on_fatal_signal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  g_saved.installed[index] = ::sigaction(number, &action, nullptr) == 0;
}

void uninstall(int number) {
  const auto index = static_cast<size_t>(number);
  if (!g_saved.installed[index]) return;
  g_saved.installed[index] = false;
  // Whoever came later keeps it.
  struct sigaction now{};
  if (::sigaction(number, nullptr, &now) == 0 && (now.sa_flags & SA_SIGINFO) != 0 &&
      now.sa_sigaction == on_fatal_signal) {
    ::sigaction(number, &g_saved.old[index], nullptr);
  }
}

void* use_alternate_stack() {
  stack_t now{};
  if (::sigaltstack(nullptr, &now) != 0 || (now.ss_flags & SS_DISABLE) == 0) return nullptr;
  stack_t stack{};
  stack.ss_sp = ::malloc(kStackBytes);  // NOLINT(cppcoreguidelines-no-malloc)
  stack.ss_size = kStackBytes;
  if (stack.ss_sp != nullptr) ::sigaltstack(&stack, nullptr);
  return stack.ss_sp;
}

}  // namespace

TtyGuard::TtyGuard(int fd, const termios& modes, const std::string& bytes)
    : alternate_stack_(use_alternate_stack()) {
  static const bool kAtExit = std::atexit(on_exit_of_program) == 0;
  static_cast<void>(kAtExit);
  g_saved.fd = fd;
  g_saved.modes = modes;
  g_saved.size = std::min(bytes.size(), g_saved.bytes.size());
  std::memcpy(g_saved.bytes.data(), bytes.data(), g_saved.size);
  for (const int number : kCrashes) install(number, true);
  for (const int number : kDeadly) install(number, false);
}

TtyGuard::~TtyGuard() {
  g_armed = false;
  for (const int number : kCrashes) uninstall(number);
  for (const int number : kDeadly) uninstall(number);
  if (alternate_stack_ == nullptr) return;
  // The destructor may run on another thread, whose stack is not the one that was given.
  stack_t now{};
  if (::sigaltstack(nullptr, &now) != 0 || now.ss_sp != alternate_stack_) return;
  stack_t off{};
  off.ss_flags = SS_DISABLE;
  if (::sigaltstack(&off, nullptr) == 0) ::free(alternate_stack_);  // NOLINT(*-no-malloc)
}

void TtyGuard::restore_now() noexcept {
  const int kept = errno;
  give_back();
  errno = kept;
}

void TtyGuard::arm(bool armed) noexcept {
  g_armed = armed;
}

}  // namespace weir::tui
