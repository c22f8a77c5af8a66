#include "backends/interfaces/address_watch.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "backends/interfaces/interfaces.h"

namespace weir::backends {
namespace {

/// Messages taken in one go. More of them are for the next call, so that a flood of changes does
/// not hold the thread.
constexpr int kMostMessages = 1000;

int open_socket() noexcept {
  const int fd = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
  if (fd < 0) return -1;
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
  ::close(fd);
  return -1;
}

}  // namespace

// The socket is there before the addresses are read: a change in between is told.
AddressWatch::AddressWatch(std::string interface)
    : interface_(std::move(interface)),
      index_(interface_ == "any" ? 0 : if_nametoindex(interface_.c_str())),
      socket_(open_socket()),
      addresses_(addresses_of(interface_)),
      mac_(std::make_shared<std::atomic<MacNumber>>(0)) {
  read_mac(interface_);
}

AddressWatch::~AddressWatch() {
  if (socket_ >= 0) ::close(socket_);
}

/// What a message says does not matter: everything is read anew. One that did not fit the socket's
/// buffer (ENOBUFS) is a change too.
bool AddressWatch::told_of_a_change() const noexcept {
  std::array<char, 64> front{};
  for (int messages = 0; messages < kMostMessages; ++messages) {
    if (recv(socket_, front.data(), front.size(), MSG_DONTWAIT | MSG_TRUNC) >= 0) continue;
    if (errno == EINTR) continue;
    return messages != 0 || errno == ENOBUFS;
  }
  return true;
}

std::optional<std::vector<IpPrefix>> AddressWatch::changed() {
  if (socket_ < 0 || !told_of_a_change()) return std::nullopt;
  if (index_ != 0) {
    std::array<char, IF_NAMESIZE> name{};
    // Gone: the capture ends or is opened anew, and flows go by what it had.
    if (if_indextoname(index_, name.data()) == nullptr) return std::nullopt;
    interface_ = name.data();
    read_mac(interface_);
  }
  std::vector<IpPrefix> now = addresses_of(interface_);
  if (now == addresses_) return std::nullopt;
  addresses_ = now;
  return now;
}

void AddressWatch::read_mac(const std::string& name) noexcept {
  if (index_ == 0) return;
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  ifreq request{};
  name.copy(request.ifr_name, sizeof request.ifr_name - 1);
  if (ioctl(fd, SIOCGIFHWADDR, &request) == 0 && request.ifr_hwaddr.sa_family == ARPHRD_ETHER) {
    MacNumber mac = 0;
    for (int i = 0; i < 6; ++i)
      mac = mac << 8 | static_cast<uint8_t>(request.ifr_hwaddr.sa_data[i]);
    mac_->store(mac, std::memory_order_relaxed);
  }
  ::close(fd);
}

}  // namespace weir::backends
