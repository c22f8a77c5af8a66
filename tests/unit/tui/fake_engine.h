#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/pipeline/flow_query.h"
#include "engine/pipeline/snapshot.h"
#include "report/name_source.h"
#include "report/process_source.h"

namespace weir::tui::test {

/// A biflow between a local and a remote end, whose key is made canonical here by hand.
struct FlowSpec {
  std::string local;
  uint16_t local_port = 0;
  std::string remote;
  uint16_t remote_port = 0;
  uint8_t proto = 6;
  uint64_t sent_rate = 0;  ///< bit/s, the last 10 seconds; twice that in the last 2
  uint64_t received_rate = 0;
  uint16_t vlan = 0;  ///< 0: none
};
FlowRow make_flow(const FlowSpec& spec);

/// What the engine does with a FlowQuery, in the plainest way: every group is a sum over all flows.
/// It takes nothing from the code under test.
class FakeEngine {
 public:
  FakeEngine();

  /// Answers as of `second` seconds after the start.
  std::shared_ptr<const Snapshot> answer(const FlowQuery& query, uint32_t second = 60) const;

  std::vector<FlowRow> flows;  ///< all there are
  Accounting accounting;
  std::vector<CaptureSummary> captures;
};

/// Twelve flows of a small office: IPv4 and IPv6, TCP, UDP and ICMP, two VLANs, long names.
std::vector<FlowRow> office_flows();
/// So many flows between as many hosts.
std::vector<FlowRow> many_flows(size_t count);

/// Names of a few of the office's addresses and services.
class OfficeNames final : public report::NameSource {
 public:
  std::string host(uint8_t ip_version, const IpBytes& address) override;
  std::string service(uint8_t proto, uint16_t port) override;
  std::string origin(uint8_t ip_version, const IpBytes& address) override;
};

/// Two processes by local port, an unknown one, and what is forwarded. Every call of renew() gives
/// another table with the same contents.
class OfficeProcesses final : public report::ProcessSource {
 public:
  OfficeProcesses() { renew(); }
  std::shared_ptr<const report::ProcessTable> table() const override { return table_; }
  void set_active(bool active) override { active_ = active; }
  std::string limits() const override { return {}; }
  void renew();
  bool active() const { return active_; }

 private:
  std::shared_ptr<const report::ProcessTable> table_;
  bool active_ = false;
};

}  // namespace weir::tui::test
