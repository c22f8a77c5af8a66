#include "report/flow_table_text.h"

#include <string>
#include <vector>

#include "report/format.h"
#include "report/text_table.h"

namespace weir::report {
namespace {

uint64_t shown_rate(const Traffic& traffic, FlowOrder order) {
  if (order == FlowOrder::rate_2s) return traffic.rate_2s;
  if (order == FlowOrder::rate_40s) return traffic.rate_40s;
  return traffic.rate_10s;
}

std::string_view rate_heading(FlowOrder order) {
  if (order == FlowOrder::rate_2s) return "2 s rate";
  if (order == FlowOrder::rate_40s) return "40 s rate";
  return "10 s rate";
}

std::string vlans_text(const FlowKey& key) {
  std::string out;
  for (size_t i = 0; i < key.vlan_count && i < key.vlans.size(); ++i) {
    out += (i == 0 ? " vlan " : ".") + std::to_string(key.vlans[i]);
  }
  return out;
}

}  // namespace

std::string_view order_text(FlowOrder order) noexcept {
  switch (order) {
    case FlowOrder::rate_2s: return "2 s rate";
    case FlowOrder::rate_10s: return "10 s rate";
    case FlowOrder::rate_40s: return "40 s rate";
    case FlowOrder::source: return "source address";
    case FlowOrder::destination: return "destination address";
    case FlowOrder::bytes: return "bytes";
    case FlowOrder::packets: return "packets";
    case FlowOrder::peak: return "peak";
    case FlowOrder::duration: return "duration";
    case FlowOrder::sent: return "bytes sent";
    case FlowOrder::received: return "bytes received";
    case FlowOrder::flows: return "flows";
    case FlowOrder::protocol: return "protocol";
  }
  return "";
}

void append_flow_table(fmt::memory_buffer& out, const Snapshot& snapshot,
                       const FlowTextOptions& options) {
  using Align = TextTable::Align;
  TextTable table({Align::right, Align::left, Align::left, Align::left, Align::right, Align::right,
                   Align::right},
                  1);
  table.add({"#", "local / remote", "", "proto", std::string(rate_heading(options.order)), "bytes",
             "packets"});
  size_t number = 0;
  for (const FlowRow& flow : snapshot.flows) {
    const uint8_t version = flow.key.ip_version;
    const auto numbers = [&](const Traffic& traffic) {
      return std::vector<std::string>{
          rate_text(shown_rate(traffic, options.order), options.in_bytes),
          bytes_text(traffic.ip_bytes), count_text(traffic.packets)};
    };
    std::vector<std::string> sent{
        std::to_string(++number),
        endpoint_text(version, flow.src_addr(), flow.key.proto, flow.src_port()), "=>",
        proto_name(flow.key.proto) + vlans_text(flow.key)};
    std::vector<std::string> received{
        "", endpoint_text(version, flow.dst_addr(), flow.key.proto, flow.dst_port()), "<=", ""};
    for (std::string& cell : numbers(flow.sent)) sent.push_back(std::move(cell));
    for (std::string& cell : numbers(flow.received)) received.push_back(std::move(cell));
    table.add(std::move(sent));
    table.add(std::move(received));
  }
  table.print(out, 2);
}

}  // namespace weir::report
