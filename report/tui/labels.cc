#include "report/tui/labels.h"

#include <algorithm>

#include "report/format.h"
#include "report/tui/grid.h"

namespace weir::tui {
namespace {

/// Bytes of the UTF-8 character that begins with `lead`; malformed text goes byte by byte.
size_t character_bytes(unsigned char lead) noexcept {
  if (lead >= 0xF0) return 4;
  if (lead >= 0xE0) return 3;
  return lead >= 0xC0 ? 2 : 1;
}

std::string vlan_label(const FlowKey& key) {
  if (key.vlan_count == 0) return "no VLAN";
  std::string text = "VLAN ";
  for (size_t at = 0; at < std::min<size_t>(key.vlan_count, kKeyVlans); ++at) {
    if (at > 0) text += '/';
    text += std::to_string(key.vlans[at]);
  }
  return text;
}

std::string service_group_label(const Names& names, const FlowKey& key) {
  const std::string proto = report::proto_name(key.proto);
  if (!has_ports(key.proto)) return proto + ", no ports";
  std::string text = std::to_string(key.low_port) + "/" + proto;
  const std::string name = service_label(names, key.proto, key.low_port);
  if (name != std::to_string(key.low_port)) text += " " + name;
  return text;
}

}  // namespace

std::string cut_text(const std::string& text, int width) {
  if (width < 0 || display_width(text) <= width) return text;
  if (width == 0) return {};
  std::string out;
  int columns = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t bytes = character_bytes(static_cast<unsigned char>(text[at]));
    const std::string character = text.substr(at, bytes);
    const int more = display_width(character);
    if (columns + more > width - 1) break;
    out += character;
    columns += more;
    at += bytes;
  }
  return out + "~";
}

std::string host_label(const Names& names, uint8_t ip_version, const IpBytes& address) {
  if (names.hosts && names.source != nullptr) return names.source->host(ip_version, address);
  return report::address_text(ip_version, address);
}

std::string service_label(const Names& names, uint8_t proto, uint16_t port) {
  if (names.services && names.source != nullptr) return names.source->service(proto, port);
  return std::to_string(port);
}

std::string end_label(const Names& names, const FlowRow& row, bool second, const ShownParts& parts,
                      int width) {
  const bool has_host = second ? parts.destination : parts.source;
  const uint16_t port = second ? row.dst_port() : row.src_port();
  std::string host = "*";
  if (has_host) {
    host = host_label(names, row.key.ip_version, second ? row.dst_addr() : row.src_addr());
  }
  const bool has_port = second ? parts.destination_port : parts.source_port;
  if (!has_port || !has_ports(row.key.proto)) return cut_text(host, width);
  const std::string service = ":" + service_label(names, row.key.proto, port);
  const bool brackets = host.find(':') != std::string::npos;
  const int room = width < 0 ? -1 : width - display_width(service) - (brackets ? 2 : 0);
  // No sensible part of the host is left beside the port: the port is what goes.
  constexpr int kLeastHost = 4;
  if (width >= 0 && room < std::min(kLeastHost, display_width(host))) return cut_text(host, width);
  host = cut_text(host, room);
  return (brackets ? "[" + host + "]" : host) + service;
}

std::string process_label(const report::ProcessTable* table, uint32_t number) {
  using Table = report::ProcessTable;
  switch (number) {
    case Table::kRemote: return "remote";
    case Table::kUnknown:
      return table != nullptr && !table->polled() ? "not looked for yet" : "unknown";
    case Table::kForwarded: return "forwarded";
    case Table::kKernel: return "kernel";
    default: break;
  }
  const report::Process* process = table != nullptr ? table->process(number) : nullptr;
  if (process == nullptr) return "gone";
  std::string text = process->command + " (" + std::to_string(process->pid) + ")";
  if (!process->unit.empty()) text += " " + process->unit;
  if (!process->namespace_of.empty()) text += " netns " + process->namespace_of;
  return text;
}

std::string flow_process_label(const report::ProcessTable* table, const FlowRow& row) {
  if (table == nullptr) return {};
  const auto owners = table->owners_of(row.key);
  const uint32_t first = owners[row.shown_high ? 1 : 0];
  const uint32_t second = owners[row.shown_high ? 0 : 1];
  if (first == report::ProcessTable::kRemote) return process_label(table, second);
  if (second == report::ProcessTable::kRemote || first == second) {
    return process_label(table, first);
  }
  return process_label(table, first) + " " + process_label(table, second);
}

std::string row_label(const Names& names, View view, const FlowRow& row, const ShownParts& parts) {
  switch (view) {
    case View::hosts: return host_label(names, row.key.ip_version, row.key.low_addr);
    case View::ports: return service_group_label(names, row.key);
    case View::networks:
      return names.networks != nullptr ? names.networks->label(row.key) : std::string();
    case View::vlans: return vlan_label(row.key);
    case View::processes: return process_label(names.processes, process_number(row.key));
    default: break;
  }
  std::string text =
      end_label(names, row, false, parts) + " => " + end_label(names, row, true, parts);
  if (row.key.proto != 0) text += " " + report::proto_name(row.key.proto);
  if (row.key.vlan_count > 0) text += " " + vlan_label(row.key);
  return text;
}

}  // namespace weir::tui
