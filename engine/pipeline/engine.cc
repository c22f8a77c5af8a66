#include "engine/pipeline/engine.h"

#include <poll.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <random>
#include <thread>
#include <utility>

#include "engine/core/cpu.h"
#include "engine/core/priority.h"
#include "engine/pipeline/placement.h"
#include "engine/pipeline/reporter.h"
#include "engine/pipeline/supervisor.h"
#include "engine/pipeline/waker.h"
#include "engine/pipeline/worker.h"

namespace weir {
namespace {

constexpr int kControlNapMs =
    100;  ///< upper bound of the control thread's reaction to what wakes nobody

constexpr uint32_t kLosslessReportDepth = 1U << 16;
// A fifth of a second of a busy worker's batches.
constexpr uint32_t kPatience = 1U << 14;

uint64_t random_seed() {
  std::random_device device;
  return static_cast<uint64_t>(device()) << 32 | device();
}

}  // namespace

class Engine::Impl {
 public:
  Impl(EngineConfig config, std::vector<std::unique_ptr<Backend>> captures,
       CaptureOptions capture_options, const Clock& clock)
      : config_(std::move(config)),
        backends_(std::move(captures)),
        capture_options_(std::move(capture_options)),
        clock_(clock) {}

  Result<void> start();
  std::vector<CaptureInfo> captures() const;
  const std::string& placement() const { return placement_.text; }
  bool direct() const { return direct_; }
  uint32_t workers() const { return static_cast<uint32_t>(workers_.size()); }
  RunResult run(const std::vector<Sink*>& sinks);
  void set_query(FlowQuery query) {
    query_.set(std::move(query));
    reporter_waker_.wake();
  }
  void stop() noexcept {
    stop_requested_.store(true);
    control_.wake();
  }

 private:
  Result<void> check_cpus() const;
  Result<void> check_room() const;
  void place_threads(uint32_t workers, bool live);
  std::shared_ptr<const LocalSide> side_of(const CaptureInfo& info) const;
  void build_workers();
  void follow_addresses();
  void wake_workers() noexcept {
    for (const auto& worker : workers_) worker->waker().wake();
  }
  void tell(Event event);
  void tell_notices();
  bool finished() const;
  bool limit_reached(uint64_t started_ns) const;
  void control_until_done(uint64_t started_ns);
  void quiet_workers();
  Result<void> start_threads(std::vector<std::thread>& threads, std::thread& reporter);
  RunResult outcome() const;

  EngineConfig config_;
  std::vector<std::unique_ptr<Backend>> backends_;
  CaptureOptions capture_options_;
  const Clock& clock_;

