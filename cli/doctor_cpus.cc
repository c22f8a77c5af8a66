#include <algorithm>
#include <set>
#include <string>

#include "backends/host/machine.h"
#include "cli/doctor.h"
#include "engine/core/shell_word.h"

/// Which CPUs there are for capture, and what they are doing besides.
namespace weir::cli {
namespace {

using host::Answer;

const std::string kCpuFolder = "/sys/devices/system/cpu/";

void check_count(const host::Source& source, Findings& out) {
  const auto cpus = host::allowed_cpus(source);
  if (!cpus) return out.unknown("cpus", cpus.error().why);
  const std::string text = "this process may use CPUs " + host::cpus_text(*cpus);
  if (cpus->size() > 1) return out.ok("cpus", text);
  out.advice("cpus", "this process may use CPU " + host::cpus_text(*cpus) + " alone",
             {"the kernel's receive work, the worker and the reporter take turns on one CPU: the "
              "ring (--ring) must hold what arrives meanwhile"});
}

void check_quota(const host::Source& source, Findings& out) {
  const auto quota = host::cpu_quota(source);
  if (!quota) return out.unknown("cpu_quota", quota.error().why);
  if (!*quota) return out.ok("cpu_quota", "no control group limits CPU time");
  out.advice("cpu_quota",
             fmt::format("a control group limits this process to {:.2f} CPUs", (*quota)->cpus),
             {"once the share of a period is used up all threads stop until the next one, often "
              "for tens of milliseconds, and the rings must hold what arrives meanwhile",
              "echo " + (*quota)->unlimited + " > " + shell_word((*quota)->file)});
}

void check_governor(const host::Source& source, Findings& out) {
  const auto cpus = host::allowed_cpus(source);
  if (!cpus) return out.unknown("governor", cpus.error().why);
  std::set<std::string> others;
  std::string why;
  size_t answered = 0;
  for (const int cpu : *cpus) {
    const auto governor =
        source.file(kCpuFolder + "cpu" + std::to_string(cpu) + "/cpufreq/scaling_governor");
    if (!governor) {
      why = governor.error().why;
      continue;
    }
    ++answered;
    if (*governor != "performance") others.insert(*governor);
  }
  if (!others.empty()) {
    std::string names;
    for (const std::string& name : others) names += (names.empty() ? "" : ", ") + name;
    return out.advice(
        "governor", "the CPU frequency governor is " + names,
        {"a worker that slept starts slowly: the first packets of a burst are handled at a lower "
         "clock",
         "for f in /sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_governor; do echo "
         "performance > $f; done"});
  }
  if (answered == cpus->size()) return out.ok("governor", "performance");
  out.unknown(
      "governor",
      "the kernel does not set the frequency: firmware or the hypervisor may (" + why + ")");
}

/// One CPU of each core, of those that may be used.
Answer<std::vector<int>> one_a_core(const host::Source& source, const std::vector<int>& cpus) {
  std::vector<int> chosen;
  std::set<int> taken;
  for (const int cpu : cpus) {
    if (taken.contains(cpu)) continue;
    const auto siblings = host::read_cpus(
        source, kCpuFolder + "cpu" + std::to_string(cpu) + "/topology/thread_siblings_list");
    if (!siblings) return host::unknown(siblings.error().why);
    taken.insert(siblings->begin(), siblings->end());
    chosen.push_back(cpu);
  }
  return chosen;
}

void check_smt(const host::Source& source, Findings& out) {
  const auto cpus = host::allowed_cpus(source);
  if (!cpus) return out.unknown("smt", cpus.error().why);
  const auto cores = one_a_core(source, *cpus);
  if (!cores) return out.unknown("smt", cores.error().why);
  if (cores->size() == cpus->size()) {
    return out.ok("smt", "no two usable CPUs are threads of one core, as far as the kernel knows");
  }
  out.ok("smt",
         fmt::format("the usable CPUs are threads of {} cores, and threads of one core share "
                     "its caches: give workers one each with --cpus {}",
                     cores->size(), host::cpus_text(*cores)));
}

void check_isolated(const host::Source& source, Findings& out) {
  const auto cpus = host::read_cpus(source, kCpuFolder + "isolated");
  if (!cpus) return out.unknown("isolated_cpus", cpus.error().why);
  if (cpus->empty()) {
    return out.ok("isolated_cpus", "none: other processes may run on every CPU");
  }
  out.ok("isolated_cpus", host::cpus_text(*cpus) + ": workers run there only with --cpus");
}

void check_irqbalance(const host::Source& source, uint32_t most_queues, Findings& out) {
  const auto runs = host::process_runs(source, "irqbalance");
  if (!runs) return out.unknown("irqbalance", runs.error().why);
  if (!*runs) return out.ok("irqbalance", "not running, as far as /proc shows");
  if (most_queues < 2) return out.ok("irqbalance", "running; with one receive queue no matter");
  out.advice("irqbalance", "running",
             {"it moves the interrupts of receive queues between CPUs, away from where their "
              "workers run, and undoes what was set by hand",
              "systemctl stop irqbalance", "systemctl disable irqbalance"});
}

}  // namespace

void check_cpus(const host::Source& source, uint32_t most_queues, Findings& out) {
  check_count(source, out);
  check_quota(source, out);
  check_governor(source, out);
  check_smt(source, out);
  check_isolated(source, out);
  check_irqbalance(source, most_queues, out);
}

}  // namespace weir::cli
