#include <algorithm>
#include <set>
#include <string>

#include "backends/host/machine.h"
#include "cli/doctor.h"
#include "engine/core/shell_word.h"

/// Receive queues, their rings, and how packets are spread over them.
namespace weir::cli {
namespace {

using host::Answer;
using host::LinkFacts;

// Beyond it the descriptors and buffers of a queue outgrow the caches.
constexpr uint32_t kRingEnough = 4096;

void check_count(const host::Source& source, const LinkFacts& facts, Findings& out) {
  if (!facts.channels) return out.unknown("rx_queues", facts.channels.error().why);
  const host::Channels& channels = *facts.channels;
  const auto cpus = host::allowed_cpus(source);
  if (!cpus) return out.unknown("rx_queues", cpus.error().why);
  const bool combined = channels.combined.most > 0;
  const host::Amount& amount = combined ? channels.combined : channels.rx;
  const auto best = std::min<uint32_t>(amount.most, static_cast<uint32_t>(cpus->size()));
  const std::string text = fmt::format("{} of {} receive queues in use, {} CPUs usable",
                                       channels.rx_now(), amount.most, cpus->size());
  if (channels.rx_now() == 0) {
    return out.unknown("rx_queues", "the driver tells of no receive queue");
  }
  if (channels.rx_now() >= best) return out.ok("rx_queues", text);
  out.advice("rx_queues", text,
             {"one CPU at a time empties a queue: what it cannot carry is lost while others idle",
              fmt::format("ethtool -L {} {} {}", shell_word(facts.name),
                          combined ? "combined" : "rx", best)});
}

void check_ring(const LinkFacts& facts, Findings& out) {
  if (!facts.rings) return out.unknown("rx_ring", facts.rings.error().why);
  const host::Amount& ring = facts.rings->rx;
  const std::string text = fmt::format("{} of {} receive descriptors", ring.now, ring.most);
  const bool lost = facts.state && facts.state->losses &&
                    facts.state->losses->rx_missed + facts.state->losses->rx_fifo > 0;
  const uint32_t best = lost ? ring.most : std::min(ring.most, kRingEnough);
  if (ring.now >= best) return out.ok("rx_ring", text);
  const Findings::Cure cure{
      fmt::format(
          "a burst of more than {} packets, while the CPU of the queue is busy elsewhere, is "
          "lost in the interface",
          ring.now),
      fmt::format("ethtool -G {} rx {}", shell_word(facts.name), best)};
  if (lost) return out.problem("rx_ring", text + ", and packets were missed", cure);
  out.advice("rx_ring", text, cure);
}

/// The well-known symmetric key, as long as the driver's.
std::string symmetric_key(size_t bytes) {
  std::string text;
  for (size_t i = 0; i < bytes; ++i)
    text += (i == 0 ? "" : ":") + std::string(i % 2 == 0 ? "6d" : "5a");
  return text;
}

void check_key(const LinkFacts& facts, Findings& out) {
  const host::Rss& rss = *facts.rss;
  if (rss.symmetric) return out.ok("rss_key", "the hash is the same for both directions of a flow");
  if (rss.key.empty()) return out.unknown("rss_key", "the driver shows no hash key");
  const bool toeplitz = rss.function.empty() || rss.function == "toeplitz";
  std::string fix =
      fmt::format("ethtool -X {} hkey {}", shell_word(facts.name), symmetric_key(rss.key.size()));
  if (!toeplitz) fix += " hfunc toeplitz";
  out.advice("rss_key", "the hash differs between the two directions of a flow",
             {"they arrive on two queues: figures stay exact, but updates or flows cross between "
              "workers, and each flow takes two entries",
              fix});
}

void check_hash_fields(const LinkFacts& facts, Findings& out) {
  std::string shown;
  std::string why;
  std::string poor;
  std::string fix;
  bool any = false;
  for (size_t i = 0; i < host::kHashedFlows.size(); ++i) {
    const auto& fields = facts.hash_fields[i];
    if (!fields) {
      why = fields.error().why;
      continue;
    }
    const std::string flow(host::kHashedFlows[i]);
    any = any || !fields->empty();
    shown += (shown.empty() ? "" : ", ") + flow + " " + (fields->empty() ? "nothing" : *fields);
    const auto has = [&](char letter) { return fields->find(letter) != std::string::npos; };
    if (has('s') && has('d') && has('f') && has('n')) continue;
    poor += (poor.empty() ? "" : ", ") + flow;
    fix += (fix.empty() ? "" : "; ") +
           fmt::format("ethtool -N {} rx-flow-hash {} sdfn", shell_word(facts.name), flow);
  }
  // Drivers without a say in it answer with no field at all, virtio_net for one.
  if (!shown.empty() && !any) return out.unknown("rss_hash", "the driver names no hash fields");
  if (!poor.empty()) {
    return out.advice(
        "rss_hash", "queues are not chosen by addresses and ports for " + poor + " (" + shown + ")",
        {"all such flows between two hosts, a tunnel for one, share one queue; with "
         "ports, though, fragments go to another queue than the rest of their flow",
         fix});
  }
  if (!why.empty()) return out.unknown("rss_hash", why);
  out.ok("rss_hash", shown);
}

void check_table(const LinkFacts& facts, uint32_t queues, Findings& out) {
  const auto& table = facts.rss->indirection;
  if (table.empty()) return out.unknown("rss_table", "the driver shows no indirection table");
  const std::set<uint32_t> used(table.begin(), table.end());
  const std::string text =
      fmt::format("{} buckets lead to {} of {} queues", table.size(), used.size(), queues);
  if (used.size() >= std::min<size_t>(queues, table.size())) return out.ok("rss_table", text);
  out.advice("rss_table", text,
             {"queues that no bucket leads to stay empty, and the others get their share",
              fmt::format("ethtool -X {} equal {}", shell_word(facts.name), queues)});
}

void check_rss(const LinkFacts& facts, Findings& out) {
  const Answer<uint32_t> queues = facts.queues();
  constexpr std::string_view kChecks[] = {"rss_key", "rss_hash", "rss_table"};
  for (const std::string_view check : kChecks) {
    if (queues && *queues == 1) out.ok(check, "one receive queue: nothing is spread");
    if (!queues) out.unknown(check, queues.error().why);
  }
  if (!queues || *queues == 1) return;
  if (facts.rss) {
    check_key(facts, out);
    check_table(facts, *queues, out);
  } else {
    out.unknown("rss_key", facts.rss.error().why);
    out.unknown("rss_table", facts.rss.error().why);
  }
  check_hash_fields(facts, out);
}

}  // namespace

void check_queues(const host::Source& source, const LinkFacts& facts, Findings& out) {
  check_count(source, facts, out);
  check_ring(facts, out);
  check_rss(facts, out);
}

}  // namespace weir::cli
