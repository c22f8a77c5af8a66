#include "report/alerts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/core/clock.h"
#include "report/format.h"
#include "report/groupers.h"

namespace weir::report {
namespace {

using Subject = AlertRule::Subject;
using Direction = AlertRule::Direction;
using Members = std::array<GroupMember, 2>;

constexpr uint64_t kLongestWindowNs = 40 * kNsPerSecond;
constexpr size_t kMostSamples = 1024;

bool of_any(Subject subject) {
  return subject == Subject::any_host || subject == Subject::any_port ||
         subject == Subject::any_flow;
}

FlowOrder order_of(const AlertRule& rule) {
  return rule.window_s == 2 ? FlowOrder::rate_2s
                            : (rule.window_s == 40 ? FlowOrder::rate_40s : FlowOrder::rate_10s);
}

uint64_t rate_of(const Traffic& traffic, uint32_t window_s) {
  return window_s == 2 ? traffic.rate_2s : (window_s == 40 ? traffic.rate_40s : traffic.rate_10s);
}

uint64_t rate_of(const GroupRow& row, const AlertRule& rule) {
  const uint64_t sent = rate_of(row.sent, rule.window_s);
  const uint64_t received = rate_of(row.received, rule.window_s);
  switch (rule.direction) {
    case Direction::sent: return sent;
    case Direction::received: return received;
    case Direction::both: break;
  }
  return sent + received;
}

/// Below it an alert is cleared: 90 %, without overflow.
uint64_t clears_below(uint64_t over) {
  return over - over / 10;
}

bool in_service(const FlowKey& key, bool shown_high, uint8_t proto, uint16_t port) {
  if (proto != 0 && key.proto != proto) return false;
  return has_ports(key.proto) && service_port(key, shown_high) == port;
}

/// The group of one rule on a host, a network or a port: its number stands in the key's port.
FlowKey group_of_rule(size_t rule) {
  FlowKey group;
  group.low_port = static_cast<uint16_t>(rule + 1);
  return group;
}

/// One or two rules, each with a group of its own that a flow is in or not: one pass for two.
class RuleGrouper final : public Grouper {
 public:
  struct Part {
    AlertRule rule;
    FlowKey group;
  };

  explicit RuleGrouper(std::vector<Part> parts) : parts_(std::move(parts)) {}

  uint32_t groups_of(const FlowKey& key, bool shown_high, Members& members) const override {
    uint32_t count = 0;
    for (const Part& part : parts_) {
      bool reversed = false;
      if (matches(part.rule, key, shown_high, reversed)) members[count++] = {part.group, reversed};
    }
    return count;
  }

 private:
  /// Traffic between two addresses of one network is sent by the side shown first.
  static bool matches(const AlertRule& rule, const FlowKey& key, bool shown_high, bool& reversed) {
    if (rule.subject == Subject::port) return in_service(key, shown_high, rule.proto, rule.port);
    const IpBytes& first = shown_high ? key.high_addr : key.low_addr;
    const IpBytes& second = shown_high ? key.low_addr : key.high_addr;
    if (contains_any(rule.prefixes, key.ip_version, first)) return true;
    reversed = true;
    return contains_any(rule.prefixes, key.ip_version, second);
  }

