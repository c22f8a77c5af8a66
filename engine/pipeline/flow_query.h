#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/core/flow_key.h"
#include "engine/pipeline/snapshot.h"

namespace weir {

/// One of the groups that a flow belongs to.
struct GroupMember {
  FlowKey group;          ///< what the flows of the group have in common, the rest of it zero
  bool reversed = false;  ///< what the flow sent, the group received
};

/// Puts flows into groups: by host, by network, by process. Called by the reporter thread for every
/// live flow at every snapshot that asks for it, so it neither blocks nor allocates; shared with
/// the thread that asked.
class Grouper {
 public:
  virtual ~Grouper() = default;
  /// Fills in the groups of a flow and returns how many: 0, 1 or 2, two different ones.
  virtual uint32_t groups_of(const FlowKey& key, bool shown_high,
                             std::array<GroupMember, 2>& members) const = 0;
};

/// Chooses flows: a display filter, or the row that was drilled into. As a Grouper is called.
class FlowFilter {
 public:
  virtual ~FlowFilter() = default;
  virtual bool shows(const FlowKey& key, bool shown_high) const = 0;
};

/// A table of groups that a snapshot shall hold.
struct GroupQuery {
  std::shared_ptr<const Grouper> grouper{};
  std::shared_ptr<const FlowFilter> filter{};  ///< null: all flows
  FlowOrder order = FlowOrder::rate_10s;
  uint64_t limit = 10;  ///< groups listed; 0: all
  /// With more live flows than this the table stays empty and is marked as left out. 0: no limit.
  uint64_t most_flows = 0;
  OrderSide side = OrderSide::both;
};

/// What a snapshot shall tell of flows. What it says of totals and losses does not depend on it.
struct FlowQuery {
  /// Of the asker's own, and copied into the snapshots that answer: it tells old ones from new.
  uint64_t number = 0;
  FlowOrder order = FlowOrder::rate_10s;
  OrderSide side = OrderSide::both;
  uint64_t limit = 10;                         ///< flows listed; 0: all
  std::shared_ptr<const FlowFilter> filter{};  ///< null: all flows
  std::vector<FlowKey> pinned{};               ///< listed first, whatever their rank; at most 64
  std::vector<GroupQuery> groups{};
  uint64_t interval_ns = 0;  ///< between snapshots from now on; 0: as configured
};

}  // namespace weir
