#include "report/tui/view_groupers.h"

#include <algorithm>
#include <utility>

#include "report/format.h"
#include "report/groupers.h"

namespace weir::tui {
namespace {

/// The two ends of a key, the one shown first first.
struct End {
  const IpBytes& address;
  uint16_t port;
};

End first_end(const FlowKey& key, bool shown_high) noexcept {
  return shown_high ? End{key.high_addr, key.high_port} : End{key.low_addr, key.low_port};
}

End second_end(const FlowKey& key, bool shown_high) noexcept {
  return first_end(key, !shown_high);
}

IpBytes masked(const IpBytes& address, unsigned length) noexcept {
  IpBytes out{};
  for (unsigned at = 0; at < out.size(); ++at) {
    const unsigned bits = length > 8 * at ? std::min(length - 8 * at, 8U) : 0U;
    out[at] = static_cast<uint8_t>(address[at] & (0xFF00U >> bits));
  }
  return out;
}

/// Both groups of a flow: the second one received what the flow sent.
uint32_t both_ends(const FlowKey& first, const FlowKey& second,
                   std::array<GroupMember, 2>& members) noexcept {
  members[0] = {first, false};
  if (first == second) return 1;
  members[1] = {second, true};
  return 2;
}

class PartsGrouper final : public Grouper {
 public:
  explicit PartsGrouper(const ShownParts& parts) : parts_(parts) {}

  uint32_t groups_of(const FlowKey& key, bool shown_high,
                     std::array<GroupMember, 2>& members) const override {
    const End first = first_end(key, shown_high);
    const End second = second_end(key, shown_high);
    FlowKey group;
    if (parts_.source) group.low_addr = first.address;
    if (parts_.destination) group.high_addr = second.address;
    if (parts_.source_port) group.low_port = first.port;
    if (parts_.destination_port) group.high_port = second.port;
    if (parts_.source_port || parts_.destination_port) group.proto = key.proto;
    if (parts_.source || parts_.destination) group.ip_version = key.ip_version;
    members[0] = {group, false};
    return 1;
  }

 private:
  ShownParts parts_;
};

class NetworkHostGrouper final : public Grouper {
 public:
  NetworkHostGrouper(std::shared_ptr<const NetworkGrouper> networks, const FlowKey& network)
      : networks_(std::move(networks)), network_(network) {}

  uint32_t groups_of(const FlowKey& key, bool shown_high,
                     std::array<GroupMember, 2>& members) const override {
    uint32_t count = 0;
    for (const bool second : {false, true}) {
      const IpBytes& address = first_end(key, shown_high != second).address;
      if (!(networks_->network_of(key.ip_version, address) == network_)) continue;
      const FlowKey host = report::host_group(key.ip_version, address);
      if (count == 1 && members[0].group == host) continue;
      members[count++] = {host, second};
    }
    return count;
  }

 private:
  std::shared_ptr<const NetworkGrouper> networks_;
  FlowKey network_;
};

class VlanGrouper final : public Grouper {
 public:
  uint32_t groups_of(const FlowKey& key, bool /*shown_high*/,
                     std::array<GroupMember, 2>& members) const override {
    FlowKey group;
    group.vlan_count = key.vlan_count;
    group.vlans = key.vlans;
    members[0] = {group, false};
    return 1;
  }
};

class ProcessGrouper final : public Grouper {
 public:
  explicit ProcessGrouper(std::shared_ptr<const report::ProcessTable> table)
      : table_(std::move(table)) {}

  uint32_t groups_of(const FlowKey& key, bool shown_high,
                     std::array<GroupMember, 2>& members) const override {
    const auto owners = table_->owners_of(key);
    uint32_t count = 0;
    for (const bool second : {false, true}) {
      const uint32_t owner = owners[shown_high != second ? 1 : 0];
      if (owner == report::ProcessTable::kRemote) continue;
      const FlowKey group = process_group(owner);
      if (count == 1 && members[0].group == group) continue;
      members[count++] = {group, second};
    }
    return count;
  }

 private:
  std::shared_ptr<const report::ProcessTable> table_;
};

class MemberFilter final : public FlowFilter {
 public:
  MemberFilter(std::shared_ptr<const Grouper> grouper, const FlowKey& group)
      : grouper_(std::move(grouper)), group_(group) {}

