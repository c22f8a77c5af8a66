#pragma once

#include <functional>
#include <string>

#include "engine/pipeline/sink.h"

namespace weir::report {

/// An event as one line for people, without an end of line:
/// "eth0: restart in 500 ms (attempt 2): The interface disappeared".
std::string event_text(const Event& event);

/// Tells events at once, as they happen; data is for other sinks. The command line gives the
/// function that writes to standard error.
class EventLog final : public Sink {
 public:
  using Tell = std::function<void(Event::Kind kind, const std::string& line)>;
  explicit EventLog(Tell tell) : tell_(std::move(tell)) {}

  Result<void> report(const Snapshot& /*snapshot*/) override { return {}; }
  Result<void> event(const Event& event) override {
    tell_(event.kind, event_text(event));
    return {};
  }

 private:
  Tell tell_;
};

}  // namespace weir::report
