#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backends/interfaces/address_watch.h"
#include "engine/core/backend.h"

namespace weir::backends {

/// One Ethernet interface through XDP sockets, one for each of its receive queues. What they get is
/// taken away from the host, so nobody gets this backend who has not asked for it.
///
/// Only what arrives is seen, not what the host sends. Where there are more receive queues than
/// CaptureOptions::queues, a CaptureQueue serves several of them.
class AfXdp final : public Backend {
 public:
  explicit AfXdp(std::string interface);
  ~AfXdp() override;

  std::string name() const override { return interface_; }
  Result<CaptureInfo> open(const CaptureOptions& options) override;
  CaptureQueue& queue(uint32_t index) override;
  void close() noexcept override;
  std::optional<std::vector<IpPrefix>> changed_addresses() override {
    return watch_ ? watch_->changed() : std::nullopt;
  }

 private:
  struct Opened;
  const std::string interface_;
  std::unique_ptr<Opened> opened_;
  std::optional<AddressWatch> watch_;
};

}  // namespace weir::backends
