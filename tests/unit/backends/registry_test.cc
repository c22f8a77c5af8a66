#include "backends/registry.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/unit/backends/reading.h"

namespace weir::testing {
namespace {

std::vector<std::string> compiled_names() {
  std::vector<std::string> names;
  for (const auto& kind : backends::compiled_backends()) names.push_back(kind.name);
  return names;
}

bool compiled(const std::string& name) {
  const std::vector<std::string> names = compiled_names();
  return std::find(names.begin(), names.end(), name) != names.end();
}

TEST(Registry, NamesAreUniqueAndDescribed) {
  std::vector<std::string> names = compiled_names();
  EXPECT_TRUE(compiled("pcap"));
  EXPECT_TRUE(compiled("synthetic"));
  for (const auto& kind : backends::compiled_backends()) EXPECT_FALSE(kind.description.empty());
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
}

// Nothing is opened: the interface need not exist.
TEST(Registry, MakesWhatIsCompiledIn) {
  for (const std::string kind : {"auto", "pcap"}) {
    const auto made = backends::make_live(kind, "weir-none");
    ASSERT_TRUE(made) << to_string(made.error());
    EXPECT_EQ((*made)->name(), "weir-none");
  }
}

TEST(Registry, WhatIsNotCompiledInIsNotFound) {
  int missing = 0;
  for (const std::string kind : {"af_packet", "af_xdp", "dpdk"}) {
    if (compiled(kind)) continue;
    ++missing;
    const auto made = backends::make_live(kind, "eth0");
    ASSERT_FALSE(made) << kind;
    EXPECT_EQ(made.error().code, Code::not_found);
    EXPECT_EQ(made.error().where, "--backend " + kind);
    EXPECT_NE(made.error().message.find("pcap"), std::string::npos) << "names what there is";
  }
  if (missing == 0) GTEST_SKIP() << "every backend is compiled in";
}

TEST(Registry, NonsenseIsWrongUsage) {
  for (const std::string kind : {"", "PCAP", "pcap_file", "nonsense", "pcap "}) {
    const auto made = backends::make_live(kind, "eth0");
    ASSERT_FALSE(made) << kind;
    EXPECT_EQ(made.error().code, Code::usage);
    for (const std::string& name : compiled_names()) {
      EXPECT_NE(made.error().message.find(name), std::string::npos) << made.error().message;
    }
  }
}

TEST(Registry, TheSyntheticLinkHasNoInterface) {
  const auto made = backends::make_live("synthetic", "eth0");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Code::usage);
}

TEST(Registry, MakesFilesAndTheSyntheticLink) {
  EXPECT_EQ(backends::make_files({"a.pcap"})->name(), "a.pcap");
  EXPECT_EQ(backends::make_files({"-"})->name(), "standard input");
  EXPECT_EQ(backends::make_files({"a.pcap"}, false)->name(), "a.pcap");
  backends::SyntheticOptions options;
  options.packets = 10;
  EXPECT_EQ(read_all(*backends::make_synthetic(options)).packets.size(), 10U);
}

}  // namespace
}  // namespace weir::testing
