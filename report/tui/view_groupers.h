#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/core/flow_key.h"
#include "engine/pipeline/flow_query.h"
#include "report/process_source.h"
#include "report/tui/ui_options.h"

/// The groups of the views' tables, beside those of report/groupers.h, and what drilling into one
/// of them shows. All of it is immutable and may be asked by any thread.
namespace weir::tui {

/// Which parts of a flow are shown; flows that agree in them are one row.
struct ShownParts {
  bool source = true;
  bool destination = true;
  bool source_port = true;
  bool destination_port = true;

  bool all() const noexcept { return source && destination && source_port && destination_port; }
  bool operator==(const ShownParts&) const = default;
};

/// In a group's key the low side is the one shown first. The protocol is part of it while a port
/// is, as in iftop, VLANs are not; the IP version while an address is. A hidden address or port is
/// zero.
std::shared_ptr<const Grouper> make_parts_grouper(const ShownParts& parts);

/// Networks: those with a name, the longest that holds the address, else by prefix length. A flow
/// within one network counts once there, as its side shown first sent and received it.
class NetworkGrouper final : public Grouper {
 public:
  NetworkGrouper(std::vector<NamedNetwork> named, uint8_t prefix_v4, uint8_t prefix_v6);

  uint32_t groups_of(const FlowKey& key, bool shown_high,
                     std::array<GroupMember, 2>& members) const override;
  /// low_addr and low_port: address and prefix length; high_port: 1 + index of the named network.
  FlowKey network_of(uint8_t ip_version, const IpBytes& address) const noexcept;
  /// "10.0.0.0/8", "office 10.0.0.0/8".
  std::string label(const FlowKey& network) const;

 private:
  std::vector<NamedNetwork> named_;  ///< longest first
  uint8_t prefix_v4_;
  uint8_t prefix_v6_;
};

/// The hosts of one network of `networks`, without those they talk to.
std::shared_ptr<const Grouper> make_network_host_grouper(
    std::shared_ptr<const NetworkGrouper> networks, const FlowKey& network);

/// By the whole stack of VLANs; flows without any are a group too.
std::shared_ptr<const Grouper> make_vlan_grouper();

/// By the process at each end that is this host's; a flow between two processes is in both. Ends
/// without a process are in the groups of ProcessTable's numbers.
std::shared_ptr<const Grouper> make_process_grouper(
    std::shared_ptr<const report::ProcessTable> table);
/// A process's number as a group's key, and back.
FlowKey process_group(uint32_t number) noexcept;
uint32_t process_number(const FlowKey& group) noexcept;

/// The flows of a group.
std::shared_ptr<const FlowFilter> make_member_filter(std::shared_ptr<const Grouper> grouper,
                                                     const FlowKey& group);
/// Flows that all filters show. Null ones are left out; null when none is left.
std::shared_ptr<const FlowFilter> all_of(std::vector<std::shared_ptr<const FlowFilter>> filters);

}  // namespace weir::tui
