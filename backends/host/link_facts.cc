#include "backends/host/link_facts.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace weir::host {
namespace {

constexpr const char* kOtherNamespace = "/sys shows another network namespace than this one";

/// /sys/class/net/NAME, when /sys shows the namespace of the caller: it shows the one in which it
/// was mounted.
Answer<std::string> link_folder(const Source& source, const std::string& name) {
  std::string folder = "/sys/class/net/" + name;
  const Answer<uint64_t> index = read_number(source, folder + "/ifindex");
  if (!index || *index != source.link_index(name)) return unknown(kOtherNamespace);
  return folder;
}

/// The masks of queues/PREFIX-N/FILE, by N.
Answer<std::vector<std::string>> masks(const Source& source, const std::string& folder,
                                       const std::string& prefix, const std::string& file) {
  const auto names = source.folder(folder + "/queues");
  if (!names) return unknown(names.error().why);
  const auto count = static_cast<size_t>(std::count_if(
      names->begin(), names->end(), [&](const std::string& n) { return n.starts_with(prefix); }));
  std::vector<std::string> found;
  for (size_t i = 0; i < count; ++i) {
    const auto mask = source.file(folder + "/queues/" + prefix + std::to_string(i) + "/" + file);
    if (!mask) return unknown(mask.error().why);
    if (!any_cpu_in_mask(*mask))
      return unknown(prefix + std::to_string(i) + "/" + file + ": garbled");
    found.push_back(*mask);
  }
  return found;
}

/// A bus device above the interface's own one knows its NUMA node: a virtio device does not.
Answer<uint64_t> numa_node_of(const Source& source, const std::string& folder) {
  const auto device = source.real_path(folder + "/device");
  if (!device) return unknown("on no bus");
  std::string path = *device;
  for (int level = 0; level < 4 && path.size() > std::string_view("/sys/devices").size(); ++level) {
    if (source.file(path + "/numa_node")) return read_number(source, path + "/numa_node");
    path.erase(path.find_last_of('/'));
  }
  return unknown("its bus does not tell");
}

/// By the names that drivers give: eth0-TxRx-0, eth0-rx-1, mlx5_comp3, virtio2-input.0.
bool names_a_receive_queue(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name.find("rx") != std::string::npos || name.find("input") != std::string::npos ||
         name.find("comp") != std::string::npos;
}

/// Whether an interrupt called so belongs to an interface or its device: their names are a word of
/// it, so that eth1 does not own those of eth10.
bool belongs_to(std::string_view action, std::string_view owner) {
  for (size_t at = action.find(owner); at != std::string_view::npos;
       at = action.find(owner, at + 1)) {
    const auto is_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
    const bool starts = at == 0 || !is_word(action[at - 1]);
    const size_t end = at + owner.size();
    if (starts && (end == action.size() || !is_word(action[end]))) return true;
  }
  return false;
}

Answer<std::vector<int>> irq_cpus(const Source& source, unsigned number) {
  const std::string folder = "/proc/irq/" + std::to_string(number);
  const auto effective = read_cpus(source, folder + "/effective_affinity_list");
  if (effective && !effective->empty()) return effective;
  return read_cpus(source, folder + "/smp_affinity_list");
}

Answer<std::vector<Irq>> irqs_of(const Source& source, const std::string& name,
                                 const std::string& folder) {
  const auto device = source.real_path(folder + "/device");
  if (!device) return unknown("it is no hardware, so it has no interrupts");
  const auto table = source.file("/proc/interrupts");
  if (!table) return unknown(table.error().why);
  const auto own = source.folder(folder + "/device/msi_irqs");
  const std::string device_name = device->substr(device->find_last_of('/') + 1);
  std::vector<Irq> found;
  for (const std::string_view line : split(*table, "\n")) {
    const auto words = split(line, " \t");
    if (words.size() < 2 || !words[0].ends_with(':')) continue;
    const std::string_view digits = words[0].substr(0, words[0].size() - 1);
    const auto number = to_number(digits);
    if (!number || *number > UINT32_MAX) continue;
    const bool listed =
        own && std::find(own->begin(), own->end(), std::string(digits)) != own->end();
    const std::string_view action = words.back();
    if (!listed && !belongs_to(action, name) && !belongs_to(action, device_name)) continue;
    Irq irq;
    irq.number = static_cast<unsigned>(*number);
    irq.name = std::string(action);
    irq.receives = names_a_receive_queue(irq.name);
    irq.cpus = irq_cpus(source, irq.number);
    found.push_back(std::move(irq));
  }
  if (found.empty()) return unknown("no interrupt carries its name");
  return found;
}

Answer<uint64_t> tun_flags_of(const Source& source, const std::string& folder) {
  const auto text = source.file(folder + "/tun_flags");
  if (!text) return unknown("not a tun interface");
  uint64_t flags = 0;
  const std::string_view digits = std::string_view(*text).substr(text->starts_with("0x") ? 2 : 0);
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), flags, 16);
  if (error != std::errc{} || end != digits.data() + digits.size()) {
    return unknown("tun_flags: garbled");
  }
  return flags;
}

}  // namespace

Answer<bool> any_cpu_in_mask(std::string_view mask) {
  if (mask.empty() || mask.find_first_not_of("0123456789abcdefABCDEF,") != std::string_view::npos) {
    return unknown("not a CPU mask");
  }
  return mask.find_first_not_of("0,") != std::string_view::npos;
}

Answer<uint32_t> LinkFacts::queues() const {
  if (channels && channels->rx_now() > 0) return channels->rx_now();
  return rx_queues;
}

void read_link_files(const Source& source, LinkFacts& facts) {
  const Answer<std::string> folder = link_folder(source, facts.name);
  if (!folder) {
    const auto none = unknown(folder.error().why);
    facts.numa_node = facts.speed_mbps = facts.tun_flags = none;
    facts.hardware = none;
    facts.rx_queues = none;
    facts.irqs = none;
    facts.rps = facts.xps = none;
    return;
  }
  facts.hardware = source.real_path(*folder + "/device").has_value();
  facts.numa_node = numa_node_of(source, *folder);
  facts.speed_mbps = read_number(source, *folder + "/speed");
  facts.irqs = irqs_of(source, facts.name, *folder);
  facts.rps = masks(source, *folder, "rx-", "rps_cpus");
  facts.xps = masks(source, *folder, "tx-", "xps_cpus");
  facts.tun_flags = tun_flags_of(source, *folder);
  const auto queues = source.folder(*folder + "/queues");
  if (!queues) {
    facts.rx_queues = unknown(queues.error().why);
    return;
  }
  const auto count = std::count_if(queues->begin(), queues->end(),
                                   [](const std::string& name) { return name.starts_with("rx-"); });
  if (count == 0) {
    facts.rx_queues = unknown("it shows no receive queue");
  } else {
    facts.rx_queues = static_cast<uint32_t>(count);
  }
}

LinkFacts read_link(const Source& source, const std::string& name) {
  LinkFacts facts;
  facts.name = name;
  const auto message = source.link_message(name);
  if (message) {
    facts.state = parse_link_message(*message);
  } else {
    facts.state = unknown(message.error().why);
  }
  if (facts.state && facts.state->xdp && facts.state->xdp->id != 0) {
    facts.state->xdp->name = source.bpf_program(facts.state->xdp->id);
  }
  read_ethtool(source, facts);
  read_link_files(source, facts);
  return facts;
}

}  // namespace weir::host
