#include <errno.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>

#include "cli/doctor.h"
#include "tests/unit/cli/fake_source.h"
#include "tests/unit/cli/findings.h"

/// Every check of the host, and how findings are printed.
namespace weir::cli {
namespace {

using test::Case;
using test::FakeSource;
using test::GoodSource;
using test::only;
using testing::HasSubstr;

std::vector<Finding> examine(const FakeSource& source, uint32_t queues = 4) {
  Findings out("host");
  check_host(source, queues, out);
  return out.all();
}

std::function<void(FakeSource&)> file(std::string path, std::string text) {
  return [=](FakeSource& source) { source.files[path] = text; };
}

std::string status(const char* effective, const char* cpus = "0-7") {
  return std::string("CapPrm:\t0\nCapEff:\t") + effective + "\nCpus_allowed_list:\t" + cpus;
}

const std::string kCore = "/proc/sys/net/core/";
const std::string kClock = "/sys/devices/system/clocksource/clocksource0/";
const std::string kGroup = "/sys/fs/cgroup/system.slice/weir.service/";

void run(const std::vector<Case>& table) {
  test::run(table, [](const FakeSource& source) { return examine(source); });
}

TEST(DoctorHost, NothingIsFoundOnAGoodOne) {
  const GoodSource source;
  for (const Finding& finding : examine(source)) {
    EXPECT_EQ(finding.severity, Severity::ok) << finding.check << ": " << finding.what;
  }
}

TEST(DoctorHost, Rights) {
  run({{"capture_right", file("/proc/self/status", status("0")), Severity::problem,
        "CAP_NET_RAW is missing", "setcap cap_net_raw,cap_net_admin=eip '/opt/weir tools/weir'"},
       {"capture_right", file("/proc/self/status", status("2000")), Severity::ok, "CAP_NET_RAW",
        ""},
       {"capture_right",
        [](FakeSource& s) {
          s.files["/proc/self/status"] = status("0");
          s.capabilities = std::string("\1\0\0\2\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
        },
        Severity::problem, "nosuid", ""},
       {"af_packet", [](FakeSource& s) { s.packet_error = EPERM; }, Severity::unknown,
        "CAP_NET_RAW", ""},
       {"af_packet", [](FakeSource& s) { s.packet_error = EAFNOSUPPORT; }, Severity::problem,
        "no AF_PACKET", "modprobe af_packet"},
       {"af_xdp", [](FakeSource& s) { s.xdp_error = EAFNOSUPPORT; }, Severity::advice, "no AF_XDP",
        ""},
       {"af_xdp", [](FakeSource& s) { s.xdp_error = EPERM; }, Severity::unknown, "CAP_NET_RAW", ""},
       {"memlock",
        [](FakeSource& s) {
          s.files["/proc/self/status"] = status("0");
          s.files["/proc/self/limits"] = "Max locked memory  8388608  8388608  bytes";
        },
        Severity::advice, "8192 KiB",
        "prlimit --pid $$ --memlock=unlimited:unlimited  # in the shell that starts weir"},
       {"memlock", file("/proc/self/limits", "Max locked memory  8388608  8388608  bytes"),
        Severity::ok, "CAP_IPC_LOCK", ""}});
}

TEST(DoctorHost, Cpus) {
  run({{"cpus", file("/proc/self/status", status("2000", "3")), Severity::advice, "CPU 3 alone",
        ""},
       {"cpu_quota", file(kGroup + "cpu.max", "150000 100000"), Severity::advice, "1.50 CPUs",
        "echo max > /sys/fs/cgroup/system.slice/weir.service/cpu.max"},
       {"cpu_quota", file("/sys/fs/cgroup/system.slice/cpu.max", "50000 100000"), Severity::advice,
        "0.50 CPUs", "echo max > /sys/fs/cgroup/system.slice/cpu.max"},
       {"governor", file("/sys/devices/system/cpu/cpu5/cpufreq/scaling_governor", "powersave"),
        Severity::advice, "powersave",
        "for f in /sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_governor; do echo performance "
        "> $f; done"},
       {"irqbalance", file("/proc/99/comm", "irqbalance"), Severity::advice, "running",
        "systemctl stop irqbalance"},
       {"isolated_cpus", file("/sys/devices/system/cpu/isolated", "2-3"), Severity::ok, "2,3", ""},
       {"smt", file("/sys/devices/system/cpu/cpu0/topology/thread_siblings_list", "0,4"),
        Severity::ok, "--cpus 0-3,5-7", ""}});
  GoodSource source;
  source.files["/proc/99/comm"] = "irqbalance";
  EXPECT_EQ(only(examine(source, 1), "irqbalance").severity, Severity::ok) << "one queue";
}

TEST(DoctorHost, QuotaOfVersionOne) {
  GoodSource source;
  source.files["/proc/self/cgroup"] = "4:cpu,cpuacct:/box\n0::/";
  source.files["/proc/self/mounts"] = "cgroup /cg/cpu cgroup rw,cpu,cpuacct 0 0";
  source.files["/cg/cpu/box/cpu.cfs_quota_us"] = "200000";
  source.files["/cg/cpu/box/cpu.cfs_period_us"] = "100000";
  EXPECT_EQ(only(examine(source), "cpu_quota").fix, "echo -1 > /cg/cpu/box/cpu.cfs_quota_us");
  source.files["/cg/cpu/box/cpu.cfs_quota_us"] = "-1";
  EXPECT_EQ(only(examine(source), "cpu_quota").severity, Severity::ok);
}

TEST(DoctorHost, MemoryAndSysctls) {
  const auto advice = Severity::advice;
  run({{"memory", file("/proc/meminfo", "MemAvailable: 400000 kB"), advice, "390 MiB",
        "weir --max-flows 262144"},
       {"memory", file("/proc/meminfo", "MemAvailable: 100000 kB"), Severity::problem, "97 MiB",
        "weir --max-flows 1024 --ring 8M"},
       {"memory",
        [](FakeSource& s) {
          s.files[kGroup + "memory.max"] = "400000000";
          s.files[kGroup + "memory.current"] = "1000000";
        },
        advice, "380 MiB", "weir --max-flows 262144"},
       {"thp", file("/sys/kernel/mm/transparent_hugepage/enabled", "always madvise [never]"),
        advice, "never", "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled"},
       {"optmem", file(kCore + "optmem_max", "20480"), advice, "20480",
        "sysctl -w net.core.optmem_max=131072"},
       {"bpf_jit", file(kCore + "bpf_jit_enable", "0"), advice, "is 0",
        "sysctl -w net.core.bpf_jit_enable=1"},
       {"backlog", file("/proc/net/softnet_stat", "00100000 00000005 00000000"), advice,
        "5 packets", "sysctl -w net.core.netdev_max_backlog=10000"},
       {"budget", file("/proc/net/softnet_stat", "00001000 00000000 00000100"), advice, "256 times",
        "sysctl -w net.core.netdev_budget=600"},
       {"conntrack", file("/proc/sys/net/netfilter/nf_conntrack_count", "250000"), advice,
        "250000 of 262144", "sysctl -w net.netfilter.nf_conntrack_max=524288"}});
}

TEST(DoctorHost, Kernel) {
  run({{"clocksource", file(kClock + "current_clocksource", "hpet"), Severity::advice, "hpet",
        "echo tsc > /sys/devices/system/clocksource/clocksource0/current_clocksource"},
       {"clocksource",
        [](FakeSource& s) {
          s.files[kClock + "current_clocksource"] = "acpi_pm";
          s.files[kClock + "available_clocksource"] = "acpi_pm";
        },
        Severity::advice, "does not offer tsc", ""},
       {"kernel", file("/proc/sys/kernel/osrelease", "4.9.0"), Severity::advice, "4.9.0", ""},
       {"btf", [](FakeSource& s) { s.files.erase("/sys/kernel/btf/vmlinux"); }, Severity::advice,
        "no BTF", ""}});
}

TEST(DoctorHost, UnreadableAndGarbledIsUnknown) {
  const std::vector<std::pair<const char*, std::string>> table{
      {"capture_right", "/proc/self/status"},
      {"memlock", "/proc/self/limits"},
      {"cpus", "/proc/self/status"},
      {"governor", "/sys/devices/system/cpu/cpu1/cpufreq/scaling_governor"},
      {"smt", "/sys/devices/system/cpu/cpu1/topology/thread_siblings_list"},
      {"isolated_cpus", "/sys/devices/system/cpu/isolated"},
      {"irqbalance", "/proc/1/comm"},
      {"memory", "/proc/meminfo"},
      {"thp", "/sys/kernel/mm/transparent_hugepage/enabled"},
      {"optmem", kCore + "optmem_max"},
      {"socket_memory", kCore + "rmem_max"},
      {"bpf_jit", kCore + "bpf_jit_enable"},
      {"backlog", "/proc/net/softnet_stat"},
      {"budget", "/proc/net/softnet_stat"},
      {"conntrack", "/proc/sys/net/netfilter/nf_conntrack_count"},
      {"clocksource", kClock + "current_clocksource"},
      {"kernel", "/proc/sys/kernel/osrelease"}};
  for (const auto& [check, path] : table) {
    GoodSource source;
    source.files.erase(path);
    EXPECT_EQ(only(examine(source), check).severity, Severity::unknown) << path << " is not there";
    const std::string name = check;
    if (name == "governor" || name == "irqbalance") continue;  // any word is a name
    for (const char* garbage : {"gar\xff\x01 bled\n\n:x", "-9", "99999999999999999999999"}) {
      source.files[path] = garbage;
      EXPECT_EQ(only(examine(source), check).severity, Severity::unknown) << path << garbage;
    }
  }
}

TEST(DoctorHost, GarbageInAnyFileIsSurvived) {
  const GoodSource good;
  const size_t count = examine(good).size();
  for (const auto& [path, text] : good.files) {
    for (const std::string& garbage :
         {std::string(), std::string("\0\xff", 2), std::string(100'000, ','),
          std::string(100'000, '9'), std::string("a\nb:c:d\n- -\n")}) {
      GoodSource source;
      source.files[path] = garbage;
      EXPECT_EQ(examine(source).size(), count) << path;
    }
  }
}

TEST(Kernel, ReadsBelowItsRootAndSaysWhyItCannot) {
  const std::string root = testing::TempDir() + "weir-kernel-" + std::to_string(getpid());
  std::filesystem::create_directories(root + "/proc/net");
  std::ofstream(root + "/proc/value") << "12 \n\n";
  std::filesystem::create_symlink("value", root + "/proc/link");
  const host::Kernel kernel(root);
  EXPECT_EQ(kernel.file("/proc/value").value_or(""), "12");
  EXPECT_EQ(host::read_number(kernel, "/proc/value").value_or(0), 12U);
  EXPECT_EQ(kernel.real_path("/proc/link").value_or(""), "/proc/value");
  EXPECT_EQ(kernel.folder("/proc").value_or(std::vector<std::string>{}).size(), 3U);
  EXPECT_THAT(kernel.file("/proc/none").error().why, HasSubstr("No such file"));
  EXPECT_THAT(kernel.file("/proc/net").error().why, HasSubstr("Is a directory"));
  EXPECT_THAT(kernel.folder("/proc/value").error().why, HasSubstr("Not a directory"));
  EXPECT_FALSE(kernel.link_message("no-such-link"));
  std::filesystem::remove_all(root);
}

TEST(Findings, JsonHasTheStableFields) {
  Findings out("e\"\n\xff");
  out.problem("link", "down", {"none", "ip link"});
  out.ok("mtu", "fine");
  fmt::memory_buffer buffer;
  append_findings_json(buffer, out.all());
  const std::string text(buffer.data(), buffer.size());
  const auto first = nlohmann::ordered_json::parse(text.substr(0, text.find('\n')));
  std::vector<std::string> names;
  for (const auto& [name, value] : first.items()) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{"type", "severity", "scope", "check", "what", "cost",
                                             "fix", "permanent"}));
  EXPECT_EQ(first["severity"], "problem");
  EXPECT_TRUE(first["permanent"].is_null());
  EXPECT_THAT(text, HasSubstr(R"("what":"fine","cost":null,"fix":null,"permanent":null})"));
}

std::string text_of(const Findings& out, bool all) {
  std::vector<Finding> findings = out.all();
  sort_findings(findings);
  fmt::memory_buffer buffer;
  append_findings_text(buffer, findings, all);
  return {buffer.data(), buffer.size()};
}

TEST(Findings, TextIsNarrowPlainAndTheWorstComesLast) {
  Findings out("eth0");
  out.problem("a", "bad", {"much", "mend it", "keep it"});
  out.ok("c", std::string(50, 'x') + " " + std::string(50, 'y'));
  out.unknown("b", "why \x1b[31m");
  const std::string text = text_of(out, true);
  EXPECT_TRUE(text.starts_with("ok       eth0 c: xxx")) << text;
  EXPECT_TRUE(
      text.ends_with("problem  eth0 a: bad\n         costs: much\n"
                     "         fix: mend it\n         to keep it: keep it\n"
                     "\nproblem 1, advice 0, unknown 1, ok 1\n"))
      << text;
  EXPECT_LT(text.find("unknown"), text.find("problem"));
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_THAT(text, HasSubstr("\n           yyyy"));
}

TEST(Findings, WithoutAllOnlyWhatIsToBeMendedIsPrinted) {
  Findings out("eth0");
  out.ok("c", "fine");
  out.unknown("b", "why");
  EXPECT_EQ(text_of(out, false),
            "nothing to mend: problem 0, advice 0, unknown 1, ok 1 (--all lists these too)\n");
  out.advice("d", "could be better", {"some"});
  out.problem("a", "bad", {"much"});
  EXPECT_EQ(text_of(out, false),
            "advice   eth0 d: could be better\n         costs: some\n"
            "problem  eth0 a: bad\n         costs: much\n"
            "\nproblem 1, advice 1, unknown 1, ok 1 (--all lists these too)\n");
}

}  // namespace
}  // namespace weir::cli
