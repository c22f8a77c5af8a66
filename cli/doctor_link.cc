#include <algorithm>
#include <string>

#include "backends/host/machine.h"
#include "cli/doctor.h"
#include "engine/core/shell_word.h"

/// An interface as a whole: can it be captured, what was lost, what sees packets first.
namespace weir::cli {
namespace {

using host::Answer;
using host::LinkFacts;

void check_state(const LinkFacts& facts, Findings& out) {
  if (!facts.state) return out.unknown("link", facts.state.error().why);
  const std::string name = shell_word(facts.name);
  if (!facts.state->up) {
    return out.problem("link", "the interface is down",
                       {"it cannot be captured", "ip link set dev " + name + " up"});
  }
  if (!facts.state->carrier) {
    return out.problem("link", "up, but without a carrier: see the cable or the other end",
                       {"nothing can arrive"});
  }
  std::string text = "up, with a carrier";
  if (facts.driver) text += ", driver " + facts.driver->name;
  if (facts.speed_mbps) text += fmt::format(", {} Mbit/s", *facts.speed_mbps);
  if (facts.state->mtu) text += fmt::format(", MTU {}", *facts.state->mtu);
  out.ok("link", text);
}

void check_promiscuous(const LinkFacts& facts, Findings& out) {
  if (!facts.state) return out.unknown("promiscuous", facts.state.error().why);
  const Answer<uint32_t>& count = facts.state->promiscuity;
  if (!count) return out.unknown("promiscuous", count.error().why);
  out.ok("promiscuous", *count > 0 ? "on" : "off: -p switches it on while weir captures");
}

void check_xdp(const LinkFacts& facts, Findings& out) {
  if (!facts.state) return out.unknown("xdp", facts.state.error().why);
  const auto& xdp = facts.state->xdp;
  if (!xdp) return out.unknown("xdp", xdp.error().why);
  if (xdp->mode == "none") return out.ok("xdp", "no XDP program is attached");
  std::string text = "an XDP program is attached (" + xdp->mode;
  if (xdp->id != 0) text += fmt::format(", id {}", xdp->id);
  text += xdp->name ? ", " + *xdp->name + ")" : "; " + xdp->name.error().why + ")";
  std::string fix;
  const std::string set = "ip link set dev " + shell_word(facts.name) + " ";
  if (xdp->mode == "native") fix = set + "xdpdrv off";
  if (xdp->mode == "generic") fix = set + "xdpgeneric off";
  if (xdp->mode == "offloaded") fix = set + "xdpoffload off";
  if (xdp->mode == "several") fix = set + "xdpdrv off; " + set + "xdpgeneric off";
  out.advice("xdp", text,
             {"what it drops or redirects, no capture on this interface sees, and capture through "
              "AF_XDP cannot attach its own; leave it if it is wanted",
              fix});
}

void check_losses(const LinkFacts& facts, Findings& out) {
  if (!facts.state) return out.unknown("losses", facts.state.error().why);
  const auto& losses = facts.state->losses;
  if (!losses) return out.unknown("losses", losses.error().why);
  const std::string text = fmt::format(
      "of {} packets: rx_missed {}, rx_fifo {}, rx_over {}, rx_errors {}, rx_dropped {}",
      losses->rx_packets, losses->rx_missed, losses->rx_fifo, losses->rx_over, losses->rx_errors,
      losses->rx_dropped);
  // rx_dropped holds packets that no protocol wanted as well: no loss to a capture, which had its
  // copy by then.
  if (losses->rx_missed + losses->rx_fifo + losses->rx_over > 0) {
    return out.advice("losses", text + "; `ip -s -s link` shows whether they still rise",
                      {"the interface had no free descriptor: these packets no capture saw. A "
                       "longer ring, more queues and CPUs of their own help"});
  }
  if (losses->rx_errors > 0) {
    return out.advice("losses", text + "; `ip -s -s link` shows whether they still rise",
                      {"frames with errors are thrown away by the interface: see cable, optics and "
                       "the other end's settings"});
  }
  out.ok("losses", text);
}

void check_numa(const host::Source& source, const LinkFacts& facts, Findings& out) {
  const auto entries = source.folder("/sys/devices/system/node");
  const auto is_node = [](const std::string& entry) {
    return entry.starts_with("node") && host::to_number(std::string_view(entry).substr(4));
  };
  if (!entries) return out.unknown("numa", entries.error().why);
  if (std::count_if(entries->begin(), entries->end(), is_node) <= 1) {
    return out.ok("numa", "the machine has one NUMA node");
  }
  if (!facts.numa_node) return out.unknown("numa", facts.numa_node.error().why);
  const auto near = host::read_cpus(
      source, fmt::format("/sys/devices/system/node/node{}/cpulist", *facts.numa_node));
  const auto usable = host::allowed_cpus(source);
  if (!near) return out.unknown("numa", near.error().why);
  if (!usable) return out.unknown("numa", usable.error().why);
  std::vector<int> both;
  std::copy_if(near->begin(), near->end(), std::back_inserter(both), [&](int cpu) {
    return std::find(usable->begin(), usable->end(), cpu) != usable->end();
  });
  const std::string node = fmt::format("the interface is on NUMA node {}", *facts.numa_node);
  if (!both.empty()) {
    return out.ok("numa", node + ": of its CPUs this process may use " + host::cpus_text(both));
  }
  out.advice("numa", node + ", none of whose CPUs this process may use",
             {"each packet crosses the link between the sockets",
              near->empty() ? ""
                            : "taskset -cp " + host::cpus_text(*near) +
                                  " $$  # in the shell that starts weir"});
}

}  // namespace

void check_link(const host::Source& source, const LinkFacts& facts, bool sends, Findings& out) {
  check_state(facts, out);
  check_losses(facts, out);
  check_queues(source, facts, out);
  check_interrupts(source, facts, out);
  check_offloads(facts, sends, out);
  check_promiscuous(facts, out);
  check_xdp(facts, out);
  check_numa(source, facts, out);
}

}  // namespace weir::cli
