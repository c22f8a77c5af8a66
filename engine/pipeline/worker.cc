#include "engine/pipeline/worker.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

#include "engine/core/clock.h"
#include "engine/core/cpu.h"
#include "engine/flow/hash.h"
#include "engine/pipeline/make_update.h"

namespace weir {
namespace {

/// A worker that has one shard feeds it from a circle of groups.
constexpr uint32_t kCircle = Shard::kGroup * (Shard::kGroupsInFlight + 1);
constexpr int kReadTimeoutMs = 100;
constexpr long kNapNs = 50'000;
constexpr uint64_t kDrainNs = 5 * kNsPerSecond;  ///< 15 million packets
constexpr uint64_t kOtherClockDrainNs = kNsPerSecond / 2;
/// A kernel shows a part-filled block late: twice pcap's block time-out and a jiffy.
constexpr uint64_t kShownNs = 25 * kNsPerMs;

/// Tells the core that this is a waiting loop: its other thread gets on, and less heat is made.
void relax_cpu() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

std::optional<uint64_t> sum(std::optional<uint64_t> a, std::optional<uint64_t> b) {
  if (!a) return b;
  return b ? *a + *b : a;
}

}  // namespace

Worker::Worker(const WorkerConfig& config, const LocalSides& sides, WorkerOrders& orders,
               Waker& control, Waker& reporter)
    : config_(config),
      orders_(orders),
      control_(control),
      shard_(config.shard, sides, reporter),
      // A bulk that never fits would be waited for without end.
      ring_(config.workers,
            config.lossless ? std::max(config.queue_depth, kOutbox) : config.queue_depth),
      outboxes_(config.direct ? 1 : config.workers),
      inbox_(kOutbox) {
  for (Outbox& outbox : outboxes_) outbox.updates.resize(kOutbox);
}

void Worker::run() {
  // The engine has found the CPUs usable and the priority permitted; losing that since then costs
  // only the placement.
  (void)place_this_thread(config_.cpus, "weir-w" + std::to_string(config_.index));
  (void)prefer_this_thread(config_.priority);
  clockid_t cpu_clock = kNoClock;
  if (pthread_getcpuclockid(pthread_self(), &cpu_clock) == 0) cpu_clock_.store(cpu_clock);
  for (;;) {
    const uint64_t epoch = orders_.epoch.load(std::memory_order_acquire);
    if (epoch != epoch_) end_epoch(epoch);
    shard_.refresh_sides();
    bool received = false;
    if (!quiet_.load(std::memory_order_relaxed)) {
      if (orders_.stop.load(std::memory_order_acquire)) finish();
      received = receive_all();
    }
    received |= drain_ring();
    const bool publishing = shard_.step();
    if (publishing && !received && shard_.wants_reporter()) nap();
    if (publishing || received) continue;
    if (orders_.exit.load(std::memory_order_acquire)) return;
    send_all_updates();
    wait();
  }
}

/// Lets the reporter make room in its ring; it may need this CPU, and at a lower priority.
void Worker::nap() {
  const timespec time{0, kNapNs};
  nanosleep(&time, nullptr);
}

uint64_t Worker::cpu_ns() const noexcept {
  const clockid_t cpu_clock = cpu_clock_.load();
  timespec used{};
  if (cpu_clock == kNoClock || clock_gettime(cpu_clock, &used) != 0) return 0;
  return static_cast<uint64_t>(used.tv_sec) * kNsPerSecond + static_cast<uint64_t>(used.tv_nsec);
}

bool Worker::receive_all() {
  bool any = false;
  for (QueueSlot* slot : slots_) {
    const QueueSlot::State state = slot->state.load(std::memory_order_acquire);
    if (state == QueueSlot::State::open) {
      any |= receive_from(*slot);
    } else if (state == QueueSlot::State::leaving) {
      leave(*slot, QueueSlot::State::parked);
    }
  }
  return any;
}

bool Worker::receive_from(QueueSlot& slot) {
  const uint32_t most = take_budget();
  if (most == 0) return false;
  Result<PacketBatch> batch = slot.queue->receive(most);
  const auto got = batch ? static_cast<uint32_t>(batch->packets().size()) : 0;
  return_budget(most - got);
  if (!batch) {
    if (batch.error().recovery == Recovery::retry) return false;
    slot.failure = std::move(batch.error());
    leave(slot, QueueSlot::State::failed);
    return true;
  }
  if (got != 0) {
    process(slot, *batch);
    if (!slot.worked.load(std::memory_order_relaxed)) mark_working(slot);
    return true;
  }
  if (batch->state() == PacketBatch::State::end) {
    leave(slot, QueueSlot::State::ended);
    return true;
  }
  if (!slot.worked.load(std::memory_order_relaxed)) note_silence(slot);
  return false;
}

/// A worker that other queues keep busy never waits for one, so asking in vain for as long as a
/// wait takes is a clean read time-out too.
void Worker::note_silence(QueueSlot& slot) noexcept {
  const uint64_t now_ns = SystemClock().monotonic_ns();
  if (slot.silent_since_ns == 0) slot.silent_since_ns = now_ns;
  if (now_ns - slot.silent_since_ns < uint64_t{kReadTimeoutMs} * kNsPerMs) return;
  mark_working(slot);
}

/// Tells the supervisor, whose back-off begins anew.
void Worker::mark_working(QueueSlot& slot) noexcept {
  slot.worked.store(true, std::memory_order_release);
  control_.wake();
}

/// `kAlone`: there is one shard, known before the hash is, so its updates are written in place.
/// `kPlain`: neither `--decap` nor `--key vlan`.
template <bool kAlone, bool kPlain>
void Worker::parse_batch(const Parsing& parsing, PacketCounts& counts) {
  const bool key_vlan = !kPlain && config_.key_vlan;
  const parsers::ParseOptions options = kPlain ? parsers::ParseOptions{} : config_.parse;
  const uint64_t hash_seed = config_.hash_seed;
  uint64_t ip_bytes = 0;
  uint64_t common_packets = 0;
  FlowUpdate elsewhere;
  elsewhere.producer = static_cast<uint16_t>(config_.index);
  elsewhere.capture = parsing.capture;
  FlowUpdate* next = kAlone ? &outboxes_[0].updates[outboxes_[0].count] : &elsewhere;
  uint32_t count = outboxes_[0].count;
  for (const PacketView& packet : parsing.packets) {
    parsers::CommonPacket common;
    if (parsers::parse_common(packet, options, common) && !(key_vlan && common.tagged)) [[likely]] {
      ++common_packets;
      ip_bytes += common.ip_bytes;
      make_update(packet, common, *next);
    } else if (const Told told = parse_other(packet, counts, *next); told != Told::update) {
      if (told == Told::nothing) continue;
      if constexpr (kAlone) outboxes_[0].count = count;
      parse_aggregate(packet, parsing.capture, counts);
      if constexpr (kAlone) {
        count = outboxes_[0].count;
        next = &outboxes_[0].updates[count];
      }
      continue;
    }
    if constexpr (kAlone) {
      ++next;
      if (++count % Shard::kGroup != 0) continue;
      outboxes_[0].count = count;
      feed_group();
      count = outboxes_[0].count;
      next = &outboxes_[0].updates[count];
    } else {
      hash_common(*next, hash_seed);
      const uint32_t shard = shard_of(next->flow.hash, static_cast<uint32_t>(outboxes_.size()));
      Outbox& outbox = outboxes_[shard];
      outbox.updates[outbox.count] = *next;
      if (++outbox.count == kOutbox) send_updates(shard);
    }
  }
  if constexpr (kAlone) outboxes_[0].count = count;
  counts.ip_bytes += ip_bytes;
  counts.verdicts[static_cast<size_t>(Verdict::parsed)] += common_packets;
  counts.reasons[static_cast<size_t>(Reason::none)] += common_packets;
}

/// Counts a batch and parses it into updates. Its memory is not touched after this returns.
void Worker::process(QueueSlot& slot, const PacketBatch& batch) {
  PacketCounts& counts = slot.packets;
  uint64_t first_ns = UINT64_MAX;
  uint64_t last_ns = 0;
  uint64_t wire_bytes = 0;
  for (const PacketView& packet : batch.packets()) {
    wire_bytes += packet.wire_len;
    first_ns = std::min(first_ns, packet.ts_ns);
    last_ns = std::max(last_ns, packet.ts_ns);
  }
  counts.received += batch.packets().size();
  counts.wire_bytes += wire_bytes;
  counts.first_ns = std::min(counts.first_ns, first_ns);
  counts.last_ns = std::max(counts.last_ns, last_ns);
  const uint64_t clock_ns = batch.clock_ns() != 0 ? batch.clock_ns() : slot.clock_ns;
  slot.clock_ns = std::max(clock_ns, last_ns);
  const Parsing parsing{batch.packets(), slot.capture};
  const bool plain = !config_.parse.decap && !config_.key_vlan;
  if (outboxes_.size() == 1) {
    if (slot.capture != circle_capture_) enter_capture(slot.capture);
    plain ? parse_batch<true, true>(parsing, counts) : parse_batch<true, false>(parsing, counts);
  } else {
    plain ? parse_batch<false, true>(parsing, counts) : parse_batch<false, false>(parsing, counts);
  }
  slot.progress.store(counts.received, std::memory_order_relaxed);
}

/// The updates of the circle all name one capture, so that packets need not write it.
void Worker::enter_capture(uint32_t capture) {
  flush_groups();
  for (uint32_t i = 0; i < kCircle; ++i) outboxes_[0].updates[i].capture = capture;
  circle_capture_ = capture;
}

/// Parses a packet that is not a common one and counts its verdict, except an aggregate's. Out of
/// line, so that the common path keeps its registers.
Worker::Told Worker::parse_other(const PacketView& packet, PacketCounts& counts,
                                 FlowUpdate& update) const {
  parsers::ParsedPacket parsed;
  parsers::parse(packet, config_.parse, parsed);
  if (parsed.aggregate) [[unlikely]] {
    return Told::aggregate;
  }
  ++counts.verdicts[static_cast<size_t>(parsed.verdict)];
  ++counts.reasons[static_cast<size_t>(parsed.reason)];
  if (parsed.verdict != Verdict::parsed) {
    if (names_ether_type(parsed.reason)) {
      counts.ether_types.add(parsed.ether_type(), {1, packet.wire_len});
    }
    return Told::nothing;
  }
  counts.ip_bytes += parsed.ip_bytes;
  make_update(packet, parsed, config_.key_vlan, config_.hash_seed, update);
  return Told::update;
}

void Worker::leave(QueueSlot& slot, QueueSlot::State answer) {
  read_drops(slot);
  slot.earlier_drops.kernel = sum(slot.earlier_drops.kernel, slot.drops.kernel);
  slot.earlier_drops.nic = sum(slot.earlier_drops.nic, slot.drops.nic);
  slot.earlier_drops.partly_known += slot.drops.partly_known;
  slot.drops = {};
  slot.silent_since_ns = 0;
  slot.state.store(answer);  // sequentially consistent, as Waker::wake wants it
  control_.wake();
}

void Worker::read_drops(QueueSlot& slot) noexcept {
  slot.drops = slot.queue->drops();
}

/// How many packets the next receive() may bring.
uint32_t Worker::take_budget() noexcept {
  if (!config_.counted) return config_.batch;
  uint64_t left = orders_.budget.load(std::memory_order_relaxed);
  for (;;) {
    const uint64_t part = std::min<uint64_t>(left, config_.batch);
    if (orders_.budget.compare_exchange_weak(left, left - part, std::memory_order_relaxed)) {
      return static_cast<uint32_t>(part);
    }
  }
}

void Worker::return_budget(uint32_t packets) noexcept {
  if (!config_.counted) return;
  if (packets != 0) orders_.budget.fetch_add(packets, std::memory_order_relaxed);
}

/// Hashes the flows of a group and starts loading their buckets.
[[gnu::always_inline]] inline void Worker::prepare(std::span<FlowUpdate> group) const noexcept {
  const uint64_t hash_seed = config_.hash_seed;
  for (FlowUpdate& update : group) {
    hash_common(update, hash_seed);
    shard_.prefetch(update.flow.hash);
  }
}

/// Hands the group that is full to the worker's own shard.
void Worker::feed_group() {
  Outbox& outbox = outboxes_[0];
  const std::span group(&outbox.updates[outbox.count - Shard::kGroup], Shard::kGroup);
  prepare(group);
  shard_.feed(group);
  if (outbox.count == kCircle) outbox.count = 0;
}

/// Hands over what does not fill a group, and waits for all that is on its way.
void Worker::flush_groups() {
  Outbox& outbox = outboxes_[0];
  const uint32_t rest = outbox.count % Shard::kGroup;
  const std::span group(&outbox.updates[outbox.count - rest], rest);
  prepare(group);
  shard_.feed(group);
  shard_.flush();
  outbox.count = 0;
}

void Worker::send_updates(uint32_t shard) {
  Outbox& outbox = outboxes_[shard];
  const uint32_t count = std::exchange(outbox.count, 0);
  if (count == 0) return;
  if (shard == config_.index) {
    shard_.apply({outbox.updates.data(), count});
    return;
  }
  Worker& peer = *peers_[shard];
  while (!peer.ring_.put(config_.index, outbox.updates.data(), count)) {
    peer.waker_.wake();
    if (!config_.lossless) {
      for (uint32_t i = 0; i < count; ++i) {
        for (QueueSlot* slot : slots_) {
          if (slot->capture != outbox.updates[i].capture) continue;
          ++(outbox.updates[i].has(FlowUpdate::subframe) ? slot->packets.subframes_dropped
                                                         : slot->packets.dropped_queue);
          break;
        }
      }
      return;
    }
    // The peer may be waiting for room in our ring in the same way: emptying it lets both go on.
    if (!drain_ring()) sched_yield();
  }
  peer.waker_.wake();
}

void Worker::send_all_updates() {
  if (outboxes_.size() == 1) {
    flush_groups();
    return;
  }
  for (uint32_t shard = 0; shard < outboxes_.size(); ++shard) send_updates(shard);
}

bool Worker::drain_ring() {
  if (config_.direct) return false;
  const size_t count = ring_.take(inbox_.data(), inbox_.size());
  shard_.apply({inbox_.data(), count});
  return count != 0;
}

void Worker::end_epoch(uint64_t epoch) {
  send_all_updates();
  uint64_t last_ns = 0;
  for (QueueSlot* slot : slots_) {
    // Acquire: the supervisor may have opened the queue since the worker last looked.
    const QueueSlot::State state = slot->state.load(std::memory_order_acquire);
    if (state == QueueSlot::State::open) read_drops(*slot);
    // Not only while it is open: what failed may come again.
    const bool over = state == QueueSlot::State::ended || state == QueueSlot::State::closed;
    slot->published = {slot->packets, sum(slot->earlier_drops.kernel, slot->drops.kernel),
                       sum(slot->earlier_drops.nic, slot->drops.nic),
                       slot->earlier_drops.partly_known + slot->drops.partly_known,
                       over ? UINT64_MAX : slot->clock_ns};
    last_ns = std::max(last_ns, slot->packets.last_ns);
  }
  FlowUpdate marker;
  marker.flags = FlowUpdate::marker;
  marker.flow.hash = epoch;
  marker.ts_ns = last_ns;
  marker.producer = static_cast<uint16_t>(config_.direct ? 0 : config_.index);
  epoch_ = epoch;
  for (Worker* peer : peers_) {
    if (peer == this) {
      shard_.apply({&marker, 1});
    } else if (!config_.direct) {
      peer->ring_.put_always(config_.index, &marker, 1);
      peer->waker_.wake();
    }
  }
}

/// The run stops: takes what live captures hold already, and gives the queues back. What is left in
/// a ring would be missing without being counted, so the end is the first packet that came after
/// the stop. A source whose time stamps are another clock's cannot tell which that is: it is
/// emptied, for a bounded time where it never is empty.
void Worker::finish() {
  const SystemClock clock;
  const uint64_t started_ns = clock.monotonic_ns();
  const uint64_t shown_ns = started_ns + kShownNs;
  const uint64_t stopped_ns = clock.realtime_ns();
  for (QueueSlot* slot : slots_) {
    const uint64_t until_ns = started_ns + (slot->realtime ? kDrainNs : kOtherClockDrainNs);
    while (!config_.lossless && (!slot->realtime || slot->clock_ns <= stopped_ns) &&
           slot->state.load(std::memory_order_acquire) == QueueSlot::State::open &&
           clock.monotonic_ns() < until_ns) {
      if (receive_from(*slot)) continue;
      const uint64_t now_ns = clock.monotonic_ns();
      pollfd fd{slot->queue->wait_fd(), POLLIN, 0};
      if (fd.fd < 0 || now_ns >= shown_ns) break;
      const auto wait_ms = static_cast<int>((shown_ns - now_ns + kNsPerMs - 1) / kNsPerMs);
      if (poll(&fd, 1, wait_ms) == 0) break;
    }
    const QueueSlot::State state = slot->state.load(std::memory_order_acquire);
    if (state == QueueSlot::State::open || state == QueueSlot::State::leaving) {
      leave(*slot, QueueSlot::State::parked);
    }
  }
  send_all_updates();
  quiet_.store(true, std::memory_order_release);
  control_.wake();
}

/// Nothing to do now. A worker none of whose queues is open has nothing to watch and sleeps.
void Worker::wait() {
  const bool watching = std::any_of(slots_.begin(), slots_.end(), [](const QueueSlot* slot) {
    return slot->state.load(std::memory_order_acquire) == QueueSlot::State::open;
  });
  if (config_.idle == IdlePolicy::park || !watching) {
    sleep();
    return;
  }
  if (config_.idle == IdlePolicy::yield) {
    sched_yield();
  } else {
    relax_cpu();
  }
}

/// Waits until a queue, a peer or an order may have something. A queue that is polled keeps its
/// worker awake unless it has come to its end.
void Worker::sleep() {
  constexpr size_t kMostQueues = 64;
  std::array<pollfd, kMostQueues + 1> fds{};
  size_t count = 0;
  fds[count++] = {waker_.fd(), POLLIN, 0};
  int timeout_ms = kReadTimeoutMs;
  waker_.prepare_to_sleep();
  bool work = false;
  for (QueueSlot* slot : slots_) {
    const QueueSlot::State state = slot->state.load(std::memory_order_seq_cst);
    work |= state == QueueSlot::State::leaving;
    if (state != QueueSlot::State::open) continue;
    const int fd = slot->queue->wait_fd();
    if (fd < 0 || count == fds.size()) {
      timeout_ms = 0;
    } else {
      fds[count++] = {fd, POLLIN, 0};
    }
  }
  work |= ring_.waiting() != 0 || orders_.epoch.load(std::memory_order_seq_cst) != epoch_ ||
          orders_.exit.load(std::memory_order_seq_cst) ||
          (orders_.stop.load(std::memory_order_seq_cst) && !quiet());
  const int ready = work ? 1 : poll(fds.data(), count, timeout_ms);
  waker_.awake();
  if (ready == 0 && timeout_ms == 0) sched_yield();
}

}  // namespace weir
