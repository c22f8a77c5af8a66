#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "cli/doctor.h"
#include "tests/unit/cli/fake_source.h"

namespace weir::cli::test {

/// The one finding of a check.
inline Finding only(const std::vector<Finding>& findings, const std::string& check) {
  std::vector<Finding> found;
  for (const Finding& finding : findings) {
    if (finding.check == check) found.push_back(finding);
  }
  EXPECT_EQ(found.size(), 1U) << check;
  return found.empty() ? Finding{} : found.front();
}

/// What is changed on a good host or link, and what a check finds then.
struct Case {
  const char* check;
  std::function<void(FakeSource&)> change;
  Severity severity;
  const char* what;  ///< part of it
  const char* fix;   ///< all of it
};

/// Holds each case to what `examine` finds once its change is made.
template <class Examine>
void run(const std::vector<Case>& table, Examine&& examine) {
  for (const Case& one : table) {
    GoodSource source;
    one.change(source);
    const Finding finding = only(examine(source), one.check);
    EXPECT_EQ(to_text(finding.severity), to_text(one.severity)) << one.check << finding.what;
    EXPECT_THAT(finding.what, ::testing::HasSubstr(one.what)) << one.check;
    EXPECT_EQ(finding.fix, one.fix) << one.check;
    const bool bad = one.severity == Severity::problem || one.severity == Severity::advice;
    EXPECT_EQ(finding.cost.empty(), !bad) << one.check << ": what it costs";
  }
}

}  // namespace weir::cli::test
