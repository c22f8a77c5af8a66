#include "backends/af_packet/packet_socket.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <system_error>
#include <vector>

#include "backends/interfaces/permission.h"

namespace weir::backends {
namespace {

#ifndef SO_PREFER_BUSY_POLL
constexpr int SO_PREFER_BUSY_POLL = 69;
#endif

/// Of the frame size only the ring's arithmetic is used with version 3.
constexpr uint32_t kFrameBytes = 2048;

std::vector<sock_filter> for_kernel(std::span<const BpfInstruction> program) {
  std::vector<sock_filter> instructions;
  for (const BpfInstruction& at : program) {
    instructions.push_back({at.code, at.jump_true, at.jump_false, at.k});
  }
  return instructions;
}

}  // namespace

MappedRing::~MappedRing() {
  if (memory_ != nullptr) munmap(memory_, layout_.bytes());
}

Result<PacketSocket> PacketSocket::open(const std::string& interface) {
  // Protocol 0: nothing is received before listen().
  const int fd = ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) {
    if (errno == EPERM || errno == EACCES) {
      return fail(
          {Code::not_permitted, Recovery::give_up, errno, interface, capture_permission_hint()});
    }
    return fail({Code::io, Recovery::restart_backend, errno, interface,
                 "no packet socket: " + std::generic_category().message(errno)});
  }
  PacketSocket socket(fd, interface);
  const Result<void> version = socket.set_int(SOL_PACKET, PACKET_VERSION, TPACKET_V3, "TPACKET_V3");
  if (!version) return fail(version.error());
  return socket;
}

PacketSocket::PacketSocket(PacketSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), interface_(std::move(other.interface_)) {}

PacketSocket::~PacketSocket() {
  if (fd_ >= 0) ::close(fd_);
}

tl::unexpected<Status> PacketSocket::failed(int error, const std::string& what) const {
  return fail(Status{Code::io, Recovery::restart_backend, error, interface_,
                     what + ": " + std::generic_category().message(error)});
}

Result<void> PacketSocket::set(int level, int option, const void* value, size_t bytes,
                               const char* what) {
  if (setsockopt(fd_, level, option, value, static_cast<socklen_t>(bytes)) == 0) return {};
  return failed(errno, what);
}

