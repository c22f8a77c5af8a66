#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "backends/af_packet/ring_layout.h"
#include "backends/bpf/bpf_machine.h"
#include "engine/core/status.h"

namespace weir::backends {

/// The ring that a packet socket shares with the kernel, as mapped memory.
class MappedRing {
 public:
  MappedRing() = default;
  MappedRing(uint8_t* memory, RingLayout layout) noexcept : memory_(memory), layout_(layout) {}
  MappedRing(MappedRing&& other) noexcept
      : memory_(std::exchange(other.memory_, nullptr)), layout_(other.layout_) {}
  MappedRing& operator=(MappedRing&& other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(layout_, other.layout_);
    return *this;
  }
  MappedRing(const MappedRing&) = delete;
  MappedRing& operator=(const MappedRing&) = delete;
  ~MappedRing();

  const RingLayout& layout() const noexcept { return layout_; }
  uint8_t* block(uint32_t index) const noexcept {
    return memory_ + size_t{index} * layout_.block_bytes;
  }

 private:
  uint8_t* memory_ = nullptr;
  RingLayout layout_;
};

/// A packet socket with a TPACKET_V3 ring: packet(7) and
/// linux/Documentation/networking/packet_mmap.rst as functions. Errors carry errno and the call;
/// what they mean for the capture is decided by the caller. It receives nothing before listen().
class PacketSocket {
 public:
  /// The kernel hands over a block that is not full after this.
  static constexpr uint32_t kBlockTimeoutMs = 10;

  static Result<PacketSocket> open(const std::string& interface);

  PacketSocket(PacketSocket&& other) noexcept;
  PacketSocket& operator=(PacketSocket&&) = delete;
  PacketSocket(const PacketSocket&) = delete;
  PacketSocket& operator=(const PacketSocket&) = delete;
  ~PacketSocket();

  int fd() const noexcept { return fd_; }

  /// A ring of the layout, or of half the blocks, a quarter, ... when the kernel has not the
  /// memory.
  Result<MappedRing> map_ring(RingLayout layout);

  Result<void> attach_filter(std::span<const BpfInstruction> program);
  Result<void> listen(unsigned interface_index);
  Result<void> be_promiscuous(unsigned interface_index);

  /// Joins a group; without one it founds one that nobody else has. Returns the group's number.
  Result<uint16_t> join_fanout(uint16_t mode, std::optional<uint16_t> group);
  Result<void> set_fanout_program(std::span<const BpfInstruction> program);

  Result<void> use_nic_time();
  Result<void> busy_poll(uint32_t us);

  /// The pending error, which is cleared by asking; 0 for none.
  int take_error() const noexcept;
  /// The interface it listened on was deleted or moved to another namespace.
  bool lost_its_interface() const noexcept;
  /// Packets that found no room since it was last asked.
  std::optional<uint32_t> take_drops() const noexcept;

 private:
  PacketSocket(int fd, std::string interface) : fd_(fd), interface_(std::move(interface)) {}

  Result<void> set(int level, int option, const void* value, size_t bytes, const char* what);
  Result<void> set_int(int level, int option, int value, const char* what) {
    return set(level, option, &value, sizeof value, what);
  }
  tl::unexpected<Status> failed(int error, const std::string& what) const;

  int fd_;
  std::string interface_;
};

}  // namespace weir::backends
