#include "report/tui/tty.h"

#include <fcntl.h>
#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <clocale>
#include <cstring>
#include <utility>

namespace weir::tui {
namespace {

constexpr std::array kKeyboardSignals = {SIGINT, SIGQUIT, SIGTSTP};
constexpr int kHungUpMs = 300;  // for a command to end by itself

/// As system(3): the command decides what its keys do, not we. But a command that is stopped takes
/// us with it: else the user would have neither.
class KeyboardIgnored {
 public:
  KeyboardIgnored() {
    for (size_t i = 0; i < old_.size(); ++i) {
      ::sigaction(kKeyboardSignals[i], nullptr, &old_[i]);
      const bool ignored = (old_[i].sa_flags & SA_SIGINFO) == 0 && old_[i].sa_handler == SIG_IGN;
      struct sigaction action{};
      action.sa_handler = kKeyboardSignals[i] == SIGTSTP && !ignored ? SIG_DFL : SIG_IGN;
      sigemptyset(&action.sa_mask);
      ::sigaction(kKeyboardSignals[i], &action, nullptr);
    }
  }
  ~KeyboardIgnored() {
    for (size_t i = 0; i < old_.size(); ++i) ::sigaction(kKeyboardSignals[i], &old_[i], nullptr);
  }
  KeyboardIgnored(const KeyboardIgnored&) = delete;
  KeyboardIgnored& operator=(const KeyboardIgnored&) = delete;

