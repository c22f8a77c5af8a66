#pragma once

#include <fmt/format.h>

#include <span>

#include "backends/host/link_facts.h"
#include "backends/registry.h"
#include "cli/options.h"

namespace weir::cli {

/// `weir devices [--json]`: the interfaces of this host, or DPDK's ports, a line each. Returns the
/// exit code.
int run_devices(const DevicesOptions& options);

/// What it prints: a table for people, or one JSON object a line in which null is what could not be
/// found out. `facts` has one entry a device.
void append_devices_text(fmt::memory_buffer& out, std::span<const backends::Device> devices);
void append_devices_json(fmt::memory_buffer& out, std::span<const backends::Device> devices,
                         std::span<const host::LinkFacts> facts);

}  // namespace weir::cli