  Waker control_;
  Waker reporter_waker_;
  WorkerOrders orders_;
  QueryBox query_;
  std::vector<std::unique_ptr<Supervisor>> supervisors_;
  std::unique_ptr<LocalSides> sides_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<Reporter> reporter_;
  Merger::Config merger_config_;
  Placement placement_;
  bool direct_ = true;
  bool damaged_ = false;
  std::atomic<bool> stop_requested_{false};
};

/// A CPU that no thread can run on is wrong usage, found before anything is opened.
Result<void> Engine::Impl::check_cpus() const {
  const std::vector<int> usable = usable_cpus();
  std::vector<int> wanted = config_.cpus;
  if (config_.reporter_cpu >= 0) wanted.push_back(config_.reporter_cpu);
  for (const int cpu : wanted) {
    if (std::find(usable.begin(), usable.end(), cpu) != usable.end()) continue;
    return fail({Code::usage, Recovery::give_up, 0, "CPU " + std::to_string(cpu),
                 "this process may not run there, or there is no such CPU"});
  }
  return {};
}

Result<void> Engine::Impl::start() {
  if (auto checked = check_cpus(); !checked) return checked;
  if (auto checked = check_priority(config_.priority); !checked) return checked;
  capture_options_.queues =
      config_.workers != 0 ? config_.workers : static_cast<uint32_t>(usable_cpus().size());
  for (uint32_t i = 0; i < backends_.size(); ++i) {
    supervisors_.push_back(std::make_unique<Supervisor>(
        i, std::move(backends_[i]), capture_options_, clock_, [this] { wake_workers(); },
        [this](Event event) { tell(std::move(event)); }));
    if (auto started = supervisors_.back()->start(); !started) {
      supervisors_.clear();
      return started;
    }
  }
  build_workers();
  if (auto checked = check_room(); !checked) {
    workers_.clear();
    supervisors_.clear();
    return checked;
  }
  return {};
}

/// A real-time thread that never sleeps leaves nothing of its CPU to anybody else.
Result<void> Engine::Impl::check_room() const {
  if (config_.priority.kind != ThreadPriority::Kind::realtime || config_.idle == IdlePolicy::park ||
      workers_.size() < usable_cpus().size()) {
    return {};
  }
  return fail({Code::usage, Recovery::give_up, 0, "--priority rt",
               "with --idle spin or yield needs a CPU more than there are workers (" +
                   std::to_string(workers_.size()) + ")"});
}

std::shared_ptr<const LocalSide> Engine::Impl::side_of(const CaptureInfo& info) const {
  return std::make_shared<const LocalSide>(
      LocalSide::Config{config_.local_networks, info.addresses, info.local_networks});
}

/// Addresses that an interface gets or loses while it is captured count for flows to come.
void Engine::Impl::follow_addresses() {
  for (uint32_t i = 0; i < supervisors_.size(); ++i) {
    if (supervisors_[i]->take_addresses()) sides_->set(i, side_of(supervisors_[i]->info()));
  }
}

void Engine::Impl::build_workers() {
  uint32_t queues = 0;
  bool symmetric = true;
  bool lossless = true;
  bool realtime = false;
  LocalSides::Pointers sides;
  for (const auto& supervisor : supervisors_) {
    const CaptureInfo& info = supervisor->info();
    queues += info.queues;
    symmetric &= info.symmetric;
    lossless &= info.lossless;
    realtime |= info.realtime;
    sides.push_back(side_of(info));
  }
  sides_ = std::make_unique<LocalSides>(std::move(sides));
  const auto usable = static_cast<uint32_t>(usable_cpus().size());
  const uint32_t count = config_.workers != 0 ? config_.workers : std::clamp(queues, 1U, usable);
  direct_ = count == 1 || symmetric;

  place_threads(count, !lossless);
  WorkerConfig worker;
  worker.workers = count;
  worker.idle = config_.idle;
  worker.priority = config_.priority;
  worker.batch = config_.batch;
  worker.parse.decap = config_.decap;
  worker.key_vlan = config_.key_vlan;
  worker.hash_seed = config_.hash_seed ? *config_.hash_seed : random_seed();
  worker.direct = direct_;
  worker.lossless = lossless;
  worker.counted = config_.count != 0;
  worker.queue_depth = config_.queue_depth;
  worker.shard.capacity = static_cast<uint32_t>((config_.max_flows + count - 1) / count);
  worker.shard.producers = direct_ ? 1 : count;
  worker.shard.flow_timeout_ns = config_.flow_timeout_ns;
  worker.shard.hash_seed = worker.hash_seed;
  worker.shard.lossless = lossless;
  // Where packets wait for the reporter in any case, a deeper ring is no more than memory.
  worker.shard.report_depth = lossless && !realtime
                                  ? std::min(config_.report_depth, kLosslessReportDepth)
                                  : config_.report_depth;
  worker.shard.patience = realtime ? kPatience : 0;
  orders_.budget.store(config_.count);

  std::vector<Worker*> peers;
  for (uint32_t i = 0; i < count; ++i) {
    worker.index = i;
    worker.cpus = placement_.workers[i];
    workers_.push_back(
        std::make_unique<Worker>(worker, *sides_, orders_, control_, reporter_waker_));
    peers.push_back(workers_.back().get());
  }
  for (Worker* peer : peers) peer->set_peers(peers);
  uint32_t next = 0;
  for (const auto& supervisor : supervisors_) {
    for (QueueSlot* slot : supervisor->slots()) workers_[next++ % count]->add_queue(*slot);
  }
  merger_config_.shards = count;
  merger_config_.shard_capacity = worker.shard.capacity;
  merger_config_.hash_seed = worker.hash_seed;
  merger_config_.flows_in_one_shard = !direct_ || count == 1;
  merger_config_.flow_timeout_ns = config_.flow_timeout_ns;
  merger_config_.live = realtime;
}

void Engine::Impl::place_threads(uint32_t workers, bool live) {
  PlacementRequest request;
  request.workers = workers;
  request.cpus = config_.cpus;
  request.reporter_cpu = config_.reporter_cpu;
  request.usable = usable_cpus();
  request.live = live;
  request.node = supervisors_.front()->info().numa_node;
  for (const auto& supervisor : supervisors_) {
    if (supervisor->info().numa_node != request.node) request.node.reset();
  }
  if (request.node) request.node_cpus = cpus_of_node(*request.node);
  placement_ = choose_placement(request);
}

std::vector<CaptureInfo> Engine::Impl::captures() const {
  std::vector<CaptureInfo> infos;
  for (const auto& supervisor : supervisors_) infos.push_back(supervisor->info());
  return infos;
}

void Engine::Impl::tell(Event event) {
  if (reporter_) reporter_->post(std::move(event));
}

void Engine::Impl::tell_notices() {
  for (const auto& supervisor : supervisors_) {
    for (Status& notice : supervisor->take_notices()) {
      Event event;
      if (notice.code == Code::damaged) event.kind = Event::Kind::damaged;
      if (notice.code == Code::other_format) event.kind = Event::Kind::other_format;
      damaged_ |= event.kind != Event::Kind::note;
      event.capture = std::move(notice.where);
      event.reason = std::move(notice.message);
      event.time_ns = clock_.realtime_ns();
      tell(std::move(event));
    }
  }
}

bool Engine::Impl::finished() const {
  return std::all_of(supervisors_.begin(), supervisors_.end(),
                     [](const auto& supervisor) { return supervisor->finished(); });
}

bool Engine::Impl::limit_reached(uint64_t started_ns) const {
  if (config_.duration_ns != 0 && clock_.monotonic_ns() - started_ns >= config_.duration_ns) {
    return true;
  }
  if (config_.count == 0) return false;
  uint64_t received = 0;
  for (const auto& supervisor : supervisors_) {
    for (const QueueSlot* slot : supervisor->slots()) received += slot->progress.load();
  }
  return received >= config_.count;
}

void Engine::Impl::control_until_done(uint64_t started_ns) {
  for (;;) {
    control_.prepare_to_sleep();
    uint64_t wake_at_ns = Supervisor::kNoDeadline;
    for (const auto& supervisor : supervisors_) {
      wake_at_ns = std::min(wake_at_ns, supervisor->step());
    }
    follow_addresses();
    tell_notices();
    if (stop_requested_.load() || reporter_->output_closed() || finished() ||
        limit_reached(started_ns)) {
      control_.awake();
      return;
    }
    if (config_.duration_ns != 0) {
      wake_at_ns = std::min(wake_at_ns, started_ns + config_.duration_ns);
    }
    const uint64_t now_ns = clock_.monotonic_ns();
    int wait_ms = kControlNapMs;
    if (wake_at_ns < now_ns + kControlNapMs * kNsPerMs) {
      wait_ms = wake_at_ns <= now_ns
                    ? 0
                    : static_cast<int>((wake_at_ns - now_ns + kNsPerMs - 1) / kNsPerMs);
    }
    pollfd fd{control_.fd(), POLLIN, 0};
    poll(&fd, 1, wait_ms);
    control_.awake();
  }
}

void Engine::Impl::quiet_workers() {
  orders_.stop.store(true);
  wake_workers();
  for (const auto& worker : workers_) {
    while (!worker->quiet()) {
      control_.prepare_to_sleep();
      pollfd fd{control_.fd(), POLLIN, 0};
      if (!worker->quiet()) poll(&fd, 1, 1);
      control_.awake();
    }
  }
  tell_notices();
}

RunResult Engine::Impl::outcome() const {
  RunResult result;
  result.damaged = damaged_;
  result.error = reporter_->sink_error();
  for (const auto& supervisor : supervisors_) {
    const auto& error = supervisor->error();
    if (!error) continue;
    if (error->code == Code::damaged) {
      result.damaged = true;
    } else if (!result.error) {
      result.error = error;
    }
  }
  return result;
}

/// All of them, or none: a thread that cannot be made (no memory for its stack, too many tasks)
/// ends those that were.
Result<void> Engine::Impl::start_threads(std::vector<std::thread>& threads, std::thread& reporter) {
  try {
    threads.reserve(workers_.size());
    for (const auto& worker : workers_) {
      threads.emplace_back([&worker] { worker->run(); });
    }
    reporter = std::thread([this] {
      // check_cpus() has found the CPU usable; losing it since then costs only the placement.
      (void)place_this_thread(placement_.reporter, "weir-report");
      reporter_->run();
    });
    return {};
  } catch (const std::exception&) {  // std::system_error or std::bad_alloc
    orders_.stop.store(true);
    orders_.exit.store(true);
    wake_workers();
    for (std::thread& thread : threads) thread.join();
    for (const auto& supervisor : supervisors_) supervisor->close();
    return fail({Code::io, Recovery::give_up, 0, "threads",
                 "no memory for another one, or too many of them (ulimit -v, ulimit -u)"});
  }
}

RunResult Engine::Impl::run(const std::vector<Sink*>& sinks) {
  Reporter::Parts parts;
  for (const auto& worker : workers_) parts.workers.push_back(worker.get());
  for (const auto& supervisor : supervisors_) parts.captures.push_back(supervisor.get());
  parts.sinks = sinks;
  parts.orders = &orders_;
  parts.waker = &reporter_waker_;
  parts.control = &control_;
  parts.query = &query_;
  reporter_ =
      std::make_unique<Reporter>(config_, merger_config_, std::move(parts), direct_, clock_);

  query_.set_first(config_.query);
  const uint64_t started_ns = clock_.monotonic_ns();
  for (const auto& supervisor : supervisors_) supervisor->release_queues();
  std::vector<std::thread> threads;
  std::thread reporter;
  if (const Result<void> began = start_threads(threads, reporter); !began) {
    return {began.error(), false};
  }

  control_until_done(started_ns);
  quiet_workers();
  reporter_->finish();
  reporter.join();
  orders_.exit.store(true);
  wake_workers();
  for (std::thread& thread : threads) thread.join();
  for (const auto& supervisor : supervisors_) supervisor->close();
  return outcome();
}

Engine::Engine(EngineConfig config, std::vector<std::unique_ptr<Backend>> captures,
               CaptureOptions capture_options, const Clock& clock)
    : impl_(std::make_unique<Impl>(std::move(config), std::move(captures),
                                   std::move(capture_options), clock)) {}
Engine::~Engine() = default;
Result<void> Engine::start() {
  return impl_->start();
}
std::vector<CaptureInfo> Engine::captures() const {
  return impl_->captures();
}
std::string Engine::placement() const {
  return impl_->placement();
}
uint32_t Engine::workers() const {
  return impl_->workers();
}
bool Engine::direct() const {
  return impl_->direct();
}
RunResult Engine::run(const std::vector<Sink*>& sinks) {
  return impl_->run(sinks);
}
void Engine::stop() noexcept {
  impl_->stop();
}
void Engine::set_query(FlowQuery query) {
  impl_->set_query(std::move(query));
}

}  // namespace weir
