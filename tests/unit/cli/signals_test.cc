#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <new>
#include <thread>

#include "cli/failure.h"
#include "cli/interface_addresses.h"
#include "cli/out_of_memory.h"
#include "cli/stop_signals.h"

namespace weir::cli {
namespace {

TEST(StopSignals, CallsOnceForEachSignal) {
  int calls = 0;
  const StopSignals signals([](void* context) { ++*static_cast<int*>(context); }, &calls);
  raise(SIGINT);
  EXPECT_EQ(calls, 1);
  raise(SIGTERM);
  EXPECT_EQ(calls, 2);
}

TEST(StopSignals, AHangUpStopsOnceHoweverOftenItComes) {
  signal(SIGHUP, SIG_DFL);  // the test may run under nohup
  int calls = 0;
  const StopSignals signals([](void* context) { ++*static_cast<int*>(context); }, &calls);
  EXPECT_FALSE(StopSignals::hung_up());
  for (int i = 0; i < 3; ++i) raise(SIGHUP);
  EXPECT_EQ(calls, 1);
  EXPECT_TRUE(StopSignals::hung_up());
  raise(SIGTERM);
  EXPECT_EQ(calls, 2);
}

TEST(StopSignalsDeathTest, AnIgnoredHangUpStaysIgnored) {
  EXPECT_EXIT(
      {
        signal(SIGHUP, SIG_IGN);
        int calls = 0;
        {
          const StopSignals signals([](void* context) { ++*static_cast<int*>(context); }, &calls);
          raise(SIGHUP);
        }
        raise(SIGHUP);
        _exit(calls);
      },
      testing::ExitedWithCode(0), "");
}

TEST(StopSignalsDeathTest, ASecondSignalEndsTheProgram) {
  EXPECT_EXIT(
      {
        const StopSignals signals([](void*) {}, nullptr);
        raise(SIGINT);
        raise(SIGINT);
      },
      testing::KilledBySignal(SIGINT), "");
}

TEST(StopSignalsDeathTest, AreDefaultAgainAfterwards) {
  EXPECT_EXIT(
      {
        {
          const StopSignals signals([](void*) {}, nullptr);
        }
        raise(SIGTERM);
      },
      testing::KilledBySignal(SIGTERM), "");
}

TEST(OutOfMemoryDeathTest, OnAnyThreadIsOneLineAndExitCode1) {
  EXPECT_EXIT(
      {
        end_well_without_memory();
        std::thread([] { throw std::bad_alloc(); }).join();
      },
      testing::ExitedWithCode(1), "^weir: out of memory; [^\n]*\n$");
}

TEST(OutOfMemoryDeathTest, OtherExceptionsAbortAsBefore) {
  EXPECT_EXIT(
      {
        end_well_without_memory();
        std::thread([] { throw 5; }).join();
      },
      testing::KilledBySignal(SIGABRT), "");
}

TEST(ExitCode, OfEachFailure) {
  EXPECT_EQ(exit_code_of(Code::usage), 2);
  EXPECT_EQ(exit_code_of(Code::not_permitted), 3);
  EXPECT_EQ(exit_code_of(Code::not_found), 4);
  EXPECT_EQ(exit_code_of(Code::damaged), 5);
  EXPECT_EQ(exit_code_of(Code::device_gone), 1);
  EXPECT_EQ(exit_code_of(Code::io), 1);
  EXPECT_EQ(exit_code_of(Code::internal), 1);
}

TEST(InterfaceLines, OfAnUnknownInterface) {
  EXPECT_EQ(interface_lines("weir-nowhere"), (std::vector<std::string>{"interface: weir-nowhere"}));
}

}  // namespace
}  // namespace weir::cli
