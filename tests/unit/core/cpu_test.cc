#include "engine/core/cpu.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

namespace weir {
namespace {

using Cpus = std::vector<int>;

TEST(CpuList, KeepsTheOrderOfNumbersAndRanges) {
  EXPECT_EQ(parse_cpu_list("0").value(), Cpus{0});
  EXPECT_EQ(parse_cpu_list("0,2-5,8").value(), (Cpus{0, 2, 3, 4, 5, 8}));
  EXPECT_EQ(parse_cpu_list("7,3,5-6").value(), (Cpus{7, 3, 5, 6}));
  EXPECT_EQ(parse_cpu_list("4-4").value(), Cpus{4});
  EXPECT_EQ(parse_cpu_list("0-1023").value().size(), 1024U);
}

TEST(CpuList, RefusesWhatIsNotAListAndSaysWhy) {
  for (const char* text : {"", ",", "1,", ",1", "a", "1a", " 1", "1 ", "-1", "1-", "-", "1--2",
                           "1-2-3", "+1", "0x1", "1024", "0-1024", "99999999999"}) {
    const auto cpus = parse_cpu_list(text);
    ASSERT_FALSE(cpus.has_value()) << text;
    EXPECT_EQ(cpus.error().code, Code::usage);
    EXPECT_EQ(cpus.error().message, "not a CPU number") << text;
    EXPECT_NE(cpus.error().where.find("'" + std::string(text) + "'"), std::string::npos);
  }
  EXPECT_EQ(parse_cpu_list("5-3").error().message, "a range goes from low to high");
  EXPECT_EQ(parse_cpu_list("1,1").error().message, "a CPU is named twice");
  EXPECT_EQ(parse_cpu_list("0-3,2").error().message, "a CPU is named twice");
}

TEST(CpuList, IsWrittenWithRanges) {
  EXPECT_EQ(cpu_list_text({}), "");
  EXPECT_EQ(cpu_list_text(Cpus{3}), "3");
  EXPECT_EQ(cpu_list_text(Cpus{0, 2, 3, 4, 5, 8}), "0,2-5,8");
  EXPECT_EQ(cpu_list_text(Cpus{3, 1}), "3,1");
}

TEST(NodeCpus, AreKnownOfNodesThatThereAre) {
  EXPECT_TRUE(cpus_of_node(-1).empty());
  EXPECT_TRUE(cpus_of_node(1 << 20).empty());
  const Cpus first = cpus_of_node(0);
  if (first.empty()) GTEST_SKIP() << "this kernel shows no NUMA node";
  EXPECT_TRUE(std::is_sorted(first.begin(), first.end()));
}

TEST(UsableCpus, AreThoseOfTheAffinityMaskInOrder) {
  const Cpus cpus = usable_cpus();
  ASSERT_FALSE(cpus.empty());
  EXPECT_TRUE(std::is_sorted(cpus.begin(), cpus.end()));
  cpu_set_t set;
  CPU_ZERO(&set);
  ASSERT_EQ(sched_getaffinity(0, sizeof set, &set), 0);
  EXPECT_EQ(static_cast<int>(cpus.size()), CPU_COUNT(&set));
  for (const int cpu : cpus) EXPECT_TRUE(CPU_ISSET(cpu, &set));
}

TEST(PlaceThisThread, PinsAndNamesWithinFifteenCharacters) {
  const int cpu = usable_cpus().back();
  std::thread([&] {
    EXPECT_TRUE(place_this_thread(Cpus{cpu}, "weir-a-very-long-name"));
    EXPECT_EQ(usable_cpus(), Cpus{cpu});
    char name[16] = {};
    pthread_getname_np(pthread_self(), name, sizeof name);
    EXPECT_STREQ(name, "weir-a-very-lon");
  }).join();
}

TEST(PlaceThisThread, NoCpuLeavesTheAffinityAlone) {
  std::thread([] {
    const Cpus before = usable_cpus();
    EXPECT_TRUE(place_this_thread({}, "weir-free"));
    EXPECT_EQ(usable_cpus(), before);
  }).join();
}

TEST(PlaceThisThread, ACpuThatIsNotThereIsUsage) {
  std::thread([] {
    const auto placed = place_this_thread(Cpus{CPU_SETSIZE - 1}, "weir-nowhere");
    if (placed) GTEST_SKIP() << "this machine has CPU " << CPU_SETSIZE - 1;
    EXPECT_EQ(placed.error().code, Code::usage);
    EXPECT_NE(placed.error().sys_errno, 0);
  }).join();
}

}  // namespace
}  // namespace weir
