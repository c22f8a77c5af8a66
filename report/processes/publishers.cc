#include "report/processes/publishers.h"

#include <signal.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "engine/core/cpu.h"
#include "engine/core/priority.h"
#include "report/processes/proc_text.h"
#include "report/processes/publisher_reader.h"

namespace weir::processes {
namespace {

constexpr size_t kMaxWaiting = 4096;
constexpr int kRest = 19;
constexpr std::chrono::seconds kLongestRest{2};
constexpr std::chrono::seconds kPatience{1};

using Found = std::pair<ProcessIdentity, std::shared_ptr<const report::Publisher>>;

/// Outlives the owner where the thread hangs in a file system.
struct Shared {
  std::mutex mutex;  ///< guards all but `stopping`
  std::condition_variable wake;
  std::deque<ProcessIdentity> waiting;
  std::vector<Found> found;
  bool ended = false;
  std::atomic<bool> stopping{false};
};

std::chrono::nanoseconds cpu_time() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

/// The pid may be another process's by now.
bool is_still(const ProcReader& proc, const ProcessIdentity& process) {
  const auto stat = parse_stat(read_text(proc.path(process.first, "stat"), 4096));
  return stat && stat->start_time == process.second;
}

void look_up(const std::shared_ptr<Shared>& shared) {
  sigset_t signals;
  sigfillset(&signals);
  for (const int crash : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS}) {
    sigdelset(&signals, crash);
  }
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  (void)prefer_this_thread({ThreadPriority::Kind::nice, 19});
  (void)place_this_thread({}, "weir-packages");
  const ProcReader proc;
  PublisherReader reader(proc, shared->stopping);
  std::unique_lock lock(shared->mutex);
  while (!shared->stopping) {
    if (shared->waiting.empty()) {
      shared->wake.wait(lock);
      continue;
    }
    const ProcessIdentity process = shared->waiting.front();
    shared->waiting.pop_front();
    lock.unlock();
    const auto before = cpu_time();
    report::Publisher publisher = reader.read(process.first);
    if (!is_still(proc, process)) {
      publisher = {};
      publisher.state = report::Publisher::State::gone;
    }
    const auto rest =
        std::min<std::chrono::nanoseconds>((cpu_time() - before) * kRest, kLongestRest);
    lock.lock();
    shared->found.emplace_back(process,
                               std::make_shared<const report::Publisher>(std::move(publisher)));
    shared->wake.wait_for(lock, rest, [&] { return shared->stopping.load(); });
  }
  shared->ended = true;
  shared->wake.notify_all();
}

class ThreadedPublishers final : public Publishers {
 public:
  ThreadedPublishers() : shared_(std::make_shared<Shared>()) {
    thread_ = std::thread([shared = shared_] { look_up(shared); });
  }
  ~ThreadedPublishers() override {
    bool ended = false;
    {
      std::unique_lock lock(shared_->mutex);
      shared_->stopping = true;
      shared_->wake.notify_all();
      ended = shared_->wake.wait_for(lock, kPatience, [&] { return shared_->ended; });
    }
    ended ? thread_.join() : thread_.detach();
  }

  bool want(const ProcessIdentity& process) override {
    {
      const std::lock_guard lock(shared_->mutex);
      if (shared_->waiting.size() >= kMaxWaiting) return false;
      shared_->waiting.push_back(process);
    }
    shared_->wake.notify_one();
    return true;
  }

  void take(std::vector<Found>& out) override {
    const std::lock_guard lock(shared_->mutex);
    std::move(shared_->found.begin(), shared_->found.end(), std::back_inserter(out));
    shared_->found.clear();
  }

 private:
  std::shared_ptr<Shared> shared_;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Publishers> make_publishers() {
  return std::make_unique<ThreadedPublishers>();
}

}  // namespace weir::processes
