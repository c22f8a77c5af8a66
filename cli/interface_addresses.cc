#include "cli/interface_addresses.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netpacket/packet.h>

#include <array>
#include <cstring>
#include <memory>
#include <string_view>

namespace weir::cli {
namespace {

struct Addresses {
  std::string ipv4;
  std::string ipv6;
  std::string mac;
};

void keep_first(std::string& slot, std::string text) {
  if (slot.empty()) slot = std::move(text);
}

std::string ip_text(int family, const void* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(family, address, text.data(), text.size());
  return text.data();
}

// The kernel's socket addresses are copied into their real types: a cast would break the aliasing
// rule.
template <class T>
T copied(const sockaddr* from) {
  T to{};
  std::memcpy(&to, from, sizeof to);
  return to;
}

void add(const sockaddr* address, Addresses& out) {
  switch (address->sa_family) {
    case AF_INET: {
      const auto in = copied<sockaddr_in>(address);
      return keep_first(out.ipv4, ip_text(AF_INET, &in.sin_addr));
    }
    case AF_INET6: {
      const auto in = copied<sockaddr_in6>(address);
      return keep_first(out.ipv6, ip_text(AF_INET6, &in.sin6_addr));
    }
    case AF_PACKET: {
      const auto link = copied<sockaddr_ll>(address);
      if (link.sll_halen != 6) return;
      const unsigned char* mac = link.sll_addr;
      return keep_first(out.mac, fmt::format("{:02x}:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", mac[0],
                                             mac[1], mac[2], mac[3], mac[4], mac[5]));
    }
    default: return;
  }
}

}  // namespace

std::vector<std::string> interface_lines(const std::string& interface) {
  std::vector<std::string> lines{"interface: " + interface};
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return lines;
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owner(list, &freeifaddrs);
  Addresses found;
  for (const ifaddrs* at = list; at != nullptr; at = at->ifa_next) {
    if (at->ifa_addr != nullptr && interface == at->ifa_name) add(at->ifa_addr, found);
  }
  if (!found.ipv4.empty()) lines.push_back("IP address is: " + found.ipv4);
  if (!found.ipv6.empty()) lines.push_back("IPv6 address is: " + found.ipv6);
  if (!found.mac.empty()) lines.push_back("MAC address is: " + found.mac);
  return lines;
}

}  // namespace weir::cli
