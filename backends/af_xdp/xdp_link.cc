#include "backends/af_xdp/xdp_link.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <system_error>
#include <utility>
#include <vector>

#include "backends/interfaces/hints.h"
#include "backends/interfaces/interfaces.h"

namespace weir::backends {
namespace {

/// The kernel's answers about one interface, by ioctl on any socket of its namespace.
class Asker {
 public:
  explicit Asker(const std::string& interface) noexcept
      : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    interface.copy(request_.ifr_name, sizeof request_.ifr_name - 1);
  }
  ~Asker() {
    if (socket_ >= 0) close(socket_);
  }
  Asker(const Asker&) = delete;
  Asker& operator=(const Asker&) = delete;

  bool ask(unsigned long what) noexcept { return ioctl(socket_, what, &request_) == 0; }
  const ifreq& answer() const noexcept { return request_; }

  template <class T>
  bool ethtool(uint32_t command, T& answer) noexcept {
    answer = {};
    answer.cmd = command;
    request_.ifr_data = reinterpret_cast<char*>(&answer);
    return ask(SIOCETHTOOL);
  }

 private:
  const int socket_;
  ifreq request_{};
};

/// 0: the driver does not tell.
uint32_t channels_of(Asker& asker) noexcept {
  ethtool_channels channels{};
  if (!asker.ethtool(ETHTOOL_GCHANNELS, channels)) return 0;
  return channels.rx_count + channels.combined_count;
}

/// Where the driver does not tell: a tap with several queues, for one.
uint32_t listed_queues(const std::string& interface) {
  const Result<std::vector<Interface>> interfaces = list_interfaces();
  if (!interfaces) return 1;
  const auto found = std::find_if(interfaces->begin(), interfaces->end(),
                                  [&](const Interface& one) { return one.name == interface; });
  return found == interfaces->end() ? 1 : found->rx_queues.value_or(1);
}

Status unusable(Code code, const std::string& interface, std::string message) {
  const Recovery recovery = code == Code::usage ? Recovery::give_up : Recovery::restart_backend;
  return {code, recovery, 0, interface, std::move(message)};
}

}  // namespace

Result<XdpLink> ask_link(const std::string& interface) {
  if (interface == "any") {
    return fail(unusable(Code::usage, interface,
                         "AF_XDP captures one interface; `--backend pcap` captures all at once"));
  }
  XdpLink link;
  link.index = interface.empty() ? 0 : if_nametoindex(interface.c_str());
  Asker asker(interface);
  if (link.index == 0 || !asker.ask(SIOCGIFFLAGS)) {
    return fail(unusable(Code::not_found, interface, no_such_interface()));
  }
  if ((asker.answer().ifr_flags & IFF_UP) == 0) {
    return fail(unusable(Code::device_gone, interface, interface_is_down(interface)));
  }
  if (!asker.ask(SIOCGIFHWADDR) || (asker.answer().ifr_hwaddr.sa_family != ARPHRD_ETHER &&
                                    asker.answer().ifr_hwaddr.sa_family != ARPHRD_LOOPBACK)) {
    return fail(unusable(Code::usage, interface,
                         "AF_XDP needs Ethernet frames, which this kind of interface has not; "
                         "`--backend pcap` captures it"));
  }
  if (!asker.ask(SIOCGIFMTU)) {
    const std::string text = std::generic_category().message(errno);
    return fail(unusable(Code::io, interface, "its MTU cannot be read: " + text));
  }
  link.mtu = static_cast<uint32_t>(asker.answer().ifr_mtu);
  link.rx_queues = channels_of(asker);
  if (link.rx_queues == 0) link.rx_queues = listed_queues(interface);
  ethtool_ringparam ring{};
  if (asker.ethtool(ETHTOOL_GRINGPARAM, ring)) link.nic_ring = ring.rx_pending;
  ethtool_value flags{};
  link.strips_vlan = asker.ethtool(ETHTOOL_GFLAGS, flags) && (flags.data & ETH_FLAG_RXVLAN) != 0;
  return link;
}

uint32_t count_rx_queues(const std::string& interface) noexcept {
  Asker asker(interface);
  return channels_of(asker);
}

uint32_t mtu_of(const std::string& interface) noexcept {
  Asker asker(interface);
  return asker.ask(SIOCGIFMTU) ? static_cast<uint32_t>(asker.answer().ifr_mtu) : 0;
}

int open_promiscuous(unsigned interface_index) noexcept {
  // Protocol 0: it receives nothing.
  const int fd = ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  packet_mreq membership{};
  membership.mr_ifindex = static_cast<int>(interface_index);
  membership.mr_type = PACKET_MR_PROMISC;
  if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &membership, sizeof membership) == 0) {
    return fd;
  }
  const int error = errno;
  close(fd);
  errno = error;
  return -1;
}

}  // namespace weir::backends