Result<MappedRing> PacketSocket::map_ring(RingLayout layout) {
  for (;; layout.blocks /= 2) {
    tpacket_req3 request{};
    request.tp_block_size = layout.block_bytes;
    request.tp_block_nr = layout.blocks;
    request.tp_frame_size = kFrameBytes;
    request.tp_frame_nr = layout.block_bytes / kFrameBytes * layout.blocks;
    request.tp_retire_blk_tov = kBlockTimeoutMs;
    const Result<void> made =
        set(SOL_PACKET, PACKET_RX_RING, &request, sizeof request, "capture memory (--ring)");
    if (made) break;
    if (made.error().sys_errno != ENOMEM || layout.blocks / 2 < ring::kLeastBlocks) {
      return fail(made.error());
    }
  }
  void* memory = mmap(nullptr, layout.bytes(), PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
  if (memory == MAP_FAILED && errno == ENOMEM && layout.blocks / 2 >= ring::kLeastBlocks) {
    // No address space for it (ulimit -v): given back, and half of it tried.
    tpacket_req3 none{};
    const Result<void> dropped = set(SOL_PACKET, PACKET_RX_RING, &none, sizeof none, "--ring");
    if (!dropped) return fail(dropped.error());
    layout.blocks /= 2;
    return map_ring(layout);
  }
  if (memory == MAP_FAILED) return failed(errno, "capture memory (--ring)");
  return MappedRing(static_cast<uint8_t*>(memory), layout);
}

Result<void> PacketSocket::attach_filter(std::span<const BpfInstruction> program) {
  std::vector<sock_filter> instructions = for_kernel(program);
  const sock_fprog filter{static_cast<unsigned short>(instructions.size()), instructions.data()};
  if (instructions.size() > BPF_MAXINSNS) return failed(ENOMEM, "filter");
  return set(SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter, "filter");
}

Result<void> PacketSocket::listen(unsigned interface_index) {
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = __builtin_bswap16(ETH_P_ALL);
  address.sll_ifindex = static_cast<int>(interface_index);
  if (bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return {};
  return failed(errno, "bind");
}

Result<void> PacketSocket::be_promiscuous(unsigned interface_index) {
  packet_mreq request{};
  request.mr_ifindex = static_cast<int>(interface_index);
  request.mr_type = PACKET_MR_PROMISC;
  return set(SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request, sizeof request, "promiscuous mode");
}

Result<uint16_t> PacketSocket::join_fanout(uint16_t mode, std::optional<uint16_t> group) {
  // The kernel looks for a number that is free: two programs must not share packets by chance.
  const uint16_t flags = group ? 0 : PACKET_FANOUT_FLAG_UNIQUEID;
  const uint32_t request = group.value_or(0) | static_cast<uint32_t>(mode | flags) << 16;
  const Result<void> joined =
      set_int(SOL_PACKET, PACKET_FANOUT, static_cast<int>(request), "fanout");
  if (!joined) return fail(joined.error());
  int found = 0;
  socklen_t bytes = sizeof found;
  if (getsockopt(fd_, SOL_PACKET, PACKET_FANOUT, &found, &bytes) != 0) {
    return failed(errno, "fanout");
  }
  return static_cast<uint16_t>(found & 0xffff);
}

Result<void> PacketSocket::set_fanout_program(std::span<const BpfInstruction> program) {
  std::vector<sock_filter> instructions = for_kernel(program);
  const sock_fprog filter{static_cast<unsigned short>(instructions.size()), instructions.data()};
  return set(SOL_PACKET, PACKET_FANOUT_DATA, &filter, sizeof filter, "fanout program");
}

Result<void> PacketSocket::use_nic_time() {
  hwtstamp_config config{};
  config.tx_type = HWTSTAMP_TX_OFF;
  config.rx_filter = HWTSTAMP_FILTER_ALL;
  ifreq request{};
  interface_.copy(request.ifr_name, sizeof request.ifr_name - 1);
  request.ifr_data = reinterpret_cast<char*>(&config);
  if (ioctl(fd_, SIOCSHWTSTAMP, &request) != 0) return failed(errno, "time stamps");
  if (config.rx_filter == HWTSTAMP_FILTER_NONE) return failed(EOPNOTSUPP, "time stamps");
  return set_int(SOL_PACKET, PACKET_TIMESTAMP, SOF_TIMESTAMPING_RAW_HARDWARE, "time stamps");
}

Result<void> PacketSocket::busy_poll(uint32_t us) {
  Result<void> done = set_int(SOL_SOCKET, SO_BUSY_POLL, static_cast<int>(us), "busy polling");
  if (!done) return done;
  return set_int(SOL_SOCKET, SO_PREFER_BUSY_POLL, 1, "busy polling");
}

int PacketSocket::take_error() const noexcept {
  int error = 0;
  socklen_t bytes = sizeof error;
  return getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &bytes) == 0 ? error : errno;
}

bool PacketSocket::lost_its_interface() const noexcept {
  sockaddr_ll address{};
  socklen_t bytes = sizeof address;
  return getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &bytes) == 0 &&
         address.sll_ifindex <= 0;
}

std::optional<uint32_t> PacketSocket::take_drops() const noexcept {
  tpacket_stats_v3 stats{};
  socklen_t bytes = sizeof stats;
  if (getsockopt(fd_, SOL_PACKET, PACKET_STATISTICS, &stats, &bytes) != 0) return std::nullopt;
  return stats.tp_drops;
}

}  // namespace weir::backends
