#include "backends/host/machine.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "engine/core/cpu.h"

namespace weir::host {
namespace {

std::optional<uint64_t> to_hex(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
  if (error != std::errc{} || text.empty() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// The rest of the line "key: rest" or "key rest", without white space around it.
Answer<std::string> field(const Source& source, const std::string& path, std::string_view key) {
  const auto text = source.file(path);
  if (!text) return unknown(text.error().why);
  for (std::string_view line : split(*text, "\n")) {
    if (!line.starts_with(key)) continue;
    line.remove_prefix(key.size());
    const size_t first = line.find_first_not_of(" \t");
    if (first == std::string_view::npos) return std::string{};
    return std::string(line.substr(first, line.find_last_not_of(" \t") + 1 - first));
  }
  return unknown(path + ": no " + std::string(key));
}

/// "key: 123 kB", in bytes.
Answer<uint64_t> kibibytes(const Source& source, const std::string& path, std::string_view key) {
  const auto text = field(source, path, key);
  if (!text) return unknown(text.error().why);
  const auto words = split(*text, " ");
  const auto kib = words.size() == 2 && words[1] == "kB" ? to_number(words[0]) : std::nullopt;
  if (!kib || *kib > UINT64_MAX / 1024) return unknown(path + ": garbled");
  return *kib * 1024;
}

/// Pages of files count as used by a control group, and are given up when memory is wanted.
uint64_t reclaimable_bytes(const Source& source, const std::string& folder,
                           std::string_view prefix) {
  const auto text = source.file(folder + "/memory.stat");
  if (!text) return 0;
  uint64_t sum = 0;
  for (const std::string_view line : split(*text, "\n")) {
    const auto words = split(line, " ");
    if (words.size() != 2 || !words[0].starts_with(prefix)) continue;
    const std::string_view name = words[0].substr(prefix.size());
    const auto bytes = to_number(words[1]);
    if ((name == "inactive_file" || name == "active_file") && bytes) sum += *bytes;
  }
  return sum;
}

Answer<uint64_t> capability_set(const Source& source, std::string_view key) {
  const auto text = field(source, "/proc/self/status", key);
  if (!text) return unknown(text.error().why);
  if (const auto set = to_hex(*text)) return *set;
  return unknown("/proc/self/status: garbled");
}

/// Folders of the process's control group and those above it, for a controller of version 1 or, as
/// "", for version 2. The innermost comes first.
std::vector<std::string> group_folders(const Source& source, std::string_view controller) {
  const auto groups = source.file("/proc/self/cgroup");
  const auto mounts = source.file("/proc/self/mounts");
  if (!groups || !mounts) return {};
  std::string mount;
  for (const std::string_view line : split(*mounts, "\n")) {
    const auto words = split(line, " ");
    if (words.size() < 4 || words[2] != (controller.empty() ? "cgroup2" : "cgroup")) continue;
    const auto options = split(words[3], ",");
    const bool fits = controller.empty() ||
                      std::find(options.begin(), options.end(), controller) != options.end();
    if (fits) mount = std::string(words[1]);
  }
  if (mount.empty()) return {};
  std::string path;
  for (const std::string_view line : split(*groups, "\n")) {
    const size_t first = line.find(':');
    const size_t second = line.find(':', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) continue;
    const auto names = split(line.substr(first + 1, second - first - 1), ",");
    const bool fits = controller.empty()
                          ? names.empty()
                          : std::find(names.begin(), names.end(), controller) != names.end();
    if (fits) path = std::string(line.substr(second + 1));
  }
  // A container may see its own group as "/..": then only what is mounted can be read.
  if (path.find("..") != std::string::npos) path.clear();
  std::vector<std::string> folders;
  while (path.size() > 1) {
    folders.push_back(mount + path);
    path.erase(path.find_last_of('/'));
  }
  folders.push_back(mount);
  return folders;
}

void keep_tighter(std::optional<CpuQuota>& best, double cpus, std::string file, std::string lift) {
  if (best && best->cpus <= cpus) return;
  best = CpuQuota{cpus, std::move(file), std::move(lift)};
}

void keep_smaller(std::optional<uint64_t>& least, uint64_t limit, uint64_t used) {
  const uint64_t left = limit > used ? limit - used : 0;
  least = least ? std::min(*least, left) : left;
}

}  // namespace

Answer<Capabilities> process_capabilities(const Source& source) {
  const auto effective = capability_set(source, "CapEff:");
  const auto permitted = capability_set(source, "CapPrm:");
  if (!effective) return unknown(effective.error().why);
  if (!permitted) return unknown(permitted.error().why);
  return Capabilities{*effective, *permitted};
}

Answer<uint64_t> permitted_by_file(const Source& source, const std::string& path) {
  const auto bytes = source.file_capabilities(path);
  if (!bytes) return unknown(bytes.error().why);
  if (bytes->empty()) return uint64_t{0};
  // struct vfs_cap_data, revisions 2 and 3: magic, then permitted and inheritable, low words first;
  // little endian.
  if (bytes->size() < 20) return unknown("security.capability: garbled");
  const auto word = [&](size_t at) {
    uint64_t value = 0;
    for (size_t i = 0; i < 4; ++i) {
      value |= uint64_t{static_cast<uint8_t>((*bytes)[at + i])} << (8 * i);
    }
    return value;
  };
  return word(4) | word(12) << 32;
}

Answer<std::vector<int>> allowed_cpus(const Source& source) {
  const auto text = field(source, "/proc/self/status", "Cpus_allowed_list:");
  if (!text) return unknown(text.error().why);
  const Result<std::vector<int>> cpus = parse_cpu_list(*text);
  if (!cpus || cpus->empty()) return unknown("/proc/self/status: not a list of CPUs");
  return *cpus;
}

Answer<std::optional<CpuQuota>> cpu_quota(const Source& source) {
  std::optional<CpuQuota> best;
  bool answered = false;
  for (const std::string& folder : group_folders(source, "")) {
    const std::string path = folder + "/cpu.max";
    const auto text = source.file(path);
    if (!text) continue;
    const auto words = split(*text, " ");
    if (words.size() != 2) return unknown(path + ": garbled");
    answered = true;
    if (words[0] == "max") continue;
    const auto quota = to_number(words[0]);
    const auto period = to_number(words[1]);
    if (!quota || !period || *period == 0) return unknown(path + ": garbled");
    keep_tighter(best, static_cast<double>(*quota) / static_cast<double>(*period), path, "max");
  }
  for (const std::string& folder : group_folders(source, "cpu")) {
    const std::string path = folder + "/cpu.cfs_quota_us";
    const auto quota = source.file(path);
    if (!quota) continue;
    answered = true;
    if (*quota == "-1") continue;
    const auto value = to_number(*quota);
    const auto period = read_number(source, folder + "/cpu.cfs_period_us");
    if (!value || !period || *period == 0) return unknown(path + ": garbled");
    keep_tighter(best, static_cast<double>(*value) / static_cast<double>(*period), path, "-1");
  }
  // The root group has no limit and no file for one; without any control group there is none too.
  if (!answered && !source.file("/proc/self/cgroup")) {
    return unknown("/proc/self/cgroup cannot be read");
  }
  return best;
}

Answer<std::optional<uint64_t>> memory_left_in_groups(const Source& source) {
  std::optional<uint64_t> least;
  const auto look = [&](const std::string& folder, const char* limit, const char* used,
                        const char* prefix) {
    const auto most = read_number(source, folder + "/" + limit);
    const auto now = read_number(source, folder + "/" + used);
    // Version 1 writes "none" as a number near 2^63.
    if (!most || !now || *most >= (uint64_t{1} << 60)) return;
    keep_smaller(least, *most, *now - std::min(*now, reclaimable_bytes(source, folder, prefix)));
  };
  for (const std::string& folder : group_folders(source, "")) {
    look(folder, "memory.max", "memory.current", "");
  }
  for (const std::string& folder : group_folders(source, "memory")) {
    look(folder, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_");
  }
  return least;
}

Answer<uint64_t> available_memory_bytes(const Source& source) {
  return kibibytes(source, "/proc/meminfo", "MemAvailable:");
}

namespace {

Answer<std::optional<uint64_t>> soft_limit(const Source& source, std::string_view name) {
  const auto text = field(source, "/proc/self/limits", name);
  if (!text) return unknown(text.error().why);
  const auto words = split(*text, " ");
  if (words.empty()) return unknown("/proc/self/limits: garbled");
  if (words[0] == "unlimited") return std::optional<uint64_t>{};
  const auto bytes = to_number(words[0]);
  if (!bytes) return unknown("/proc/self/limits: garbled");
  return std::optional<uint64_t>{*bytes};
}

/// What RLIMIT_AS or RLIMIT_DATA leaves of what /proc/self/status counts against it.
void look_at_address_limit(const Source& source, std::string_view limit, std::string_view used,
                           const char* name, MemoryRoom& room) {
  const auto most = soft_limit(source, limit);
  const auto now = kibibytes(source, "/proc/self/status", used);
  if (!most || !*most || !now) return;
  const uint64_t left = **most > *now ? **most - *now : 0;
  if (left >= room.address_bytes) return;
  room.address_bytes = left;
  room.address_limit = name;
}

}  // namespace

MemoryRoom memory_room(const Source& source) {
  MemoryRoom room;
  look_at_address_limit(source, "Max address space", "VmSize:", "ulimit -v", room);
  look_at_address_limit(source, "Max data size", "VmData:", "ulimit -d", room);
  if (const auto free = available_memory_bytes(source)) {
    room.bytes = *free;
    room.limit = "MemAvailable";
  }
  const auto in_groups = memory_left_in_groups(source);
  if (in_groups && *in_groups && **in_groups < room.bytes) {
    room.bytes = **in_groups;
    room.limit = "the memory limit of the control group";
    room.limit_is_firm = true;
  }
  return room;
}

Answer<std::optional<uint64_t>> memlock_bytes(const Source& source) {
  return soft_limit(source, "Max locked memory");
}

Answer<bool> process_runs(const Source& source, std::string_view name) {
  const auto entries = source.folder("/proc");
  if (!entries) return unknown(entries.error().why);
  // hidepid= of proc(5) shows a user only his own processes, and then not the first.
  if (!source.file("/proc/1/comm")) return unknown("/proc does not show the processes of others");
  return std::any_of(entries->begin(), entries->end(), [&](const std::string& entry) {
    if (!to_number(entry)) return false;
    const auto comm = source.file("/proc/" + entry + "/comm");
    return comm && *comm == name;
  });
}

Answer<Softnet> softnet(const Source& source) {
  const auto text = source.file("/proc/net/softnet_stat");
  if (!text) return unknown(text.error().why);
  Softnet sum;
  for (const std::string_view line : split(*text, "\n")) {
    const auto words = split(line, " ");
    if (words.size() < 3) return unknown("/proc/net/softnet_stat: garbled");
    const auto processed = to_hex(words[0]);
    const auto dropped = to_hex(words[1]);
    const auto squeezed = to_hex(words[2]);
    if (!processed || !dropped || !squeezed) return unknown("/proc/net/softnet_stat: garbled");
    sum.processed += *processed;
    sum.dropped += *dropped;
    sum.squeezed += *squeezed;
  }
  if (text->empty()) return unknown("/proc/net/softnet_stat: empty");
  return sum;
}

Answer<HugePages> huge_pages(const Source& source, const std::string& size) {
  const std::string folder = "/sys/kernel/mm/hugepages/hugepages-" + size;
  const auto reserved = read_number(source, folder + "/nr_hugepages");
  const auto free = read_number(source, folder + "/free_hugepages");
  if (!reserved) return unknown(reserved.error().why);
  if (!free) return unknown(free.error().why);
  return HugePages{*reserved, *free};
}

Answer<bool> is_mounted(const Source& source, std::string_view type) {
  const auto mounts = source.file("/proc/self/mounts");
  if (!mounts) return unknown(mounts.error().why);
  const auto lines = split(*mounts, "\n");
  return std::any_of(lines.begin(), lines.end(), [&](std::string_view line) {
    const auto words = split(line, " ");
    return words.size() >= 3 && words[2] == type;
  });
}

bool has_module(const Source& source, const std::string& module) {
  return source.folder("/sys/module/" + module).has_value();
}

Answer<std::string> transparent_huge_pages(const Source& source) {
  const std::string path = "/sys/kernel/mm/transparent_hugepage/enabled";
  const auto text = source.file(path);
  if (!text) return unknown(text.error().why);
  for (const std::string_view word : split(*text, " ")) {
    if (word.size() > 2 && word.front() == '[' && word.back() == ']') {
      return std::string(word.substr(1, word.size() - 2));
    }
  }
  return unknown(path + ": garbled");
}

}  // namespace weir::host
