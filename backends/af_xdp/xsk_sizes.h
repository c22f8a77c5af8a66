#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

namespace weir::backends {

/// How the memory of one XDP socket is cut up. All three counts are powers of two, as the kernel
/// wants its rings.
struct XskSizes {
  uint32_t frame_bytes = 2048;
  uint32_t frames = 64;      ///< also the entries of the fill ring, so that it always has room
  uint32_t rx_entries = 64;  ///< packets that wait for the reader
};

/// XDP_PACKET_HEADROOM of linux/bpf.h: kept free before each packet.
inline constexpr uint32_t kXdpHeadroom = 256;
/// Before the IP packet: the Ethernet header and two VLAN tags.
inline constexpr uint32_t kLinkHeader = 14 + 2 * 4;
inline constexpr uint32_t kSmallFrame = 2048;
inline constexpr uint32_t kLargeFrame = 4096;

/// The greatest MTU whose packets fit one frame of this size each.
constexpr uint32_t most_mtu(uint32_t frame_bytes) noexcept {
  return frame_bytes - kXdpHeadroom - kLinkHeader;
}
inline constexpr uint32_t kMostMtu = most_mtu(kLargeFrame);

constexpr bool fits_one_frame(uint32_t mtu) noexcept {
  return mtu <= kMostMtu;
}

/// `nic_ring` is how many frames the card takes for itself, 0 when it has none of its own. The
/// known cure for losses is a fill ring that holds the card's and the receive ring's entries
/// together: so the receive ring gets what the card leaves. Without a card's ring that is all
/// frames, and the whole of `ring_bytes` waits for a slow reader.
constexpr XskSizes xsk_sizes(uint64_t ring_bytes, uint32_t mtu, uint32_t nic_ring) noexcept {
  constexpr uint64_t kFewest = 64;
  constexpr uint64_t kMost = 1U << 20;
  XskSizes sizes;
  sizes.frame_bytes = mtu + kLinkHeader <= kSmallFrame - kXdpHeadroom ? kSmallFrame : kLargeFrame;
  sizes.frames = static_cast<uint32_t>(
      std::bit_floor(std::clamp(ring_bytes / sizes.frame_bytes, kFewest, kMost)));
  const uint32_t left = sizes.frames > nic_ring ? sizes.frames - nic_ring : 0;
  sizes.rx_entries = std::bit_floor(std::max(left, sizes.frames / 2));
  return sizes;
}

}  // namespace weir::backends
