#include "backends/interfaces/interfaces.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

namespace weir::backends {
namespace {

constexpr uint16_t kArphrdNone = 0xfffe;      // <linux/if_arp.h>, which clashes with <net/if_arp.h>
constexpr uint16_t kArphrdRawIp = 0x0207;     // the same
constexpr uint16_t kArphrdRadiotap = 0x0323;  // the same

using AddressList = std::unique_ptr<ifaddrs, decltype(&freeifaddrs)>;

AddressList read_addresses() {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) list = nullptr;
  return {list, &freeifaddrs};
}

// The kernel's socket addresses are copied into their real types: a cast would break the aliasing
// rule.
template <class T>
T copied(const sockaddr* from) {
  T to{};
  std::memcpy(&to, from, sizeof to);
  return to;
}

uint8_t leading_ones(const uint8_t* mask, size_t bytes) {
  unsigned bits = 0;
  for (size_t i = 0; i < bytes; ++i) {
    const auto ones = static_cast<unsigned>(std::countl_one(mask[i]));
    bits += ones;
    if (ones < 8) break;
  }
  return static_cast<uint8_t>(bits);
}

std::optional<IpPrefix> prefix_of(const ifaddrs& entry) {
  if (entry.ifa_addr == nullptr) return std::nullopt;
  IpPrefix prefix;
  if (entry.ifa_addr->sa_family == AF_INET) {
    const auto address = copied<sockaddr_in>(entry.ifa_addr);
    std::memcpy(prefix.address.data(), &address.sin_addr, sizeof address.sin_addr);
    if (entry.ifa_netmask != nullptr) {
      std::array<uint8_t, 4> mask{};
      const auto netmask = copied<sockaddr_in>(entry.ifa_netmask);
      std::memcpy(mask.data(), &netmask.sin_addr, mask.size());
      prefix.length = leading_ones(mask.data(), mask.size());
    }
    return prefix;
  }
  if (entry.ifa_addr->sa_family == AF_INET6) {
    const auto address = copied<sockaddr_in6>(entry.ifa_addr);
    std::memcpy(prefix.address.data(), &address.sin6_addr, sizeof address.sin6_addr);
    prefix.ip_version = 6;
    prefix.length = 128;
    if (entry.ifa_netmask != nullptr) {
      const auto netmask = copied<sockaddr_in6>(entry.ifa_netmask);
      prefix.length = leading_ones(netmask.sin6_addr.s6_addr, 16);
    }
    return prefix;
  }
  return std::nullopt;
}

/// The link type a capture on such hardware has. Opening one would tell for sure, and needs
/// privileges.
std::optional<LinkType> link_type_of(uint16_t hardware) {
  switch (hardware) {
    case ARPHRD_ETHER:
    case ARPHRD_LOOPBACK: return LinkType::en10mb;
    case ARPHRD_TUNNEL:
    case ARPHRD_SIT:
    case ARPHRD_IPGRE:
    case kArphrdNone:
    case kArphrdRawIp: return LinkType::raw_bsd;
    case kArphrdRadiotap: return LinkType::ieee802_11_radiotap;
    default: return std::nullopt;
  }
}

/// The kernel's answers about one interface, by ioctl on any socket of its namespace.
class Questions {
 public:
  Questions() : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {}
  ~Questions() {
    if (socket_ >= 0) ::close(socket_);
  }
  Questions(const Questions&) = delete;
  Questions& operator=(const Questions&) = delete;

  std::optional<LinkType> link_type(const std::string& name) const {
    ifreq request = request_for(name);
    if (ioctl(socket_, SIOCGIFHWADDR, &request) != 0) return std::nullopt;
    return link_type_of(request.ifr_hwaddr.sa_family);
  }

  /// Unlike the `driver` link in /sys it is there for virtual interfaces too.
  std::string driver(const std::string& name) const {
    ethtool_drvinfo info{};
    info.cmd = ETHTOOL_GDRVINFO;
    ifreq request = request_for(name);
    request.ifr_data = reinterpret_cast<char*>(&info);
    if (ioctl(socket_, SIOCETHTOOL, &request) != 0) return {};
    return {info.driver, strnlen(info.driver, sizeof info.driver)};
  }

 private:
  static ifreq request_for(const std::string& name) {
    ifreq request{};
    name.copy(request.ifr_name, sizeof request.ifr_name - 1);
    return request;
  }

  int socket_;
};

/// Empty when /sys shows another network namespace than this thread's: it shows the one it was
/// mounted in.
std::optional<uint32_t> count_rx_queues(const std::string& name) {
  const std::filesystem::path folder = std::filesystem::path("/sys/class/net") / name;
  unsigned index = 0;
  if (!(std::ifstream(folder / "ifindex") >> index) || index != if_nametoindex(name.c_str())) {
    return std::nullopt;
  }
  uint32_t queues = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder / "queues", error), end; !error && at != end;
       at.increment(error)) {
    if (at->path().filename().string().starts_with("rx-")) ++queues;
  }
  if (error || queues == 0) return std::nullopt;
  return queues;
}

}  // namespace

Result<std::vector<Interface>> list_interfaces() {
  const AddressList list = read_addresses();
  if (list == nullptr) {
    return fail({Code::io, Recovery::give_up, errno, "interfaces",
                 "cannot be listed: " + std::generic_category().message(errno)});
  }
  const Questions questions;
  std::vector<Interface> found;
  for (const ifaddrs* at = list.get(); at != nullptr; at = at->ifa_next) {
    auto known = std::find_if(found.begin(), found.end(),
                              [&](const Interface& other) { return other.name == at->ifa_name; });
    if (known == found.end()) {
      Interface interface;
      interface.name = at->ifa_name;
      interface.up = (at->ifa_flags & IFF_UP) != 0;
      interface.running = (at->ifa_flags & IFF_RUNNING) != 0;
      interface.loopback = (at->ifa_flags & IFF_LOOPBACK) != 0;
      interface.link_type = questions.link_type(interface.name);
      interface.rx_queues = count_rx_queues(interface.name);
      interface.driver = questions.driver(interface.name);
      known = found.insert(found.end(), std::move(interface));
    }
    if (const auto prefix = prefix_of(*at)) known->addresses.push_back(*prefix);
  }
  return found;
}

std::vector<IpPrefix> addresses_of(const std::string& interface) {
  const AddressList list = read_addresses();
  std::vector<IpPrefix> addresses;
  for (const ifaddrs* at = list.get(); at != nullptr; at = at->ifa_next) {
    if (interface != "any" && interface != at->ifa_name) continue;
    if (const auto prefix = prefix_of(*at)) addresses.push_back(*prefix);
  }
  return addresses;
}

std::optional<int> numa_node_of(const std::string& interface) {
  const std::string device = "/sys/class/net/" + interface + "/device";
  // A device on a bus of its own (virtio) says it of the one that it is part of.
  for (const char* file : {"/numa_node", "/../numa_node"}) {
    int node = -1;
    if (std::ifstream(device + file) >> node && node >= 0) return node;
  }
  return std::nullopt;
}

std::string to_text(const IpPrefix& prefix) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(prefix.ip_version == 4 ? AF_INET : AF_INET6, prefix.address.data(), text.data(),
            text.size());
  return std::string(text.data()) + "/" + std::to_string(prefix.length);
}

}  // namespace weir::backends
