#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

#include "engine/core/status.h"
#include "report/processes/socket_record.h"

struct sockaddr_nl;

namespace weir::processes {

/// A netlink socket, in the network namespace that its thread was in when it was opened: it stays
/// there, and keeps the namespace alive. One thread.
class NetlinkSocket {
 public:
  static Result<NetlinkSocket> open(int family);
  /// One that hears of sockets of TCP and UDP that are destroyed; see destroyed(). Anybody may.
  static Result<NetlinkSocket> open_destroyed();
  NetlinkSocket(NetlinkSocket&& other) noexcept;
  NetlinkSocket& operator=(NetlinkSocket&& other) noexcept;
  ~NetlinkSocket();

  /// All sockets of a protocol and IP version (sock_diag(7)), in any state. The errno of a refusal
  /// is in the status: ENOENT when the kernel has no such protocol, or no diagnosis of it.
  tl::expected<void, Status> sockets(uint8_t proto, uint8_t ip_version,
                                     std::vector<SocketRecord>& out);
  /// What was heard since the last call, at most kMaxHeard datagrams. False when some were lost,
  /// because this side read too slowly, or when one was damaged. Does not wait.
  bool destroyed(std::vector<SocketRecord>& out);
  static constexpr size_t kMaxHeard = 1 << 14;
  /// All addresses of the namespace (rtnetlink(7)).
  tl::expected<void, Status> addresses(std::vector<LocalAddress>& out);

 private:
  explicit NetlinkSocket(int fd) : fd_(fd) {}

  template <class Parse>
  tl::expected<void, Status> dump(std::vector<uint8_t> request, uint16_t type, Parse&& parse);
  ssize_t receive(int flags, sockaddr_nl& from, bool& is_cut);

  int fd_ = -1;
  uint32_t sequence_ = 0;
  std::vector<uint8_t> buffer_;
};

}  // namespace weir::processes