  bool shows(const FlowKey& key, bool shown_high) const override {
    std::array<GroupMember, 2> members;
    const uint32_t count = grouper_->groups_of(key, shown_high, members);
    return std::any_of(members.begin(), members.begin() + count,
                       [&](const GroupMember& member) { return member.group == group_; });
  }

 private:
  std::shared_ptr<const Grouper> grouper_;
  FlowKey group_;
};

class AllOf final : public FlowFilter {
 public:
  explicit AllOf(std::vector<std::shared_ptr<const FlowFilter>> filters)
      : filters_(std::move(filters)) {}

  bool shows(const FlowKey& key, bool shown_high) const override {
    return std::all_of(filters_.begin(), filters_.end(),
                       [&](const auto& filter) { return filter->shows(key, shown_high); });
  }

 private:
  std::vector<std::shared_ptr<const FlowFilter>> filters_;
};

}  // namespace

std::shared_ptr<const Grouper> make_parts_grouper(const ShownParts& parts) {
  return std::make_shared<PartsGrouper>(parts);
}

NetworkGrouper::NetworkGrouper(std::vector<NamedNetwork> named, uint8_t prefix_v4,
                               uint8_t prefix_v6)
    : named_(std::move(named)),
      prefix_v4_(std::min<uint8_t>(prefix_v4, 32)),
      prefix_v6_(std::min<uint8_t>(prefix_v6, 128)) {
  constexpr size_t kMost = 4096;  // the index must fit into a port
  if (named_.size() > kMost) named_.resize(kMost);
  std::stable_sort(named_.begin(), named_.end(), [](const auto& one, const auto& other) {
    return one.prefix.length > other.prefix.length;
  });
}

FlowKey NetworkGrouper::network_of(uint8_t ip_version, const IpBytes& address) const noexcept {
  FlowKey network;
  network.ip_version = ip_version;
  unsigned length = ip_version == 4 ? prefix_v4_ : prefix_v6_;
  for (size_t at = 0; at < named_.size(); ++at) {
    if (!named_[at].prefix.contains(ip_version, address)) continue;
    length = named_[at].prefix.length;
    network.high_port = static_cast<uint16_t>(at + 1);
    break;
  }
  network.low_addr = masked(address, length);
  network.low_port = static_cast<uint16_t>(length);
  return network;
}

uint32_t NetworkGrouper::groups_of(const FlowKey& key, bool shown_high,
                                   std::array<GroupMember, 2>& members) const {
  return both_ends(network_of(key.ip_version, first_end(key, shown_high).address),
                   network_of(key.ip_version, second_end(key, shown_high).address), members);
}

std::string NetworkGrouper::label(const FlowKey& network) const {
  std::string prefix = report::address_text(network.ip_version, network.low_addr) + "/" +
                       std::to_string(network.low_port);
  if (network.high_port == 0 || network.high_port > named_.size()) return prefix;
  return report::printable(named_[network.high_port - 1U].name) + " " + prefix;
}

std::shared_ptr<const Grouper> make_network_host_grouper(
    std::shared_ptr<const NetworkGrouper> networks, const FlowKey& network) {
  return std::make_shared<NetworkHostGrouper>(std::move(networks), network);
}

std::shared_ptr<const Grouper> make_vlan_grouper() {
  return std::make_shared<VlanGrouper>();
}

std::shared_ptr<const Grouper> make_process_grouper(
    std::shared_ptr<const report::ProcessTable> table) {
  return std::make_shared<ProcessGrouper>(std::move(table));
}

FlowKey process_group(uint32_t number) noexcept {
  FlowKey group;
  for (size_t byte = 0; byte < sizeof number; ++byte) {
    group.low_addr[byte] = static_cast<uint8_t>(number >> (24 - 8 * byte));
  }
  return group;
}

uint32_t process_number(const FlowKey& group) noexcept {
  uint32_t number = 0;
  for (size_t byte = 0; byte < sizeof number; ++byte) {
    number = number << 8U | group.low_addr[byte];
  }
  return number;
}

std::shared_ptr<const FlowFilter> make_member_filter(std::shared_ptr<const Grouper> grouper,
                                                     const FlowKey& group) {
  return std::make_shared<MemberFilter>(std::move(grouper), group);
}

std::shared_ptr<const FlowFilter> all_of(std::vector<std::shared_ptr<const FlowFilter>> filters) {
  std::erase(filters, nullptr);
  if (filters.empty()) return nullptr;
  if (filters.size() == 1) return filters.front();
  return std::make_shared<AllOf>(std::move(filters));
}

}  // namespace weir::tui
