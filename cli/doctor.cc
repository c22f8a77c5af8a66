#include "cli/doctor.h"

#include <errno.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "backends/registry.h"
#include "cli/failure.h"
#include "engine/core/shell_word.h"
#include "report/output.h"

namespace weir::cli {
namespace {

using backends::Device;

bool is_all(const Device& device) {
  return device.of_libpcap && device.name == "any";
}

const Device* find(const std::vector<Device>& devices, const std::string& name) {
  const auto at = std::find_if(devices.begin(), devices.end(),
                               [&](const Device& device) { return device.name == name; });
  return at == devices.end() ? nullptr : &*at;
}

/// The device of that name; "nflog:5" is one of libpcap's "nflog".
std::optional<Device> find_kind(const std::vector<Device>& devices, const std::string& name) {
  const Device* device = find(devices, name);
  if (device != nullptr) return *device;
  device = find(devices, name.substr(0, name.find(':')));
  if (device == nullptr || !device->of_libpcap || is_all(*device)) return std::nullopt;
  Device found = *device;
  found.name = name;
  return found;
}

/// A device that the kernel does not know has no queues, offloads or interrupts to look at.
void check_libpcap_device(const Device& device, Findings& out) {
  const std::string what = device.description.empty() ? "a device of libpcap" : device.description;
  if (device.backends.empty()) {
    return out.problem("link", what + ": its packets carry no IP", {"weir cannot capture it"});
  }
  out.ok("link", what + ", captured by --backend pcap; no more of it can be looked at");
}

/// What is examined when nothing is asked for: the cards that are up, and where there is none (in a
/// container) what `weir` would capture on. The dozens of veths of a container host are left out.
std::vector<Device> defaults(const host::Source& source, const std::vector<Device>& devices) {
  std::vector<Device> chosen;
  for (const Device& device : devices) {
    const bool up = device.up && !device.loopback && !device.of_libpcap;
    if (up && source.real_path("/sys/class/net/" + device.name + "/device")) {
      chosen.push_back(device);
    }
  }
  if (!chosen.empty()) return chosen;
  const auto first = std::find_if(devices.begin(), devices.end(), [](const Device& device) {
    return device.up && device.running && !device.loopback && !device.of_libpcap;
  });
  if (first != devices.end()) chosen.push_back(*first);
  return chosen;
}

/// Those asked for, each once; "any" means all that are up.
Result<std::vector<Device>> choose(const std::vector<Device>& devices,
                                   const std::vector<std::string>& names) {
  std::vector<Device> chosen;
  const auto add = [&](const Device& device) {
    if (find(chosen, device.name) == nullptr) chosen.push_back(device);
  };
  for (const std::string& name : names) {
    const std::optional<Device> device = find_kind(devices, name);
    if (!device) {
      return fail({Code::not_found, Recovery::give_up, 0, name,
                   "no such interface; `weir devices` shows what there is"});
    }
    if (!is_all(*device)) add(*device);
    if (!is_all(*device)) continue;
    for (const Device& each : devices) {
      if (each.up && !each.of_libpcap) add(each);
    }
  }
  return chosen;
}

/// Link-local addresses come by themselves: a mirror port has one and sends next to nothing.
bool sends(const Device& device) {
  return std::any_of(device.addresses.begin(), device.addresses.end(),
                     [](const std::string& address) { return !address.starts_with("fe80:"); });
}

void check_that_one_is_up(const std::vector<Device>& devices, Findings& out) {
  const auto first = std::find_if(devices.begin(), devices.end(), [](const Device& device) {
    return !device.loopback && !device.of_libpcap && !device.up;
  });
  const bool has_one = first != devices.end();
  out.problem("interfaces", "no interface with a carrier is up but loopback",
              {"there is nothing to capture on",
               has_one ? "ip link set dev " + shell_word(first->name) + " up" : ""});
}

std::vector<Finding> examine(const host::Source& source, const std::vector<Device>& devices,
                             const std::vector<Device>& chosen) {
  std::vector<host::LinkFacts> links;
  uint32_t most_queues = 0;
  for (const Device& device : chosen) {
    if (device.of_libpcap) {
      links.emplace_back();
      continue;
    }
    links.push_back(host::read_link(source, device.name));
    most_queues = std::max(most_queues, links.back().queues().value_or(0));
  }
  std::vector<Finding> findings;
  const auto take = [&](const Findings& some) {
    findings.insert(findings.end(), some.all().begin(), some.all().end());
  };
  for (size_t i = 0; i < chosen.size(); ++i) {
    Findings out(chosen[i].name);
    if (chosen[i].of_libpcap) {
      check_libpcap_device(chosen[i], out);
    } else {
      check_link(source, links[i], sends(chosen[i]), out);
    }
    take(out);
  }
  Findings out("host");
  if (chosen.empty()) check_that_one_is_up(devices, out);
  check_host(source, most_queues, out);
  take(out);
  sort_findings(findings);
  return findings;
}

}  // namespace

int run_doctor(const DoctorOptions& options) {
  const Result<std::vector<Device>> devices = backends::list_devices();
  if (!devices) return tell_failure(devices.error());
  const host::Kernel kernel;
  const Result<std::vector<Device>> chosen = options.interfaces.empty()
                                                 ? defaults(kernel, *devices)
                                                 : choose(*devices, options.interfaces);
  if (!chosen) return tell_failure(chosen.error());
  const std::vector<Finding> findings = examine(kernel, *devices, *chosen);
  report::Output output(STDOUT_FILENO, "standard output");
  if (options.json) {
    append_findings_json(output.buffer(), findings);
  } else {
    append_findings_text(output.buffer(), findings, options.all);
  }
  if (output.flush() || output.error()->sys_errno == EPIPE) return kExitDone;
  return tell_failure(*output.error());
}

}  // namespace weir::cli
