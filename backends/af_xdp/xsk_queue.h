#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backends/af_xdp/xsk_group.h"
#include "backends/af_xdp/xsk_socket.h"
#include "backends/bpf/bpf_filter.h"
#include "backends/interfaces/address_watch.h"
#include "backends/interfaces/link_losses.h"
#include "engine/core/backend.h"

namespace weir::backends {

struct XskQueueConfig {
  std::string interface;
  unsigned interface_index = 0;
  uint32_t snaplen = 0;
  std::optional<BpfFilter> filter;
  std::shared_ptr<const std::atomic<MacNumber>> mac;  ///< AddressWatch writes it
  uint32_t busy_poll_us = 0;
  /// This queue reports the card's losses, which are those of the whole interface, and notices when
  /// the interface has more receive queues than `interface_queues`, or a greater MTU than
  /// `most_mtu`; 0: whatever they are.
  bool watches_interface = false;
  uint64_t rest_ns = 0;  ///< as XskQueue::rest_ns()
  uint32_t interface_queues = 0;
  uint32_t most_mtu = 0;
};

/// One or several receive queues of an interface, each with its XDP socket, served by one worker.
/// A batch is a lease on UMEM frames: they go to the fill ring when it is dropped. One batch is out
/// at a time, until it is dropped there is nothing to receive.
///
/// AF_XDP in copy mode has no time stamps, so the clock is read when the rings are looked at. What
/// a look finds came between it and the look before. When it fits one batch it gets the later time,
/// which under load is microseconds off. When it is more than a batch, all batches but the last get
/// the earlier one: so whoever drains the queue up to a moment gets everything that was there then.
///
/// A socket wakes its reader for every packet. So while packets come, and none is there, a timer is
/// waited for instead: kRestNs at most, and less than a small ring takes to fill at 32 Mpps.
///
/// The interface down is no failure, packets come again when it is up. When it is gone or moved
/// away, all queues fail with device_gone once the rings of all are empty. The kernel is asked for
/// that only while no packets come, a few times a second.
class XskQueue final : public CaptureQueue {
 public:
  /// The group outlives the queue.
  XskQueue(std::vector<std::unique_ptr<XskSocket>> sockets, XskQueueConfig config, XskGroup& group);
  ~XskQueue() override;

  static constexpr uint64_t kRestNs = 1'000'000;
  /// How long the reader may stay away from a receive ring; 0: it waits for the socket.
  static constexpr uint64_t rest_ns(uint32_t rx_entries) noexcept {
    constexpr uint64_t kNsAnEntry = 31;
    constexpr uint64_t kLeastNs = 50'000;  // less than that is not worth a timer
    const uint64_t filled_ns = rx_entries * kNsAnEntry;
    return filled_ns < kLeastNs ? 0 : filled_ns < kRestNs ? filled_ns : kRestNs;
  }

  /// Opens what is waited for. 0 or an errno.
  int prepare_to_wait();

  Result<PacketBatch> receive(uint32_t max_packets) override;
  int wait_fd() const noexcept override;
  DropCounts drops() noexcept override;
  void release(uint64_t token) noexcept override;

 private:
  uint32_t look() noexcept;
  uint32_t pending() const noexcept;
  uint32_t take(uint32_t room) noexcept;
  Result<PacketBatch> nothing_there();
  Result<PacketBatch> failed(const Status& failure, uint64_t now_ns);
  void probe(uint64_t now_ns);
  void rest(uint64_t now_ns) noexcept;
  void watch_interface();
  void fail_with(Code code, int error, uint64_t worked_ns, std::string message);

  std::vector<std::unique_ptr<XskSocket>> sockets_;
  const XskQueueConfig config_;
  XskGroup& group_;
  int epoll_fd_ = -1;
  int timer_fd_ = -1;
  std::vector<PacketView> views_;
  bool leased_ = false;
  uint64_t look_ns_ = 0;           ///< real time of the last look
  uint64_t before_look_ns_ = 0;    ///< and of the one before
  uint64_t probe_at_ns_ = 0;       ///< monotonic
  uint64_t spin_until_ns_ = 0;     ///< monotonic: busy polling goes on
  bool came_ = false;              ///< packets, since a look found none
  bool resting_ = false;           ///< the timer is waited for
  uint64_t calm_at_ns_ = 0;        ///< monotonic: no packet came for so long that the socket wakes
  uint64_t rest_until_ns_ = 0;     ///< monotonic: when the timer fires
  uint64_t probed_ns_;             ///< monotonic: the interface was there
  uint64_t last_packet_ns_ = 0;    ///< real time of the last look that found one
  uint64_t watched_ns_;            ///< monotonic: the interface was as it is captured
  uint64_t failing_since_ns_ = 0;  ///< monotonic: the failure is known here
  bool drained_ = false;
  DropCounts drops_;
  LinkLossCounter nic_losses_;
};

}  // namespace weir::backends
