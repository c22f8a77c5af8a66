#include "cli/link_json.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "report/json_text.h"

namespace weir::cli {
namespace {

using host::Answer;

/// Writes members with the commas where they belong.
class Members {
 public:
  Members(fmt::memory_buffer& out, bool first) : out_(out), first_(first) {}

  void raw(std::string_view name, std::string_view json) {
    if (!first_) out_.push_back(',');
    first_ = false;
    report::append_json_string(out_, name);
    out_.push_back(':');
    out_.append(json);
  }
  void number(std::string_view name, uint64_t value) { raw(name, fmt::format("{}", value)); }
  void flag(std::string_view name, bool value) { raw(name, value ? "true" : "false"); }
  void text(std::string_view name, std::string_view value) {
    fmt::memory_buffer quoted;
    report::append_json_string(quoted, value);
    raw(name, {quoted.data(), quoted.size()});
  }

  /// `write` appends the value's JSON; null when there is no answer.
  template <class T, class Write>
  void answer(std::string_view name, const Answer<T>& answer, Write write) {
    if (!answer) return raw(name, "null");
    fmt::memory_buffer json;
    write(json, *answer);
    raw(name, {json.data(), json.size()});
  }
  template <class T>
  void number(std::string_view name, const Answer<T>& value) {
    answer(name, value, [](fmt::memory_buffer& json, const T& number) {
      fmt::format_to(fmt::appender(json), "{}", number);
    });
  }

