#pragma once

#include <string>

#include "engine/pipeline/sink.h"
#include "report/output.h"

namespace weir::report {

/// One line on a terminal that is rewritten while a long file is read, and wiped before anything
/// else is printed. Give it to the engine before the sinks that print. A failure to write it is of
/// no interest to anyone and never reported.
class ProgressLine final : public Sink {
 public:
  explicit ProgressLine(Output& terminal) : terminal_(terminal) {}

  Result<void> report(const Snapshot& /*snapshot*/) override { return wipe(); }
  Result<void> event(const Event& /*event*/) override { return wipe(); }
  void progress(const Progress& progress) override;

 private:
  Result<void> wipe();

  Output& terminal_;
  bool shown_ = false;
};

/// "1,234,567 packets, 120 MB of 480 MB, 25.0 %".
std::string progress_text(const Progress& progress);

}  // namespace weir::report
