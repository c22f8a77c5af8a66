#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/options.h"
#include "cli/plan.h"
#include "engine/core/backend.h"
#include "engine/core/status.h"
#include "engine/pipeline/engine.h"

namespace weir::cli {

using Captures = std::vector<std::unique_ptr<Backend>>;

/// The captures of a run, not opened yet.
Result<Captures> make_captures(const RunOptions& options, const RunPlan& plan);

/// "eth0, eth1".
std::string names_of(const std::vector<CaptureInfo>& captures);

/// What was chosen for a live capture, and why: one line.
std::string start_line(const Engine& engine, IdlePolicy idle);

}  // namespace weir::cli
