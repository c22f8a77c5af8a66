#include "tests/unit/cli/fake_source.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include <algorithm>

namespace weir::cli::test {
namespace {

template <class T>
void append(std::vector<std::byte>& bytes, const T& value) {
  const auto raw = std::as_bytes(std::span(&value, 1));
  for (const std::byte byte : raw) bytes.push_back(byte);
}

void append_attribute(std::vector<std::byte>& bytes, uint16_t type,
                      std::span<const std::byte> payload) {
  append(bytes, rtattr{static_cast<uint16_t>(sizeof(rtattr) + payload.size()), type});
  bytes.insert(bytes.end(), payload.begin(), payload.end());
  bytes.resize((bytes.size() + 3) / 4 * 4);
}

template <class T>
void append_value(std::vector<std::byte>& bytes, uint16_t type, const T& value) {
  append_attribute(bytes, type, std::as_bytes(std::span(&value, 1)));
}

void add_link(FakeSource& source) {
  source.message = link_message({});
  source.answer(ETHTOOL_GDRVINFO, [] {
    ethtool_drvinfo info{};
    std::strcpy(info.driver, "ice");
    std::strcpy(info.bus_info, "0000:3b:00.0");
    return info;
  }());
  source.answer(ETHTOOL_GCHANNELS, ethtool_channels{0, 0, 0, 0, 4, 0, 0, 0, 4});
  source.answer(ETHTOOL_GRINGPARAM, ethtool_ringparam{0, 8160, 0, 0, 8160, 4096, 0, 0, 512});
  ethtool_coalesce coalescing{};
  coalescing.rx_coalesce_usecs = 50;
  source.answer(ETHTOOL_GCOALESCE, coalescing);
  source.answer(ETHTOOL_GPAUSEPARAM, ethtool_pauseparam{0, 0, 0, 0});
  ethtool_rxnfc fields{};
  fields.data = RXH_IP_SRC | RXH_IP_DST | RXH_L4_B_0_1 | RXH_L4_B_2_3;
  source.answer(ETHTOOL_GRXFH, fields);
  std::vector<uint8_t> key(52);
  for (size_t i = 0; i < key.size(); ++i) key[i] = i % 2 == 0 ? 0x6d : 0x5a;
  set_rss(source, {0, 1, 2, 3, 0, 1, 2, 3}, key);
  set_features(source, {{"rx-gro", false},
                        {"rx-gro-hw", false},
                        {"rx-lro", false},
                        {"tx-tcp-segmentation", false},
                        {"tx-tcp6-segmentation", false},
                        {"tx-generic-segmentation", false},
                        {"rx-vlan-hw-parse", true}});
  const std::string sys = "/sys/class/net/eth0/";
  source.files[sys + "ifindex"] = "7";
  source.files[sys + "speed"] = "10000";
  source.real_paths[sys + "device"] = "/sys/devices/pci0000:3a/0000:3b:00.0";
  source.files["/sys/devices/pci0000:3a/0000:3b:00.0/numa_node"] = "1";
  std::string table = "            CPU0       CPU1\n";
  for (int i = 0; i < 4; ++i) {
    const std::string number = std::to_string(40 + i);
    const std::string queue = std::to_string(i);
    source.files[sys + "queues/rx-" + queue + "/rps_cpus"] = "00000000,00000000";
    source.files[sys + "queues/tx-" + queue + "/xps_cpus"] = "00000000,00000001";
    source.files[sys + "device/msi_irqs/" + number] = "msix";
    source.files["/proc/irq/" + number + "/effective_affinity_list"] = queue;
    table += " " + number + ":   1   2  IR-PCI-MSIX-0000:3b:00.0  " + queue +
             "-edge  ice-eth0-TxRx-" + queue + "\n";
  }
  source.files["/proc/interrupts"] = table + " 90:  1  2  IO-APIC  4-edge  ttyS0\nNMI:  0  0\n";
}

void add_machine(FakeSource& source) {
  auto& files = source.files;
  files["/proc/self/status"] =
      "Name:\tweir\nCapPrm:\t000001ffffffffff\nCapEff:\t000001ffffffffff\n"
      "Cpus_allowed_list:\t0-7\n";
  files["/proc/self/limits"] =
      "Limit  Soft Limit  Hard Limit  Units\n"
      "Max locked memory         unlimited  unlimited  bytes\n";
  files["/proc/self/cgroup"] = "0::/system.slice/weir.service";
  files["/proc/self/mounts"] =
      "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\n"
      "hugetlbfs /dev/hugepages hugetlbfs rw 0 0";
  files["/sys/fs/cgroup/system.slice/weir.service/cpu.max"] = "max 100000";
  files["/sys/fs/cgroup/system.slice/weir.service/memory.max"] = "max";
  files["/proc/meminfo"] = "MemTotal:  16000000 kB\nMemAvailable:   8000000 kB";
  files["/proc/1/comm"] = "systemd";
  files["/proc/77/comm"] = "sshd";
  files["/proc/net/softnet_stat"] = "00100000 00000000 00000000 0\n00100000 00000000 00000001 0";
  files["/proc/sys/kernel/osrelease"] = "6.1.0-18-amd64";
  for (const auto& [name, value] : {std::pair("optmem_max", "131072"),
                                    {"rmem_max", "212992"},
                                    {"rmem_default", "212992"},
                                    {"bpf_jit_enable", "1"},
                                    {"netdev_max_backlog", "1000"},
                                    {"netdev_budget", "300"}}) {
    files[std::string("/proc/sys/net/core/") + name] = value;
  }
  files["/proc/sys/net/netfilter/nf_conntrack_count"] = "10";
  files["/proc/sys/net/netfilter/nf_conntrack_max"] = "262144";
  files["/sys/module/nf_conntrack/refcnt"] = "1";
  for (int cpu = 0; cpu < 8; ++cpu) {
    const std::string folder = "/sys/devices/system/cpu/cpu" + std::to_string(cpu);
    files[folder + "/cpufreq/scaling_governor"] = "performance";
    files[folder + "/topology/thread_siblings_list"] = std::to_string(cpu);
  }
  files["/sys/devices/system/cpu/isolated"] = "";
  files["/sys/devices/system/node/node0/cpulist"] = "8-15";
  files["/sys/devices/system/node/node1/cpulist"] = "0-7";
  files["/sys/devices/system/clocksource/clocksource0/current_clocksource"] = "tsc";
  files["/sys/devices/system/clocksource/clocksource0/available_clocksource"] = "tsc hpet acpi_pm";
  files["/sys/kernel/mm/transparent_hugepage/enabled"] = "always [madvise] never";
  files["/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages"] = "64";
  files["/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages"] = "60";
  files["/sys/kernel/btf/vmlinux"] = "x";
  source.folders.insert("/sys/kernel/iommu_groups");
  source.real_paths["/proc/self/exe"] = "/opt/weir tools/weir";
}

}  // namespace

host::Answer<std::string> FakeSource::file(const std::string& path) const {
  const auto at = files.find(path);
  if (at == files.end()) return host::unknown(host::failure_text(path, ENOENT));
  return at->second;
}

host::Answer<std::vector<std::string>> FakeSource::folder(const std::string& path) const {
  std::set<std::string> names;
  const std::string prefix = path + "/";
  for (const auto& [name, text] : files) {
    if (!name.starts_with(prefix)) continue;
    names.insert(name.substr(prefix.size(), name.find('/', prefix.size()) - prefix.size()));
  }
  if (names.empty() && !folders.contains(path)) {
    return host::unknown(host::failure_text(path, ENOENT));
  }
  return std::vector<std::string>(names.begin(), names.end());
}

host::Answer<std::string> FakeSource::real_path(const std::string& path) const {
  const auto at = real_paths.find(path);
  if (at == real_paths.end()) return host::unknown(host::failure_text(path, ENOENT));
  return at->second;
}

int FakeSource::ethtool(const std::string&, std::span<std::byte> request) const {
  uint32_t command = 0;
  std::memcpy(&command, request.data(), sizeof command);
  const auto at = answers.find(command);
  if (at == answers.end()) return EOPNOTSUPP;
  std::copy_n(at->second.begin(), std::min(request.size(), at->second.size()), request.begin());
  return 0;
}

host::Answer<std::vector<std::byte>> FakeSource::link_message(const std::string&) const {
  if (message.empty()) return host::unknown("rtnetlink: Operation not permitted");
  return message;
}

host::Answer<std::string> FakeSource::bpf_program(uint32_t id) const {
  if (id == 9) return std::string("block_all");
  return host::unknown("its name needs CAP_SYS_ADMIN");
}

std::vector<std::byte> link_message(const LinkMessage& link) {
  ifinfomsg info{};
  info.ifi_index = 7;
  if (link.up) info.ifi_flags |= unsigned{IFF_UP};
  if (link.carrier) info.ifi_flags |= 0x10000U;  // IFF_LOWER_UP
  if (link.loopback) info.ifi_flags |= unsigned{IFF_LOOPBACK};
  std::vector<std::byte> body;
  append(body, info);
  append_value(body, IFLA_MTU, uint32_t{1500});
  append_value(body, IFLA_PROMISCUITY, uint32_t{0});
  rtnl_link_stats64 stats{};
  stats.rx_packets = 1'000'000;
  stats.rx_missed_errors = link.rx_missed;
  stats.rx_errors = link.rx_errors;
  append_value(body, IFLA_STATS64, stats);
  std::vector<std::byte> xdp;
  append_value(xdp, IFLA_XDP_ATTACHED, link.xdp_attached);
  if (link.xdp_id != 0) append_value(xdp, IFLA_XDP_PROG_ID, link.xdp_id);
  append_attribute(body, IFLA_XDP | NLA_F_NESTED, xdp);
  nlmsghdr header{};
  header.nlmsg_type = RTM_NEWLINK;
  header.nlmsg_len = static_cast<uint32_t>(sizeof header + body.size());
  std::vector<std::byte> bytes;
  append(bytes, header);
  bytes.insert(bytes.end(), body.begin(), body.end());
  return bytes;
}

void set_features(FakeSource& source, const std::vector<NamedFeature>& features) {
  const auto count = static_cast<uint32_t>(features.size());
  ethtool_sset_info sizes{};
  sizes.sset_mask = 1ULL << ETH_SS_FEATURES;
  source.answer(ETHTOOL_GSSET_INFO, sizes, std::as_bytes(std::span(&count, 1)));
  std::vector<std::byte> names(size_t{count} * ETH_GSTRING_LEN);
  ethtool_get_features_block block{};
  for (uint32_t i = 0; i < count; ++i) {
    std::memcpy(names.data() + size_t{i} * ETH_GSTRING_LEN, features[i].name.data(),
                features[i].name.size());
    if (features[i].on) block.active |= 1U << i;
    if (features[i].changeable) block.available |= 1U << i;
  }
  source.answer(ETHTOOL_GSTRINGS, uint64_t{0}, {});
  auto& strings = source.answers[ETHTOOL_GSTRINGS];
  strings.resize(sizeof(ethtool_gstrings));
  strings.insert(strings.end(), names.begin(), names.end());
  source.answer(ETHTOOL_GFEATURES, uint64_t{0}, std::as_bytes(std::span(&block, 1)));
}

void set_rss(FakeSource& source, std::vector<uint32_t> table, std::vector<uint8_t> key,
             uint8_t function) {
  ethtool_rxfh head{};
  head.indir_size = static_cast<uint32_t>(table.size());
  head.key_size = static_cast<uint32_t>(key.size());
  head.hfunc = function;
  std::vector<std::byte> extra;
  for (const uint32_t queue : table) append(extra, queue);
  for (const uint8_t byte : key) append(extra, byte);
  source.answer(ETHTOOL_GRSSH, head, extra);
}

GoodSource::GoodSource() {
  add_machine(*this);
  add_link(*this);
}

}  // namespace weir::cli::test
