#pragma once

#include <cstdint>
#include <string>

#include "engine/pipeline/snapshot.h"
#include "report/name_source.h"
#include "report/process_source.h"
#include "report/tui/ui_options.h"
#include "report/tui/view_groupers.h"

/// What rows are called. Asks names and never waits: what is not known yet is a number.
namespace weir::tui {

/// Where names come from, and whether they are wanted. A view of others' objects.
struct Names {
  report::NameSource* source = nullptr;
  bool hosts = true;
  bool services = true;
  const NetworkGrouper* networks = nullptr;
  const report::ProcessTable* processes = nullptr;
};

std::string host_label(const Names& names, uint8_t ip_version, const IpBytes& address);
std::string service_label(const Names& names, uint8_t proto, uint16_t port);

/// "host:https", "[2001:db8::1]:443", "*" for a hidden host, of at most `width` columns: the host
/// is cut, so that the port can be read. Width -1: whole.
std::string end_label(const Names& names, const FlowRow& row, bool second, const ShownParts& parts,
                      int width = -1);

/// "firefox (1234)", "unknown", "forwarded", "kernel", "remote".
std::string process_label(const report::ProcessTable* table, uint32_t number);
/// The process of a flow: that of its local end, of both where they differ: "curl (5) nginx (6)".
std::string flow_process_label(const report::ProcessTable* table, const FlowRow& row);

/// A row of any view as one text: "a:1 => b:443 tcp", "10.0.0.0/24", "https tcp", "VLAN 5/100".
std::string row_label(const Names& names, View view, const FlowRow& row, const ShownParts& parts);

/// Cut to `width` columns in a way that says so: "averylongn~".
std::string cut_text(const std::string& text, int width);

}  // namespace weir::tui
