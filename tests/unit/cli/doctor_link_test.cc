#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/ethtool.h>

#include <functional>

#include "cli/doctor.h"
#include "tests/unit/cli/fake_source.h"
#include "tests/unit/cli/findings.h"

/// Every check of an interface: what is bad is found with its command, what is good is ok, what has
/// no answer or a garbled one is unknown.
namespace weir::cli {
namespace {

using test::Case;
using test::FakeSource;
using test::GoodSource;
using test::only;
using testing::HasSubstr;

std::vector<Finding> examine(const FakeSource& source, bool sends = true,
                             const std::string& name = "eth0") {
  Findings out(name);
  check_link(source, host::read_link(source, name), sends, out);
  return out.all();
}

const std::string kSys = "/sys/class/net/eth0/";

template <class T>
std::function<void(FakeSource&)> with(uint32_t command, T value) {
  return [command, value](FakeSource& source) { source.answer(command, value); };
}

std::function<void(FakeSource&)> hashed_by(uint64_t fields) {
  return [fields](FakeSource& source) {
    ethtool_rxnfc value{};
    value.data = fields;
    source.answer(ETHTOOL_GRXFH, value);
  };
}

std::function<void(FakeSource&)> with_link(test::LinkMessage link) {
  return [link](FakeSource& source) { source.message = test::link_message(link); };
}

ethtool_coalesce coalescing(uint32_t usecs, uint32_t frames, bool adaptive = false) {
  ethtool_coalesce value{};
  value.rx_coalesce_usecs = usecs;
  value.rx_max_coalesced_frames = frames;
  value.use_adaptive_rx_coalesce = adaptive ? 1 : 0;
  return value;
}

TEST(DoctorLink, NothingIsFoundOnAGoodOne) {
  const GoodSource source;
  const std::vector<Finding> findings = examine(source);
  EXPECT_EQ(findings.size(), 17U);
  for (const Finding& finding : findings) {
    EXPECT_EQ(finding.severity, Severity::ok) << finding.check << ": " << finding.what;
    EXPECT_EQ(finding.scope, "eth0");
    EXPECT_EQ(finding.fix, "") << finding.check;
  }
}

void run(const std::vector<Case>& table) {
  test::run(table, [](const FakeSource& source) { return examine(source); });
}

TEST(DoctorLink, StateAndLosses) {
  const auto problem = Severity::problem;
  const auto advice = Severity::advice;
  run({{"link", with_link({.up = false, .carrier = false}), problem, "down",
        "ip link set dev eth0 up"},
       {"link", with_link({.carrier = false}), problem, "without a carrier", ""},
       {"losses", with_link({.rx_missed = 3}), advice, "rx_missed 3", ""},
       {"losses", with_link({.rx_errors = 4}), advice, "rx_errors 4", ""},
       {"xdp", with_link({.xdp_attached = 1, .xdp_id = 9}), advice, "(native, id 9, block_all)",
        "ip link set dev eth0 xdpdrv off"},
       {"xdp", with_link({.xdp_attached = 2, .xdp_id = 8}), advice, "needs CAP_SYS_ADMIN",
        "ip link set dev eth0 xdpgeneric off"}});
}

TEST(DoctorLink, QueuesAndRings) {
  const auto advice = Severity::advice;
  run({{"rx_queues", with(ETHTOOL_GCHANNELS, ethtool_channels{0, 0, 0, 0, 64, 0, 0, 0, 2}), advice,
        "2 of 64 receive queues in use, 8 CPUs", "ethtool -L eth0 combined 8"},
       {"rx_queues", with(ETHTOOL_GCHANNELS, ethtool_channels{0, 4, 4, 0, 0, 1, 1, 0, 0}), advice,
        "1 of 4", "ethtool -L eth0 rx 4"},
       {"rx_queues", with(ETHTOOL_GCHANNELS, ethtool_channels{0, 0, 0, 0, 64, 0, 0, 0, 16}),
        Severity::ok, "16 of 64", ""},
       {"rx_ring", with(ETHTOOL_GRINGPARAM, ethtool_ringparam{0, 8160, 0, 0, 8160, 512, 0, 0, 512}),
        advice, "512 of 8160", "ethtool -G eth0 rx 4096"},
       {"rx_ring", with(ETHTOOL_GRINGPARAM, ethtool_ringparam{0, 256, 0, 0, 256, 256, 0, 0, 256}),
        Severity::ok, "256 of 256", ""},
       {"rx_ring",
        [](FakeSource& s) {
          s.answer(ETHTOOL_GRINGPARAM, ethtool_ringparam{0, 8160, 0, 0, 8160, 4096, 0, 0, 512});
          s.message = test::link_message({.rx_missed = 1});
        },
        Severity::problem, "packets were missed", "ethtool -G eth0 rx 8160"}});
}

TEST(DoctorLink, Rss) {
  const auto advice = Severity::advice;
  const std::vector<uint8_t> random(40, 7);
  std::vector<uint8_t> microsoft(40);
  for (size_t i = 0; i < microsoft.size(); ++i) microsoft[i] = static_cast<uint8_t>(i * 37);
  std::string hkey = "6d:5a";
  for (int i = 1; i < 20; ++i) hkey += ":6d:5a";
  const std::string key_fix = "ethtool -X eth0 hkey " + hkey;
  const std::string xor_fix = key_fix + " hfunc toeplitz";
  const auto rss = [](std::vector<uint32_t> table, std::vector<uint8_t> key, uint8_t function) {
    return [=](FakeSource& source) { test::set_rss(source, table, key, function); };
  };
  run({{"rss_key", rss({0, 1, 2, 3}, microsoft, 1), advice, "differs", key_fix.c_str()},
       {"rss_key", rss({0, 1, 2, 3}, random, 2), advice, "differs", xor_fix.c_str()},
       {"rss_key", rss({0, 1, 2, 3}, random, 1), Severity::ok, "both directions", ""},
       {"rss_key", rss({0, 1, 2, 3}, std::vector<uint8_t>(40, 0), 1), advice, "differs",
        key_fix.c_str()},
       {"rss_key", rss({0, 1, 2, 3}, {}, 1), Severity::unknown, "no hash key", ""},
       {"rss_table", rss({0, 0, 1, 1}, random, 1), advice, "2 of 4", "ethtool -X eth0 equal 4"},
       {"rss_table", rss({}, random, 1), Severity::unknown, "no indirection table", ""},
       {"rss_hash", hashed_by(RXH_IP_SRC | RXH_IP_DST), advice, "udp4 sd",
        "ethtool -N eth0 rx-flow-hash tcp4 sdfn; ethtool -N eth0 rx-flow-hash udp4 sdfn; "
        "ethtool -N eth0 rx-flow-hash tcp6 sdfn; ethtool -N eth0 rx-flow-hash udp6 sdfn"},
       {"rss_hash", hashed_by(0), Severity::unknown, "names no hash", ""}});
}

TEST(DoctorLink, ASymmetricTransformIsSeen) {
  GoodSource source;
  test::set_rss(source, {0, 1, 2, 3}, std::vector<uint8_t>(39, 1));
  auto& bytes = source.answers[ETHTOOL_GRSSH];
  ASSERT_EQ(only(examine(source), "rss_key").severity, Severity::advice) << "39 bytes are too few";
  bytes[offsetof(ethtool_rxfh, hfunc) + 1] = std::byte{1};  // RXH_XFRM_SYM_XOR
  EXPECT_EQ(only(examine(source), "rss_key").severity, Severity::ok);
  bytes[offsetof(ethtool_rxfh, hfunc) + 1] = std::byte{0xff};  // RXH_XFRM_NO_CHANGE
  EXPECT_EQ(only(examine(source), "rss_key").severity, Severity::advice);
}

TEST(DoctorLink, OneQueueHasNothingToSpread) {
  GoodSource source;
  source.answer(ETHTOOL_GCHANNELS, ethtool_channels{0, 0, 0, 0, 1, 0, 0, 0, 1});
  source.answers.erase(ETHTOOL_GRSSH);
  for (const char* check : {"rss_key", "rss_hash", "rss_table"}) {
    EXPECT_EQ(only(examine(source), check).severity, Severity::ok) << check;
  }
}

TEST(DoctorLink, Offloads) {
  const auto advice = Severity::advice;
  const auto features = [](std::vector<test::NamedFeature> extra) {
    return [extra = std::move(extra)](FakeSource& source) {
      std::vector<test::NamedFeature> all = extra;
      for (const char* name : {"rx-gro", "rx-gro-hw", "rx-lro", "tx-tcp-segmentation",
                               "tx-tcp6-segmentation", "tx-generic-segmentation"}) {
        const bool there = std::any_of(extra.begin(), extra.end(),
                                       [&](const auto& one) { return one.name == name; });
        if (!there) all.push_back({name});
      }
      test::set_features(source, all);
    };
  };
  run({{"rx_merging", features({{"rx-gro", true}}), advice, "GRO is on", "ethtool -K eth0 gro off"},
       {"rx_merging", features({{"rx-gro", true}, {"rx-lro", true}}), advice, "GRO and LRO are on",
        "ethtool -K eth0 lro off gro off"},
       {"rx_merging", features({{"rx-gro-hw", true, false}}), advice, "hardware is on, and fixed",
        ""},
       {"tx_segmentation", features({{"tx-tcp6-segmentation", true}}), advice, "TSO is on",
        "ethtool -K eth0 tso off"},
       {"tx_segmentation",
        features({{"tx-tcp-segmentation", true, false}, {"tx-generic-segmentation", true}}), advice,
        "TSO and GSO are on", "ethtool -K eth0 gso off"},
       {"rx_vlan", features({{"rx-vlan-hw-parse", true}}), Severity::ok, "put them back", ""},
       {"rx_vlan", features({{"rx-vlan-hw-parse", false}}), Severity::ok, "stay in", ""},
       {"rx_vlan", features({}), Severity::unknown, "not named", ""}});
}

TEST(DoctorLink, WhatHasNoEffectIsNoFinding) {
  GoodSource source;
  test::set_features(source, {{"rx-gro", true},
                              {"rx-lro", false},
                              {"tx-tcp-segmentation", true},
                              {"tx-generic-segmentation", true}});
  EXPECT_EQ(only(examine(source, false), "tx_segmentation").severity, Severity::ok);
  EXPECT_EQ(only(examine(source, true), "tx_segmentation").severity, Severity::advice);
  EXPECT_EQ(only(examine(source), "rx_merging").severity, Severity::advice);
  source.message = test::link_message({.loopback = true});
  EXPECT_EQ(only(examine(source), "rx_merging").severity, Severity::ok) << "lo has no NAPI";
  source.message = test::link_message({});
  source.files[kSys + "tun_flags"] = "0x1002";
  EXPECT_EQ(only(examine(source), "rx_merging").severity, Severity::ok) << "no IFF_NAPI";
  source.files[kSys + "tun_flags"] = "0x1012";
  EXPECT_EQ(only(examine(source), "rx_merging").severity, Severity::advice) << "IFF_NAPI";
}

TEST(DoctorLink, Interrupts) {
  const auto advice = Severity::advice;
  const auto all_on_cpu_0 = [](FakeSource& source) {
    for (int i = 40; i < 44; ++i) {
      source.files["/proc/irq/" + std::to_string(i) + "/effective_affinity_list"] = "0";
    }
  };
  run({{"irq_cpus", all_on_cpu_0, advice, "4 receive queues go to CPU 0",
        "set -- 0 1 2 3; for i in 40 41 42 43; do echo $1 > /proc/irq/$i/smp_affinity_list; shift; "
        "done"},
       {"coalescing", with(ETHTOOL_GCOALESCE, coalescing(0, 1)), advice, "rx-usecs 0",
        "ethtool -C eth0 rx-usecs 30"},
       {"coalescing", with(ETHTOOL_GCOALESCE, coalescing(0, 0, true)), Severity::ok, "adaptive on",
        ""},
       // 14.88 packets a microsecond: 4464 in 300 us, and room for 4096.
       {"coalescing", with(ETHTOOL_GCOALESCE, coalescing(300, 0)), advice, "rx-usecs 300",
        "ethtool -C eth0 rx-usecs 137"},
       {"coalescing", with(ETHTOOL_GCOALESCE, coalescing(300, 64)), Severity::ok, "rx-frames 64",
        ""},
       {"coalescing", with(ETHTOOL_GCOALESCE, coalescing(250, 0)), Severity::ok, "rx-usecs 250",
        ""},
       {"rps", [](FakeSource& s) { s.files[kSys + "queues/rx-2/rps_cpus"] = "00000000,00000002"; },
        advice, "with 4 receive queues",
        "for f in /sys/class/net/eth0/queues/rx-*/rps_cpus; do echo 0 > \"$f\"; done"},
       {"pause", with(ETHTOOL_GPAUSEPARAM, ethtool_pauseparam{0, 1, 1, 1}), advice, "sent yes",
        "ethtool -A eth0 autoneg off tx off"},
       {"pause", with(ETHTOOL_GPAUSEPARAM, ethtool_pauseparam{0, 0, 1, 0}), Severity::ok,
        "sent never", ""}});
}

TEST(DoctorLink, AVirtualCardWhoseHypervisorCannotCoalesceIsNotToldTo) {
  GoodSource source;
  ethtool_drvinfo info{};
  std::strcpy(info.driver, "virtio_net");
  source.answer(ETHTOOL_GDRVINFO, info);
  source.answer(ETHTOOL_GCOALESCE, coalescing(0, 1));
  std::string bits(128, '0');
  source.files[kSys + "device/features"] = bits;
  EXPECT_EQ(only(examine(source), "coalescing").severity, Severity::unknown);
  bits[53] = '1';
  source.files[kSys + "device/features"] = bits;
  EXPECT_EQ(only(examine(source), "coalescing").severity, Severity::advice);
}

TEST(DoctorLink, WhatIsNoHardwareHasNoInterruptsToModerate) {
  GoodSource source;
  source.answer(ETHTOOL_GCOALESCE, coalescing(0, 0));
  source.real_paths.erase(kSys + "device");
  EXPECT_EQ(only(examine(source), "coalescing").severity, Severity::unknown);
}

TEST(DoctorLink, Numa) {
  GoodSource source;
  source.files["/sys/devices/pci0000:3a/0000:3b:00.0/numa_node"] = "0";
  const Finding far = only(examine(source), "numa");
  EXPECT_EQ(far.severity, Severity::advice);
  EXPECT_EQ(far.fix, "taskset -cp 8-15 $$  # in the shell that starts weir");
  source.files["/sys/devices/pci0000:3a/0000:3b:00.0/numa_node"] = "-1";
  EXPECT_EQ(only(examine(source), "numa").severity, Severity::unknown);
  source.files.erase("/sys/devices/system/node/node1/cpulist");
  EXPECT_EQ(only(examine(source), "numa").severity, Severity::ok) << "one node";
}

TEST(DoctorLink, WhatHasNoAnswerIsUnknown) {
  const std::vector<std::pair<uint32_t, std::vector<const char*>>> table{
      {ETHTOOL_GCHANNELS, {"rx_queues"}},
      {ETHTOOL_GRINGPARAM, {"rx_ring"}},
      {ETHTOOL_GRSSH, {"rss_key", "rss_table"}},
      {ETHTOOL_GRXFH, {"rss_hash"}},
      {ETHTOOL_GCOALESCE, {"coalescing"}},
      {ETHTOOL_GPAUSEPARAM, {"pause"}},
      {ETHTOOL_GSSET_INFO, {"rx_merging", "tx_segmentation", "rx_vlan"}},
      {ETHTOOL_GSTRINGS, {"rx_merging", "tx_segmentation", "rx_vlan"}},
      {ETHTOOL_GFEATURES, {"rx_merging", "tx_segmentation", "rx_vlan"}}};
  for (const auto& [command, checks] : table) {
    GoodSource source;
    source.answers.erase(command);
    for (const char* check : checks) {
      const Finding finding = only(examine(source), check);
      EXPECT_EQ(finding.severity, Severity::unknown) << check << ": " << finding.what;
      EXPECT_NE(finding.what, "") << check;
    }
  }
  GoodSource source;
  source.answers.erase(ETHTOOL_GCOALESCE);
  EXPECT_EQ(only(examine(source), "coalescing").what, "the driver has no coalescing settings");
  source.message.clear();
  for (const char* check : {"link", "losses", "promiscuous", "xdp"}) {
    EXPECT_EQ(only(examine(source), check).severity, Severity::unknown) << check;
  }
}

TEST(DoctorLink, UnreadableAndGarbledFilesAreUnknown) {
  const std::vector<std::pair<const char*, std::string>> table{
      {"rps", kSys + "queues/rx-1/rps_cpus"},
      {"irq_cpus", "/proc/interrupts"},
      {"irq_cpus", "/proc/irq/41/effective_affinity_list"},
      {"numa", "/sys/devices/pci0000:3a/0000:3b:00.0/numa_node"},
      {"numa", "/sys/devices/system/node/node1/cpulist"},
      {"rx_queues", "/proc/self/status"}};
  for (const auto& [check, path] : table) {
    GoodSource source;
    source.files[path] = "garb\xff\x01led -9 \n\n::";
    EXPECT_EQ(only(examine(source), check).severity, Severity::unknown) << path;
    if (path.ends_with("cpulist")) continue;  // without it there is one node
    source.files.erase(path);
    EXPECT_EQ(only(examine(source), check).severity, Severity::unknown) << path;
  }
}

TEST(DoctorLink, SysOfAnotherNamespaceIsNotBelieved) {
  GoodSource source;
  source.files[kSys + "ifindex"] = "8";
  source.files[kSys + "queues/rx-1/rps_cpus"] = "3";
  for (const char* check : {"rps", "irq_cpus"}) {
    const Finding finding = only(examine(source), check);
    EXPECT_EQ(finding.severity, Severity::unknown) << check;
    EXPECT_THAT(finding.what, HasSubstr("another network namespace"));
  }
}

TEST(DoctorLink, InterruptsOfOthersAreNotItsOwn) {
  GoodSource source;
  for (int i = 40; i < 44; ++i) source.files.erase(kSys + "device/msi_irqs/" + std::to_string(i));
  source.files["/proc/interrupts"] =
      "   CPU0\n 50:  0  PCI  eth01-rx-0\n 51:  0  PCI  xeth0-rx-1\n 52:  0  PCI  eth0-rx-2\n";
  source.files["/proc/irq/52/smp_affinity_list"] = "0-7";
  const Finding finding = only(examine(source), "irq_cpus");
  EXPECT_EQ(finding.what, "52 (eth0-rx-2) on CPU 0-7");
}

TEST(DoctorLink, GarbageOfAnyKindIsSurvived) {
  const GoodSource good;
  for (const auto& [command, answer] : good.answers) {
    for (const int fill : {0, 1, 0x55, 0xff}) {
      GoodSource source;
      std::fill(source.answers[command].begin(), source.answers[command].end(),
                static_cast<std::byte>(fill));
      EXPECT_EQ(examine(source).size(), 17U) << command << " " << fill;
      source.answers[command].resize(9);
      EXPECT_EQ(examine(source).size(), 17U) << command;
    }
  }
  for (size_t size = 0; size < good.message.size(); ++size) {
    GoodSource source;
    source.message.resize(size);
    EXPECT_EQ(examine(source).size(), 17U) << size;
  }
  for (size_t at = 0; at < good.message.size(); ++at) {
    for (const int value : {0, 1, 3, 0x7f, 0xff}) {
      GoodSource source;
      source.message[at] = static_cast<std::byte>(value);
      EXPECT_EQ(examine(source).size(), 17U) << at;
    }
  }
}

TEST(DoctorLink, ACutMessageIsUnknownAndNeverFine) {
  const GoodSource good;
  for (size_t size = 0; size < good.message.size(); ++size) {
    GoodSource source;
    source.message.resize(size);
    EXPECT_EQ(only(examine(source), "link").severity, Severity::unknown) << size;
  }
}

TEST(DoctorLink, NamesAreQuotedInCommands) {
  GoodSource source;
  source.message = test::link_message({.up = false});
  EXPECT_EQ(only(examine(source, true, "a;b'c"), "link").fix, R"(ip link set dev 'a;b'\''c' up)");
}

}  // namespace
}  // namespace weir::cli
