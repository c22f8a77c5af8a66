#include "report/processes/socket_record.h"

#include <algorithm>

namespace weir::processes {
namespace {

bool is_mapped(const IpBytes& address) {
  return std::all_of(address.begin(), address.begin() + 10, [](uint8_t b) { return b == 0; }) &&
         address[10] == 0xFF && address[11] == 0xFF;
}

IpBytes unmapped(const IpBytes& address) {
  IpBytes ipv4{};
  if (is_mapped(address)) std::copy(address.begin() + 12, address.end(), ipv4.begin());
  return ipv4;
}

}  // namespace

SocketRecord canonical(SocketRecord record, bool v6_only) {
  SocketKey& key = record.key;
  if (key.ip_version == 6 && (is_mapped(key.local) || is_mapped(key.peer))) {
    key.local = unmapped(key.local);
    key.peer = unmapped(key.peer);
    key.ip_version = 4;
  }
  if (key.proto == kRaw) {
    key.proto = static_cast<uint8_t>(key.local_port);
    key.local_port = key.peer_port = 0;
  } else if (key.peer_port == 0) {
    key.peer = {};  // a peer without a port is none
  }
  record.serves_ipv4 =
      key.ip_version == 6 && has_ports(key.proto) && !v6_only && is_zero(key.local);
  return record;
}

}  // namespace weir::processes
