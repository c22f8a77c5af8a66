#pragma once

#include <xdp/xsk.h>

#include <cstdint>
#include <span>

#include "backends/bpf/bpf_filter.h"
#include "engine/core/packet.h"

namespace weir::backends {

/// What a taker wants to have of the packets.
struct XskTaking {
  uint64_t ts_ns = 0;
  uint32_t snaplen = 0;
  const BpfFilter* filter = nullptr;  ///< none: every packet
};

/// The reader's side of the receive and fill rings of one XDP socket: memory shared with the
/// kernel, no system call. A frame is in one place at a time: in the fill ring, with the kernel, in
/// the receive ring, or lent to who called take(). Entries of the receive ring are freed only when
/// their frames go back, so the ring itself remembers what is lent.
///
/// A packet longer than a frame comes in several (XDP_USE_SG). Its view is the first one, which has
/// all headers, with the whole length.
class XskRings {
 public:
  /// `rx` and `fill` as libxdp mapped them, `umem` the frames. The fill ring must have as many
  /// entries as there are frames, at least: then there is always room for what comes back.
  void start(const xsk_ring_cons& rx, const xsk_ring_prod& fill, uint8_t* umem, uint32_t frames,
             uint32_t frame_bytes) noexcept;

  /// Takes note of what the kernel has received so far; entries that wait now.
  uint32_t look() noexcept;
  /// Entries of the last look() that were not taken yet.
  uint32_t pending() const noexcept { return seen_ - next_; }

  /// Views of the next packets of the last look, without those that the filter rejects; how many.
  uint32_t take(std::span<PacketView> views, const XskTaking& taking) noexcept;

  /// All frames that take() passed go to the fill ring: views are invalid.
  void give_back() noexcept;

  bool fill_needs_wakeup() const noexcept { return xsk_ring_prod__needs_wakeup(&fill_) != 0; }

 private:
  const xdp_desc& entry(uint32_t index) const noexcept {
    return *xsk_ring_cons__rx_desc(&rx_, index);
  }

  xsk_ring_cons rx_{};
  xsk_ring_prod fill_{};
  const uint8_t* umem_ = nullptr;
  uint64_t frame_mask_ = 0;
  // Places in the receive ring, free-running: freed_ <= next_ <= seen_ <= the kernel's.
  uint32_t freed_ = 0;
  uint32_t next_ = 0;
  uint32_t seen_ = 0;
  uint32_t filled_ = 0;  ///< the fill ring's producer
};

}  // namespace weir::backends
