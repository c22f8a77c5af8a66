#include "report/event_log.h"

#include <fmt/format.h>

#include "engine/core/clock.h"
#include "report/format.h"

namespace weir::report {

std::string event_text(const Event& event) {
  const std::string where = event.capture.empty() ? "" : printable(event.capture) + ": ";
  const std::string reason = printable(event.reason);
  switch (event.kind) {
    case Event::Kind::restart:
      return fmt::format("{}restart in {} (attempt {}): {}", where,
                         duration_text(event.wait_ms * kNsPerMs), event.attempt, reason);
    case Event::Kind::resumed:
      return fmt::format("{}capture works again after {} without", where,
                         duration_text(event.gap_ns));
    case Event::Kind::damaged: return fmt::format("{}damaged: {}", where, reason);
    case Event::Kind::alert: return fmt::format("alert {}: {}", printable(event.alert), reason);
    case Event::Kind::other_format:
    case Event::Kind::note: break;
  }
  return where + reason;
}

}  // namespace weir::report
