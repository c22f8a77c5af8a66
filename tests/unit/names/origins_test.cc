#include "report/names/origins.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <random>
#include <string>

#include "report/names/clean_text.h"
#include "report/names/names.h"
#include "tests/unit/names/mmdb_writer.h"
#include "tests/unit/names/temporary.h"

namespace weir::report {
namespace {

using test::mmdb_file;
using test::MmdbRecord;
using test::TemporaryFolder;

const IpPrefix kGerman{{192, 0, 2}, 4, 24};
const IpPrefix kJapanese{{0x20, 1, 0x0d, 0xb8}, 6, 32};
const IpPrefix kHostile{{198, 51, 100}, 4, 24};

std::string country_file() {
  return mmdb_file(
      {{kGerman, "DE", "", 0, ""}, {kJapanese, "", "JP", 0, ""}, {kHostile, "\x1b[", "", 0, ""}});
}

std::string asn_file() {
  return mmdb_file({{kGerman, "", "", 3320, "Deutsche Telekom AG"},
                    {kJapanese, "", "", 64496, ""},
                    {kHostile, "", "", 64497, "\x1b]0;owned\x07" + std::string(200, 'x')}});
}

std::unique_ptr<Origins> open(const std::vector<std::string>& files) {
  Result<std::unique_ptr<Origins>> origins = Origins::open(files);
  EXPECT_TRUE(origins) << to_string(origins.error());
  return origins ? std::move(*origins) : nullptr;
}

TEST(Origins, TellsCountryAndNetwork) {
  const TemporaryFolder folder;
  const auto origins = open({folder.put("c", country_file()), folder.put("a", asn_file())});
  ASSERT_TRUE(origins);
  const AddressKey german{{192, 0, 2, 77}, 4};
  EXPECT_EQ(origins->origin(german), "DE AS3320 Deutsche Telekom AG");
  EXPECT_EQ(origins->origin(german), "DE AS3320 Deutsche Telekom AG");
  EXPECT_EQ(origins->origin({{0x20, 1, 0x0d, 0xb8, 9}, 6}), "JP AS64496");
  EXPECT_EQ(origins->origin({{10, 0, 0, 1}, 4}), "");
  EXPECT_EQ(origins->origin({{}, 0}), "");
}

TEST(Origins, EachFileIsOfUseAlone) {
  const TemporaryFolder folder;
  const AddressKey german{{192, 0, 2, 77}, 4};
  EXPECT_EQ(open({folder.put("c", country_file())})->origin(german), "DE");
  EXPECT_EQ(open({folder.put("a", asn_file())})->origin(german), "AS3320 Deutsche Telekom AG");
}

TEST(Origins, AreBoundedAndDriveNoTerminal) {
  const TemporaryFolder folder;
  const auto origins = open({folder.put("c", country_file()), folder.put("a", asn_file())});
  const std::string text = origins->origin({{198, 51, 100, 1}, 4});
  EXPECT_EQ(text.substr(0, 22), "AS64497 ?]0;owned?xxxx");
  EXPECT_EQ(text.size(), kMaxOriginBytes);
}

TEST(Origins, AMissingFileIsAnErrorThatNamesIt) {
  NamesOptions options;
  options.hosts = false;
  options.asn_file = "/nonexistent/asn.mmdb";
  const auto names = Names::start(options);
  ASSERT_FALSE(names);
  EXPECT_EQ(names.error().code, Code::not_found);
  EXPECT_EQ(to_string(names.error()), "/nonexistent/asn.mmdb: No such file or directory");
}

TEST(Origins, WhatIsNoSuchFileIsAnErrorThatNamesIt) {
  const TemporaryFolder folder;
  ASSERT_EQ(::mkfifo(folder.path("pipe").c_str(), 0600), 0);
  std::mt19937 random(5);
  std::string noise(4096, '\0');
  for (char& c : noise) c = static_cast<char>(random());
  const std::string whole = country_file();
  for (const std::string& path :
       {folder.put("empty", ""), folder.put("text", "country,DE\n"), folder.put("noise", noise),
        folder.put("cut", whole.substr(0, whole.size() / 2)), folder.path("pipe"),
        folder.path("")}) {
    const auto origins = Origins::open({path});
    ASSERT_FALSE(origins) << path;
    EXPECT_EQ(origins.error().code, Code::damaged) << path;
    EXPECT_EQ(origins.error().where, path);
  }
}

TEST(Origins, WithoutItsFrontAFileIsRefusedOrGivesNothing) {
  const TemporaryFolder folder;
  const std::string whole = asn_file();
  const std::string path = folder.put("tail", whole.substr(whole.size() * 3 / 4));
  const auto origins = Origins::open({path});
  if (!origins) return;
  EXPECT_EQ((*origins)->origin({{192, 0, 2, 1}, 4}), "");
}

TEST(Origins, DamageFurtherInGivesCleanTextOrNone) {
  const TemporaryFolder folder;
  const std::string whole = asn_file();
  std::mt19937 random(11);
  size_t opened = 0;
  for (int round = 0; round < 150; ++round) {
    std::string damaged = whole;
    for (int i = 0; i < 3; ++i) damaged[random() % damaged.size()] = static_cast<char>(random());
    if (round % 5 == 0) damaged.erase(random() % damaged.size(), 1 + random() % 40);
    const auto origins = Origins::open({folder.put("damaged", damaged)});
    if (!origins) continue;
    ++opened;
    for (const AddressKey& key : {AddressKey{{192, 0, 2, 1}, 4}, AddressKey{{198, 51, 100, 1}, 4},
                                  AddressKey{{0x20, 1, 0x0d, 0xb8}, 6}}) {
      const std::string text = (*origins)->origin(key);
      EXPECT_LE(text.size(), kMaxOriginBytes);
      EXPECT_EQ(clean_text(text, kMaxOriginBytes), text);
    }
  }
  EXPECT_GT(opened, 50U);
}

}  // namespace
}  // namespace weir::report
