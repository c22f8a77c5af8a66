#include "backends/af_xdp/xsk_socket.h"

#include <errno.h>
#include <linux/if_xdp.h>
#include <sys/socket.h>
#include <time.h>

#include <new>
#include <utility>

#include "engine/core/clock.h"

// Of newer systems' headers; the kernel says whether it has them.
#ifndef SO_PREFER_BUSY_POLL
#define SO_PREFER_BUSY_POLL 69
#endif
#ifndef SO_BUSY_POLL_BUDGET
#define SO_BUSY_POLL_BUDGET 70
#endif
#ifndef XDP_USE_SG
#define XDP_USE_SG (1 << 4)
#endif

namespace weir::backends {
namespace {

constexpr int kBusyPollBudget = 64;  ///< packets a poll, a driver's usual weight
/// weir sends nothing, but a UMEM has a completion ring.
constexpr uint32_t kCompletionEntries = 64;
/// A socket that was closed gives its queue back a little later, from a kernel worker.
constexpr int kBusyTries = 20;
constexpr timespec kBusyNap{0, 10 * static_cast<long>(kNsPerMs)};

}  // namespace

int XskSocket::open(const XskSpec& spec, std::unique_ptr<XskSocket>& made) {
  for (int tries = 1;; ++tries) {
    std::unique_ptr<XskSocket> socket(new XskSocket(spec.queue));
    const int error = socket->make(spec);
    if (error == 0) {
      made = std::move(socket);
      return 0;
    }
    if (error != EBUSY || tries == kBusyTries) return error;
    socket.reset();
    nanosleep(&kBusyNap, nullptr);
  }
}

XskSocket::~XskSocket() {
  if (socket_ != nullptr) xsk_socket__delete(socket_);
  if (umem_ != nullptr) xsk_umem__delete(umem_);
}

int XskSocket::make(const XskSpec& spec) {
  const XskSizes& sizes = spec.sizes;
  const uint64_t bytes = uint64_t{sizes.frames} * sizes.frame_bytes;
  try {
    memory_ = LargeArray<uint8_t>(bytes);
  } catch (const std::bad_alloc&) {
    return ENOMEM;
  }
  xsk_umem_config config{};
  config.fill_size = sizes.frames;
  config.comp_size = kCompletionEntries;
  config.frame_size = sizes.frame_bytes;
  int error = xsk_umem__create(&umem_, &memory_[0], bytes, &fill_, &completion_, &config);
  if (error != 0) {
    umem_ = nullptr;
    return -error;
  }
  error = bind(spec);
  if (error != 0) return error;
  fd_ = xsk_socket__fd(socket_);
  segments_ = spec.segments;
  rings_.start(rx_, fill_, &memory_[0], sizes.frames, sizes.frame_bytes);
  if (spec.busy_poll_us != 0) busy_poll_error_ = prefer_busy_poll(spec.busy_poll_us);
  return 0;
}

int XskSocket::bind(const XskSpec& spec) {
  xsk_socket_config config{};
  config.rx_size = spec.sizes.rx_entries;
  config.libxdp_flags = XSK_LIBXDP_FLAGS__INHIBIT_PROG_LOAD;
  config.bind_flags = XDP_USE_NEED_WAKEUP;
  if (spec.copy_only) config.bind_flags |= XDP_COPY;
  if (spec.segments) config.bind_flags |= XDP_USE_SG;
  const int error = xsk_socket__create(&socket_, spec.interface.c_str(), spec.queue, umem_, &rx_,
                                       nullptr, &config);
  if (error != 0) socket_ = nullptr;
  return -error;
}

int XskSocket::prefer_busy_poll(uint32_t busy_poll_us) const noexcept {
  const int prefer = 1;
  const int time_us = static_cast<int>(busy_poll_us);
  const int budget = kBusyPollBudget;
  for (const auto& [option, value] : {std::pair{SO_PREFER_BUSY_POLL, prefer},
                                      {SO_BUSY_POLL, time_us},
                                      {SO_BUSY_POLL_BUDGET, budget}}) {
    if (setsockopt(fd_, SOL_SOCKET, option, &value, sizeof value) != 0) return errno;
  }
  return 0;
}

bool XskSocket::zero_copy() const noexcept {
  xdp_options options{};
  socklen_t length = sizeof options;
  return getsockopt(fd_, SOL_XDP, XDP_OPTIONS, &options, &length) == 0 &&
         (options.flags & XDP_OPTIONS_ZEROCOPY) != 0;
}

void XskSocket::give_back() noexcept {
  rings_.give_back();
  if (rings_.fill_needs_wakeup()) probe();
}

int XskSocket::probe() const noexcept {
  return recvfrom(fd_, nullptr, 0, MSG_DONTWAIT, nullptr, nullptr) < 0 ? errno : 0;
}

/// Each lost packet is in one of the two: rx_dropped when there was no frame in the fill ring (copy
/// mode) or the packet was longer than a frame, rx_ring_full when the receive ring had no room.
/// rx_fill_ring_empty_descs is no third kind: it counts the looks into an empty fill ring, in copy
/// mode those of rx_dropped again, in zero-copy mode the driver's, which then loses in the card.
/// Kernels before 5.9 have only rx_dropped, and in it both.
std::optional<uint64_t> XskSocket::lost() const noexcept {
  xdp_statistics statistics{};
  socklen_t length = sizeof statistics;
  if (getsockopt(fd_, SOL_XDP, XDP_STATISTICS, &statistics, &length) != 0) return std::nullopt;
  return statistics.rx_dropped + statistics.rx_ring_full;
}

}  // namespace weir::backends
