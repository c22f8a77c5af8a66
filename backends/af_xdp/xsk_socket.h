#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "backends/af_xdp/xsk_rings.h"
#include "backends/af_xdp/xsk_sizes.h"
#include "engine/core/large_array.h"

namespace weir::backends {

struct XskSpec {
  std::string interface;
  uint32_t queue = 0;
  XskSizes sizes;
  bool segments = false;   ///< packets longer than a frame, in several
  bool copy_only = false;  ///< generic mode has no frames of its own to share
  uint32_t busy_poll_us = 0;
};

/// One XDP socket on one receive queue, with a UMEM of its own that all frames are in. It receives
/// nothing until it is in the program's map.
class XskSocket {
 public:
  /// Makes, binds and fills it. Zero-copy is what the kernel takes by itself where the driver has
  /// it. On failure `made` is empty and the result an errno; 0 is success.
  static int open(const XskSpec& spec, std::unique_ptr<XskSocket>& made);
  ~XskSocket();
  XskSocket(const XskSocket&) = delete;
  XskSocket& operator=(const XskSocket&) = delete;

  int fd() const noexcept { return fd_; }
  uint32_t queue() const noexcept { return queue_; }
  XskRings& rings() noexcept { return rings_; }
  bool zero_copy() const noexcept;
  /// Packets longer than a frame come in several.
  bool segments() const noexcept { return segments_; }
  /// Why there is no busy polling, as errno; 0 when there is, or nobody asked.
  int busy_poll_error() const noexcept { return busy_poll_error_; }

  /// Frames back to the kernel, which is woken where the driver asks for it.
  void give_back() noexcept;

  /// Asks the kernel whether the socket still has its interface, and lets it poll the card where
  /// that is on. 0 or an errno: ENETDOWN while the interface is down, ENXIO once it is gone.
  int probe() const noexcept;

  /// Packets that found no frame or no room in the receive ring. Empty: cannot be read.
  std::optional<uint64_t> lost() const noexcept;

 private:
  explicit XskSocket(uint32_t queue) noexcept : queue_(queue) {}
  int make(const XskSpec& spec);
  int bind(const XskSpec& spec);
  int prefer_busy_poll(uint32_t busy_poll_us) const noexcept;

  const uint32_t queue_;
  int fd_ = -1;
  int busy_poll_error_ = 0;
  bool segments_ = false;
  LargeArray<uint8_t> memory_;
  xsk_umem* umem_ = nullptr;
  xsk_socket* socket_ = nullptr;
  // libxdp keeps pointers to these three until the end.
  xsk_ring_cons rx_{};
  xsk_ring_prod fill_{};
  xsk_ring_cons completion_{};
  XskRings rings_;
};

}  // namespace weir::backends
