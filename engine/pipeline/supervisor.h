#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "engine/core/backend.h"
#include "engine/core/clock.h"
#include "engine/pipeline/queue_slot.h"
#include "engine/pipeline/snapshot.h"

namespace weir {

/// How long to wait before attempt 1, 2, ... to open a failed capture again: 250 ms, doubling, at
/// most 30 s.
uint64_t restart_wait_ns(uint32_t attempt) noexcept;

/// Owns one capture for the whole run and is the only one that acts on its failures. It never
/// sleeps: step() does what is due at the clock's time and says when it wants to be called again,
/// so tests turn the clock and take no real time, and stopping interrupts a wait by not calling it
/// any more.
///
/// Used by the control thread, except status().
class Supervisor {
 public:
  static constexpr uint64_t kNoDeadline = UINT64_MAX;

  using EventFn = std::function<void(Event)>;

  /// `wake_workers` is called after a slot's state was changed.
  Supervisor(uint32_t index, std::unique_ptr<Backend> backend, CaptureOptions options,
             const Clock& clock, std::function<void()> wake_workers, EventFn event);
  ~Supervisor();

  /// Opens the capture for the first time and makes its slots. Any failure is final.
  Result<void> start();

  const CaptureInfo& info() const noexcept { return info_; }
  std::vector<QueueSlot*> slots() const;

  /// Hands the opened queues to the workers, which now know the slots.
  void release_queues();

  /// Looks at the slots, acts, and returns the monotonic time to be called again at; a change of a
  /// slot's state is another reason to call it.
  uint64_t step();

  /// Nothing more will come from this capture.
  bool finished() const noexcept { return phase_ == Phase::ended || phase_ == Phase::failed; }
  /// What made it give up, if that.
  const std::optional<Status>& error() const noexcept { return error_; }

  /// The interface's addresses, when they are others than start() or the last call has told.
  std::optional<std::vector<IpPrefix>> take_addresses();

  /// Closes the capture; the workers have left all slots.
  void close() noexcept;

  std::vector<Status> take_notices() { return backend_->take_notices(); }
  Backend::Progress progress() const { return backend_->progress(); }

  /// What a snapshot shows, without the packet counts. Any thread.
  CaptureSummary status() const;

 private:
  enum class Phase : uint8_t { opened, running, closing, waiting, ended, failed };

  Result<CaptureInfo> open();
  uint64_t watch();
  bool has(QueueSlot::State state) const;
  void note_failure();
  void note_work();
  uint64_t end_gap();
  uint64_t wait_until_left();
  uint64_t try_open();
  uint64_t plan_attempt(const Status& failure);
  void give_up(const Status& failure);
  void enter(Phase phase);
  void emit(Event event);
  void emit_notes(const std::vector<std::string>& notes);

  const uint32_t index_;
  const std::unique_ptr<Backend> backend_;
  CaptureOptions options_;
  const Clock& clock_;
  const std::function<void()> wake_workers_;
  const EventFn event_;

  CaptureInfo info_;
  std::optional<std::vector<IpPrefix>> next_addresses_;  ///< read, and not yet taken
  std::vector<std::unique_ptr<QueueSlot>> slots_;
  Phase phase_ = Phase::opened;
  std::optional<Status> failure_;  ///< being recovered from
  std::optional<Status> error_;
  uint32_t attempt_ = 0;  ///< since the capture last worked
  uint64_t attempt_at_ns_ = 0;

  /// Guards what follows; taken a few times a second, never by a worker.
  mutable std::mutex status_mutex_;
  CaptureSummary status_;
  std::optional<uint64_t> failed_at_ns_;  ///< a gap began there and is not over
};

}  // namespace weir
