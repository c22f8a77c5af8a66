#include "backends/fallback/fallback.h"

#include <errno.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

namespace weir::testing {
namespace {

using backends::Fallback;

/// Opens, or fails with an errno; counts what is asked of it.
class Source final : public Backend, private CaptureQueue {
 public:
  Source(std::string kind, int& closed) : kind_(std::move(kind)), closed_(closed) {}

  std::string name() const override { return "eth0"; }
  Result<CaptureInfo> open(const CaptureOptions& /*options*/) override {
    if (error != 0) return fail(Status{code, Recovery::give_up, error, "eth0", "why " + kind_});
    CaptureInfo info;
    info.backend = kind_;
    info.name = "eth0";
    return info;
  }
  CaptureQueue& queue(uint32_t /*index*/) override { return *this; }
  void close() noexcept override { ++closed_; }
  bool owns(const CaptureQueue& queue) const {
    return &queue == static_cast<const CaptureQueue*>(this);
  }

  int error = 0;
  Code code = Code::usage;

 private:
  Result<PacketBatch> receive(uint32_t /*max_packets*/) override { return PacketBatch::ended(); }
  DropCounts drops() noexcept override { return {}; }
  void release(uint64_t /*token*/) noexcept override {}

  const std::string kind_;
  int& closed_;
};

struct Two {
  int first_closed = 0;
  int second_closed = 0;
  Source* first = new Source("first", first_closed);
  Source* second = new Source("second", second_closed);
  Fallback fallback{std::unique_ptr<Backend>(first), std::unique_ptr<Backend>(second)};
};

TEST(Fallback, TheFirstIsUsedWhenItCan) {
  Two two;
  const auto info = two.fallback.open({});
  ASSERT_TRUE(info);
  EXPECT_EQ(info->backend, "first");
  EXPECT_TRUE(info->notes.empty());
  EXPECT_TRUE(two.first->owns(two.fallback.queue(0)));
  two.fallback.close();
  EXPECT_EQ(two.first_closed, 1);
  EXPECT_EQ(two.second_closed, 0);
}

TEST(Fallback, TheSecondIsUsedWhereTheFirstIsNotMadeForTheLink) {
  for (const int error : {EOPNOTSUPP, EAFNOSUPPORT, EPROTONOSUPPORT, ENOPROTOOPT}) {
    Two two;
    two.first->error = error;
    const auto info = two.fallback.open({});
    ASSERT_TRUE(info);
    EXPECT_EQ(info->backend, "second");
    ASSERT_EQ(info->notes.size(), 1U);
    EXPECT_EQ(info->notes[0], "second is used: why first");
    EXPECT_TRUE(two.second->owns(two.fallback.queue(0)));
    two.fallback.close();
    EXPECT_EQ(two.second_closed, 1);
  }
}

TEST(Fallback, OtherFailuresAreFinal) {
  const std::pair<Code, int> failures[] = {{Code::not_permitted, EPERM},
                                           {Code::not_found, ENODEV},
                                           {Code::usage, 0},
                                           {Code::io, ENOMEM}};
  for (const auto& [code, error] : failures) {
    Two two;
    two.first->error = error == 0 ? -1 : error;
    two.first->code = code;
    const auto info = two.fallback.open({});
    ASSERT_FALSE(info);
    EXPECT_EQ(info.error().code, code);
    EXPECT_EQ(info.error().message, "why first");
  }
}

// The reporter asks for it while the supervisor opens the capture again; for ThreadSanitizer.
TEST(Fallback, ProgressMayBeAskedForWhileItIsOpened) {
  Two two;
  std::atomic<bool> stop{false};
  std::thread asking([&] {
    while (!stop.load()) EXPECT_EQ(two.fallback.progress().total_bytes, 0U);
  });
  for (int i = 0; i < 1000; ++i) {
    two.first->error = i % 2 == 0 ? 0 : EOPNOTSUPP;
    ASSERT_TRUE(two.fallback.open({}));
    two.fallback.close();
  }
  stop.store(true);
  asking.join();
}

TEST(Fallback, EachOpeningDecidesAnew) {
  Two two;
  two.first->error = EOPNOTSUPP;
  ASSERT_EQ(two.fallback.open({})->backend, "second");
  two.fallback.close();
  two.first->error = 0;
  ASSERT_EQ(two.fallback.open({})->backend, "first");
  two.first->error = EOPNOTSUPP;
  two.second->error = ENODEV;
  const auto info = two.fallback.open({});
  ASSERT_FALSE(info);
  EXPECT_EQ(info.error().message, "why second");
}

}  // namespace
}  // namespace weir::testing
