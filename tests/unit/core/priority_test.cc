#include "engine/core/priority.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <thread>

namespace weir {
namespace {

using Kind = ThreadPriority::Kind;

TEST(Priority, NiceIsOfTheThreadAlone) {
  const int before = getpriority(PRIO_PROCESS, 0);
  std::thread([&] {
    ASSERT_TRUE(prefer_this_thread({Kind::nice, 19}));
    EXPECT_EQ(getpriority(PRIO_PROCESS, static_cast<id_t>(gettid())), 19);
  }).join();
  EXPECT_EQ(getpriority(PRIO_PROCESS, static_cast<id_t>(gettid())), before);
}

TEST(Priority, NormalChangesNothing) {
  EXPECT_TRUE(prefer_this_thread({}));
  EXPECT_TRUE(check_priority({}));
  EXPECT_EQ(sched_getscheduler(0), SCHED_OTHER);
}

TEST(Priority, RealTimeIsFifoWhereItIsPermitted) {
  std::thread([] {
    const Result<void> set = prefer_this_thread({Kind::realtime, 7});
    if (!set && set.error().code == Code::not_permitted) GTEST_SKIP() << "needs CAP_SYS_NICE";
    ASSERT_TRUE(set);
    EXPECT_EQ(sched_getscheduler(0) & ~SCHED_RESET_ON_FORK, SCHED_FIFO);
    sched_param param{};
    sched_getparam(0, &param);
    EXPECT_EQ(param.sched_priority, 7);
  }).join();
  EXPECT_EQ(sched_getscheduler(0), SCHED_OTHER) << "the check leaves the caller alone";
}

TEST(Priority, OneThatThereIsNotIsAnError) {
  const Result<void> checked = check_priority({Kind::realtime, 100});
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().sys_errno, EINVAL);
  EXPECT_EQ(checked.error().where, "--priority rt:100");
}

}  // namespace
}  // namespace weir
