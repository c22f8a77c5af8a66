#include "engine/pipeline/placement.h"

#include <algorithm>
#include <iterator>
#include <span>

#include "engine/core/cpu.h"

namespace weir {
namespace {

std::vector<int> without(const std::vector<int>& cpus, std::span<const int> left_out) {
  std::vector<int> rest;
  std::copy_if(cpus.begin(), cpus.end(), std::back_inserter(rest), [&](int cpu) {
    return std::find(left_out.begin(), left_out.end(), cpu) == left_out.end();
  });
  return rest;
}

std::string cpus_text(std::span<const int> cpus) {
  return (cpus.size() == 1 ? "CPU " : "CPUs ") + cpu_list_text(cpus);
}

std::string workers_text(uint32_t workers) {
  return workers == 1 ? "1 worker" : std::to_string(workers) + " workers";
}

/// `--cpus`: the reporter keeps off them where it can.
Placement place_as_asked(const PlacementRequest& request) {
  Placement placement;
  const auto count = static_cast<ptrdiff_t>(std::min<size_t>(request.workers, request.cpus.size()));
  const std::vector<int> taken(request.cpus.begin(), request.cpus.begin() + count);
  for (uint32_t i = 0; i < request.workers; ++i) {
    placement.workers.push_back(i < taken.size() ? std::vector<int>{taken[i]} : std::vector<int>{});
  }
  placement.text = workers_text(request.workers) + " on " + cpus_text(taken) + " (--cpus)";
  if (request.reporter_cpu >= 0) {
    placement.reporter = {request.reporter_cpu};
    placement.text += ", reporter on " + cpus_text(placement.reporter) + " (--reporter-cpu)";
  } else if (const auto rest = without(request.usable, taken); !rest.empty()) {
    placement.reporter = rest;
    placement.text += ", reporter on " + cpus_text(rest);
  } else {
    placement.text += ", reporter among them: no CPU is left";
  }
  return placement;
}

}  // namespace

Placement choose_placement(const PlacementRequest& request) {
  if (!request.cpus.empty()) return place_as_asked(request);
  Placement placement;
  placement.workers.resize(request.workers);
  if (request.reporter_cpu >= 0) placement.reporter = {request.reporter_cpu};

  std::vector<int> near;
  std::set_intersection(request.usable.begin(), request.usable.end(), request.node_cpus.begin(),
                        request.node_cpus.end(), std::back_inserter(near));
  const bool on_node = request.node && near.size() >= request.workers + size_t{2};
  const std::vector<int>& from = on_node ? near : request.usable;
  const bool room = from.size() >= request.workers + size_t{2};
  if (!request.live || !room) {
    placement.text = workers_text(request.workers) + " and the reporter where the kernel puts them";
    if (request.live) {
      placement.text += ": " + std::to_string(request.usable.size()) +
                        (request.usable.size() == 1 ? " CPU is" : " CPUs are") +
                        " too few to keep them apart";
    }
    if (request.reporter_cpu >= 0) {
      placement.text += ", the reporter on " + cpus_text(placement.reporter) + " (--reporter-cpu)";
    }
    return placement;
  }
  if (placement.reporter.empty()) placement.reporter = {from.back()};
  const std::vector<int> cpus = without(from, placement.reporter);
  for (std::vector<int>& worker : placement.workers) worker = cpus;
  placement.text = workers_text(request.workers) + " on " + cpus_text(cpus);
  if (on_node) {
    placement.text +=
        " of NUMA node " + std::to_string(*request.node) + ", where the interface is attached";
  }
  placement.text += ", reporter on " + cpus_text(placement.reporter) +
                    (request.reporter_cpu >= 0 ? " (--reporter-cpu)" : ", out of their way");
  return placement;
}

}  // namespace weir
