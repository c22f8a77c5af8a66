#include "backends/af_xdp/xsk_rings.h"

#include <algorithm>
#include <cassert>

namespace weir::backends {
namespace {

/// XDP_PKT_CONTD of newer kernels' linux/if_xdp.h: the packet goes on in the next entry.
constexpr uint32_t kContinued = 1U << 0;

}  // namespace

void XskRings::start(const xsk_ring_cons& rx, const xsk_ring_prod& fill, uint8_t* umem,
                     uint32_t frames, uint32_t frame_bytes) noexcept {
  assert(fill.size >= frames);
  rx_ = rx;
  fill_ = fill;
  umem_ = umem;
  frame_mask_ = ~uint64_t{frame_bytes - 1};
  freed_ = next_ = seen_ = *rx_.consumer;
  filled_ = *fill_.producer;
  for (uint32_t i = 0; i < frames; ++i) {
    *xsk_ring_prod__fill_addr(&fill_, filled_++) = uint64_t{i} * frame_bytes;
  }
  __atomic_store_n(fill_.producer, filled_, __ATOMIC_RELEASE);
}

uint32_t XskRings::look() noexcept {
  seen_ = __atomic_load_n(rx_.producer, __ATOMIC_ACQUIRE);
  // A packet whose end is not there yet waits for the next look.
  while (seen_ != next_ && (entry(seen_ - 1).options & kContinued) != 0) --seen_;
  return pending();
}

uint32_t XskRings::take(std::span<PacketView> views, const XskTaking& taking) noexcept {
  uint32_t count = 0;
  while (next_ != seen_ && count < views.size()) {
    const xdp_desc* part = &entry(next_++);
    const uint8_t* const data = umem_ + part->addr;
    const uint32_t cap_len = part->len;
    uint32_t wire_len = cap_len;
    while ((part->options & kContinued) != 0 && next_ != seen_) {
      part = &entry(next_++);
      wire_len += part->len;
    }
    __builtin_prefetch(data);
    if (taking.filter != nullptr && !taking.filter->matches(data, cap_len, wire_len)) continue;
    PacketView& view = views[count++];
    view = {};
    view.data = data;
    view.ts_ns = taking.ts_ns;
    view.cap_len = std::min(cap_len, taking.snaplen);
    view.wire_len = wire_len;
  }
  return count;
}

void XskRings::give_back() noexcept {
  if (freed_ == next_) return;
  for (; freed_ != next_; ++freed_) {
    // The kernel wants the frame's beginning, an entry says where in it the packet lies.
    *xsk_ring_prod__fill_addr(&fill_, filled_++) = entry(freed_).addr & frame_mask_;
  }
  __atomic_store_n(fill_.producer, filled_, __ATOMIC_RELEASE);
  __atomic_store_n(rx_.consumer, freed_, __ATOMIC_RELEASE);
}

}  // namespace weir::backends
