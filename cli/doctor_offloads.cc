#include <string>
#include <vector>

#include "cli/doctor.h"
#include "engine/core/shell_word.h"

/// What the interface, its driver and the kernel do to packets before a capture sees them.
namespace weir::cli {
namespace {

using host::Answer;
using host::Feature;
using host::LinkFacts;

constexpr uint64_t kTunNapi = 0x10;  // IFF_NAPI of <linux/if_tun.h>

bool is_on(const Answer<Feature>& feature) {
  return feature && feature->on;
}

/// "ethtool -K eth0 a off b off" for those that are on and can be changed; empty for none.
std::string switch_off(
    const std::string& name,
    const std::vector<std::pair<const char*, const Answer<Feature>*>>& features) {
  std::string words;
  for (const auto& [word, feature] : features) {
    const std::string off = std::string(" ") + word + " off";
    const bool said = words.find(off) != std::string::npos;
    if (is_on(*feature) && (*feature)->changeable && !said) words += off;
  }
  return words.empty() ? words : "ethtool -K " + shell_word(name) + words;
}

/// GRO is work of NAPI: lo never uses that, and tun only when it was asked to.
bool gro_has_effect(const LinkFacts& facts) {
  if (facts.state && facts.state->loopback) return false;
  return !facts.tun_flags || (*facts.tun_flags & kTunNapi) != 0;
}

void check_merging(const LinkFacts& facts, Findings& out) {
  const host::Features& features = *facts.features;
  if (!features.gro || !features.lro) {
    return out.unknown("rx_merging", (features.gro ? features.lro : features.gro).error().why);
  }
  const bool gro = is_on(features.gro) && gro_has_effect(facts);
  const bool gro_hw = is_on(features.gro_hw) && gro_has_effect(facts);
  std::string on;
  unsigned count = 0;
  for (const auto& [word, active] : {std::pair("GRO", gro), std::pair("GRO in hardware", gro_hw),
                                     std::pair("LRO", is_on(features.lro))}) {
    if (!active) continue;
    on += (on.empty() ? "" : " and ") + std::string(word);
    ++count;
  }
  if (on.empty()) {
    return out.ok("rx_merging", is_on(features.gro)
                                    ? "GRO is on, and has no effect on such an interface"
                                    : "GRO and LRO are off");
  }
  const std::string fix =
      switch_off(facts.name,
                 {{"lro", &features.lro}, {"rx-gro-hw", &features.gro_hw}, {"gro", &features.gro}});
  out.advice("rx_merging",
             on + (count > 1 ? " are on" : " is on") + (fix.empty() ? ", and fixed there" : ""),
             {"segments of a TCP flow arrive merged, up to 64 kB in one: packets are too few, and "
              "the headers of the merged ones are not counted. Off, this host's own receiving "
              "takes more CPU",
              fix});
}

void check_segmentation(const LinkFacts& facts, bool sends, Findings& out) {
  const host::Features& features = *facts.features;
  if (!features.tso || !features.gso) {
    return out.unknown("tx_segmentation", (features.tso ? features.gso : features.tso).error().why);
  }
  const bool tso = is_on(features.tso) || is_on(features.tso6);
  if (!tso && !is_on(features.gso)) return out.ok("tx_segmentation", "TSO and GSO are off");
  const std::string text = tso && is_on(features.gso) ? "TSO and GSO are on"
                           : tso                      ? "TSO is on"
                                                      : "GSO is on";
  if (!sends) {
    return out.ok("tx_segmentation", text + "; the interface has no address to send from");
  }
  out.advice(
      "tx_segmentation", text,
      {"what this host sends by TCP is captured before it is cut, up to 64 kB in one "
       "packet: packets sent are too few, and their headers are not counted. Off, sending "
       "takes more CPU",
       switch_off(facts.name,
                  {{"tso", &features.tso}, {"tso", &features.tso6}, {"gso", &features.gso}})});
}

void check_vlan(const LinkFacts& facts, Findings& out) {
  const Answer<Feature>& vlan = facts.features->rx_vlan;
  if (!vlan) return out.unknown("rx_vlan", vlan.error().why);
  out.ok("rx_vlan", vlan->on
                        ? "tags travel beside the packet; AF_PACKET and libpcap put them back, "
                          "an XDP program does not see them"
                        : "tags stay in the packet");
}

}  // namespace

void check_offloads(const LinkFacts& facts, bool sends, Findings& out) {
  if (facts.features) {
    check_merging(facts, out);
    check_segmentation(facts, sends, out);
    return check_vlan(facts, out);
  }
  for (const char* check : {"rx_merging", "tx_segmentation", "rx_vlan"}) {
    out.unknown(check, facts.features.error().why);
  }
}

}  // namespace weir::cli
