#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "backends/dpdk/eal_arguments.h"
#include "backends/dpdk/eal_log.h"
#include "backends/dpdk/host_hints.h"
#include "backends/dpdk/packet_memory.h"
#include "backends/dpdk/receive_side_scaling.h"

namespace weir::backends {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Words = std::vector<std::string>;

constexpr uint64_t kMiB = 1 << 20;

TEST(DpdkNames, ADeviceIsWhatStandsBeforeItsArguments) {
  EXPECT_EQ(device_name("net_pcap0,rx_pcap=a.pcap"), "net_pcap0");
  EXPECT_EQ(device_name("0000:3b:00.0"), "0000:3b:00.0");
  EXPECT_TRUE(is_pci_address("0000:3b:00.0"));
  EXPECT_TRUE(is_pci_address("3b:00.1"));
  for (const char* name :
       {"", "eth0", "0000:3b:00", "0000:3b:00.0 ", "000g:3b:00.0", "net_null0"}) {
    EXPECT_FALSE(is_pci_address(name)) << name;
  }
  EXPECT_TRUE(is_virtual_device("net_null0"));
  EXPECT_FALSE(is_virtual_device("net_"));
  EXPECT_FALSE(is_virtual_device("eth0"));
}

TEST(DpdkWords, QuotesKeepBlanks) {
  EXPECT_EQ(*split_words("  -a  b\tc "), (Words{"-a", "b", "c"}));
  EXPECT_EQ(*split_words("--vdev='net_pcap0,rx_pcap=a b' \"x 'y'\" ''"),
            (Words{"--vdev=net_pcap0,rx_pcap=a b", "x 'y'", ""}));
  EXPECT_EQ(*split_words(""), Words{});
  const auto open = split_words("a 'b");
  ASSERT_FALSE(open);
  EXPECT_EQ(open.error().code, Code::usage);
}

Words words_of(const DpdkOptions& options, uint64_t memory_bytes = 100 * kMiB) {
  const auto made = eal_arguments(options, {0, 1, 2, 5}, memory_bytes);
  EXPECT_TRUE(made) << to_string(made.error());
  return made ? made->words : Words{};
}

TEST(DpdkArguments, LeaveNothingOnTheDisk) {
  EXPECT_THAT(
      words_of({{"net_null0"}, {}, false, ""}),
      ElementsAre("weir", "--no-telemetry", "--lcores", "0@(0-2,5)", "--in-memory", "--no-pci"));
  EXPECT_THAT(words_of({{"net_null0"}, {5, 1}, true, ""}, 100 * kMiB + 1),
              ElementsAre("weir", "--no-telemetry", "--lcores", "0@(1,5)", "--no-shconf",
                          "--no-huge", "-m", "101", "--no-pci"));
}

TEST(DpdkArguments, TouchNoCardThatWasNotNamed) {
  EXPECT_THAT(words_of({{"0000:3b:00.0", "net_null0", "3b:00.1,x=1"}, {}, false, ""}),
              ElementsAre("weir", "--no-telemetry", "--lcores", "0@(0-2,5)", "--in-memory", "-a",
                          "0000:3b:00.0", "-a", "3b:00.1,x=1"));
  EXPECT_EQ(words_of({{"a_name"}, {}, false, ""}).back(), "--in-memory");
}

TEST(DpdkArguments, TheUsersWin) {
  EXPECT_THAT(words_of({{"net_null0"}, {}, false, "-l 0-1 --no-huge -m 64 -a 00:1.0"}),
              ElementsAre("weir", "--no-telemetry", "--no-shconf", "-l", "0-1", "--no-huge", "-m",
                          "64", "-a", "00:1.0"));
  EXPECT_THAT(words_of({{"net_null0"}, {}, false, "--lcores=3 --huge-dir=/h --no-pci"}),
              ElementsAre("weir", "--no-telemetry", "--no-shconf", "--huge-unlink", "--lcores=3",
                          "--huge-dir=/h", "--no-pci"));
  const auto logs = eal_arguments({{"net_null0"}, {}, false, "--log-level=8"}, {0}, 0);
  EXPECT_TRUE(logs && logs->own_log && !logs->no_huge);
}

TEST(DpdkArguments, WhatWouldEndOrChangeWeirIsRefused) {
  for (const char* words :
       {"-h", "--help", "-v", "--version", "--proc-type=secondary", "--proc-type auto"}) {
    const auto refused = eal_arguments({{"net_null0"}, {}, false, words}, {0}, 0);
    ASSERT_FALSE(refused) << words;
    EXPECT_EQ(refused.error().code, Code::usage);
    EXPECT_EQ(refused.error().where, "--dpdk-args");
  }
}

TEST(DpdkLog, KeepsErrorsWithoutWhoLoggedThem) {
  EalLog log;
  log.add("EAL: cannot open\n", true);
  log.add("EAL: cannot open\n", true);
  log.add("ETHDEV: rte_eth_dev_configure(): Port0: no\nplain: text\n", true);
  log.add("EAL: Probing\n", false);
  EXPECT_EQ(log.take_errors(), (Words{"cannot open", "Port0: no", "plain: text"}));
  EXPECT_TRUE(log.take_errors().empty());
  for (int i = 0; i < 1000; ++i) log.add(std::to_string(i), true);
  const Words newest = log.take_errors();
  EXPECT_LE(newest.size(), 100U) << "bounded";
  EXPECT_EQ(newest.back(), "999");
}

// Whatever is asked for: a queue whose ring, leases and cache are full leaves the others theirs.
TEST(DpdkMemory, IsEnoughForEveryQueue) {
  for (const uint64_t ring : {0ULL, 1ULL, 1ULL << 20, 64ULL << 20, 1ULL << 40}) {
    for (const uint32_t queues : {1U, 2U, 64U}) {
      for (const DescriptorLimits limits :
           {DescriptorLimits{}, {32, 4096, 32}, {64, 512, 8}, {0, 0, 0}, {1000, 8000, 1}}) {
        for (const uint32_t page : {0U, 4096U}) {
          const PacketMemory memory = packet_memory(ring, queues, 2176, page, limits);
          const uint64_t least =
              uint64_t{queues} *
              (memory.descriptors + PacketMemory::kLeases * PacketMemory::kMostBatch +
               PacketMemory::kCache);
          EXPECT_GE(memory.mbufs, least);
          EXPECT_GE(memory.mbufs, memory.least_mbufs);
          EXPECT_GE(memory.least_mbufs, least);
          EXPECT_GE(memory.descriptors, std::max(limits.least, 1U));
          EXPECT_LE(memory.descriptors, std::max(limits.most, 1U));
          EXPECT_EQ(memory.descriptors % std::max(limits.align, 1U), 0U);
        }
      }
    }
  }
}

TEST(DpdkMemory, IsWhatWasAskedFor) {
  for (const uint32_t page : {0U, 4096U}) {
    const PacketMemory memory = packet_memory(64 * kMiB, 2, 2176, page, {0, 4096, 8});
    EXPECT_EQ(memory.descriptors, 4096U);
    EXPECT_LE(memory.bytes(), 128 * kMiB);
    EXPECT_GE(memory.bytes(), 127 * kMiB);
  }
  // No mbuf crosses the end of a small page: one in each, of 2368 bytes; four of 1000.
  EXPECT_EQ(packet_memory(0, 1, 2176, 4096, {}).mbuf_bytes, 4096U);
  EXPECT_EQ(packet_memory(0, 1, 700, 4096, {}).mbuf_bytes, 1024U);
  EXPECT_EQ(packet_memory(0, 1, 9344, 4096, {}).mbuf_bytes, 3 * 4096U);
}

TEST(DpdkMemory, OfTheProcessHoldsAllQueuesAndLeavesHalfTheMachine) {
  EXPECT_GE(process_memory_bytes(64 * kMiB, 2, UINT64_MAX), 128 * kMiB);
  EXPECT_EQ(process_memory_bytes(64 * kMiB, 1000, 4096 * kMiB), 2048 * kMiB);
  EXPECT_EQ(process_memory_bytes(UINT64_MAX / 2, 1000, 4096 * kMiB), 2048 * kMiB);
  EXPECT_GE(process_memory_bytes(0, 1, 0), 64 * kMiB);
}

TEST(DpdkStamps, AreKnownByTheirSize) {
  constexpr uint64_t kNow = 1'795'000'000'000'000'000;
  EXPECT_EQ(stamp_unit(kNow - 5, kNow), StampUnit::ns);
  EXPECT_EQ(stamp_unit(1'400'000'000'000'000'000, kNow), StampUnit::ns);
  EXPECT_EQ(stamp_unit(kNow / 1000, kNow), StampUnit::us);
  for (const uint64_t ticks : {uint64_t{0}, uint64_t{1}, uint64_t{123'456'789'012}, UINT64_MAX}) {
    EXPECT_EQ(stamp_unit(ticks, kNow), StampUnit::unknown) << ticks;
  }
}

/// The hash that cards compute: the key's 32 bits at each position where the input has a one.
uint32_t toeplitz(const std::vector<uint8_t>& key, const std::vector<uint8_t>& input) {
  const auto bit = [](const std::vector<uint8_t>& bytes, size_t at) {
    return at / 8 < bytes.size() ? bytes[at / 8] >> (7 - at % 8) & 1U : 0U;
  };
  uint32_t hash = 0;
  for (size_t at = 0; at < input.size() * 8; ++at) {
    if (bit(input, at) == 0) continue;
    uint32_t window = 0;
    for (size_t i = 0; i < 32; ++i) window = window << 1 | bit(key, at + i);
    hash ^= window;
  }
  return hash;
}

TEST(DpdkRss, TheToeplitzOfThisTestIsTheKnownOne) {
  // Microsoft's verification suite: 66.9.149.187 to 161.142.100.80.
  const std::vector<uint8_t> key{0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67,
                                 0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb,
                                 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30,
                                 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa};
  EXPECT_EQ(toeplitz(key, {66, 9, 149, 187, 161, 142, 100, 80}), 0x323e8fc2U);
}

TEST(DpdkRss, TheKeyIsSymmetric) {
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp) the same cases each time
  for (const uint32_t key_bytes : {40U, 52U}) {
    const std::vector<uint8_t> key = symmetric_key(key_bytes);
    EXPECT_EQ(key.size(), key_bytes);
    for (const size_t address_bytes : {size_t{4}, size_t{16}}) {
      std::vector<uint32_t> hashes;
      for (int i = 0; i < 200; ++i) {
        std::vector<uint8_t> there(2 * address_bytes);
        for (uint8_t& byte : there) byte = static_cast<uint8_t>(random());
        std::vector<uint8_t> back = there;
        std::rotate(back.begin(), back.begin() + static_cast<std::ptrdiff_t>(address_bytes),
                    back.end());
        ASSERT_EQ(toeplitz(key, there), toeplitz(key, back));
        hashes.push_back(toeplitz(key, there) % 128);
      }
      std::sort(hashes.begin(), hashes.end());
      hashes.erase(std::unique(hashes.begin(), hashes.end()), hashes.end());
      EXPECT_GT(hashes.size(), 60U) << "spreads over the redirection table";
    }
  }
}

/// Bits of RTE_ETH_RSS_*.
constexpr uint64_t kIpv4 = 1 << 2;
constexpr uint64_t kIpv4Tcp = 1 << 4;
constexpr uint64_t kIpv4Udp = 1 << 5;
constexpr uint64_t kIpv6 = 1 << 8;
constexpr uint64_t kIpv6Tcp = 1 << 10;

TEST(DpdkRss, HashesAddressesAloneWhereTheCardCan) {
  const Spreading addresses = choose_spreading(kIpv4 | kIpv4Tcp | kIpv4Udp | kIpv6 | kIpv6Tcp);
  EXPECT_TRUE(addresses.addresses);
  EXPECT_EQ(addresses.fields, kIpv4 | kIpv6);
  const Spreading ports = choose_spreading(kIpv4Tcp | kIpv4Udp | kIpv6Tcp);
  EXPECT_FALSE(ports.addresses);
  EXPECT_EQ(ports.fields, kIpv4Tcp | kIpv4Udp | kIpv6Tcp);
  EXPECT_FALSE(choose_spreading(kIpv4 | kIpv4Tcp).addresses) << "IPv6 would be on one queue";
  EXPECT_EQ(choose_spreading(0).fields, 0U);
}

/// A folder that stands for /sys or /dev.
class DpdkHints : public ::testing::Test {
 protected:
  DpdkHints() {
    std::string name = std::filesystem::temp_directory_path().string() + "/weir-hints-XXXXXX";
    root_ = mkdtemp(name.data());
  }
  ~DpdkHints() override { std::filesystem::remove_all(root_); }
  void write(const std::string& path, const std::string& text) {
    std::filesystem::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  void device(const std::string& driver) {
    const auto folder = root_ / "bus/pci/devices/0000:3b:00.0";
    std::filesystem::create_directories(folder);
    std::filesystem::remove(folder / "driver");
    std::filesystem::remove(folder / "iommu_group");
    if (!driver.empty())
      std::filesystem::create_symlink("../../drivers/" + driver, folder / "driver");
    std::filesystem::create_symlink("../../iommu_groups/17", folder / "iommu_group");
  }
  Status missing(const std::string& address = "0000:3b:00.0") {
    return missing_pci_port(address, root_.string(), root_.string());
  }

  std::filesystem::path root_;
};

TEST_F(DpdkHints, HugepagesOfAnySizeWillDo) {
  write("kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "0\n");
  write("kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "0\n");
  ASSERT_TRUE(missing_hugepages(root_.string()));
  EXPECT_THAT(missing_hugepages(root_.string())->message, HasSubstr("vm.nr_hugepages=256"));
  write("kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages", "4\n");
  write("kernel/mm/hugepages/hugepages-1048576kB/free_hugepages", "0\n");
  EXPECT_THAT(missing_hugepages(root_.string())->message, HasSubstr("all 4 hugepages are used"));
  write("kernel/mm/hugepages/hugepages-1048576kB/free_hugepages", "1\n");
  EXPECT_FALSE(missing_hugepages(root_.string()));
  EXPECT_TRUE(missing_hugepages((root_ / "none").string()));
}

TEST_F(DpdkHints, ACardThatIsNoPortSaysWhatMendsIt) {
  EXPECT_EQ(missing().code, Code::not_found);
  EXPECT_THAT(missing().message, HasSubstr("no such PCI device"));
  device("ixgbe");
  EXPECT_THAT(missing().message, HasSubstr("ixgbe"));
  EXPECT_THAT(missing("3b:00.0").message, HasSubstr("dpdk-devbind.py -b vfio-pci 0000:3b:00.0"));
  device("");
  EXPECT_THAT(missing().message, HasSubstr("no driver has it"));
  device("vfio-pci");
  EXPECT_EQ(missing().code, Code::not_permitted);
  EXPECT_THAT(missing().message, HasSubstr("/vfio/17"));
  write("vfio/17", "");
  EXPECT_EQ(missing().code, Code::not_found);
}

TEST(DpdkDrivers, ThoseThatHideTheirLossesAreKnown) {
  for (const char* driver : {"net_af_packet", "net_virtio", "net_tap"}) {
    EXPECT_TRUE(hides_losses(driver)) << driver;
  }
  for (const char* driver : {"net_ixgbe", "mlx5_pci", "net_null", "net_pcap", ""}) {
    EXPECT_FALSE(hides_losses(driver)) << driver;
  }
  EXPECT_FALSE(more_losses("mlx5_pci").empty());
}

}  // namespace
}  // namespace weir::backends
