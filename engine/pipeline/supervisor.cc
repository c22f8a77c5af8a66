#include "engine/pipeline/supervisor.h"

#include <algorithm>
#include <utility>

#include "parsers/parse.h"

namespace weir {
namespace {

constexpr uint64_t kFirstWaitNs = 250 * kNsPerMs;
constexpr uint64_t kLongestWaitNs = 30 * kNsPerSecond;

QueueSlot::State state_of(const std::unique_ptr<QueueSlot>& slot) {
  return slot->state.load(std::memory_order_acquire);
}

/// A live source whose packets carry no IP has nothing to count, now and after any restart. Files
/// are read all the same: their packets count as unsupported, each by itself.
Result<void> check_link(const CaptureInfo& info) {
  if (!info.realtime || parsers::has_rule(info.link_type)) return {};
  const std::string number = std::to_string(static_cast<uint16_t>(info.link_type));
  return fail({Code::usage, Recovery::give_up, 0, info.name,
               "its packets carry no IP that weir can read, so there is nothing to count (link "
               "type " +
                   number + (info.link_words.empty() ? "" : ", " + info.link_words) + ")"});
}

}  // namespace

uint64_t restart_wait_ns(uint32_t attempt) noexcept {
  const uint32_t doublings = std::min(attempt == 0 ? 0 : attempt - 1, 16U);
  return std::min(kFirstWaitNs << doublings, kLongestWaitNs);
}

Supervisor::Supervisor(uint32_t index, std::unique_ptr<Backend> backend, CaptureOptions options,
                       const Clock& clock, std::function<void()> wake_workers, EventFn event)
    : index_(index),
      backend_(std::move(backend)),
      options_(std::move(options)),
      clock_(clock),
      wake_workers_(std::move(wake_workers)),
      event_(std::move(event)) {}

Supervisor::~Supervisor() {
  close();
}

Result<CaptureInfo> Supervisor::open() {
  Result<CaptureInfo> opened = backend_->open(options_);
  if (!opened) return opened;
  if (const Result<void> checked = check_link(*opened); !checked) {
    backend_->close();
    return fail(checked.error());
  }
  return opened;
}

Result<void> Supervisor::start() {
  Result<CaptureInfo> opened = open();
  if (!opened) return fail(std::move(opened.error()));
  info_ = std::move(*opened);
  for (uint32_t i = 0; i < info_.queues; ++i) {
    auto slot = std::make_unique<QueueSlot>();
    slot->capture = index_;
    slot->realtime = info_.realtime;
    slot->queue = &backend_->queue(i);
    slots_.push_back(std::move(slot));
  }
  // A device that comes back with more queues than there are slots must not get more.
  options_.queues = info_.queues;
  const std::lock_guard lock(status_mutex_);
  status_.backend = info_.backend;
  status_.name = info_.name;
  status_.link_type = info_.link_type;
  status_.queues = info_.shown_queues();
  return {};
}

std::vector<QueueSlot*> Supervisor::slots() const {
  std::vector<QueueSlot*> slots;
  for (const auto& slot : slots_) slots.push_back(slot.get());
  return slots;
}

void Supervisor::release_queues() {
  for (const auto& slot : slots_)
    slot->state.store(QueueSlot::State::open, std::memory_order_release);
  emit_notes(info_.notes);
  enter(Phase::running);
}

void Supervisor::emit_notes(const std::vector<std::string>& notes) {
  for (const std::string& note : notes) emit({Event::Kind::note, {}, note, 0, 0, 0, 0});
}

uint64_t Supervisor::step() {
  switch (phase_) {
    case Phase::running: return watch();
    case Phase::closing: return wait_until_left();
    case Phase::waiting:
      return clock_.monotonic_ns() >= attempt_at_ns_ ? try_open() : attempt_at_ns_;
    case Phase::opened:
    case Phase::ended:
    case Phase::failed: break;
  }
  return kNoDeadline;
}

bool Supervisor::has(QueueSlot::State state) const {
  return std::any_of(slots_.begin(), slots_.end(),
                     [&](const auto& slot) { return state_of(slot) == state; });
}

uint64_t Supervisor::watch() {
  // In this order: a queue that worked and then failed before anybody looked has worked.
  const bool failed = has(QueueSlot::State::failed);
  if (attempt_ != 0 && std::any_of(slots_.begin(), slots_.end(),
                                   [](const auto& slot) { return slot->worked.load(); })) {
    note_work();
  }
  if (failed) {
    note_failure();
    return wait_until_left();
  }
  if (!has(QueueSlot::State::open)) {
    end_gap();
    backend_->close();
    enter(Phase::ended);
  }
  return kNoDeadline;
}

void Supervisor::note_work() {
  attempt_ = 0;
  const uint64_t gap_ns = end_gap();
  emit({Event::Kind::resumed, {}, "capture works again", 0, 0, 0, gap_ns});
}

/// Adds the gap that is open, if any, to what is shown, and returns it.
uint64_t Supervisor::end_gap() {
  const std::lock_guard lock(status_mutex_);
  if (!failed_at_ns_) return 0;
  const uint64_t gap_ns = clock_.monotonic_ns() - *std::exchange(failed_at_ns_, std::nullopt);
  status_.gap_ns += gap_ns;
  return gap_ns;
}

/// Takes the queues of a capture that failed back from their workers.
void Supervisor::note_failure() {
  for (const auto& slot : slots_) {
    if (state_of(slot) == QueueSlot::State::failed && !failure_) failure_ = slot->failure;
    auto open = QueueSlot::State::open;
    slot->state.compare_exchange_strong(open, QueueSlot::State::leaving);
  }
  {
    const std::lock_guard lock(status_mutex_);
    const uint64_t now_ns = clock_.monotonic_ns();
    const uint64_t worked_ns = failure_ ? failure_->worked_ns : 0;
    if (!failed_at_ns_) failed_at_ns_ = worked_ns == 0 ? now_ns : std::min(worked_ns, now_ns);
  }
  wake_workers_();
  enter(Phase::closing);
}

uint64_t Supervisor::wait_until_left() {
  for (const auto& slot : slots_) {
    const QueueSlot::State state = state_of(slot);
    if (state == QueueSlot::State::open || state == QueueSlot::State::leaving) return kNoDeadline;
  }
  backend_->close();
  for (const auto& slot : slots_) slot->queue = nullptr;
  const Status failure = *std::exchange(failure_, std::nullopt);
  if (failure.recovery == Recovery::give_up) {
    give_up(failure);
    return kNoDeadline;
  }
  return plan_attempt(failure);
}

uint64_t Supervisor::try_open() {
  Result<CaptureInfo> opened = open();
  // What only other options can cure: it would be tried for ever.
  if (!opened && opened.error().code == Code::usage) {
    give_up(opened.error());
    return kNoDeadline;
  }
  if (!opened) return plan_attempt(opened.error());
  {
    const std::lock_guard lock(status_mutex_);
    ++status_.restarts;
    status_.link_type = opened->link_type;
    status_.queues = opened->shown_queues();
  }
  for (uint32_t i = 0; i < slots_.size(); ++i) {
    QueueSlot& slot = *slots_[i];
    slot.worked.store(false, std::memory_order_relaxed);
    const bool there = i < opened->queues;
    slot.queue = there ? &backend_->queue(i) : nullptr;
    // Sequentially consistent, as Waker::wake wants it.
    slot.state.store(there ? QueueSlot::State::open : QueueSlot::State::closed);
  }
  enter(Phase::running);
  wake_workers_();
  next_addresses_ = std::move(opened->addresses);
  // What was told at the start is not told again, only what is different now.
  if (opened->notes != info_.notes) {
    emit_notes(opened->notes);
    info_.notes = std::move(opened->notes);
  }
  return kNoDeadline;
}

std::optional<std::vector<IpPrefix>> Supervisor::take_addresses() {
  if (phase_ == Phase::running) {
    if (auto changed = backend_->changed_addresses()) next_addresses_ = std::move(*changed);
  }
  if (!next_addresses_) return std::nullopt;
  std::vector<IpPrefix> addresses = *std::exchange(next_addresses_, std::nullopt);
  if (addresses == info_.addresses) return std::nullopt;
  info_.addresses = addresses;
  return addresses;
}

uint64_t Supervisor::plan_attempt(const Status& failure) {
  ++attempt_;
  const uint64_t wait_ns = restart_wait_ns(attempt_);
  attempt_at_ns_ = clock_.monotonic_ns() + wait_ns;
  enter(Phase::waiting);
  emit({Event::Kind::restart, {}, failure.message, 0, attempt_, wait_ns / kNsPerMs, 0});
  return attempt_at_ns_;
}

void Supervisor::give_up(const Status& failure) {
  error_ = failure;
  end_gap();
  for (const auto& slot : slots_) slot->state.store(QueueSlot::State::closed);
  enter(Phase::failed);
}

void Supervisor::close() noexcept {
  if (phase_ == Phase::opened || phase_ == Phase::running || phase_ == Phase::closing) {
    if (!slots_.empty()) backend_->close();
  }
  if (!finished()) phase_ = Phase::ended;
}

void Supervisor::enter(Phase phase) {
  phase_ = phase;
  const std::lock_guard lock(status_mutex_);
  switch (phase) {
    case Phase::opened:
    case Phase::running: status_.state = CaptureSummary::State::running; break;
    case Phase::closing:
    case Phase::waiting: status_.state = CaptureSummary::State::waiting; break;
    case Phase::ended: status_.state = CaptureSummary::State::ended; break;
    case Phase::failed: status_.state = CaptureSummary::State::failed; break;
  }
}

void Supervisor::emit(Event event) {
  event.capture = info_.name;
  event.time_ns = clock_.realtime_ns();
  event_(std::move(event));
}

CaptureSummary Supervisor::status() const {
  const std::lock_guard lock(status_mutex_);
  CaptureSummary status = status_;
  if (failed_at_ns_) status.gap_ns += clock_.monotonic_ns() - *failed_at_ns_;
  return status;
}

}  // namespace weir
