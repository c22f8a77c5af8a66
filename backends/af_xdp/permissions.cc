#include "backends/af_xdp/permissions.h"

#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstdint>

#include "engine/core/setcap_line.h"

#ifndef CAP_BPF
#define CAP_BPF 39
#endif

namespace weir::backends {
namespace {

struct Needed {
  int number;
  const char* name;
};
/// The socket, the attaching, the program with its map, and the memory of the rings.
constexpr std::array<Needed, 4> kNeeded{{{CAP_NET_RAW, "CAP_NET_RAW"},
                                         {CAP_NET_ADMIN, "CAP_NET_ADMIN"},
                                         {CAP_BPF, "CAP_BPF"},
                                         {CAP_IPC_LOCK, "CAP_IPC_LOCK"}}};

/// The effective set; none when it cannot be read.
uint64_t capabilities() noexcept {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> sets{};
  if (syscall(SYS_capget, &header, sets.data()) != 0) return 0;
  return sets[0].effective | uint64_t{sets[1].effective} << 32;
}

bool has(uint64_t set, int number) noexcept {
  return (set >> number & 1) != 0;
}

}  // namespace

bool may_lock_memory() noexcept {
  return has(capabilities(), CAP_IPC_LOCK);
}

Status xdp_not_permitted(const std::string& interface, int error) {
  const uint64_t set = capabilities();
  std::string missing;
  for (const Needed& needed : kNeeded) {
    if (!has(set, needed.number))
      missing += (missing.empty() ? "" : ", ") + std::string(needed.name);
  }
  std::string message = "AF_XDP needs CAP_NET_RAW, CAP_NET_ADMIN, CAP_BPF and CAP_IPC_LOCK";
  if (!missing.empty()) message += " (missing: " + missing + ")";
  message += "; run as root, or once: " +
             setcap_line("cap_net_raw,cap_net_admin,cap_bpf,cap_ipc_lock=eip");
  return {Code::not_permitted, Recovery::give_up, error, interface, std::move(message)};
}

}  // namespace weir::backends
