#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "backends/host/machine.h"
#include "backends/registry.h"
#include "cli/options.h"
#include "engine/core/backend.h"
#include "engine/core/status.h"
#include "engine/pipeline/engine.h"
#include "report/iftop_text.h"

namespace weir::cli {

/// A run with every default filled in: what the engine gets, and what the sinks need to know.
struct RunPlan {
  enum class Source : uint8_t { live, files, synthetic };
  Source source = Source::live;
  EngineConfig engine;
  CaptureOptions capture;
  backends::SyntheticOptions synthetic;
  backends::DpdkOptions dpdk;
  report::IftopLine line;     ///< what iftop's layout shows of a flow
  uint64_t line_limit = 10;   ///< flows a text sink lists; 0: all
  uint64_t hide_idle_ns = 0;  ///< iftop's layout leaves out what was silent for so long; 0: none
  std::vector<std::string> notes;  ///< for the user, one line each
};

/// What the defaults depend on.
struct Surroundings {
  std::vector<int> usable_cpus;
  bool stdout_is_terminal = false;
  host::MemoryRoom memory = {};
  uint64_t input_bytes = UINT64_MAX;  ///< of all files together; UINT64_MAX: not known before
};

/// How long the files are together: UINT64_MAX when one of them is no regular file. One that is
/// not there counts as empty: opening it says so.
uint64_t input_bytes(const std::vector<std::string>& files);

/// Fills in the defaults, which differ between files, live capture and the synthetic link, and
/// refuses what contradicts itself. Errors are Code::usage.
Result<RunPlan> make_plan(const RunOptions& options, const Surroundings& surroundings);

/// What snapshots before the final one are asked for: `engine.query`, which begins with the plan's
/// own groups, without these. They are passes over all flows, and printed at the end only.
FlowQuery tick_query(const RunPlan& plan, const EngineConfig& engine);

}  // namespace weir::cli
