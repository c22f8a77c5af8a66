#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backends/dpdk/dpdk_options.h"
#include "engine/core/backend.h"

namespace weir::backends {

/// One port of DPDK: a network card that was taken from the kernel, or one of DPDK's virtual
/// devices. Named as DPDK names it, "0000:3b:00.0" or "net_pcap0"; a virtual device that is not
/// there is made, with the arguments behind its name ("net_af_packet0,iface=eth0").
///
/// The worker of a queue polls it and never sleeps. close() takes the port from DPDK and open()
/// gives it back, so that a device that was away is found again; the EAL goes on.
class Dpdk final : public Backend {
 public:
  Dpdk(std::string port, DpdkOptions options);
  ~Dpdk() override;

  std::string name() const override;
  Result<CaptureInfo> open(const CaptureOptions& options) override;
  CaptureQueue& queue(uint32_t index) override;
  void close() noexcept override;
  /// Called by the thread that opens and closes, a few times a second: it looks after the port.
  std::vector<Status> take_notices() override;
  std::optional<std::vector<IpPrefix>> changed_addresses() override;

 private:
  struct Opened;
  const std::string port_;
  const DpdkOptions options_;
  std::string arguments_;       ///< of the device, to give it back with
  bool opened_before_ = false;  ///< so others may be writing on stdout and stderr
  std::unique_ptr<Opened> opened_;
};

/// A port that DPDK has, for `weir devices --backend dpdk`.
struct DpdkPort {
  std::string name;
  std::string driver;
  bool up = false;
  uint32_t rx_queues = 0;  ///< at most
};

/// Starts the EAL and lists its ports.
Result<std::vector<DpdkPort>> list_dpdk_ports(const DpdkOptions& options);

}  // namespace weir::backends
