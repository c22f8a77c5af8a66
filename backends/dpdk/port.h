#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "backends/dpdk/attach.h"
#include "backends/dpdk/packet_memory.h"
#include "engine/core/backend.h"

struct rte_eth_conf;
struct rte_mempool;

namespace weir::backends {

/// What is wrong with a port, told by the thread that looks after it or one of the EAL's to the
/// queues, and by the queues to one another.
struct PortTrouble {
  enum class Kind : uint8_t { none, removed, reset };
  std::atomic<Kind> kind{Kind::none};
  /// Queues that have handed out all they held since. The first report of a failure takes the
  /// other queues from their workers, so each waits for all.
  std::atomic<uint32_t> drained{0};
};

/// A port that is attached, configured and started; the destructor gives it back. Control thread
/// only, but for `trouble()`.
class Port {
 public:
  /// Errors: not_found, not_permitted, usage for `queue_list`, io.
  static Result<std::unique_ptr<Port>> open(const std::string& name, const std::string& arguments,
                                            const CaptureOptions& options);
  ~Port();
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;

  const AttachedPort& attached() const noexcept { return attached_; }
  const std::vector<uint16_t>& rx_queues() const noexcept { return rx_queues_; }
  uint32_t most_rx_queues() const noexcept { return most_rx_queues_; }
  bool symmetric() const noexcept { return symmetric_; }
  bool has_time_stamps() const noexcept { return time_stamps_; }
  int numa_node() const noexcept { return numa_node_; }
  const std::string& kernel_interface() const noexcept { return kernel_interface_; }
  const std::vector<std::string>& notes() const noexcept { return notes_; }
  PortTrouble& trouble() noexcept { return trouble_; }

  /// Looks whether the device is still there; what changed about the link is a line.
  std::vector<std::string> look();

 private:
  explicit Port(AttachedPort attached) : attached_(std::move(attached)) {}

  Result<void> configure(const CaptureOptions& options);
  int apply(rte_eth_conf& conf, uint16_t own_mtu);
  Result<void> choose_queues(const CaptureOptions& options);
  Result<void> make_memory(const CaptureOptions& options);
  Result<void> make_queues();
  Result<void> start(const CaptureOptions& options);
  void spread();
  Status failure(const std::string& what, int error) const;
  std::string link_text() const;

  const AttachedPort attached_;
  std::vector<uint16_t> rx_queues_;  ///< those that are read, ascending
  uint32_t most_rx_queues_ = 1;
  uint16_t tx_queues_ = 0;   ///< that a driver wants beside, never used
  uint16_t configured_ = 1;  ///< up to the last one that is read
  PacketMemory memory_;
  uint32_t data_bytes_ = 0;
  rte_mempool* pool_ = nullptr;
  std::vector<uint8_t> key_;
  bool hashes_ = false;
  bool hashes_addresses_ = false;
  bool symmetric_ = false;
  bool time_stamps_ = false;
  bool started_ = false;
  int numa_node_ = -1;
  unsigned interface_index_ = 0;
  std::string kernel_interface_;  ///< that carries the port, empty: none
  std::string link_;
  std::vector<std::string> notes_;
  PortTrouble trouble_;
};

}  // namespace weir::backends
