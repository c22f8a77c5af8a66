#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/host/source.h"

/// What is asked about this process and its machine; each answer by itself, each read anew.
namespace weir::host {

/// Bits of capabilities(7).
inline constexpr unsigned kCapNetAdmin = 12, kCapNetRaw = 13, kCapIpcLock = 14, kCapSysAdmin = 21,
                          kCapBpf = 39;
constexpr bool has_capability(uint64_t set, unsigned capability) {
  return (set >> capability & 1) != 0;
}

struct Capabilities {
  uint64_t effective = 0;
  uint64_t permitted = 0;
};
Answer<Capabilities> process_capabilities(const Source& source);

/// What executing the file permits; 0 for a file without capabilities.
Answer<uint64_t> permitted_by_file(const Source& source, const std::string& path);

/// The affinity of this process.
Answer<std::vector<int>> allowed_cpus(const Source& source);

/// The tightest CPU limit of the process's control groups and the ones above them.
struct CpuQuota {
  double cpus = 0;
  std::string file;       ///< the one that sets it
  std::string unlimited;  ///< what to write there to lift it
};
Answer<std::optional<CpuQuota>> cpu_quota(const Source& source);

/// The tightest memory limit of the process's control groups, less what it uses of it.
Answer<std::optional<uint64_t>> memory_left_in_groups(const Source& source);

/// MemAvailable of /proc/meminfo.
Answer<uint64_t> available_memory_bytes(const Source& source);

/// How much more this process may take. What cannot be read is no limit.
struct MemoryRoom {
  uint64_t address_bytes = UINT64_MAX;  ///< of address space, used or not
  std::string address_limit;            ///< what sets it: "ulimit -v"
  uint64_t bytes = UINT64_MAX;          ///< of memory that is used
  std::string limit;                    ///< what sets it: "the control group", "MemAvailable"
  bool limit_is_firm = false;           ///< beyond it the process is ended
};
MemoryRoom memory_room(const Source& source);

/// RLIMIT_MEMLOCK in bytes, the soft one; none when unlimited.
Answer<std::optional<uint64_t>> memlock_bytes(const Source& source);

/// Whether a process of that name runs, as far as /proc shows processes of others.
Answer<bool> process_runs(const Source& source, std::string_view name);

/// /proc/net/softnet_stat, all CPUs together, since boot.
struct Softnet {
  uint64_t processed = 0;
  uint64_t dropped = 0;   ///< backlog queue full
  uint64_t squeezed = 0;  ///< budget or time used up with packets left
};
Answer<Softnet> softnet(const Source& source);

/// Pages of one size: "2048kB", "1048576kB".
struct HugePages {
  uint64_t reserved = 0;
  uint64_t free = 0;
};
Answer<HugePages> huge_pages(const Source& source, const std::string& size);

/// Whether a file system of that type is mounted.
Answer<bool> is_mounted(const Source& source, std::string_view type);

/// True when the module is loaded or built in with parameters.
bool has_module(const Source& source, const std::string& module);

/// The chosen word of "always [madvise] never".
Answer<std::string> transparent_huge_pages(const Source& source);

}  // namespace weir::host
