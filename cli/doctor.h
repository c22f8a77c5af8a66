#pragma once

#include <string>
#include <vector>

#include "backends/host/link_facts.h"
#include "backends/host/source.h"
#include "cli/finding.h"
#include "engine/core/status.h"

namespace weir::cli {

struct DoctorOptions {
  std::vector<std::string> interfaces;
  bool json = false;
  bool all = false;  ///< also what is fine, and what has no answer
};

/// `weir doctor`: what would make capture lossy or impossible here. Returns the exit code: findings
/// alone are 0, an interface that is not there is not found.
int run_doctor(const DoctorOptions& options);

/// What a run with defaults takes for its flows when the table is full, and for its ring.
inline constexpr uint64_t kDefaultFlows = 1ULL << 21;
inline constexpr uint64_t kFlowBytes = 263;  // measured, see docs/tuning.md
inline constexpr uint64_t kDefaultRingBytes = 64ULL << 20;

/// The checks. Each adds one finding or more; none changes anything.
void check_host(const host::Source& source, uint32_t most_queues, Findings& out);
/// `sends`: the interface has addresses, so that traffic of this host leaves by it.
void check_link(const host::Source& source, const host::LinkFacts& facts, bool sends,
                Findings& out);

// The parts of the two.
void check_rights(const host::Source& source, Findings& out);
void check_sysctls(const host::Source& source, Findings& out);
void check_cpus(const host::Source& source, uint32_t most_queues, Findings& out);
void check_memory(const host::Source& source, Findings& out);
void check_kernel(const host::Source& source, Findings& out);
void check_queues(const host::Source& source, const host::LinkFacts& facts, Findings& out);
void check_offloads(const host::LinkFacts& facts, bool sends, Findings& out);
void check_interrupts(const host::Source& source, const host::LinkFacts& facts, Findings& out);

}  // namespace weir::cli
