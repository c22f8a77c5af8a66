#include "cli/devices.h"

#include <errno.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "cli/failure.h"
#include "cli/link_json.h"
#include "engine/core/status.h"
#include "report/format.h"
#include "report/json_text.h"
#include "report/output.h"
#include "report/style.h"

namespace weir::cli {
namespace {

constexpr size_t kColumns = 7;
using Row = std::array<std::string, kColumns>;

std::string_view state_of(const backends::Device& device) {
  if (!device.up) return "down";
  return device.running ? "up" : "no-carrier";
}

std::string or_dash(std::string text) {
  return text.empty() ? "-" : std::move(text);
}

Row row_of(const backends::Device& device) {
  return {
      device.name,
      device.link_type_known ? report::link_type_name(device.link_type) : "-",
      std::string(state_of(device)),
      device.rx_queues == 0 ? "-" : std::to_string(device.rx_queues),
      or_dash(device.driver),
      device.backends.empty() ? "none (no IP)" : fmt::format("{}", fmt::join(device.backends, ",")),
      or_dash(fmt::format("{}", fmt::join(device.addresses, " ")))};
}

void append_row(fmt::memory_buffer& out, const Row& row,
                const std::array<size_t, kColumns>& widths) {
  for (size_t i = 0; i + 1 < kColumns; ++i) {
    fmt::format_to(fmt::appender(out), "{:<{}}  ", row[i], widths[i]);
  }
  fmt::format_to(fmt::appender(out), "{}", row.back());
}

void append_list(fmt::memory_buffer& out, const std::vector<std::string>& items) {
  std::string_view separator = "[";
  for (const std::string& item : items) {
    out.append(separator);
    report::append_json_string(out, item);
    separator = ",";
  }
  out.append(items.empty() ? std::string_view("[]") : std::string_view("]"));
}

void append_text_or_null(fmt::memory_buffer& out, bool known, std::string_view text) {
  if (known) {
    report::append_json_string(out, text);
  } else {
    out.append(std::string_view("null"));
  }
}

void append_table(fmt::memory_buffer& out, std::span<const backends::Device> devices,
                  const report::Style& style) {
  const Row heading{"interface", "link type", "state", "queues", "driver", "backends", "addresses"};
  std::vector<Row> rows;
  rows.reserve(devices.size());
  for (const backends::Device& device : devices) rows.push_back(row_of(device));
  std::array<size_t, kColumns> widths{};
  for (size_t i = 0; i < kColumns; ++i) {
    widths[i] = heading[i].size();
    for (const Row& row : rows) widths[i] = std::max(widths[i], row[i].size());
  }
  out.append(style.heading);
  append_row(out, heading, widths);
  out.append(style.reset);
  out.push_back('\n');
  for (const Row& row : rows) {
    append_row(out, row, widths);
    out.push_back('\n');
  }
}

}  // namespace

void append_devices_text(fmt::memory_buffer& out, std::span<const backends::Device> devices) {
  append_table(out, devices, report::Style::plain());
}

void append_devices_json(fmt::memory_buffer& out, std::span<const backends::Device> devices,
                         std::span<const host::LinkFacts> facts) {
  for (size_t i = 0; i < devices.size(); ++i) {
    const backends::Device& device = devices[i];
    out.append(std::string_view(R"({"type":"device","name":)"));
    report::append_json_string(out, device.name);
    out.append(std::string_view(R"(,"link_type":)"));
    append_text_or_null(out, device.link_type_known, report::link_type_name(device.link_type));
    fmt::format_to(fmt::appender(out), R"(,"state":"{}","queues":)", state_of(device));
    if (device.rx_queues == 0) {
      out.append(std::string_view("null"));
    } else {
      fmt::format_to(fmt::appender(out), "{}", device.rx_queues);
    }
    out.append(std::string_view(R"(,"driver":)"));
    append_text_or_null(out, !device.driver.empty(), device.driver);
    out.append(std::string_view(R"(,"addresses":)"));
    append_list(out, device.addresses);
    out.append(std::string_view(R"(,"backends":)"));
    append_list(out, device.backends);
    append_link_facts(out, facts[i]);
    out.append(std::string_view("}\n"));
  }
}

int run_devices(const DevicesOptions& options) {
  const Result<std::vector<backends::Device>> devices =
      options.dpdk ? backends::list_dpdk_devices({{}, {}, options.no_huge, options.dpdk_args})
                   : backends::list_devices();
  if (!devices) return tell_failure(devices.error());
  report::Output output(STDOUT_FILENO, "standard output");
  if (options.json) {
    const host::Kernel kernel;
    std::vector<host::LinkFacts> facts;
    for (const backends::Device& device : *devices) {
      // The kernel does not know a port of DPDK by its name.
      facts.push_back(options.dpdk ? host::LinkFacts{} : host::read_link(kernel, device.name));
    }
    append_devices_json(output.buffer(), *devices, facts);
  } else {
    append_table(output.buffer(), *devices, report::style_for(STDOUT_FILENO));
  }
  if (output.flush() || output.error()->sys_errno == EPIPE) return kExitDone;
  return tell_failure(*output.error());
}

}  // namespace weir::cli
