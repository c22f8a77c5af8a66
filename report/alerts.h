#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/flow_key.h"
#include "engine/pipeline/flow_query.h"
#include "engine/pipeline/snapshot.h"
#include "report/alert_rule.h"

namespace weir::report {

/// What alerts say of at one moment, so that a screen can highlight it. Immutable.
class AlertMarks {
 public:
  bool total() const noexcept { return total_; }
  bool any() const noexcept { return count_ != 0; }
  /// How many are raised.
  size_t count() const noexcept { return count_; }
  /// The flow itself, one of its hosts, networks or its service.
  bool marks_flow(const FlowKey& key, bool shown_high) const noexcept;
  bool marks_host(uint8_t ip_version, const IpBytes& address) const noexcept;
  bool marks_service(uint8_t proto, uint16_t port) const noexcept;
  /// A named or plain network that an alert is on.
  bool marks_network(const IpPrefix& network) const noexcept;

 private:
  friend class Alerts;
  struct Service {
    uint8_t proto = 0;  ///< 0: any
    uint16_t port = 0;
  };
  bool total_ = false;
  size_t count_ = 0;
  std::vector<FlowKey> flows_;
  std::vector<IpPrefix> hosts_;
  std::vector<IpPrefix> networks_;
  std::vector<Service> services_;
};

/// Watches the user's thresholds. It asks for sums by groups of its own (a pass over all flows for
/// every two rules on a host, a network or a port, and one for each kind of `any`), so what it says
/// holds for all flows and not only for those that are listed.
///
/// An alert is raised when the rate over its window is more than `over`, and cleared when it is
/// less than 90 % of it. Until a run is as old as the window nothing is raised: a rate over 10 s is
/// not known before. Of `any` host, port or flow the busiest kMostListed are watched.
///
/// Owned by the run. evaluate() is the reporter thread's; marks() may be called by any.
class Alerts {
 public:
  static constexpr uint64_t kMostListed = 64;

  explicit Alerts(std::vector<AlertRule> rules);

  /// Appends what evaluate() needs. Of every query that is set while alerts are watched this is the
  /// last step: evaluate() takes the last groups of a snapshot for its own.
  void add_to(FlowQuery& query) const;

  /// One event for each alert that was raised or cleared.
  std::vector<Event> evaluate(const Snapshot& snapshot);

  std::shared_ptr<const AlertMarks> marks() const;

  bool empty() const noexcept { return rules_.empty(); }
  const std::vector<AlertRule>& rules() const noexcept { return rules_; }
  /// Why the run shall end: a rule with `ends_run` was raised. The reporter thread's.
  const std::optional<std::string>& end_reason() const noexcept { return end_reason_; }

 private:
  struct Packets {
    uint64_t elapsed_ns = 0;
    uint64_t sent = 0;
    uint64_t received = 0;
  };
  struct Watched {
    size_t query = 0;                         ///< index into groups_; not of total
    std::map<std::string, FlowKey> raised{};  ///< by the bytes of the group
  };

  void add_group(size_t rule);
  void note_packets(const Snapshot& snapshot);
  uint64_t packet_rate(const AlertRule& rule) const;
  void evaluate_total(size_t rule, const Snapshot& snapshot, std::vector<Event>& events);
  void evaluate_groups(size_t rule, const GroupTable& table, const Snapshot& snapshot,
                       std::vector<Event>& events);
  void change(size_t rule, const FlowKey& group, uint64_t rate, bool raised,
              const Snapshot& snapshot, std::vector<Event>& events);
  void publish_marks();

  std::vector<AlertRule> rules_;
  std::vector<Watched> watched_;  ///< by rule
  std::vector<GroupQuery> groups_;
  std::deque<Packets> packets_;  ///< of the last 40 s and one before
  std::optional<std::string> end_reason_;
  mutable std::mutex mutex_;
  std::shared_ptr<const AlertMarks> marks_;  ///< guarded by mutex_
};

}  // namespace weir::report