  std::vector<Part> parts_;
};

/// Every flow for itself. Which side is shown first is kept, for the message.
class FlowGrouper final : public Grouper {
 public:
  uint32_t groups_of(const FlowKey& key, bool shown_high, Members& members) const override {
    members[0] = {key, false};
    members[0].group.reserved = shown_high ? 1 : 0;
    return 1;
  }
};

std::string bytes_of(const FlowKey& key) {
  std::string bytes(sizeof key, '\0');
  std::memcpy(bytes.data(), &key, sizeof key);
  return bytes;
}

std::string subject_text(const AlertRule& rule, const FlowKey& group) {
  switch (rule.subject) {
    case Subject::total: return "all traffic";
    case Subject::host:
      return "host " + address_text(rule.prefixes[0].ip_version, rule.prefixes[0].address);
    case Subject::network:
      if (!rule.network.empty()) return "network " + rule.network;
      return fmt::format("network {}/{}",
                         address_text(rule.prefixes[0].ip_version, rule.prefixes[0].address),
                         rule.prefixes[0].length);
    case Subject::port:
      return fmt::format("port {}{}", rule.port,
                         rule.proto == 0 ? "" : "/" + proto_name(rule.proto));
    case Subject::any_host: return "host " + address_text(group.ip_version, group.low_addr);
    case Subject::any_port:
      if (!has_ports(group.proto)) return proto_name(group.proto) + ", no ports";
      return fmt::format("port {}/{}", group.low_port, proto_name(group.proto));
    case Subject::any_flow: break;
  }
  const bool high = group.reserved != 0;
  return fmt::format("flow {} => {} {}",
                     endpoint_text(group.ip_version, high ? group.high_addr : group.low_addr,
                                   group.proto, high ? group.high_port : group.low_port),
                     endpoint_text(group.ip_version, high ? group.low_addr : group.high_addr,
                                   group.proto, high ? group.low_port : group.high_port),
                     proto_name(group.proto));
}

std::string rule_rate_text(const AlertRule& rule, uint64_t rate) {
  if (rule.unit == AlertRule::Unit::packets) return count_text(rate) + " packets/s";
  return rate_text(rate, false);
}

std::string sentence(const AlertRule& rule, const FlowKey& group, uint64_t rate, bool raised) {
  const char* verb = rule.direction == Direction::sent       ? "sent"
                     : rule.direction == Direction::received ? "received"
                                                             : "had";
  const uint64_t limit = raised ? rule.over : clears_below(rule.over);
  return fmt::format("{}{} {} {} over {} s, {} {}",
                     raised ? "" : "cleared: ", subject_text(rule, group), verb,
                     rule_rate_text(rule, rate), rule.window_s, raised ? "more than" : "less than",
                     rule_rate_text(rule, limit));
}

}  // namespace

bool AlertMarks::marks_host(uint8_t ip_version, const IpBytes& address) const noexcept {
  return contains_any(hosts_, ip_version, address);
}

bool AlertMarks::marks_service(uint8_t proto, uint16_t port) const noexcept {
  return std::any_of(services_.begin(), services_.end(), [&](const Service& service) {
    return service.port == port && (service.proto == 0 || service.proto == proto);
  });
}

bool AlertMarks::marks_network(const IpPrefix& network) const noexcept {
  return std::any_of(networks_.begin(), networks_.end(), [&](const IpPrefix& marked) {
    return marked.length == network.length && marked.contains(network.ip_version, network.address);
  });
}

bool AlertMarks::marks_flow(const FlowKey& key, bool shown_high) const noexcept {
  if (!any()) return false;
  for (const IpBytes* address : {&key.low_addr, &key.high_addr}) {
    if (marks_host(key.ip_version, *address)) return true;
    if (contains_any(networks_, key.ip_version, *address)) return true;
  }
  if (marks_service(key.proto, service_port(key, shown_high))) return true;
  return std::find(flows_.begin(), flows_.end(), key) != flows_.end();
}

Alerts::Alerts(std::vector<AlertRule> rules)
    : rules_(std::move(rules)),
      watched_(rules_.size()),
      marks_(std::make_shared<const AlertMarks>()) {
  for (size_t rule = 0; rule < rules_.size(); ++rule) {
    if (of_any(rules_[rule].subject)) add_group(rule);
  }
  // Those that a flow is in or not, two by two.
  std::vector<RuleGrouper::Part> parts;
  const auto close = [&] {
    if (parts.empty()) return;
    const uint64_t count = parts.size();
    groups_.push_back({std::make_shared<RuleGrouper>(std::exchange(parts, {})), nullptr,
                       FlowOrder::rate_10s, count});
  };
  for (size_t rule = 0; rule < rules_.size(); ++rule) {
    const Subject subject = rules_[rule].subject;
    if (of_any(subject) || subject == Subject::total) continue;
    watched_[rule].query = groups_.size();
    parts.push_back({rules_[rule], group_of_rule(rule)});
    if (parts.size() == 2) close();
  }
  close();
}

/// Rules that differ in nothing that the table depends on share one.
void Alerts::add_group(size_t rule) {
  for (size_t other = 0; other < rule; ++other) {
    if (rules_[other].subject == rules_[rule].subject &&
        rules_[other].window_s == rules_[rule].window_s) {
      watched_[rule].query = watched_[other].query;
      return;
    }
  }
  const Subject subject = rules_[rule].subject;
  std::shared_ptr<const Grouper> grouper =
      subject == Subject::any_host
          ? make_host_grouper()
          : (subject == Subject::any_port ? make_service_grouper()
                                          : std::make_shared<const FlowGrouper>());
  watched_[rule].query = groups_.size();
  groups_.push_back({std::move(grouper), nullptr, order_of(rules_[rule]), kMostListed});
}

void Alerts::add_to(FlowQuery& query) const {
  query.groups.insert(query.groups.end(), groups_.begin(), groups_.end());
}

std::vector<Event> Alerts::evaluate(const Snapshot& snapshot) {
  std::vector<Event> events;
  if (rules_.empty()) return events;
  note_packets(snapshot);
  // A query that was set by somebody who knows nothing of alerts has no groups for them.
  const bool answered = snapshot.groups.size() >= groups_.size();
  const size_t first = answered ? snapshot.groups.size() - groups_.size() : 0;
  for (size_t rule = 0; rule < rules_.size(); ++rule) {
    if (snapshot.elapsed_ns < rules_[rule].window_s * kNsPerSecond) continue;
    if (rules_[rule].subject == Subject::total) {
      evaluate_total(rule, snapshot, events);
    } else if (answered) {
      evaluate_groups(rule, snapshot.groups[first + watched_[rule].query], snapshot, events);
    }
  }
  if (!events.empty()) publish_marks();
  return events;
}

void Alerts::note_packets(const Snapshot& snapshot) {
  packets_.push_back({snapshot.elapsed_ns, snapshot.sent.packets, snapshot.received.packets});
  const uint64_t now_ns = snapshot.elapsed_ns;
  // One that is older than the longest window stays, for the difference.
  while (packets_.size() > 2 &&
         (packets_[1].elapsed_ns + kLongestWindowNs <= now_ns || packets_.size() > kMostSamples)) {
    packets_.pop_front();
  }
}

uint64_t Alerts::packet_rate(const AlertRule& rule) const {
  const Packets& now = packets_.back();
  const uint64_t window_ns = rule.window_s * kNsPerSecond;
  // The latest sample that is as old as the window; before the first snapshot nothing was counted.
  Packets then;
  for (const Packets& sample : packets_) {
    if (sample.elapsed_ns + window_ns > now.elapsed_ns) break;
    then = sample;
  }
  const uint64_t passed_ns = now.elapsed_ns - then.elapsed_ns;
  if (passed_ns == 0) return 0;
  uint64_t packets = 0;
  if (rule.direction != Direction::received) packets += now.sent - then.sent;
  if (rule.direction != Direction::sent) packets += now.received - then.received;
  return static_cast<uint64_t>(static_cast<double>(packets) * static_cast<double>(kNsPerSecond) /
                               static_cast<double>(passed_ns));
}

void Alerts::evaluate_total(size_t rule, const Snapshot& snapshot, std::vector<Event>& events) {
  const AlertRule& watched = rules_[rule];
  const Traffic& traffic = watched.direction == Direction::sent       ? snapshot.sent
                           : watched.direction == Direction::received ? snapshot.received
                                                                      : snapshot.both;
  const uint64_t rate = watched.unit == AlertRule::Unit::packets
                            ? packet_rate(watched)
                            : rate_of(traffic, watched.window_s);
  const bool was_raised = !watched_[rule].raised.empty();
  if (!was_raised && rate > watched.over) change(rule, {}, rate, true, snapshot, events);
  if (was_raised && rate < clears_below(watched.over)) {
    change(rule, {}, rate, false, snapshot, events);
  }
}

void Alerts::evaluate_groups(size_t rule, const GroupTable& table, const Snapshot& snapshot,
                             std::vector<Event>& events) {
  const AlertRule& watched = rules_[rule];
  const bool any = of_any(watched.subject);
  auto& raised = watched_[rule].raised;
  std::map<std::string, FlowKey> gone = raised;
  uint64_t least = UINT64_MAX;
  for (const GroupRow& row : table.rows) {
    if (!any && !(row.group == group_of_rule(rule))) continue;
    const uint64_t rate = rate_of(row, watched);
    least = std::min(least, rate);
    const bool was_raised = gone.erase(bytes_of(row.group)) > 0;
    if (!was_raised && rate > watched.over && raised.size() < kMostListed) {
      change(rule, row.group, rate, true, snapshot, events);
    }
    if (was_raised && rate < clears_below(watched.over)) {
      change(rule, row.group, rate, false, snapshot, events);
    }
  }
  // What fell out of a list whose last rows exceed the threshold too may exceed it still.
  const bool cut = any && table.rows.size() == kMostListed && table.group_count > kMostListed;
  if (cut && least >= clears_below(watched.over)) return;
  for (const auto& [bytes, group] : gone) change(rule, group, 0, false, snapshot, events);
}

void Alerts::change(size_t rule, const FlowKey& group, uint64_t rate, bool raised,
                    const Snapshot& snapshot, std::vector<Event>& events) {
  const AlertRule& watched = rules_[rule];
  if (raised) {
    watched_[rule].raised.emplace(bytes_of(group), group);
  } else {
    watched_[rule].raised.erase(bytes_of(group));
  }
  Event event;
  event.kind = Event::Kind::alert;
  event.alert = watched.name;
  event.reason = sentence(watched, group, rate, raised);
  event.time_ns = snapshot.time_ns;
  event.raised = raised;
  event.bell = raised && watched.bell;
  event.rate = rate;
  event.over = watched.over;
  if (raised && watched.ends_run && !end_reason_) {
    end_reason_ = printable(watched.name) + ": " + event.reason;
  }
  events.push_back(std::move(event));
}

void Alerts::publish_marks() {
  auto marks = std::make_shared<AlertMarks>();
  for (size_t rule = 0; rule < rules_.size(); ++rule) {
    const AlertRule& watched = rules_[rule];
    for (const auto& [bytes, group] : watched_[rule].raised) {
      ++marks->count_;
      FlowKey flow = group;
      flow.reserved = 0;
      const auto bits = static_cast<uint8_t>(group.ip_version == 4 ? 32 : 128);
      const auto& prefixes = watched.prefixes;
      switch (watched.subject) {
        case Subject::total: marks->total_ = true; break;
        case Subject::any_flow: marks->flows_.push_back(flow); break;
        case Subject::any_host:
          marks->hosts_.push_back({group.low_addr, group.ip_version, bits});
          break;
        case Subject::any_port: marks->services_.push_back({group.proto, group.low_port}); break;
        case Subject::port: marks->services_.push_back({watched.proto, watched.port}); break;
        case Subject::host:
          marks->hosts_.insert(marks->hosts_.end(), prefixes.begin(), prefixes.end());
          break;
        case Subject::network:
          marks->networks_.insert(marks->networks_.end(), prefixes.begin(), prefixes.end());
          break;
      }
    }
  }
  const std::lock_guard lock(mutex_);
  marks_ = std::move(marks);
}

std::shared_ptr<const AlertMarks> Alerts::marks() const {
  const std::lock_guard lock(mutex_);
  return marks_;
}

}  // namespace weir::report
