#include "engine/pipeline/snapshot.h"

namespace weir {

std::string_view to_string(Event::Kind kind) noexcept {
  switch (kind) {
    case Event::Kind::restart: return "restart";
    case Event::Kind::resumed: return "resumed";
    case Event::Kind::damaged: return "damaged";
    case Event::Kind::other_format: return "other_format";
    case Event::Kind::note: return "note";
    case Event::Kind::alert: return "alert";
  }
  return "?";
}

std::string_view to_string(CaptureSummary::State state) noexcept {
  switch (state) {
    case CaptureSummary::State::running: return "running";
    case CaptureSummary::State::waiting: return "waiting";
    case CaptureSummary::State::ended: return "ended";
    case CaptureSummary::State::failed: return "failed";
  }
  return "?";
}

}  // namespace weir
