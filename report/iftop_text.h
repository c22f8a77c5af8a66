#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/pipeline/sink.h"
#include "report/name_source.h"
#include "report/output.h"

namespace weir::report {

/// What iftop shows of a flow, and so what it sums flows by: without any port not by protocol.
struct IftopLine {
  bool source_ports = false;
  bool destination_ports = false;
  bool hide_source = false;  ///< " * " for the host
  bool hide_destination = false;

  bool is_flow() const noexcept {
    return source_ports && destination_ports && !hide_source && !hide_destination;
  }
};

/// iftop 1.0pre4's `-t` layout to the column, so that scripts written for it read ours. Scales by
/// 1024 as iftop does; the contents are weir's exact figures. Each block is written at once. Events
/// do not belong to the layout and are told by EventLog.
class IftopText final : public Sink {
 public:
  struct Options {
    /// What tells lines apart. Flows are summed where it is less than what tells flows apart.
    IftopLine line = {};
    bool in_bytes = false;     ///< -B
    uint64_t line_limit = 10;  ///< -L, flows; 0: all
    FlowOrder order = FlowOrder::rate_10s;
    /// A flow without packets for this long is not listed; iftop forgets it after 40 s. 0: never.
    uint64_t hide_idle_ns = 0;
    NameSource* names = nullptr;  ///< of hosts and ports, outlives the sink; null: numbers
    /// Called before the final block, when its names have been asked for: may wait for a bounded
    /// time. Blocks before it do not wait.
    std::function<void()> await_names = {};
  };

  IftopText(Output& output, Options options) : output_(output), options_(std::move(options)) {}

  /// Unless a line is a flow the snapshot must hold all flows: the sums are made here.
  Result<void> report(const Snapshot& snapshot) override;
  Result<void> event(const Event& /*event*/) override { return {}; }

  /// iftop's first line on standard output.
  Result<void> listening_on(const std::string& name);

 private:
  NameSource& names() const { return options_.names == nullptr ? numbers_ : *options_.names; }
  std::string rate(uint64_t bits_per_second) const;
  std::vector<const FlowRow*> listed(const Snapshot& snapshot,
                                     const std::vector<FlowRow>& flows) const;
  void ask_for_names(const std::vector<const FlowRow*>& flows) const;
  std::string host(const FlowRow& flow, bool source) const;
  void append_flow(size_t number, const FlowRow& flow);
  void append_rates(std::string_view label, const Traffic& traffic);
  void append_footer(const Snapshot& snapshot);

  Output& output_;
  Options options_;
  mutable NumbersOnly numbers_;
};

/// The flows whose lines are the same, source and destination told apart, added up and sorted
/// again. What lines do not show is zero in their keys.
std::vector<FlowRow> sum_by_line(const std::vector<FlowRow>& flows, const IftopLine& line,
                                 FlowOrder order);

}  // namespace weir::report
