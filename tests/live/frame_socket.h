#pragma once

#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/live/raw_frames.h"

namespace weir::testing {

/// A packet socket that only sends: protocol 0 receives nothing.
class FrameSocket {
 public:
  static constexpr unsigned kBurst = 64;

  FrameSocket() : fd_(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)) {}
  ~FrameSocket() {
    if (fd_ >= 0) ::close(fd_);
  }
  FrameSocket(const FrameSocket&) = delete;
  FrameSocket& operator=(const FrameSocket&) = delete;

  bool bind_to(const std::string& interface, bool bypass) const {
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_ifindex = static_cast<int>(if_nametoindex(interface.c_str()));
    if (fd_ < 0 || address.sll_ifindex == 0) return false;
    if (::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return false;
    const int on = bypass ? 1 : 0;
    return setsockopt(fd_, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on) == 0;
  }

  /// Frames taken, from `first` on around the list; -1 for a failure.
  int send_burst(const std::vector<RawFrame>& frames, uint64_t first, unsigned count) const {
    std::array<mmsghdr, kBurst> messages{};
    std::array<iovec, kBurst> pieces{};
    for (unsigned i = 0; i < count; ++i) {
      const std::vector<uint8_t>& bytes = frames[(first + i) % frames.size()].bytes;
      pieces[i] = {const_cast<uint8_t*>(bytes.data()), bytes.size()};
      messages[i].msg_hdr.msg_iov = &pieces[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
    return sendmmsg(fd_, messages.data(), count, 0);
  }

 private:
  int fd_;
};

}  // namespace weir::testing
