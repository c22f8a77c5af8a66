#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace weir::cli {

/// What a packet costs in one place. Cycles are those in user space; empty where the processor's
/// counters are not to be had.
struct PacketCost {
  double ns = 0;
  std::optional<double> cycles;
};

/// One configuration of `weir bench` and what was measured of it.
struct BenchLine {
  unsigned workers = 1;
  uint64_t flows = 0;
  uint32_t packet_size = 0;  ///< frame with FCS; with IMIX the mean of all frames
  bool imix = false;
  uint32_t ipv6_percent = 0;
  uint32_t batch = 256;
  uint64_t max_flows = 0;
  uint64_t packets = 0;

  double mpps = 0;
  double gbps = 0;           ///< on the wire, with preamble and gap
  double ns_per_packet = 0;  ///< time of one worker
  double limit_mpps = 0;     ///< bare_lookup_mpps(flows), one thread
  double of_limit = 0;       ///< part of the limit of so many threads
  /// Rate against so many times that of one worker; empty when that was not measured.
  std::optional<double> scaling;
  double user_s = 0;  ///< CPU seconds of the run, all threads
  double system_s = 0;
  std::optional<double> cycles_per_packet;  ///< all threads

  PacketCost generate;  ///< handing out prepared frames, measured alone
  PacketCost parse;     ///< parsing, key, hash and update, measured alone
  PacketCost table;     ///< the rest of the workers' CPU time
  PacketCost report;    ///< the reporter's CPU time: merge, windows, snapshots

  uint64_t untracked = 0;  ///< packets whose flows found no room in the table
  bool exact = false;
  unsigned usable_cpus = 1;
};

/// Fewer than ten packets a flow: opening flows is then much of what is measured.
bool few_packets(const BenchLine& line);

/// A JSON object, without the end of the line.
std::string bench_json(const BenchLine& line);

/// The two lines above the table, and a row of it.
std::string bench_heading();
std::string bench_row(const BenchLine& line);

/// What limits how far a row can be trusted, a line each; mostly empty.
std::string bench_remarks(const BenchLine& line);

/// What the columns mean, for below the table.
std::string bench_legend();

}  // namespace weir::cli
