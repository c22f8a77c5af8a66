#pragma once

#include <string>

#include "engine/pipeline/sink.h"
#include "report/name_source.h"
#include "report/output.h"
#include "report/process_source.h"

namespace weir::report {

/// One JSON object a line: a "snapshot" for each snapshot and an "event" for each event, flushed
/// line by line. Rates are bits per second, times ns since the epoch; a count that a backend cannot
/// know is null. The fields are a contract with scripts: they are only ever added to, and
/// "schema" counts changes that are not additions.
///
/// A flow has "process", "pid", "user" and "publisher" of the end here, where they are known; if
/// both ends are, those of the source, and with "dst_" in front those of the destination.
/// "src_name" and "dst_name" are there for addresses that have a name. Nothing is waited for: what
/// is not known yet is left out, and a later line has it.
class JsonLines final : public Sink {
 public:
  /// What is known of a flow's ends, from elsewhere. Null: nothing. Both outlive the sink.
  struct Ends {
    const ProcessSource* processes = nullptr;
    NameSource* names = nullptr;
  };

  explicit JsonLines(Output& output) : output_(output) {}
  JsonLines(Output& output, const Ends& ends) : output_(output), ends_(ends) {}

  Result<void> report(const Snapshot& snapshot) override;
  Result<void> event(const Event& event) override;

 private:
  Output& output_;
  Ends ends_;
};

}  // namespace weir::report
