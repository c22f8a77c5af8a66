#pragma once

#include <string>
#include <vector>

#include "engine/pipeline/sink.h"
#include "report/flow_table_text.h"
#include "report/format.h"
#include "report/output.h"
#include "report/style.h"

namespace weir::report {

/// The readable report: a short block for each snapshot on the way, and the whole account at the
/// end: captures, packets by verdict with the reasons, what was missed and what cannot be known,
/// totals, rates, a plot of the last seconds, the top flows, and the top hosts, services and
/// protocols where the snapshot has them (see summary_groups()). At most 80 columns wide wherever
/// names allow it.
class TextSummary final : public Sink {
 public:
  struct Options {
    FlowTextOptions flows;
    Style style;
    bool utf8 = false;  ///< the plot may use block characters
    TimeZone zone = TimeZone::utc;
    /// How many of a snapshot's groups, from the first on, are those of summary_groups(); what
    /// follows them is somebody else's.
    size_t own_groups = 3;
  };

  TextSummary(Output& output, Options options) : output_(output), options_(options) {}

  Result<void> report(const Snapshot& snapshot) override;
  /// Kept for the summary; what must be known at once is told by EventLog.
  Result<void> event(const Event& event) override;

 private:
  void append_heading(std::string_view text);
  void append_interval(const Snapshot& snapshot);
  void append_captures(const Snapshot& snapshot);
  void append_packets(const Snapshot& snapshot);
  void append_ether_types(const Snapshot& snapshot);
  void append_subframes(const Accounting& accounting);
  void append_missed(const Snapshot& snapshot);
  void append_traffic(const Snapshot& snapshot);
  void append_plot(const Snapshot& snapshot);
  void append_groups(const Snapshot& snapshot);
  void append_flows(const Snapshot& snapshot);
  void append_events();

  Output& output_;
  Options options_;
  std::vector<std::string> events_;  ///< at most kMaxEvents lines
  size_t events_left_out_ = 0;
};

}  // namespace weir::report
