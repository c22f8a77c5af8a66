#include "backends/pcap_live/libpcap_devices.h"

#include <net/if.h>
#include <pcap/pcap.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>

namespace weir::backends {
namespace {

struct Kind {
  std::string_view prefix;
  int link_type;
  bool may_carry_ip;
};

/// What opening one of a kind gives, from the pcap-*-linux.c files of libpcap 1.10: the list of
/// devices has no link types. A kind that is not here is opened to see.
constexpr std::array<Kind, 7> kKinds{{{"any", DLT_LINUX_SLL2, true},
                                      {"nflog", DLT_NFLOG, true},
                                      {"nfqueue", DLT_IPV4, true},
                                      {"usbmon", DLT_USB_LINUX_MMAPPED, false},
                                      {"bluetooth-monitor", DLT_BLUETOOTH_LINUX_MONITOR, false},
                                      {"bluetooth", DLT_BLUETOOTH_HCI_H4_WITH_PHDR, false},
                                      {"dbus-", DLT_DBUS, false}}};

LibpcapDevice to_device(std::string_view name, const char* description) {
  LibpcapDevice device;
  device.name = name;
  if (description != nullptr) device.description = description;
  const auto* kind = std::find_if(kKinds.begin(), kKinds.end(),
                                  [&](const Kind& each) { return name.starts_with(each.prefix); });
  if (kind != kKinds.end()) {
    device.link_type = static_cast<LinkType>(kind->link_type);
    device.may_carry_ip = kind->may_carry_ip;
  }
  return device;
}

}  // namespace

bool is_of_libpcap(const std::string& name) {
  return if_nametoindex(name.c_str()) == 0;
}

std::vector<LibpcapDevice> list_libpcap_devices() {
  std::array<char, PCAP_ERRBUF_SIZE> error{};
  pcap_if_t* first = nullptr;
  if (pcap_findalldevs(&first, error.data()) != 0) first = nullptr;
  const std::unique_ptr<pcap_if_t, decltype(&pcap_freealldevs)> all(first, &pcap_freealldevs);
  std::vector<LibpcapDevice> devices{to_device("any", "all interfaces")};
  for (const pcap_if_t* at = first; at != nullptr; at = at->next) {
    if (at->name == devices.front().name || !is_of_libpcap(at->name)) continue;
    devices.push_back(to_device(at->name, at->description));
  }
  return devices;
}

}  // namespace weir::backends
