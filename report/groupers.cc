#include "report/groupers.h"

#include <algorithm>
#include <array>

namespace weir::report {
namespace {

constexpr uint16_t kSystemPorts = 1024;
// Where Linux takes the ports of clients from by default (ip_local_port_range); other systems begin
// at 49152 (RFC 6335) or 32768.
constexpr uint16_t kClientPorts = 32768;

using Members = std::array<GroupMember, 2>;

class HostGrouper final : public Grouper {
 public:
  uint32_t groups_of(const FlowKey& key, bool shown_high, Members& members) const override {
    members[0] = {host_group(key.ip_version, key.low_addr), shown_high};
    members[1] = {host_group(key.ip_version, key.high_addr), !shown_high};
    return key.low_addr == key.high_addr ? 1 : 2;
  }
};

class ServiceGrouper final : public Grouper {
 public:
  uint32_t groups_of(const FlowKey& key, bool shown_high, Members& members) const override {
    members[0] = {};
    members[0].group.proto = key.proto;
    members[0].group.low_port = service_port(key, shown_high);
    return 1;
  }
};

class ProtocolGrouper final : public Grouper {
 public:
  uint32_t groups_of(const FlowKey& key, bool /*shown_high*/, Members& members) const override {
    members[0] = {};
    members[0].group.proto = key.proto;
    return 1;
  }
};

}  // namespace

FlowKey host_group(uint8_t ip_version, const IpBytes& address) noexcept {
  FlowKey host;
  host.low_addr = address;
  host.ip_version = ip_version;
  return host;
}

uint16_t service_port(const FlowKey& key, bool shown_high) noexcept {
  const uint16_t lower = std::min(key.low_port, key.high_port);
  const uint16_t higher = std::max(key.low_port, key.high_port);
  if (lower < kSystemPorts || (lower < kClientPorts && higher >= kClientPorts)) return lower;
  return shown_high ? key.low_port : key.high_port;
}

std::shared_ptr<const Grouper> make_host_grouper() {
  return std::make_shared<HostGrouper>();
}

std::shared_ptr<const Grouper> make_service_grouper() {
  return std::make_shared<ServiceGrouper>();
}

std::shared_ptr<const Grouper> make_protocol_grouper() {
  return std::make_shared<ProtocolGrouper>();
}

}  // namespace weir::report
