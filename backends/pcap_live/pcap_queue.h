#pragma once

#include <pcap/pcap.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backends/interfaces/address_watch.h"
#include "backends/interfaces/link_losses.h"
#include "engine/core/backend.h"
#include "engine/core/large_array.h"

namespace weir::backends {

struct PcapCloser {
  void operator()(pcap_t* handle) const noexcept { pcap_close(handle); }
};
using PcapHandle = std::unique_ptr<pcap_t, PcapCloser>;

/// The one queue of a libpcap capture. A packet of libpcap's is valid only inside its callback, so
/// a batch is copied into the queue's arena; the arena is used front to back for every batch, which
/// keeps it in the cache. One batch is out at a time: until it is dropped there is nothing to
/// receive.
class PcapQueue final : public CaptureQueue {
 public:
  /// How long the kernel keeps packets before it shows a part-filled block.
  static constexpr uint64_t kBlockTimeoutMs = 10;

  /// Takes an activated, non-blocking handle. Throws std::bad_alloc.
  PcapQueue(PcapHandle handle, std::string interface, uint32_t snaplen,
            std::shared_ptr<const std::atomic<MacNumber>> mac);
  ~PcapQueue() override;

  Result<PacketBatch> receive(uint32_t max_packets) override;
  int wait_fd() const noexcept override { return wait_fd_; }
  DropCounts drops() noexcept override;
  void release(uint64_t /*token*/) noexcept override { leased_ = false; }

 private:
  static void keep(u_char* self, const pcap_pkthdr* header, const u_char* bytes) noexcept;
  LinkSide side_of(const uint8_t* frame, uint32_t cap_len) const noexcept;
  bool is_readable() const noexcept;
  void fill(uint32_t max_packets);
  void remember_failure();

  const PcapHandle handle_;
  const std::string interface_;
  const LinkType link_type_;
  const std::shared_ptr<const std::atomic<MacNumber>> mac_;  ///< AddressWatch writes it
  const uint64_t ns_per_tick_;   ///< of a time stamp's fraction of a second
  const bool of_kernel_;         ///< an interface, not a device that libpcap makes
  const uint32_t packet_bytes_;  ///< most bytes of one packet
  const int wait_fd_;
  LargeArray<uint8_t> arena_;
  size_t arena_used_ = 0;
  std::vector<PacketView> views_;
  uint32_t count_ = 0;
  bool holds_more_ = false;  ///< the last call may have left packets in libpcap's buffer
  bool leased_ = false;
  uint64_t empty_at_ns_;         ///< monotonic: libpcap had no packet and no failure
  uint64_t last_packet_ns_ = 0;  ///< real time
  std::optional<Status> failure_;
  uint64_t fail_at_ns_ = 0;  ///< monotonic: when what was captured before the failure is out
  DropCounts drops_;
  uint32_t last_kernel_ = 0;  ///< libpcap's own counter, which wraps
  LinkLossCounter nic_losses_;
};

}  // namespace weir::backends
