#include "report/output.h"

#include <errno.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <string>
#include <string_view>
#include <thread>

#include "report/json_lines.h"
#include "tests/unit/report/sample.h"

namespace weir::report {
namespace {

using test::Page;

TEST(Output, WritesWhatWasFormatted) {
  Page page;
  Output output(page.fd(), "page");
  output.buffer().append(std::string_view("one\n"));
  EXPECT_TRUE(output.spill());
  EXPECT_EQ(page.text(), "") << "less than a spill is held back";
  EXPECT_TRUE(output.flush());
  EXPECT_EQ(page.text(), "one\n");
}

TEST(Output, HoldsABoundedAmount) {
  Page page;
  Output output(page.fd(), "page");
  const std::string line(1000, 'x');
  for (int i = 0; i < 1000; ++i) {
    output.buffer().append(line);
    EXPECT_TRUE(output.spill());
    EXPECT_LT(output.buffer().size(), Output::kSpillBytes);
  }
  EXPECT_TRUE(output.flush());
  EXPECT_EQ(page.text().size(), 1'000'000U);
}

TEST(Output, AClosedPipeIsEpipe) {
  signal(SIGPIPE, SIG_IGN);
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  close(ends[0]);
  Output output(ends[1], "stdout");
  output.buffer().append(std::string_view("lost"));
  const Result<void> written = output.flush();
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().sys_errno, EPIPE);
  EXPECT_EQ(to_string(written.error()), "stdout: Broken pipe");
  close(ends[1]);
}

TEST(Output, AFullDiskIsEnospcAndNothingIsTriedAgain) {
  const int full = open("/dev/full", O_WRONLY);
  if (full < 0) GTEST_SKIP() << "no /dev/full here";
  Output output(full, "stdout");
  output.buffer().append(std::string_view("lost"));
  ASSERT_FALSE(output.flush());
  close(full);  // a further write would now be EBADF
  output.buffer().append(std::string_view("more"));
  const Result<void> again = output.flush();
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().sys_errno, ENOSPC);
  EXPECT_EQ(output.buffer().size(), 0U);
  ASSERT_TRUE(output.error());
}

TEST(Output, WaitsForASlowReaderOfANonBlockingPipe) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_NONBLOCK), 0);
  const std::string text(300'000, 'y');  // more than a pipe holds
  std::string got;
  std::thread reader([&] {
    char part[4096];
    while (got.size() < text.size()) {
      const ssize_t n = read(ends[0], part, sizeof part);
      if (n > 0) got.append(part, static_cast<size_t>(n));
      if (n < 0) std::this_thread::yield();
    }
  });
  Output output(ends[1], "stdout");
  output.buffer().append(text);
  EXPECT_TRUE(output.flush());
  reader.join();
  EXPECT_EQ(got, text);
  close(ends[0]);
  close(ends[1]);
}

TEST(Output, ASinkHandsTheFailureOn) {
  const int full = open("/dev/full", O_WRONLY);
  if (full < 0) GTEST_SKIP() << "no /dev/full here";
  Output output(full, "stdout");
  JsonLines sink(output);
  const Result<void> reported = sink.report(test::file_snapshot());
  ASSERT_FALSE(reported);
  EXPECT_EQ(reported.error().sys_errno, ENOSPC);
  close(full);
}

}  // namespace
}  // namespace weir::report
