#include <algorithm>
#include <set>
#include <string>

#include "backends/host/machine.h"
#include "cli/doctor.h"
#include "engine/core/shell_word.h"

/// When and where receive work is done: interrupts, their moderation and CPUs, RPS, pause frames.
namespace weir::cli {
namespace {

using host::Answer;
using host::LinkFacts;

constexpr uint64_t kBitsOfSmallestFrame = 8 * 84;  // 64 bytes, preamble and gap
constexpr size_t kVirtioNotifyCoalescing = 53;     // VIRTIO_NET_F_NOTF_COAL

/// A virtio device takes such settings only when the hypervisor offers the feature.
bool hypervisor_refuses(const host::Source& source, const LinkFacts& facts) {
  if (!facts.driver || facts.driver->name != "virtio_net") return false;
  const auto bits = source.file("/sys/class/net/" + facts.name + "/device/features");
  return !bits || bits->size() <= kVirtioNotifyCoalescing ||
         (*bits)[kVirtioNotifyCoalescing] != '1';
}

void check_coalescing(const host::Source& source, const LinkFacts& facts, Findings& out) {
  if (!facts.coalescing) return out.unknown("coalescing", facts.coalescing.error().why);
  const host::Coalescing& now = *facts.coalescing;
  const std::string text = fmt::format("rx-usecs {}, rx-frames {}, adaptive {}", now.rx_usecs,
                                       now.rx_frames, now.adaptive_rx ? "on" : "off");
  const std::string set = "ethtool -C " + shell_word(facts.name) + " ";
  if (now.adaptive_rx) return out.ok("coalescing", text);
  // tun answers too, and has no interrupts.
  if (!facts.hardware) return out.unknown("coalescing", facts.hardware.error().why);
  if (!*facts.hardware) {
    return out.unknown("coalescing", "it is no hardware, so it has no interrupts (" + text + ")");
  }
  if (now.rx_usecs == 0 && now.rx_frames <= 1) {
    if (hypervisor_refuses(source, facts)) {
      return out.unknown("coalescing", "the hypervisor lets nobody set it (" + text + ")");
    }
    return out.advice(
        "coalescing", text,
        {"an interrupt for each packet until the CPU is busy enough to poll", set + "rx-usecs 30"});
  }
  if (!facts.speed_mbps || !facts.rings) {
    return out.ok("coalescing", text);
  }
  const uint64_t in_wait = *facts.speed_mbps * now.rx_usecs / kBitsOfSmallestFrame;
  const uint64_t ring = facts.rings->rx.now;
  const bool frames_end_it = now.rx_frames > 0 && now.rx_frames < ring;
  if (in_wait <= ring || frames_end_it || *facts.speed_mbps == 0) return out.ok("coalescing", text);
  const uint64_t usecs = std::max<uint64_t>(1, ring * kBitsOfSmallestFrame / *facts.speed_mbps / 2);
  out.advice("coalescing", text,
             {fmt::format("at {} Mbit/s up to {} packets of 64 bytes arrive before the interrupt, "
                          "and the ring has room for {}",
                          *facts.speed_mbps, in_wait, ring),
              set + fmt::format("rx-usecs {}", usecs)});
}

void check_pause(const LinkFacts& facts, Findings& out) {
  if (!facts.pause) return out.unknown("pause", facts.pause.error().why);
  const host::Pause& pause = *facts.pause;
  const std::string text = fmt::format("pause frames: received {}, sent {}",
                                       pause.rx ? "obeyed" : "ignored", pause.tx ? "yes" : "never");
  if (!pause.tx) return out.ok("pause", text);
  out.advice("pause", text,
             {"when this host is too slow the switch is told to wait, and drops there what no "
              "counter here shows",
              fmt::format("ethtool -A {}{} tx off", shell_word(facts.name),
                          pause.autoneg ? " autoneg off" : "")});
}

/// Sets the i-th interrupt to the i-th CPU, over and over.
std::string spread(const std::vector<const host::Irq*>& irqs, const std::vector<int>& cpus) {
  std::string targets;
  std::string numbers;
  for (size_t i = 0; i < irqs.size(); ++i) {
    targets += " " + std::to_string(cpus[i % cpus.size()]);
    numbers += " " + std::to_string(irqs[i]->number);
  }
  return "set --" + targets + "; for i in" + numbers +
         "; do echo $1 > /proc/irq/$i/smp_affinity_list; shift; done";
}

void check_irqs(const host::Source& source, const LinkFacts& facts, Findings& out) {
  if (!facts.irqs) return out.unknown("irq_cpus", facts.irqs.error().why);
  std::vector<const host::Irq*> receiving;
  for (const host::Irq& irq : *facts.irqs) {
    if (irq.receives) receiving.push_back(&irq);
  }
  if (receiving.empty()) {
    return out.unknown("irq_cpus", "none of its interrupts is named after a receive queue");
  }
  std::string text;
  std::set<std::vector<int>> places;
  for (const host::Irq* irq : receiving) {
    if (!irq->cpus) return out.unknown("irq_cpus", irq->cpus.error().why);
    places.insert(*irq->cpus);
    text += fmt::format("{}{} ({}) on CPU {}", text.empty() ? "" : ", ", irq->number, irq->name,
                        host::cpus_text(*irq->cpus));
  }
  const auto cpus = host::allowed_cpus(source);
  if (!cpus) return out.unknown("irq_cpus", cpus.error().why);
  const bool crowded = places.size() == 1 && places.begin()->size() == 1;
  if (receiving.size() == 1 || cpus->size() == 1 || !crowded) return out.ok("irq_cpus", text);
  out.advice("irq_cpus",
             fmt::format("the interrupts of {} receive queues go to CPU {}", receiving.size(),
                         host::cpus_text(*places.begin())),
             {"one CPU does the receive work of all queues: what it cannot carry is lost",
              spread(receiving, *cpus)});
}

void check_rps(const LinkFacts& facts, Findings& out) {
  if (!facts.rps) return out.unknown("rps", facts.rps.error().why);
  const bool on = std::any_of(facts.rps->begin(), facts.rps->end(), [](const std::string& mask) {
    const Answer<bool> any = host::any_cpu_in_mask(mask);
    return any && *any;
  });
  if (!on) return out.ok("rps", "off: packets stay on the CPU of their queue");
  if (facts.rps->size() == 1) {
    return out.ok("rps", "on: packets of the one queue are spread over CPUs (mask " +
                             facts.rps->front() + ")");
  }
  out.advice("rps", fmt::format("on, with {} receive queues", facts.rps->size()),
             {"each packet is handed from the CPU of its queue to another through a backlog, and "
              "what finds that full is in no counter of the interface; the queues spread the load "
              "already",
              "for f in /sys/class/net/" + shell_word(facts.name) +
                  "/queues/rx-*/rps_cpus; do echo 0 > \"$f\"; done"});
}

}  // namespace

void check_interrupts(const host::Source& source, const LinkFacts& facts, Findings& out) {
  check_irqs(source, facts, out);
  check_coalescing(source, facts, out);
  check_rps(facts, out);
  check_pause(facts, out);
}

}  // namespace weir::cli
