#pragma once

#include "engine/core/status.h"
#include "engine/pipeline/snapshot.h"

namespace weir {

/// How far a file has been read, several times a second, for a progress line.
struct Progress {
  uint64_t packets = 0;
  uint64_t done_bytes = 0;
  uint64_t total_bytes = 0;  ///< 0 when unknown
};

/// Something that shows snapshots. Called by the reporter thread only, one call at a time, in the
/// order of time. It must not keep a reference to the snapshot after the call.
///
/// A sink that can no longer write (full disk, closed pipe) returns an error; the engine tells it
/// once and does not call that sink again, and capture goes on, except that an error with EPIPE
/// ends the run quietly.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual Result<void> report(const Snapshot& snapshot) = 0;
  virtual Result<void> event(const Event& event) = 0;
  virtual void progress(const Progress& /*progress*/) {}
};

}  // namespace weir
