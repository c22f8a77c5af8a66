#include <algorithm>
#include <array>
#include <string>

#include "backends/host/machine.h"
#include "cli/doctor.h"

/// The kernel's own settings: sysctls, versions, memory.
namespace weir::cli {
namespace {

using host::Answer;

constexpr uint64_t kOptmemEnough = 131072;  // the kernel's default since 6.7
constexpr uint64_t kBacklogEnough = 10000;
constexpr uint64_t kBudgetEnough = 600;
constexpr uint64_t kMiB = uint64_t{1} << 20;

std::string sysctl_set(const char* name, uint64_t value) {
  return fmt::format("sysctl -w {}={}", name, value);
}

std::string sysctl_keep(const char* name, uint64_t value) {
  return fmt::format("echo {}={} >> /etc/sysctl.d/60-weir.conf", name, value);
}

void check_optmem(const host::Source& source, Findings& out) {
  const auto bytes = host::read_number(source, "/proc/sys/net/core/optmem_max");
  if (!bytes) return out.unknown("optmem", bytes.error().why);
  const std::string text = fmt::format("net.core.optmem_max is {}", *bytes);
  if (*bytes >= kOptmemEnough) return out.ok("optmem", text);
  out.advice("optmem", text,
             {fmt::format("the kernel refuses filter programs beyond about {} instructions, which "
                          "long lists of hosts or networks in -f reach",
                          *bytes / 8),
              sysctl_set("net.core.optmem_max", kOptmemEnough),
              sysctl_keep("net.core.optmem_max", kOptmemEnough)});
}

void check_rmem(const host::Source& source, Findings& out) {
  const auto most = host::read_number(source, "/proc/sys/net/core/rmem_max");
  if (!most) return out.unknown("socket_memory", most.error().why);
  const auto first = host::read_number(source, "/proc/sys/net/core/rmem_default");
  if (!first) return out.unknown("socket_memory", first.error().why);
  out.ok("socket_memory",
         fmt::format("net.core.rmem_default is {}, rmem_max {}; capture rings do not count "
                     "against them (--ring sets their size)",
                     *first, *most));
}

void check_jit(const host::Source& source, Findings& out) {
  const auto enabled = host::read_number(source, "/proc/sys/net/core/bpf_jit_enable");
  if (!enabled) return out.unknown("bpf_jit", enabled.error().why);
  if (*enabled != 0) return out.ok("bpf_jit", "filters and XDP programs run as machine code");
  out.advice("bpf_jit", "net.core.bpf_jit_enable is 0",
             {"filters, fanout and XDP programs are interpreted, for each packet, in the kernel",
              sysctl_set("net.core.bpf_jit_enable", 1), sysctl_keep("net.core.bpf_jit_enable", 1)});
}

void check_backlog(const host::Source& source, const host::Softnet& softnet, Findings& out) {
  if (softnet.dropped == 0) {
    return out.ok("backlog", "no packet was dropped by a full backlog since boot");
  }
  const std::string text =
      fmt::format("{} packets were dropped by a full backlog since boot", softnet.dropped);
  const auto length = host::read_number(source, "/proc/sys/net/core/netdev_max_backlog");
  if (!length) return out.unknown("backlog", text + "; its length: " + length.error().why);
  if (*length >= kBacklogEnough) {
    return out.unknown("backlog", fmt::format("{}, and its length of {} is plenty; the count does "
                                              "not tell when: see whether column 2 of "
                                              "/proc/net/softnet_stat still rises",
                                              text, *length));
  }
  out.advice("backlog", fmt::format("{}; net.core.netdev_max_backlog is {}", text, *length),
             {"what RPS moves to another CPU, and what arrives on lo, veth and tun, is lost there "
              "before a capture sees it, in no counter of an interface",
              sysctl_set("net.core.netdev_max_backlog", kBacklogEnough),
              sysctl_keep("net.core.netdev_max_backlog", kBacklogEnough)});
}

void check_budget(const host::Source& source, const host::Softnet& softnet, Findings& out) {
  const std::string text =
      fmt::format("receive work was cut short {} times, for {} packets, since boot",
                  softnet.squeezed, softnet.processed);
  // Each cut leaves packets in the ring for a later round: that is lossy only when it is the rule.
  if (softnet.squeezed <= softnet.processed / 1000) return out.ok("budget", text);
  const auto budget = host::read_number(source, "/proc/sys/net/core/netdev_budget");
  if (!budget) return out.unknown("budget", text + "; the budget: " + budget.error().why);
  if (*budget >= kBudgetEnough) {
    return out.unknown("budget",
                       fmt::format("{}; netdev_budget is {} already: see whether column 3 of "
                                   "/proc/net/softnet_stat still rises",
                                   text, *budget));
  }
  out.advice("budget", fmt::format("{}; net.core.netdev_budget is {}", text, *budget),
             {"packets wait in the interface's ring meanwhile, and a short ring overflows",
              sysctl_set("net.core.netdev_budget", kBudgetEnough),
              sysctl_keep("net.core.netdev_budget", kBudgetEnough)});
}

void check_softnet(const host::Source& source, Findings& out) {
  const auto softnet = host::softnet(source);
  if (!softnet) {
    out.unknown("backlog", softnet.error().why);
    return out.unknown("budget", softnet.error().why);
  }
  check_backlog(source, *softnet, out);
  check_budget(source, *softnet, out);
}

void check_conntrack(const host::Source& source, Findings& out) {
  const std::string folder = "/proc/sys/net/netfilter/nf_conntrack_";
  const auto files = source.folder("/proc/sys/net");
  if (!files) return out.unknown("conntrack", files.error().why);
  const bool loaded = host::has_module(source, "nf_conntrack");
  const auto count = host::read_number(source, folder + "count");
  if (!count && !loaded) return out.ok("conntrack", "nf_conntrack is not loaded");
  const auto most = host::read_number(source, folder + "max");
  if (!count) return out.unknown("conntrack", count.error().why);
  if (!most) return out.unknown("conntrack", most.error().why);
  const std::string text = fmt::format("{} of {} connections are tracked", *count, *most);
  if (*most == 0 || *count < *most / 10 * 8) {
    return out.ok("conntrack", text + "; a capture takes its copy before that");
  }
  out.advice("conntrack", text,
             {"captures are not harmed, but the host refuses new connections when the table is "
              "full, and looks each packet up in it",
              sysctl_set("net.netfilter.nf_conntrack_max", *most * 2),
              sysctl_keep("net.netfilter.nf_conntrack_max", *most * 2)});
}

void check_thp(const host::Source& source, Findings& out) {
  const auto mode = host::transparent_huge_pages(source);
  if (!mode) return out.unknown("thp", mode.error().why);
  if (*mode != "never") return out.ok("thp", "transparent huge pages: " + *mode);
  out.advice("thp", "transparent huge pages: never",
             {"flow tables lie in 4 KiB pages: look-ups among a million flows miss the TLB, and "
              "are about a tenth slower",
              "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled"});
}

void check_hugepages(const host::Source& source, Findings& out) {
  const auto small = host::huge_pages(source, "2048kB");
  const auto large = host::huge_pages(source, "1048576kB");
  if (!small && !large) return out.unknown("hugepages", small.error().why);
  std::string text;
  if (small) text += fmt::format("2 MiB: {} reserved, {} free; ", small->reserved, small->free);
  if (large) text += fmt::format("1 GiB: {} reserved, {} free; ", large->reserved, large->free);
  const auto mounted = host::is_mounted(source, "hugetlbfs");
  text += !mounted   ? "mounts cannot be read"
          : *mounted ? "hugetlbfs is mounted"
                     : "hugetlbfs is not mounted";
  out.ok("hugepages", text + "; only DPDK uses them");
}

void check_free_memory(const host::Source& source, Findings& out) {
  auto free = host::available_memory_bytes(source);
  if (!free) return out.unknown("memory", free.error().why);
  const auto in_groups = host::memory_left_in_groups(source);
  if (in_groups && *in_groups) free = std::min(*free, **in_groups);
  const uint64_t need = kDefaultFlows * kFlowBytes + kDefaultRingBytes;
  const std::string text = fmt::format(
      "{} MiB are available; a run with defaults takes up to {} MiB, when its flow "
      "table is full",
      *free / kMiB, need / kMiB);
  if (*free >= need) return out.ok("memory", text);
  // Half of what there is, less the ring, in a power of two.
  uint64_t flows = 1024;
  while (flows * 2 * kFlowBytes + kDefaultRingBytes <= *free / 2 && flows < kDefaultFlows)
    flows *= 2;
  const Findings::Cure cure{"the kernel ends weir, or another process, when memory runs out",
                            fmt::format("weir --max-flows {}{}", flows,
                                        *free < 4 * kDefaultRingBytes ? " --ring 8M" : "")};
  if (*free < 2 * kDefaultRingBytes) return out.problem("memory", text, cure);
  out.advice("memory", text, cure);
}

void check_clocksource(const host::Source& source, Findings& out) {
  const std::string folder = "/sys/devices/system/clocksource/clocksource0/";
  const auto current = source.file(folder + "current_clocksource");
  if (!current) return out.unknown("clocksource", current.error().why);
  constexpr std::array<std::string_view, 4> kFast{"tsc", "kvm-clock", "hyperv_clocksource_tsc_page",
                                                  "arch_sys_counter"};
  if (std::find(kFast.begin(), kFast.end(), *current) != kFast.end()) {
    return out.ok("clocksource", *current);
  }
  constexpr std::array<std::string_view, 3> kSlow{"hpet", "acpi_pm", "jiffies"};
  if (std::find(kSlow.begin(), kSlow.end(), *current) == kSlow.end()) {
    return out.unknown("clocksource", "'" + *current + "', of which weir knows nothing");
  }
  const auto offered = source.file(folder + "available_clocksource");
  const auto words = offered ? host::split(*offered, " ") : std::vector<std::string_view>{};
  const bool has_tsc = std::find(words.begin(), words.end(), "tsc") != words.end();
  out.advice("clocksource",
             *current + (has_tsc ? "" : "; the kernel does not offer tsc, as it found it unstable"),
             {*current == "jiffies" ? "time stamps of packets have the tick's resolution"
                                    : "each time stamp reads a device: the kernel takes one for "
                                      "each captured packet",
              has_tsc ? "echo tsc > " + folder + "current_clocksource" : ""});
}

void check_version(const host::Source& source, Findings& out) {
  const auto release = source.file("/proc/sys/kernel/osrelease");
  if (!release) return out.unknown("kernel", release.error().why);
  const auto parts = host::split(*release, ".-+");
  const auto major = parts.size() > 1 ? host::to_number(parts[0]) : std::nullopt;
  const auto minor = parts.size() > 1 ? host::to_number(parts[1]) : std::nullopt;
  if (!major || !minor) return out.unknown("kernel", "release '" + *release + "' is not a version");
  if (*major > 4 || (*major == 4 && *minor >= 18)) return out.ok("kernel", "Linux " + *release);
  out.advice("kernel", "Linux " + *release,
             {"AF_XDP came with Linux 4.18; AF_PACKET and libpcap work"});
}

void check_btf(const host::Source& source, Findings& out) {
  const auto files = source.folder("/sys/kernel/btf");
  if (files && std::find(files->begin(), files->end(), "vmlinux") != files->end()) {
    return out.ok("btf", "the kernel has its BTF");
  }
  if (!files && source.folder("/sys/kernel").has_value()) {
    return out.advice("btf", "the kernel has no BTF (CONFIG_DEBUG_INFO_BTF)",
                      {"libxdp cannot put several XDP programs on one interface"});
  }
  out.unknown("btf", files ? "/sys/kernel/btf has no vmlinux" : files.error().why);
}

void check_dpdk(const host::Source& source, Findings& out) {
  const auto groups = source.folder("/sys/kernel/iommu_groups");
  std::string text = !groups           ? "IOMMU groups: " + groups.error().why
                     : groups->empty() ? "no IOMMU groups"
                                       : fmt::format("{} IOMMU groups", groups->size());
  for (const char* module : {"vfio_pci", "uio", "uio_pci_generic", "igb_uio"}) {
    if (host::has_module(source, module)) text += std::string(", ") + module + " is loaded";
  }
  text += "; only DPDK needs them";
  groups ? out.ok("iommu", text) : out.unknown("iommu", text);
}

}  // namespace

void check_sysctls(const host::Source& source, Findings& out) {
  check_optmem(source, out);
  check_rmem(source, out);
  check_jit(source, out);
  check_softnet(source, out);
  check_conntrack(source, out);
}

void check_memory(const host::Source& source, Findings& out) {
  check_free_memory(source, out);
  check_thp(source, out);
  check_hugepages(source, out);
}

void check_kernel(const host::Source& source, Findings& out) {
  check_version(source, out);
  check_btf(source, out);
  check_clocksource(source, out);
  check_dpdk(source, out);
}

void check_host(const host::Source& source, uint32_t most_queues, Findings& out) {
  check_rights(source, out);
  check_cpus(source, most_queues, out);
  check_memory(source, out);
  check_sysctls(source, out);
  check_kernel(source, out);
}

}  // namespace weir::cli
