#include "report/processes/poller.h"

#include <signal.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>

#include "engine/core/cpu.h"
#include "engine/core/priority.h"
#include "report/processes/linux_host.h"
#include "report/processes/publishers.h"

namespace weir::processes {

void PollBudget::save_up(uint64_t now_ns) {
  const double saved = kShare * static_cast<double>(last_ns_ == 0 ? 0 : now_ns - last_ns_);
  credit_ns_ = std::max(credit_ns_, std::min(credit_ns_ + saved, static_cast<double>(kBurstNs)));
  last_ns_ = now_ns;
}

uint64_t PollBudget::search_ns(uint64_t now_ns) {
  save_up(now_ns);
  constexpr uint64_t kLeast = 2'000'000;
  return std::max(kLeast, static_cast<uint64_t>(std::max(credit_ns_ / 2, 0.0)));
}

uint64_t PollBudget::wait_ns(uint64_t cpu_ns, uint64_t now_ns) {
  save_up(now_ns);
  credit_ns_ -= static_cast<double>(cpu_ns);
  const double wait = std::max(-credit_ns_ / kShare, static_cast<double>(kIntervalNs));
  return static_cast<uint64_t>(wait);
}

namespace {

/// A signal shall not interrupt what is read here; but a crash is a crash.
void leave_signals_to_others() {
  sigset_t signals;
  sigfillset(&signals);
  for (const int crash : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS}) {
    sigdelset(&signals, crash);
  }
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

/// Before the first poll.
class NothingYet final : public report::ProcessTable {
 public:
  std::array<uint32_t, 2> owners_of(const FlowKey& /*key*/) const override {
    return {kUnknown, kUnknown};
  }
  bool polled() const override { return false; }
  const report::Process* process(uint32_t /*number*/) const override { return nullptr; }
};

class Poller final : public report::ProcessSource {
 public:
  Poller() : table_(std::make_shared<NothingYet>()) {
    thread_ = std::thread([this] { run(); });
  }

  ~Poller() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }

  std::shared_ptr<const report::ProcessTable> table() const override {
    const std::lock_guard lock(mutex_);
    return table_;
  }

  void set_active(bool active) override {
    {
      const std::lock_guard lock(mutex_);
      active_ = active;
    }
    wake_.notify_one();
  }

  std::string limits() const override {
    const std::lock_guard lock(mutex_);
    return limits_;
  }

 private:
  /// The lock is never held while the kernel is asked: table() waits for a few moves at most.
  void run() {
    leave_signals_to_others();
    // Whoever captures goes first. To be nicer needs no permission.
    (void)prefer_this_thread({ThreadPriority::Kind::nice, 10});
    (void)place_this_thread({}, "weir-processes");
    LinuxHost host;
    const std::unique_ptr<Publishers> publishers = make_publishers();
    Tracker tracker(host, std::random_device{}(), publishers.get());
    PollBudget budget;
    auto next = std::chrono::steady_clock::now();
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      if (!active_) {
        lock.unlock();
        tracker.rest();
        lock.lock();
        wake_.wait(lock, [&] { return stopping_ || active_; });
      }
      // Also after a rest: who looks here and there all the time costs no more either.
      if (wake_.wait_until(lock, next, [&] { return stopping_ || !active_; })) continue;
      lock.unlock();
      tracker.poll(budget.search_ns(host.now_ns()));
      const uint64_t wait_ns = budget.wait_ns(tracker.stats().cpu_ns, host.now_ns());
      next = std::chrono::steady_clock::now() + std::chrono::nanoseconds(wait_ns);
      std::shared_ptr<const report::ProcessTable> table = tracker.table();
      std::string limits = tracker.limits();
      lock.lock();
      table_.swap(table);
      limits_.swap(limits);
      lock.unlock();
      table.reset();  // the last one who holds a table takes it down: not under the lock
      lock.lock();
    }
  }

  mutable std::mutex mutex_;  ///< guards the rest but the thread
  std::condition_variable wake_;
  bool stopping_ = false;
  bool active_ = false;
  std::shared_ptr<const report::ProcessTable> table_;
  std::string limits_;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<report::ProcessSource> make_process_source() {
  return std::make_unique<Poller>();
}

}  // namespace weir::processes
