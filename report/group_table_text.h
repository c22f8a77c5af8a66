#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "engine/pipeline/flow_query.h"
#include "engine/pipeline/snapshot.h"

namespace weir::report {

/// What groups of the text summary's tables are, in their order there.
enum class SummaryGroup : uint8_t { hosts, services, protocols };

/// What the summary wants a snapshot to hold beside flows: FlowQuery::groups. By bytes, because the
/// tables show shares of a whole run. `limit` is of each table; 0: all.
std::vector<GroupQuery> summary_groups(uint64_t limit);

/// "Hosts", "Services", "Protocols".
std::string_view heading_of(SummaryGroup kind) noexcept;

/// "10.0.0.1", "443/tcp" ("icmp", which has no ports), "tcp".
std::string group_name(SummaryGroup kind, const FlowKey& group);

/// Appends a table of groups: bytes sent, received, and both with their share of all traffic. At
/// most 80 columns wide. A byte belongs to two hosts, so that the shares of hosts add up to 200 %.
void append_group_table(fmt::memory_buffer& out, SummaryGroup kind, const GroupTable& groups,
                        uint64_t all_bytes);

}  // namespace weir::report