 private:
  std::array<struct sigaction, kKeyboardSignals.size()> old_{};
};

Status failure(int error, std::string message) {
  return {.code = Code::io, .sys_errno = error, .where = "terminal", .message = std::move(message)};
}

int spawn(pid_t& child, const std::string& command, int in, int out) {
  const char* shell = ::getenv("SHELL");  // NOLINT(concurrency-mt-unsafe): nobody sets it
  if (shell == nullptr || *shell == '\0') shell = "/bin/sh";
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  if (posix_spawn_file_actions_init(&files) != 0) return ENOMEM;
  if (posix_spawnattr_init(&attributes) != 0) {
    posix_spawn_file_actions_destroy(&files);
    return ENOMEM;
  }
  posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files, out, STDERR_FILENO);
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  std::string words[] = {shell, "-c", command};
  char* const arguments[] = {words[0].data(), words[1].data(), words[2].data(), nullptr};
  const int error = ::posix_spawn(&child, shell, &files, &attributes, arguments, environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  return error;
}

/// A job in the background is stopped until it has the terminal, as by reading from it: what modes
/// there are meanwhile are the shell's own. False where nobody can put it into the foreground.
bool in_foreground(int fd) {
  constexpr int kTries = 100;  // each is a `bg`
  for (int i = 0; i < kTries; ++i) {
    const pid_t owner = ::tcgetpgrp(fd);
    if (owner < 0 || owner == ::getpgrp()) return true;
    ::kill(0, SIGTTIN);
  }
  return false;
}

void hang_up(pid_t child, int ended) {
  pollfd file{ended, POLLIN, 0};
  for (const int number : {SIGHUP, SIGKILL}) {
    ::kill(child, number);
    ::kill(child, SIGCONT);
    if (::poll(&file, 1, kHungUpMs) > 0) return;
  }
}

}  // namespace

Result<Tty> Tty::open() {
  const int out = STDOUT_FILENO;
  int in = STDIN_FILENO;
  if (::isatty(out) != 1) {
    return fail(
        {.code = Code::usage, .where = "terminal", .message = "standard output is no terminal"});
  }
  if (::isatty(in) != 1) in = ::open("/dev/tty", O_RDWR | O_CLOEXEC);
  if (in < 0) {
    return fail({.code = Code::usage,
                 .sys_errno = errno,
                 .where = "terminal",
                 .message = "standard input is no terminal, and there is none to type at"});
  }
  const auto refuse = [in](int error, const char* why) {
    if (in != STDIN_FILENO) ::close(in);
    return fail(failure(error, why));
  };
  if (!in_foreground(in)) return refuse(0, "it belongs to another job of the shell");
  termios modes{};
  if (::tcgetattr(out, &modes) != 0) return refuse(errno, "its modes cannot be read");
  const int ending = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (ending < 0) return refuse(errno, "no eventfd");
  return Tty(in, out, ending, modes);
}

Tty::Tty(Tty&& other) noexcept
    : in_(std::exchange(other.in_, -1)),
      out_(other.out_),
      ending_(std::exchange(other.ending_, -1)),
      modes_(other.modes_) {}

Tty::~Tty() {
  if (in_ > STDIN_FILENO) ::close(in_);
  if (ending_ >= 0) ::close(ending_);
}

void Tty::let_go() const noexcept {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(ending_, &one, sizeof one);
  discard_output();
}

void Tty::discard_output() const noexcept {
  // In the background it would stop us.
  sigset_t block;
  sigset_t before;
  sigemptyset(&block);
  sigaddset(&block, SIGTTOU);
  ::pthread_sigmask(SIG_BLOCK, &block, &before);
  ::tcflush(out_, TCOFLUSH);
  // That makes room, but only a terminal that is started wakes who waits for it.
  ::tcflow(out_, TCOOFF);
  ::tcflow(out_, TCOON);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

bool Tty::is_let_go() const noexcept {
  pollfd file{ending_, POLLIN, 0};
  return ::poll(&file, 1, 0) > 0;
}

/// False once the terminal is let go.
bool Tty::wait_readable(int fd) const {
  std::array<pollfd, 2> files = {{{fd, POLLIN, 0}, {ending_, POLLIN, 0}}};
  while (::poll(files.data(), files.size(), -1) < 0) {
    if (errno != EINTR) return true;
  }
  return files[1].revents == 0;
}

Tty::Size Tty::size() const noexcept {
  winsize size{};
  if (::ioctl(out_, TIOCGWINSZ, &size) != 0) return {0, 0};
  return {size.ws_col, size.ws_row};
}

void Tty::write(std::string_view bytes) const noexcept {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(out_, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return;
    bytes.remove_prefix(static_cast<size_t>(wrote));
  }
}

bool Tty::wait_for_key() const {
  termios before{};
  if (::tcgetattr(in_, &before) != 0) return false;
  termios raw = before;
  ::cfmakeraw(&raw);
  ::tcsetattr(in_, TCSAFLUSH, &raw);
  char key = 0;
  ssize_t size = 0;
  while (wait_readable(in_)) {
    size = ::read(in_, &key, 1);
    if (size >= 0 || errno != EINTR) break;
  }
  // The rest of what a key sends.
  ::tcsetattr(in_, TCSAFLUSH, &before);
  return size > 0;
}

Result<int> Tty::run(const std::string& command) const {
  const KeyboardIgnored ignored;
  pid_t child = 0;
  const int error = spawn(child, command, in_, out_);
  if (error != 0) return fail(failure(error, "the shell does not start"));
  // Not pidfd_open(): the header of glibc 2.36 cannot be used from C++.
  const auto ended = static_cast<int>(::syscall(SYS_pidfd_open, child, 0));
  if (ended >= 0) {
    if (!wait_readable(ended)) hang_up(child, ended);
    ::close(ended);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return fail(failure(errno, "the shell's end was not seen"));
  }
  return status;
}

// NOLINTBEGIN(concurrency-mt-unsafe): called when the terminal is opened; nothing else asks for
// locales.
bool use_locale() {
  const auto is_utf8 = [] { return std::strcmp(::nl_langinfo(CODESET), "UTF-8") == 0; };
  if (std::setlocale(LC_CTYPE, "") != nullptr) return is_utf8();
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* const value = ::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    const std::string_view text = value;
    const bool wants = text.ends_with(".UTF-8") || text.ends_with(".utf8") ||
                       text.ends_with(".UTF8") || text.ends_with(".utf-8");
    return wants && std::setlocale(LC_CTYPE, "C.UTF-8") != nullptr && is_utf8();
  }
  return false;
}
// NOLINTEND(concurrency-mt-unsafe)

}  // namespace weir::tui
