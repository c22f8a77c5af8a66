#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/core/status.h"
#include "report/processes/socket_record.h"

namespace weir::processes {

/// Tells which process closes which socket, so that one that connects, sends and ends between two
/// polls is known by name. A BPF program of six calls at the root of the cgroups (BPF_CGROUP_INET_
/// SOCK_RELEASE, Linux 5.10; the helpers it needs are there since 6.1) runs in the process that
/// closes and writes to a ring. A release has no ports; the kernel's message about the destroyed
/// socket has them (NetlinkSocket::destroyed()), and both have the socket's cookie.
///
/// Rejected: process events (the connector says that a process ended after its sockets are gone);
/// the tracepoint inet_sock_set_state (TCP only, and it needs tracefs to be mounted).
///
/// One thread. The program is taken off when the object goes, also when weir is killed.
class SocketReleases {
 public:
  /// Needs CAP_BPF and CAP_NET_ADMIN (or root). Tries itself out: `not_permitted`, or `io` where
  /// the kernel has no such hook or counts pids in another namespace than weir's /proc.
  static Result<std::unique_ptr<SocketReleases>> open();
  ~SocketReleases();
  SocketReleases(const SocketReleases&) = delete;
  SocketReleases& operator=(const SocketReleases&) = delete;

  /// Adds what was released since the last call, at most a ring full. False when the ring was so
  /// full that the kernel may have had no room for others.
  bool take(std::vector<SocketRelease>& out);

 private:
  SocketReleases() = default;
  Result<void> load();
  Result<void> map_ring();
  Result<void> attach();
  bool hears_itself();

  int map_fd_ = -1;
  int program_fd_ = -1;
  int link_fd_ = -1;
  uint64_t* consumed_ = nullptr;       ///< the ring's page that this side writes
  const uint8_t* produced_ = nullptr;  ///< the kernel's page and behind it the data, twice
  size_t page_bytes_ = 0;
};

}  // namespace weir::processes
