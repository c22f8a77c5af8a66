#include "cli/suggestion.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace weir::cli {
namespace {

TEST(EditDistance, CountsInsertedDeletedReplacedAndSwappedLetters) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("abc", ""), 3U);
  EXPECT_EQ(edit_distance("json", "jsn"), 1U);
  EXPECT_EQ(edit_distance("json", "jsonn"), 1U);
  EXPECT_EQ(edit_distance("json", "jsan"), 1U);
  EXPECT_EQ(edit_distance("json", "josn"), 1U) << "neighbours that changed places are one slip";
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("Nord", "nord"), 0U);
}

TEST(Closest, IsTheNearestWithinAThird) {
  const std::vector<std::string> commands{"devices", "doctor", "dissect", "bench", "help"};
  EXPECT_EQ(closest("devcies", commands), "devices");
  EXPECT_EQ(closest("docter", commands), "doctor");
  EXPECT_EQ(closest("device", commands), "devices");
  EXPECT_EQ(closest("eth0", commands), "") << "no guess is better than a wild one";
  EXPECT_EQ(closest("", commands), "");
  EXPECT_EQ(closest(std::string(100'000, 'd'), commands), "") << "bounded work";
}

TEST(DidYouMean, IsAHintOrNothing) {
  const std::vector<std::string> words{"--json"};
  EXPECT_EQ(did_you_mean("--jsn", words), " (did you mean --json?)");
  EXPECT_EQ(did_you_mean("--workers", words), "");
}

}  // namespace
}  // namespace weir::cli
