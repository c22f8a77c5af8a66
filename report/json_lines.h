#pragma once

#include <string>

#include "engine/pipeline/sink.h"
#include "report/output.h"

namespace weir::report {

/// One JSON object a line: a "snapshot" for each snapshot and an "event" for each event, flushed
/// line by line. Rates are bits per second, times ns since the epoch; a count that a backend cannot
/// know is null. The fields are a contract with scripts: they are only ever added to, and
/// "schema" counts changes that are not additions.
class JsonLines final : public Sink {
 public:
  explicit JsonLines(Output& output) : output_(output) {}

  Result<void> report(const Snapshot& snapshot) override;
  Result<void> event(const Event& event) override;

 private:
  Output& output_;
};

}  // namespace weir::report
