#pragma once

#include <fmt/format.h>

#include <span>
#include <string>
#include <string_view>

#include "engine/pipeline/sink.h"
#include "report/output.h"

namespace weir::report {

/// Appends a field as RFC 4180 (section 2) has it: in quotes where it needs them, a quote doubled.
/// A text that a spreadsheet would run as a formula (=, +, -, @ first) is left as it is: it is
/// data.
void append_csv_field(fmt::memory_buffer& out, std::string_view text);

/// "sent_packets,sent_ip_bytes,...,received_rate_peak": what append_csv_traffic() writes.
std::string csv_traffic_header();
/// The figures of both directions, with commas between them.
void append_csv_traffic(fmt::memory_buffer& out, const Traffic& sent, const Traffic& received);

/// The header line of flows and their lines: `time_ns,final` say of which snapshot they are.
/// Columns are only ever added, at the end.
std::string csv_flows_header();
void append_csv_flows(fmt::memory_buffer& out, const Snapshot& snapshot,
                      std::span<const FlowRow> flows);

/// The flows of each snapshot as CSV, after one header line. Rates are bits per second, times ns
/// since the epoch. Events and counters are not in it: EventLog reports the first, JsonLines has
/// both.
class CsvLines final : public Sink {
 public:
  explicit CsvLines(Output& output) : output_(output) {}

  Result<void> report(const Snapshot& snapshot) override;
  Result<void> event(const Event& /*event*/) override { return {}; }

 private:
  Output& output_;
  bool has_header_ = false;
};

}  // namespace weir::report
