#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backends/interfaces/address_watch.h"
#include "engine/core/backend.h"

namespace weir::backends {

/// One interface, or "any" for all of them, through libpcap: the backend that works on every kind
/// of link. One queue that sees both directions. Time stamps are in ns where the kernel has them.
///
/// libpcap says nothing when the interface goes down and comes back, and packets go on. When it is
/// deleted, renamed while down or moved to another namespace, the queue fails with device_gone once
/// everything that was captured before has been handed out.
///
/// On `lo` a raw socket sees every packet leave and arrive; libpcap drops the outgoing one, so each
/// is counted once, also on "any".
class PcapLive final : public Backend {
 public:
  explicit PcapLive(std::string interface);
  ~PcapLive() override;

  std::string name() const override { return interface_; }
  Result<CaptureInfo> open(const CaptureOptions& options) override;
  CaptureQueue& queue(uint32_t index) override;
  void close() noexcept override;
  std::optional<std::vector<IpPrefix>> changed_addresses() override {
    return watch_ ? watch_->changed() : std::nullopt;
  }

 private:
  const std::string interface_;
  std::unique_ptr<CaptureQueue> queue_;
  std::optional<AddressWatch> watch_;
};

}  // namespace weir::backends
