#include "report/group_table_text.h"

#include "report/format.h"
#include "report/groupers.h"
#include "report/text_table.h"

namespace weir::report {
namespace {

std::string_view column_of(SummaryGroup kind) noexcept {
  switch (kind) {
    case SummaryGroup::hosts: return "host";
    case SummaryGroup::services: return "service";
    case SummaryGroup::protocols: return "protocol";
  }
  return "";
}

}  // namespace

std::vector<GroupQuery> summary_groups(uint64_t limit) {
  std::vector<GroupQuery> queries;
  for (auto grouper : {make_host_grouper(), make_service_grouper(), make_protocol_grouper()}) {
    queries.push_back({std::move(grouper), nullptr, FlowOrder::bytes, limit});
  }
  return queries;
}

std::string_view heading_of(SummaryGroup kind) noexcept {
  switch (kind) {
    case SummaryGroup::hosts: return "Hosts";
    case SummaryGroup::services: return "Services";
    case SummaryGroup::protocols: return "Protocols";
  }
  return "";
}

std::string group_name(SummaryGroup kind, const FlowKey& group) {
  if (kind == SummaryGroup::hosts) return address_text(group.ip_version, group.low_addr);
  if (kind == SummaryGroup::protocols || !has_ports(group.proto)) return proto_name(group.proto);
  return fmt::format("{}/{}", group.low_port, proto_name(group.proto));
}

void append_group_table(fmt::memory_buffer& out, SummaryGroup kind, const GroupTable& groups,
                        uint64_t all_bytes) {
  using Align = TextTable::Align;
  TextTable table({Align::left, Align::right, Align::right, Align::right, Align::right,
                   Align::right, Align::right},
                  0);
  table.add(
      {std::string(column_of(kind)), "sent", "received", "both", "share", "packets", "flows"});
  for (const GroupRow& row : groups.rows) {
    const uint64_t both = row.sent.ip_bytes + row.received.ip_bytes;
    table.add({group_name(kind, row.group), bytes_text(row.sent.ip_bytes),
               bytes_text(row.received.ip_bytes), bytes_text(both), share_text(both, all_bytes),
               count_text(row.sent.packets + row.received.packets), count_text(row.flows)});
  }
  table.print(out, 2);
}

}  // namespace weir::report
