#include "report/tui/held_errors.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>

namespace weir::tui {
namespace {

constexpr off_t kMostHeld = 64 << 10;
constexpr int kSlowTerminalMs = 500;

int g_held = -1;   // where it is kept
int g_saved = -1;  // standard error as it was; both are written while nothing is held
std::atomic<bool> g_holding{false};

}  // namespace

HeldErrors::HeldErrors() {
  if (::isatty(STDERR_FILENO) != 1) return;
  g_held = ::memfd_create("weir-stderr", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  // What does not fit is an error of the write.
  if (::ftruncate(g_held, kMostHeld) != 0 || ::fcntl(g_held, F_ADD_SEALS, F_SEAL_GROW) != 0) return;
  g_saved = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  g_holding = g_held >= 0 && g_saved >= 0;
  if (g_holding) ::dup2(g_held, STDERR_FILENO);
}

void HeldErrors::tell_now() noexcept {
  if (!g_holding.exchange(false)) return;
  ::dup2(g_saved, STDERR_FILENO);
  // Standard error and g_held have one position.
  const off_t end = ::lseek(g_held, 0, SEEK_CUR);
  std::array<char, 4096> buffer;
  for (off_t at = 0; at < end;) {
    const auto most = std::min<size_t>(buffer.size(), static_cast<size_t>(end - at));
    const ssize_t got = ::pread(g_held, buffer.data(), most, at);
    pollfd ready{STDERR_FILENO, POLLOUT, 0};
    if (got <= 0 || ::poll(&ready, 1, kSlowTerminalMs) <= 0) break;
    if (::write(STDERR_FILENO, buffer.data(), static_cast<size_t>(got)) != got) break;
    at += got;
  }
  ::close(g_held);
  ::close(g_saved);
}

}  // namespace weir::tui
