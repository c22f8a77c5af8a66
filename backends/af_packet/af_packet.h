#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backends/af_packet/ring_queue.h"
#include "backends/interfaces/address_watch.h"
#include "engine/core/backend.h"

namespace weir::backends {

/// One interface of Linux through AF_PACKET: a TPACKET_V3 ring for each queue, all in one fanout
/// group, so the kernel spreads the packets and nothing is copied. For links whose frames the
/// kernel hands over as they are, Ethernet, loopback and raw IP; open() fails with EOPNOTSUPP for
/// any other, and where the kernel has no such sockets: then there is libpcap.
///
/// Both directions are captured. On `lo` every packet leaves and arrives; the one that leaves is
/// dropped, so each is counted once.
class AfPacket final : public Backend {
 public:
  explicit AfPacket(std::string interface);
  ~AfPacket() override;

  /// Whether links of this type can be captured; an unknown one is for libpcap to find out.
  static bool takes(std::optional<LinkType> type) noexcept {
    return type == LinkType::en10mb || type == LinkType::raw_bsd;
  }

  std::string name() const override { return interface_; }
  Result<CaptureInfo> open(const CaptureOptions& options) override;
  CaptureQueue& queue(uint32_t index) override { return *queues_[index]; }
  void close() noexcept override {
    queues_.clear();
    watch_.reset();
  }
  std::optional<std::vector<IpPrefix>> changed_addresses() override {
    return watch_ ? watch_->changed() : std::nullopt;
  }

 private:
  struct Plan;

  Result<Plan> plan(const CaptureOptions& options) const;
  Result<void> plan_filter(const CaptureOptions& options, Plan& plan) const;
  Result<std::unique_ptr<RingQueue>> open_queue(const CaptureOptions& options, Plan& plan,
                                                bool first);
  Result<void> make_queues(const CaptureOptions& options, Plan& plan);
  Result<void> spread(const CaptureOptions& options, Plan& plan);
  Result<void> start_filters(Plan& plan);
  void tune(const CaptureOptions& options, PacketSocket& socket, Plan& plan) const;

  const std::string interface_;
  QueueGroup group_;
  std::vector<std::unique_ptr<RingQueue>> queues_;
  std::optional<AddressWatch> watch_;
};

}  // namespace weir::backends
