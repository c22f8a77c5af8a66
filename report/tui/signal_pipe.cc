#include "report/tui/signal_pipe.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <utility>

namespace weir::tui {
namespace {

constexpr std::array kSignals = {SIGWINCH, SIGTSTP, SIGCONT, SIGHUP};
constexpr size_t kStop = 1;
constexpr size_t kHangUp = 3;
static_assert(kSignals[kStop] == SIGTSTP && kSignals[kHangUp] == SIGHUP);

std::atomic<int> g_write_fd{-1};  // set by open(), read by the handler
std::array<struct sigaction, kSignals.size()> g_old;
std::array<bool, kSignals.size()> g_installed;

extern "C" void on_terminal_signal(int number) {
  const int kept = errno;
  const auto byte = static_cast<unsigned char>(number);
  // A full pipe says enough already.
  const ssize_t wrote = ::write(g_write_fd.load(), &byte, 1);
  static_cast<void>(wrote);
  errno = kept;
}

void install(size_t index) {
  if (::sigaction(kSignals[index], nullptr, &g_old[index]) != 0) return;
  const struct sigaction& old = g_old[index];
  if ((old.sa_flags & SA_SIGINFO) != 0 || old.sa_handler != SIG_DFL) return;
  struct sigaction action{};
  action.sa_handler = on_terminal_signal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  g_installed[index] = ::sigaction(kSignals[index], &action, nullptr) == 0;
}

/// The other processes of the job: a script that waits for us would go on waiting, and the shell
/// would not come back. We ignore it, so that we stop once and not twice.
void stop_others() {
  struct sigaction ignore{};
  struct sigaction ours{};
  ignore.sa_handler = SIG_IGN;
  sigemptyset(&ignore.sa_mask);
  ::sigaction(SIGTSTP, &ignore, &ours);
  ::kill(0, SIGTSTP);
  ::sigaction(SIGTSTP, &ours, nullptr);
}

}  // namespace

Result<void> SignalPipe::open() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
    return fail({.code = Code::io,
                 .sys_errno = errno,
                 .where = "terminal",
                 .message = "no pipe for its signals"});
  }
  read_fd_ = ends[0];
  g_write_fd = ends[1];
  for (size_t i = 0; i < kSignals.size(); ++i) install(i);
  return {};
}

SignalPipe::~SignalPipe() {
  if (read_fd_ < 0) return;
  for (size_t i = 0; i < kSignals.size(); ++i) {
    if (g_installed[i]) ::sigaction(kSignals[i], &g_old[i], nullptr);
    g_installed[i] = false;
  }
  // A handler may still be about to write in another thread: it then finds no descriptor.
  const int write_fd = g_write_fd.exchange(-1);
  ::close(write_fd);
  ::close(read_fd_);
}

void SignalPipe::ignore_hang_ups() {
  if (!std::exchange(g_installed[kHangUp], false)) return;
  struct sigaction ignore{};
  ignore.sa_handler = SIG_IGN;
  sigemptyset(&ignore.sa_mask);
  ::sigaction(SIGHUP, &ignore, nullptr);
}

SignalPipe::Arrived SignalPipe::take() {
  Arrived arrived;
  arrived.hung_up = std::exchange(was_hung_up_, false);
  std::array<unsigned char, 256> bytes{};
  ssize_t size = 0;
  while ((size = ::read(read_fd_, bytes.data(), bytes.size())) > 0) {
    for (ssize_t i = 0; i < size; ++i) {
      switch (bytes[static_cast<size_t>(i)]) {
        case SIGWINCH: arrived.resized = true; break;
        case SIGTSTP: arrived.stop = true; break;
        case SIGCONT: arrived.continued = true; break;
        case SIGHUP: arrived.hung_up = true; break;
        default: break;
      }
    }
  }
  return arrived;
}

void SignalPipe::stop_program(bool whole_group) {
  if (!can_stop()) return;
  if (whole_group) stop_others();
  struct sigaction ours{};
  sigset_t stop;
  sigset_t before;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTSTP);
  ::sigaction(SIGTSTP, &g_old[kStop], &ours);
  ::pthread_sigmask(SIG_UNBLOCK, &stop, &before);
  // To this thread, so that no other takes it and this one runs on until then. Its default, other
  // than that of SIGSTOP, leaves alone what no shell could continue (an orphaned process group).
  ::raise(SIGTSTP);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ::sigaction(SIGTSTP, &ours, nullptr);
  was_hung_up_ = take().hung_up;
}

bool SignalPipe::can_stop() const noexcept {
  return g_installed[kStop];
}

}  // namespace weir::tui