 private:
  fmt::memory_buffer& out_;
  bool first_;
};

/// An object whose members `write` adds.
template <class Write>
void append_object(fmt::memory_buffer& out, Write write) {
  out.push_back('{');
  Members members(out, true);
  write(members);
  out.push_back('}');
}

template <class List, class Write>
void append_array(fmt::memory_buffer& out, const List& list, Write write) {
  out.push_back('[');
  bool first = true;
  for (const auto& item : list) {
    if (!first) out.push_back(',');
    first = false;
    write(item);
  }
  out.push_back(']');
}

void add_state(Members& members, const Answer<host::LinkState>& state) {
  const auto none = host::unknown("");
  members.number("mtu", state ? state->mtu : none);
  members.answer("promiscuous", state ? state->promiscuity : none,
                 [](fmt::memory_buffer& json, uint32_t count) {
                   json.append(std::string_view(count > 0 ? "true" : "false"));
                 });
  members.answer("xdp", state ? state->xdp : none,
                 [](fmt::memory_buffer& json, const host::XdpProgram& xdp) {
                   append_object(json, [&](Members& inner) {
                     inner.text("mode", xdp.mode);
                     xdp.id == 0 ? inner.raw("id", "null") : inner.number("id", uint64_t{xdp.id});
                     xdp.name ? inner.text("name", *xdp.name) : inner.raw("name", "null");
                   });
                 });
  members.answer("losses", state ? state->losses : none,
                 [](fmt::memory_buffer& json, const host::Losses& losses) {
                   append_object(json, [&](Members& inner) {
                     inner.number("rx_missed", losses.rx_missed);
                     inner.number("rx_fifo", losses.rx_fifo);
                     inner.number("rx_over", losses.rx_over);
                     inner.number("rx_errors", losses.rx_errors);
                     inner.number("rx_dropped", losses.rx_dropped);
                     inner.number("rx_nohandler", losses.rx_nohandler);
                   });
                 });
}

void add_driver(Members& members, const host::LinkFacts& facts) {
  const bool known = facts.driver.has_value();
  for (const auto& [name, text] : {std::pair("driver_version", known ? facts.driver->version : ""),
                                   std::pair("bus", known ? facts.driver->bus : "")}) {
    text.empty() ? members.raw(name, "null") : members.text(name, text);
  }
  members.number("numa_node", facts.numa_node);
  members.number("speed_mbps", facts.speed_mbps);
}

void add_amounts(Members& members, const host::LinkFacts& facts) {
  const Answer<host::Channels>& channels = facts.channels;
  for (const char* name : {"rx_queues_max", "tx_queues", "tx_queues_max"}) {
    if (!channels) members.raw(name, "null");
  }
  if (channels) {
    const uint32_t shared = channels->combined.most;
    members.number("rx_queues_max", uint64_t{std::max(channels->rx.most, shared)});
    members.number("tx_queues", uint64_t{channels->tx_now()});
    members.number("tx_queues_max", uint64_t{std::max(channels->tx.most, shared)});
  }
  const Answer<host::Rings>& rings = facts.rings;
  for (const char* name : {"rx_ring", "rx_ring_max", "tx_ring", "tx_ring_max"}) {
    if (!rings) members.raw(name, "null");
  }
  if (rings) {
    members.number("rx_ring", uint64_t{rings->rx.now});
    members.number("rx_ring_max", uint64_t{rings->rx.most});
    members.number("tx_ring", uint64_t{rings->tx.now});
    members.number("tx_ring_max", uint64_t{rings->tx.most});
  }
}

void add_rss(Members& members, const host::LinkFacts& facts) {
  members.answer("rss", facts.rss, [](fmt::memory_buffer& json, const host::Rss& rss) {
    append_object(json, [&](Members& inner) {
      rss.function.empty() ? inner.raw("function", "null") : inner.text("function", rss.function);
      std::string key;
      for (const uint8_t byte : rss.key)
        key += fmt::format("{}{:02x}", key.empty() ? "" : ":", byte);
      key.empty() ? inner.raw("key", "null") : inner.text("key", key);
      rss.key.empty() && !rss.symmetric ? inner.raw("symmetric", "null")
                                        : inner.flag("symmetric", rss.symmetric);
      inner.raw("indirection", fmt::format("[{}]", fmt::join(rss.indirection, ",")));
    });
  });
  fmt::memory_buffer fields;
  append_object(fields, [&](Members& inner) {
    for (size_t i = 0; i < host::kHashedFlows.size(); ++i) {
      inner.answer(host::kHashedFlows[i], facts.hash_fields[i],
                   [](fmt::memory_buffer& json, const std::string& letters) {
                     report::append_json_string(json, letters);
                   });
    }
  });
  members.raw("rss_fields", {fields.data(), fields.size()});
}

void add_offloads(Members& members, const host::LinkFacts& facts) {
  members.answer("offloads", facts.features,
                 [](fmt::memory_buffer& json, const host::Features& features) {
                   append_object(json, [&](Members& inner) {
                     const auto add = [&](const char* name, const Answer<host::Feature>& feature) {
                       feature ? inner.flag(name, feature->on) : inner.raw(name, "null");
                     };
                     add("gro", features.gro);
                     add("gro_hw", features.gro_hw);
                     add("lro", features.lro);
                     add("tso", features.tso);
                     add("tso6", features.tso6);
                     add("gso", features.gso);
                     add("rx_vlan", features.rx_vlan);
                   });
                 });
  members.answer("coalescing", facts.coalescing,
                 [](fmt::memory_buffer& json, const host::Coalescing& now) {
                   append_object(json, [&](Members& inner) {
                     inner.number("rx_usecs", uint64_t{now.rx_usecs});
                     inner.number("rx_frames", uint64_t{now.rx_frames});
                     inner.flag("adaptive_rx", now.adaptive_rx);
                   });
                 });
  members.answer("pause", facts.pause, [](fmt::memory_buffer& json, const host::Pause& pause) {
    append_object(json, [&](Members& inner) {
      inner.flag("autoneg", pause.autoneg);
      inner.flag("rx", pause.rx);
      inner.flag("tx", pause.tx);
    });
  });
}

void add_placement(Members& members, const host::LinkFacts& facts) {
  members.answer(
      "irqs", facts.irqs, [](fmt::memory_buffer& json, const std::vector<host::Irq>& irqs) {
        append_array(json, irqs, [&](const host::Irq& irq) {
          append_object(json, [&](Members& inner) {
            inner.number("irq", uint64_t{irq.number});
            inner.text("name", irq.name);
            inner.answer("cpus", irq.cpus,
                         [](fmt::memory_buffer& list, const std::vector<int>& cpus) {
                           fmt::format_to(fmt::appender(list), "[{}]", fmt::join(cpus, ","));
                         });
          });
        });
      });
  const auto masks = [](fmt::memory_buffer& json, const std::vector<std::string>& list) {
    append_array(json, list,
                 [&](const std::string& mask) { report::append_json_string(json, mask); });
  };
  members.answer("rps", facts.rps, masks);
  members.answer("xps", facts.xps, masks);
}

}  // namespace

void append_link_facts(fmt::memory_buffer& out, const host::LinkFacts& facts) {
  Members members(out, false);
  add_driver(members, facts);
  add_state(members, facts.state);
  add_amounts(members, facts);
  add_rss(members, facts);
  add_offloads(members, facts);
  add_placement(members, facts);
}

}  // namespace weir::cli
