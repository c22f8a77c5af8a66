#include "report/processes/netlink_dump.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "report/processes/netlink_messages.h"

namespace weir::processes {
namespace {

// The kernel fills as much as is asked for, up to 32 KiB.
constexpr size_t kBufferBytes = 1 << 16;
constexpr timeval kWait{1, 0};
constexpr int kHeardBytes = 4 << 20;  ///< about 3,000 destroyed sockets

tl::unexpected<Status> failure(int error, const char* what) {
  Status status;
  status.code = error == EPERM || error == EACCES ? Code::not_permitted : Code::io;
  status.recovery = Recovery::retry;
  status.sys_errno = error;
  status.where = "netlink";
  status.message = what;
  return fail(std::move(status));
}

}  // namespace

Result<NetlinkSocket> NetlinkSocket::open(int family) {
  const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, family);
  if (fd < 0) return failure(errno, "no socket of this family");
  NetlinkSocket opened(fd);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &kWait, sizeof kWait);
  opened.buffer_.resize(kBufferBytes);
  return opened;
}

Result<NetlinkSocket> NetlinkSocket::open_destroyed() {
  Result<NetlinkSocket> opened = open(NETLINK_SOCK_DIAG);
  if (!opened) return opened;
  const int fd = opened->fd_;
  // Root may have more than net.core.rmem_max; others get what that allows.
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &kHeardBytes, sizeof kHeardBytes) != 0) {
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &kHeardBytes, sizeof kHeardBytes);
  }
  // The kernel tells nobody who has no port number, and one comes with binding.
  sockaddr_nl self{};
  self.nl_family = AF_NETLINK;
  if (bind(fd, reinterpret_cast<const sockaddr*>(&self), sizeof self) != 0) {
    return failure(errno, "no port number");
  }
  for (const int group : {SKNLGRP_INET_TCP_DESTROY, SKNLGRP_INET_UDP_DESTROY,
                          SKNLGRP_INET6_TCP_DESTROY, SKNLGRP_INET6_UDP_DESTROY}) {
    if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) != 0) {
      return failure(errno, "destroyed sockets are not told");
    }
  }
  return opened;
}

NetlinkSocket::NetlinkSocket(NetlinkSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      sequence_(other.sequence_),
      buffer_(std::move(other.buffer_)) {}

NetlinkSocket& NetlinkSocket::operator=(NetlinkSocket&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(sequence_, other.sequence_);
  std::swap(buffer_, other.buffer_);
  return *this;
}

NetlinkSocket::~NetlinkSocket() {
  if (fd_ >= 0) close(fd_);
}

ssize_t NetlinkSocket::receive(int flags, sockaddr_nl& from, bool& is_cut) {
  iovec part{buffer_.data(), buffer_.size()};
  msghdr message{};
  message.msg_name = &from;
  message.msg_namelen = sizeof from;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  const ssize_t got = recvmsg(fd_, &message, flags);
  is_cut = (message.msg_flags & MSG_TRUNC) != 0;
  return got;
}

bool NetlinkSocket::destroyed(std::vector<SocketRecord>& out) {
  bool all = true;
  for (size_t heard = 0; heard < kMaxHeard; ++heard) {
    sockaddr_nl from{};
    bool is_cut = false;
    const ssize_t got = receive(MSG_DONTWAIT, from, is_cut);
    if (got < 0 && errno == ENOBUFS) all = false;
    if (got < 0 && (errno == EINTR || errno == ENOBUFS)) continue;
    if (got <= 0) break;
    if (from.nl_pid != 0) continue;  // not the kernel's
    const std::span<const uint8_t> datagram(buffer_.data(), static_cast<size_t>(got));
    if (is_cut || !parse_destroyed(datagram, out)) all = false;
  }
  return all;
}

template <class Parse>
tl::expected<void, Status> NetlinkSocket::dump(std::vector<uint8_t> request, uint16_t type,
                                               Parse&& parse) {
  nlmsghdr header{};
  header.nlmsg_len = static_cast<uint32_t>(sizeof header + request.size());
  header.nlmsg_type = type;
  header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  header.nlmsg_seq = ++sequence_;
  const auto* bytes = reinterpret_cast<const uint8_t*>(&header);
  request.insert(request.begin(), bytes, bytes + sizeof header);
  if (send(fd_, request.data(), request.size(), 0) < 0) return failure(errno, "cannot ask");
  while (true) {
    sockaddr_nl from{};
    bool is_cut = false;
    const ssize_t got = receive(0, from, is_cut);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return failure(got < 0 ? errno : EIO, "no answer");
    if (from.nl_pid != 0) continue;  // not the kernel's
    if (is_cut) return failure(EMSGSIZE, "an answer was cut");
    const DumpProgress progress =
        parse(std::span<const uint8_t>(buffer_.data(), static_cast<size_t>(got)), sequence_);
    if (progress.sys_errno != 0) return failure(progress.sys_errno, "refused");
    if (progress.damaged) return failure(EBADMSG, "an answer is damaged");
    if (progress.done) return {};
  }
}

tl::expected<void, Status> NetlinkSocket::sockets(uint8_t proto, uint8_t ip_version,
                                                  std::vector<SocketRecord>& out) {
  inet_diag_req_v2 wanted{};
  wanted.sdiag_family = ip_version == 4 ? AF_INET : AF_INET6;
  wanted.sdiag_protocol = proto;
  wanted.idiag_states = UINT32_MAX;
  const auto* bytes = reinterpret_cast<const uint8_t*>(&wanted);
  return dump({bytes, bytes + sizeof wanted}, SOCK_DIAG_BY_FAMILY,
              [&](std::span<const uint8_t> datagram, uint32_t sequence) {
                return parse_sockets(datagram, sequence, proto, out);
              });
}

tl::expected<void, Status> NetlinkSocket::addresses(std::vector<LocalAddress>& out) {
  const ifaddrmsg wanted{};
  const auto* bytes = reinterpret_cast<const uint8_t*>(&wanted);
  return dump({bytes, bytes + sizeof wanted}, RTM_GETADDR,
              [&](std::span<const uint8_t> datagram, uint32_t sequence) {
                return parse_addresses(datagram, sequence, out);
              });
}

}  // namespace weir::processes
