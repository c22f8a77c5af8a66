#include "engine/pipeline/reporter.h"

#include <poll.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <utility>

#include "engine/core/cpu.h"
#include "engine/pipeline/tick.h"

namespace weir {
namespace {

constexpr size_t kBulk = 1024;
constexpr uint64_t kQueryPauseNs = 100 * kNsPerMs;
constexpr uint64_t kNapNs = 20 * kNsPerMs;
constexpr uint64_t kProgressEveryNs = 200 * kNsPerMs;
// Memory of window records until old ones are forgotten ahead of the next tick: 2M records.
constexpr size_t kRecordsBytes = 48U << 20;
// What is then kept of seconds that no window reaches, for packets that may still come.
constexpr size_t kKeptBytes = kRecordsBytes / 8;
// The same at a tick. A live capture is told of a packet as it comes; files may be out of order.
constexpr size_t kKeptBytesLive = 1536U << 10;
constexpr size_t kKeptBytesAtTick = kRecordsBytes / 2;

void add(std::optional<uint64_t>& sum, const std::optional<uint64_t>& more) {
  if (more) sum = sum.value_or(0) + *more;
}

}  // namespace

Reporter::Reporter(const EngineConfig& config, const Merger::Config& merger, Parts parts,
                   bool direct, const Clock& clock)
    : config_(config),
      parts_(std::move(parts)),
      clock_(clock),
      merger_(merger),
      inbox_(kBulk),
      held_(parts_.workers.size()),
      epoch_of_(parts_.workers.size()),
      interval_ns_(config.interval_ns),
      records_limit_(kRecordsBytes),
      start_realtime_ns_(clock.realtime_ns()),
      direct_(direct) {
  for (Sink* sink : parts_.sinks) outputs_.push_back({sink});
  for (const Supervisor* capture : parts_.captures) realtime_ |= capture->info().realtime;
}

void Reporter::run() {
  if (interval_ns_ != 0) plan_tick(interval_ns_);
  while (!finishing_.load(std::memory_order_acquire)) {
    const bool any = drain();
    deliver_events();
    bound_memory();
    show_progress();
    const uint64_t tick_ns = tick_at_ns();
    const uint64_t now_ns = clock_.monotonic_ns();
    if (now_ns >= tick_ns) {
      report(false);
      // A tick that took longer than the interval is skipped, not made up for.
      if (now_ns >= next_tick_ns_) {
        plan_tick(interval_ns_ - (clock_.monotonic_ns() - next_tick_ns_) % interval_ns_);
      }
    } else if (!any) {
      sleep(std::min(tick_ns, now_ns + kNapNs), true);
    }
  }
  report(true);
}

void Reporter::plan_tick(uint64_t wait_ns) {
  if (realtime_) wait_ns = aligned_wait_ns(clock_.realtime_ns(), wait_ns, interval_ns_);
  next_tick_ns_ = clock_.monotonic_ns() + wait_ns;
}

/// When the next snapshot is due: a new query is answered ahead of the tick.
uint64_t Reporter::tick_at_ns() noexcept {
  if (interval_ns_ == 0 || !parts_.query->fresh()) return next_tick_ns_;
  return std::min(next_tick_ns_, last_report_ns_ + kQueryPauseNs);
}

void Reporter::finish() {
  finishing_.store(true);
  parts_.waker->wake();
}

void Reporter::post(Event event) {
  {
    const std::lock_guard lock(events_mutex_);
    events_.push_back(std::move(event));
  }
  parts_.waker->wake();
}

bool Reporter::drain() {
  bool any = false;
  for (uint32_t shard = 0; shard < parts_.workers.size(); ++shard) {
    const size_t count = parts_.workers[shard]->shard().ring().take(inbox_.data(), inbox_.size());
    take(shard, {inbox_.data(), count});
    any |= count != 0;
  }
  return any;
}

/// What a shard says after the end of an epoch belongs to the next one and waits for it.
void Reporter::take(uint32_t shard, std::span<const Delta> deltas) {
  if (!account_closed_ || epoch_of_[shard] != epoch_) {
    const auto end = std::find_if(deltas.begin(), deltas.end(), [](const Delta& delta) {
      return delta.kind == Delta::Kind::epoch_end;
    });
    const auto count = static_cast<size_t>(end - deltas.begin());
    merger_.apply(shard, deltas.first(count));
    if (end == deltas.end()) return;
    epoch_of_[shard] = end->epoch;
    deltas = deltas.subspan(count + 1);
  }
  std::vector<Delta>& held = held_[shard];
  held.insert(held.end(), deltas.begin(), deltas.end());
}

/// Closes the account: the workers' published counters, the shards' reports and the merger tell of
/// the same packets, until resume().
void Reporter::end_epoch() {
  ++epoch_;
  account_closed_ = true;
  parts_.orders->epoch.store(epoch_);
  for (Worker* worker : parts_.workers) worker->waker().wake();
  const auto ended = [&] {
    return std::all_of(epoch_of_.begin(), epoch_of_.end(),
                       [&](uint64_t epoch) { return epoch == epoch_; });
  };
  while (!ended()) {
    // The last epoch is waited for too, so not even finish() ends this sleep.
    if (!drain()) sleep(clock_.monotonic_ns() + kNsPerMs, false);
  }
}

void Reporter::resume() {
  account_closed_ = false;
  for (uint32_t shard = 0; shard < held_.size(); ++shard) {
    merger_.apply(shard, held_[shard]);
    held_[shard].clear();
  }
}

void Reporter::sleep(uint64_t until_ns, bool finish_ends_it) {
  const uint64_t now_ns = clock_.monotonic_ns();
  const auto wait_ms = until_ns <= now_ns ? 0 : (until_ns - now_ns + kNsPerMs - 1) / kNsPerMs;
  parts_.waker->prepare_to_sleep();
  const bool work = std::any_of(parts_.workers.begin(), parts_.workers.end(),
                                [](Worker* worker) { return worker->shard().wants_reporter(); });
  if (!work && !(finish_ends_it && finishing_.load())) {
    pollfd fd{parts_.waker->fd(), POLLIN, 0};
    poll(&fd, 1, static_cast<int>(wait_ms));
  }
  parts_.waker->awake();
}

void Reporter::deliver_events() {
  std::vector<Event> events;
  {
    const std::lock_guard lock(events_mutex_);
    events.swap(events_);
  }
  for (const Event& event : events) {
    for (Output& output : outputs_) {
      if (!output.broken) check(output, output.sink->event(event));
    }
  }
}

/// A sink that failed is not called again. Its failure is told to the others, once, and capture
/// goes on; a reader that closed its end wants no more, so that ends the run.
void Reporter::check(Output& output, const Result<void>& result) {
  if (result) return;
  output.broken = true;
  if (result.error().sys_errno == EPIPE) {
    output_closed_.store(true);
    parts_.control->wake();
    return;
  }
  if (!sink_error_) sink_error_ = result.error();
  Event event;
  event.kind = Event::Kind::note;
  event.capture = result.error().where;
  event.reason = result.error().message;
  event.time_ns = clock_.realtime_ns();
  post(std::move(event));
}

/// Between ticks, and where there are none (files), an epoch is ended when the windows hold many
/// records: most belong to seconds that no window can reach any more.
void Reporter::bound_memory() {
  if (merger_.window_bytes() < records_limit_ || !merger_.can_forget()) return;
  end_epoch();
  Snapshot counts;
  fill_captures(counts);
  const uint64_t now_ns = packet_time(counts.accounting.packets, realtime_);
  merger_.complete();
  merger_.forget(watermark(realtime_, now_ns), now_ns, realtime_ ? kKeptBytesLive : kKeptBytes);
  resume();
  records_limit_ = std::max(kRecordsBytes, merger_.window_bytes() * 2);
}

void Reporter::show_progress() {
  const uint64_t now_ns = clock_.monotonic_ns();
  if (now_ns < next_progress_ns_) return;
  next_progress_ns_ = now_ns + kProgressEveryNs;
  Progress progress;
  for (const Supervisor* capture : parts_.captures) {
    const Backend::Progress part = capture->progress();
    progress.done_bytes += part.done_bytes;
    progress.total_bytes += part.total_bytes;
    for (const QueueSlot* slot : capture->slots()) {
      progress.packets += slot->progress.load(std::memory_order_relaxed);
    }
  }
  for (Output& output : outputs_) {
    if (!output.broken) output.sink->progress(progress);
  }
}

/// The moment a snapshot tells of. Live, time goes on without packets; a time stamp that is ahead
/// of the clock by more than a second is not believed.
uint64_t Reporter::packet_time(const PacketCounts& packets, bool realtime) const {
  if (!realtime) return packets.last_ns;
  const uint64_t now_ns = clock_.realtime_ns();
  return std::max(now_ns, std::min(packets.last_ns, now_ns + kNsPerSecond));
}

/// From when on packets are counted. A live capture is open before the engine runs, and what came
/// between was counted; an older time stamp is not believed.
uint64_t Reporter::packet_start(const PacketCounts& packets, uint64_t now_ns) const {
  if (!realtime_) return std::min(packets.first_ns, now_ns);
  const uint64_t opened_ns = start_realtime_ns_ - std::min(start_realtime_ns_, kNsPerSecond);
  return std::clamp(packets.first_ns, opened_ns, start_realtime_ns_);
}

/// Most packets to come are not much older than this.
uint64_t Reporter::watermark(bool realtime, uint64_t now_ns) const {
  if (realtime) return now_ns;
  uint64_t least = now_ns;
  for (const Supervisor* capture : parts_.captures) {
    for (const QueueSlot* slot : capture->slots()) {
      least = std::min(least, slot->published.clock_ns);
    }
  }
  return least;
}

void Reporter::fill_captures(Snapshot& snapshot) const {
  Accounting& all = snapshot.accounting;
  for (const Supervisor* capture : parts_.captures) {
    CaptureSummary summary = capture->status();
    for (const QueueSlot* slot : capture->slots()) {
      summary.packets += slot->published.packets;
      add(summary.dropped_kernel, slot->published.dropped_kernel);
      add(summary.dropped_nic, slot->published.dropped_nic);
      summary.dropped_partly_known += slot->published.dropped_partly_known;
    }
    all.packets += summary.packets;
    add(all.dropped_kernel, summary.dropped_kernel);
    add(all.dropped_nic, summary.dropped_nic);
    all.dropped_partly_known += summary.dropped_partly_known;
    all.restarts += summary.restarts;
    snapshot.captures.push_back(std::move(summary));
  }
  for (Worker* worker : parts_.workers) {
    all.tracked += worker->shard().report().tracked;
    all.untracked += worker->shard().report().untracked;
    all.subframes_tracked += worker->shard().report().subframes_tracked;
    all.subframes_untracked += worker->shard().report().subframes_untracked;
  }
}

/// What the thread of a worker and its shard did.
void Reporter::fill_workers(Snapshot& snapshot) const {
  for (Worker* worker : parts_.workers) {
    const ShardReport& report = worker->shard().report();
    snapshot.threads.push_back({worker->cpus(), report.flows, worker->shard().capacity(),
                                report.tracked, report.untracked, worker->cpu_ns()});
  }
  for (uint32_t capture = 0; capture < parts_.captures.size(); ++capture) {
    uint32_t number = 0;
    for (const QueueSlot* slot : parts_.captures[capture]->slots()) {
      const QueueSlot::Published& published = slot->published;
      snapshot.queues.push_back({capture, number++, slot->worker, published.packets,
                                 published.dropped_kernel, published.dropped_nic});
    }
  }
  snapshot.monotonic_ns = clock_.monotonic_ns();
}

/// Another interval counts from now on.
void Reporter::take_query() {
  query_ = parts_.query->take();
  if (interval_ns_ == 0 || query_.interval_ns == 0 || query_.interval_ns == interval_ns_) return;
  interval_ns_ = query_.interval_ns;
  plan_tick(interval_ns_);
}

Snapshot Reporter::take_snapshot(bool final) {
  if (final) {
    query_ = config_.query;
  } else if (parts_.query->fresh()) {
    take_query();
  }
  end_epoch();
  Snapshot snapshot;
  snapshot.final = final;
  snapshot.workers = static_cast<uint32_t>(parts_.workers.size());
  snapshot.direct = direct_;
  fill_captures(snapshot);
  const PacketCounts& packets = snapshot.accounting.packets;
  const uint64_t now_ns = packet_time(packets, realtime_);
  const uint64_t start_ns = packet_start(packets, now_ns);
  snapshot.time_ns = now_ns;
  snapshot.elapsed_ns = now_ns - std::min(start_ns, now_ns);
  if (!snapshot.accounting.conserved()) {
    ++law_violations_;
    post({Event::Kind::note, "weir", "the law of conservation does not hold: this is a bug", 0, 0,
          0, 0});
  }
  snapshot.law_violations = law_violations_;
  merger_.complete();
  fill_workers(snapshot);
  // What workers tell meanwhile is held: they do not wait for a long list to be sorted.
  merger_.fill(snapshot, start_ns, now_ns, query_, [this] { drain(); });
  merger_.forget(watermark(realtime_, now_ns), now_ns,
                 realtime_ ? kKeptBytesLive : kKeptBytesAtTick);
  resume();
  return snapshot;
}

void Reporter::report(bool final) {
  const Snapshot snapshot = take_snapshot(final);
  last_report_ns_ = clock_.monotonic_ns();
  deliver_events();
  for (Output& output : outputs_) {
    if (!output.broken) check(output, output.sink->report(snapshot));
  }
  deliver_events();
}

}  // namespace weir
