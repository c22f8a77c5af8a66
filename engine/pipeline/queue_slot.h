#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "engine/core/backend.h"
#include "engine/core/counters.h"
#include "engine/core/status.h"

namespace weir {

/// The place where one queue of one capture meets its worker, for the whole run: queues come and go
/// with restarts, the slot and its counters stay.
///
/// `state` passes the queue back and forth. The supervisor sets open and leaving; the worker
/// answers with failed, ended or parked, and from then on does not touch the queue. All else is
/// written by the side that holds the queue and read by the other one after it saw the state
/// change.
struct QueueSlot {
  enum class State : uint8_t {
    closed,   ///< no queue; the supervisor's
    open,     ///< the worker's: it receives
    leaving,  ///< the worker's, which is to stop using it
    parked,   ///< the supervisor's: the worker left
    failed,   ///< the supervisor's: the worker left because of `failure`
    ended,    ///< the supervisor's: the source has ended
  };

  /// What the reporter reads after an epoch; written by the worker at its end.
  struct Published {
    PacketCounts packets;
    std::optional<uint64_t> dropped_kernel;
    std::optional<uint64_t> dropped_nic;
    uint64_t dropped_partly_known = 0;
    uint64_t clock_ns =
        UINT64_MAX;  ///< no packet to come is more than a window older; UINT64_MAX: none comes
  };

  uint32_t capture = 0;  ///< index of the capture
  uint32_t worker = 0;   ///< index of the worker that receives
  bool realtime = false;

  std::atomic<State> state{State::closed};
  CaptureQueue* queue = nullptr;
  Status failure;

  /// The reopened capture has received or timed out cleanly. Worker sets, supervisor clears and
  /// reads.
  std::atomic<bool> worked{false};
  /// Packets received so far, for the progress line only. Worker writes.
  std::atomic<uint64_t> progress{0};

  // The worker's own.
  PacketCounts packets;
  uint64_t clock_ns = 0;
  uint64_t silent_since_ns = 0;  ///< monotonic: asked in vain since it was opened; 0: not yet
  DropCounts drops;              ///< of this opening
  DropCounts earlier_drops;      ///< of the openings before
  Published published;
};

}  // namespace weir
