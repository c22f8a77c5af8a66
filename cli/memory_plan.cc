#include "cli/memory_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <string>

#include "cli/doctor.h"
#include "report/format.h"

namespace weir::cli {
namespace {

constexpr uint64_t kMiB = 1 << 20;
// VmPeak less VmSize at the start, measured: 455 MiB with a table of one flow and one worker (of
// which 258 MiB are one mapping that is never touched; what makes it was not traced), 9 to 20 MiB a
// further worker, 487 to 495 bytes a flow. The rest is room for what grows later.
constexpr uint64_t kAddressBase = 500 * kMiB;
constexpr uint64_t kAddressPerWorker = 20 * kMiB;
constexpr uint64_t kAddressPerFlow = 505;
// Resident memory with few flows, measured: 20 to 60 MiB.
constexpr uint64_t kTouchedBase = 64 * kMiB;
constexpr uint64_t kLeastFlows = 1024;
constexpr uint64_t kLeastRing = kMiB;

uint64_t flows_in(uint64_t room, uint64_t base, uint64_t per_flow) {
  return room > base ? (room - base) / per_flow : 0;
}

std::string mebibytes(uint64_t bytes) {
  return fmt::format("{} MiB", bytes / kMiB);
}

}  // namespace

Result<void> fit_memory(const RunOptions& options, const host::MemoryRoom& room, RunPlan& plan) {
  const bool live = plan.source == RunPlan::Source::live;
  const uint64_t workers = std::max<uint32_t>(plan.engine.workers, 1);
  uint64_t& ring = plan.capture.ring_bytes;
  if (live && !options.ring_bytes && room.address_bytes / 8 < ring * workers) {
    ring = std::max(std::bit_floor(std::max<uint64_t>(room.address_bytes / 8 / workers, 1)),
                    kLeastRing);
    plan.notes.push_back(fmt::format("{} leaves {}: --ring is {}", room.address_limit,
                                     mebibytes(room.address_bytes), mebibytes(ring)));
  }
  const uint64_t base = kAddressBase + workers * (kAddressPerWorker + (live ? ring : 0));
  const uint64_t by_address = flows_in(room.address_bytes, base, kAddressPerFlow);
  const uint64_t by_use = flows_in(room.bytes, kTouchedBase, kFlowBytes);
  const bool address_decides = by_address < by_use;
  const uint64_t fit = std::min(by_address, by_use);
  if (plan.engine.max_flows <= fit) return {};
  const std::string why =
      fmt::format("{} leaves {}", address_decides ? room.address_limit : room.limit,
                  mebibytes(address_decides ? room.address_bytes : room.bytes));
  const bool asked_for =
      options.max_flows != RunOptions{}.max_flows || options.given.contains("flows.max_flows");
  if (!asked_for) {
    plan.engine.max_flows = std::max(fit, kLeastFlows);
    plan.notes.push_back(fmt::format("{}: at most {} flows are held at once (--max-flows)", why,
                                     report::count_text(plan.engine.max_flows)));
    return {};
  }
  if (!address_decides && !room.limit_is_firm) {
    plan.notes.push_back(
        fmt::format("{}, enough for {} flows: --max-flows is more", why, report::count_text(fit)));
    return {};
  }
  return fail({Code::usage, Recovery::give_up, 0, "--max-flows",
               fmt::format("{} flows do not fit: {}, enough for {}",
                           report::count_text(options.max_flows), why, report::count_text(fit))});
}

}  // namespace weir::cli
