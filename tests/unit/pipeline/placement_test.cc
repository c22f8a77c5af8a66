#include "engine/pipeline/placement.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

using Cpus = std::vector<int>;
using ByWorker = std::vector<Cpus>;

PlacementRequest live(uint32_t workers, int cpus) {
  PlacementRequest request;
  request.workers = workers;
  request.live = true;
  for (int cpu = 0; cpu < cpus; ++cpu) request.usable.push_back(cpu);
  return request;
}

TEST(Placement, CpusThatWereAskedForAreKeptTo) {
  PlacementRequest request = live(2, 4);
  request.cpus = {3, 1};
  const Placement placement = choose_placement(request);
  EXPECT_EQ(placement.workers, (ByWorker{{3}, {1}}));
  EXPECT_EQ(placement.reporter, (Cpus{0, 2})) << "off the workers' CPUs";
  EXPECT_EQ(placement.text, "2 workers on CPUs 3,1 (--cpus), reporter on CPUs 0,2");
  request.reporter_cpu = 1;
  EXPECT_EQ(choose_placement(request).reporter, Cpus{1}) << "also where it is asked for";
}

TEST(Placement, MoreCpusThanWorkersLeaveTheRestToTheReporter) {
  PlacementRequest request = live(1, 2);
  request.cpus = {0, 1};
  const Placement placement = choose_placement(request);
  EXPECT_EQ(placement.workers, (ByWorker{{0}}));
  EXPECT_EQ(placement.reporter, Cpus{1});
}

TEST(Placement, WhenEveryCpuHasAWorkerTheReporterIsAmongThem) {
  PlacementRequest request = live(2, 2);
  request.cpus = {0, 1};
  const Placement placement = choose_placement(request);
  EXPECT_TRUE(placement.reporter.empty());
  EXPECT_NE(placement.text.find("no CPU is left"), std::string::npos) << placement.text;
}

TEST(Placement, ALiveCaptureIsOnTheNodeOfItsInterface) {
  PlacementRequest request = live(2, 16);
  request.node = 1;
  request.node_cpus = {8, 9, 10, 11, 12, 13, 14, 15};
  const Placement placement = choose_placement(request);
  const Cpus near{8, 9, 10, 11, 12, 13, 14};
  EXPECT_EQ(placement.workers, (ByWorker{near, near}));
  EXPECT_EQ(placement.reporter, Cpus{15});
  EXPECT_EQ(placement.text,
            "2 workers on CPUs 8-14 of NUMA node 1, where the interface is attached, reporter on "
            "CPU 15, out of their way");
}

TEST(Placement, ANodeThatIsTooSmallIsLeft) {
  PlacementRequest request = live(3, 8);
  request.node = 0;
  request.node_cpus = {0, 1, 2, 3};
  const Placement placement = choose_placement(request);
  EXPECT_EQ(placement.workers.at(2), (Cpus{0, 1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(placement.reporter, Cpus{7});
}

TEST(Placement, OnlyUsableCpusOfTheNodeCount) {
  PlacementRequest request = live(1, 4);
  request.node = 0;
  request.node_cpus = {2, 3, 4, 5, 6, 7};
  const Placement placement = choose_placement(request);
  EXPECT_EQ(placement.workers.at(0), (Cpus{0, 1, 2})) << "two of the node are too few";
}

TEST(Placement, TheReportersCpuIsKeptFree) {
  PlacementRequest request = live(2, 4);
  request.reporter_cpu = 0;
  const Placement placement = choose_placement(request);
  EXPECT_EQ(placement.workers.at(0), (Cpus{1, 2, 3}));
  EXPECT_EQ(placement.reporter, Cpus{0});
}

TEST(Placement, TooFewCpusAreLeftToTheKernelAndThatIsSaid) {
  for (const int cpus : {1, 2, 3}) {
    const Placement placement = choose_placement(live(2, cpus));
    EXPECT_EQ(placement.workers, (ByWorker{{}, {}}));
    EXPECT_TRUE(placement.reporter.empty());
    EXPECT_NE(placement.text.find("too few"), std::string::npos) << placement.text;
  }
  EXPECT_FALSE(choose_placement(live(2, 4)).workers.at(0).empty());
}

TEST(Placement, FilesAreReadWhereTheKernelPutsThem) {
  PlacementRequest request = live(2, 16);
  request.live = false;
  const Placement placement = choose_placement(request);
  EXPECT_EQ(placement.workers, (ByWorker{{}, {}}));
  EXPECT_EQ(placement.text.find("few"), std::string::npos) << placement.text;
}

}  // namespace
}  // namespace weir
