#include "cli/bench_line.h"

#include <fmt/core.h>

namespace weir::cli {
namespace {

constexpr uint64_t kPacketsAFlow = 10;

std::string or_null(const std::optional<double>& value, int digits) {
  return value ? fmt::format("{:.{}f}", *value, digits) : "null";
}

std::string or_unknown(const std::optional<double>& value, int digits) {
  return value ? fmt::format("{:.{}f}", *value, digits) : "unknown";
}

std::string cost_json(const char* stage, const PacketCost& cost) {
  return fmt::format("\"{}\":{{\"ns\":{:.2f},\"cycles\":{}}}", stage, cost.ns,
                     or_null(cost.cycles, 1));
}

std::string size_text(const BenchLine& line) {
  return line.imix ? "IMIX" : std::to_string(line.packet_size);
}

}  // namespace

bool few_packets(const BenchLine& line) {
  return line.packets / kPacketsAFlow < line.flows;
}

std::string bench_json(const BenchLine& line) {
  std::string text = fmt::format(
      "{{\"type\":\"bench\",\"workers\":{},\"flows\":{},\"packet_size\":{},\"packets\":{},"
      "\"mpps\":{:.2f},\"gbps\":{:.2f},\"ns_per_packet\":{:.2f},\"limit_mpps\":{:.2f},"
      "\"of_limit\":{:.3f},\"scaling\":{},\"cycles_per_packet\":{},\"user_s\":{:.3f},"
      "\"system_s\":{:.3f},",
      line.workers, line.flows, line.packet_size, line.packets, line.mpps, line.gbps,
      line.ns_per_packet, line.limit_mpps, line.of_limit, or_null(line.scaling, 3),
      or_null(line.cycles_per_packet, 1), line.user_s, line.system_s);
  text += fmt::format("\"stages\":{{{},{},{},{}}},", cost_json("generate", line.generate),
                      cost_json("parse", line.parse), cost_json("table", line.table),
                      cost_json("report", line.report));
  text += fmt::format(
      "\"imix\":{},\"ipv6_percent\":{},\"batch\":{},\"max_flows\":{},\"untracked\":{},"
      "\"few_packets\":{},\"usable_cpus\":{},\"exact\":{}}}",
      line.imix, line.ipv6_percent, line.batch, line.max_flows, line.untracked, few_packets(line),
      line.usable_cpus, line.exact);
  return text;
}

std::string bench_heading() {
  return fmt::format(
      "{:>7} {:>9} {:>5} {:>7} {:>7} {:>8} {:>6} {:>7} {:>12} {:>7}   {}\n"
      "{:>7} {:>9} {:>5} {:>7} {:>7} {:>8} {:>6} {:>7} {:>6} {:>5} {:>7}   "
      "{:>8} {:>6} {:>6} {:>6} {:>8}\n",
      "", "", "", "", "", "limit", "of", "", "CPU s", "ns a", "CPU ns a packet", "workers", "flows",
      "bytes", "Mpps", "Gbit/s", "Mpps", "limit", "scaling", "user", "sys", "packet", "generate",
      "parse", "table", "report", "cycles");
}

std::string bench_row(const BenchLine& line) {
  return fmt::format(
      "{:>7} {:>9} {:>5} {:>7.2f} {:>7.2f} {:>8.2f} {:>6.2f} {:>7} {:>6.2f} {:>5.2f} {:>7.1f}   "
      "{:>8.1f} {:>6.1f} {:>6.1f} {:>6.1f} {:>8}  {}\n",
      line.workers, line.flows, size_text(line), line.mpps, line.gbps, line.limit_mpps,
      line.of_limit, line.scaling ? fmt::format("{:.2f}", *line.scaling) : "-", line.user_s,
      line.system_s, line.ns_per_packet, line.generate.ns, line.parse.ns, line.table.ns,
      line.report.ns, or_unknown(line.cycles_per_packet, 0), line.exact ? "exact" : "NOT EXACT");
}

std::string bench_remarks(const BenchLine& line) {
  std::string text;
  if (few_packets(line)) {
    text += fmt::format(
        "  {} packets are few for {} flows: opening the flows is much of what this row measures\n",
        line.packets, line.flows);
  }
  if (line.untracked != 0) {
    text += fmt::format("  {} packets found no room in a table of {} flows (--max-flows)\n",
                        line.untracked, line.max_flows);
  }
  if (line.workers >= line.usable_cpus) {
    text += fmt::format("  {} worker{} and the reporter share {} CPU{}\n", line.workers,
                        line.workers == 1 ? "" : "s", line.usable_cpus,
                        line.usable_cpus == 1 ? "" : "s");
  }
  return text;
}

std::string bench_legend() {
  return "\n"
         "limit     bare batched look-ups in a table of so many flows, one thread, measured here\n"
         "of limit  Mpps of a worker against that\n"
         "scaling   Mpps of a worker against that of one alone; - when --workers has no 1\n"
         "ns        of one worker; the stages are CPU time: all workers' and the reporter's\n"
         "generate  handing out prepared frames: measured alone, in one thread, after the run\n"
         "parse     loading the frame, parsing, key, hash, update: measured alone in the same way\n"
         "table     the rest of the workers' time: table, windows, deltas, waiting for memory\n"
         "          and, when the reporter is slower, for the reporter\n"
         "report    the reporter's time: merging, windows, snapshots\n"
         "cycles    a packet, all threads, in user space; unknown without the CPU's counters\n";
}

}  // namespace weir::cli
