#include "cli/captures.h"

#include <utility>

#include "backends/registry.h"

namespace weir::cli {

Result<Captures> make_captures(const RunOptions& options, const RunPlan& plan) {
  Captures captures;
  if (plan.source == RunPlan::Source::files) {
    captures.push_back(backends::make_files(options.files));
    return captures;
  }
  if (plan.source == RunPlan::Source::synthetic) {
    captures.push_back(backends::make_synthetic(plan.synthetic));
    return captures;
  }
  std::vector<std::string> interfaces = options.interfaces;
  if (interfaces.empty()) {
    const Result<std::string> chosen = backends::default_interface();
    if (!chosen) return fail(chosen.error());
    interfaces.push_back(*chosen);
  }
  for (const std::string& interface : interfaces) {
    Result<std::unique_ptr<Backend>> capture =
        backends::make_live(options.backend, interface, plan.dpdk);
    if (!capture) return fail(capture.error());
    captures.push_back(std::move(*capture));
  }
  return captures;
}

std::string names_of(const std::vector<CaptureInfo>& captures) {
  std::string names;
  for (const CaptureInfo& capture : captures) names += (names.empty() ? "" : ", ") + capture.name;
  return names;
}

std::string start_line(const Engine& engine, IdlePolicy idle) {
  std::string line;
  for (const CaptureInfo& capture : engine.captures()) {
    line += (line.empty() ? "" : ", ") + capture.name + " through " + capture.backend;
  }
  line += ": " + engine.placement();
  if (engine.workers() > 1) {
    line += engine.direct() ? "; each worker counts the flows it receives"
                            : "; workers hand packets to the one that counts their flow";
  }
  switch (idle) {
    case IdlePolicy::park: return line + "; idle workers sleep";
    case IdlePolicy::yield: return line + "; idle workers yield (--idle)";
    case IdlePolicy::spin: return line + "; idle workers spin (--idle)";
  }
  return line;
}

}  // namespace weir::cli
