#pragma once

#include <linux/bpf.h>

#include <array>
#include <cstdint>
#include <string>

#include "engine/core/status.h"

namespace weir::backends {

/// The program's name in the kernel: who finds it attached knows whose it is.
inline constexpr const char* kXdpProgramName = "weir_xsk";

/// return bpf_redirect_map(&map, ctx->rx_queue_index, XDP_PASS): to the queue's socket where there
/// is one, past it to the host where there is none.
std::array<bpf_insn, 6> redirect_program(int map_fd) noexcept;

/// The XDP program on one interface with its map of sockets. It is held by a link, so the kernel
/// takes it off when this process ends, however it ends. Kernels before 5.9 have no such link: then
/// it is taken off in the destructor, and one that a killed process left there is replaced.
class XdpProgram {
 public:
  struct Wish {
    std::string interface;
    unsigned index = 0;
    uint32_t mtu = 0;
    uint32_t map_entries = 1;
  };

  /// Native mode where the driver has it, else generic. Errors: not_permitted; io when another
  /// program is attached, with its number and how it is shown and removed, and for an MTU whose
  /// packets the kernel cannot hand over.
  static Result<XdpProgram> attach(const Wish& wish);

  XdpProgram(XdpProgram&& other) noexcept;
  XdpProgram& operator=(XdpProgram&& other) noexcept = delete;
  ~XdpProgram();

  bool native() const noexcept { return native_; }
  /// Packets longer than a frame may come in several.
  bool segments() const noexcept { return segments_; }
  /// Why it is not native, as errno.
  int native_error() const noexcept { return native_error_; }
  int map_fd() const noexcept { return map_fd_; }

 private:
  XdpProgram() = default;
  int load(bool segments) noexcept;
  int attach_as(const Wish& wish, uint32_t mode) noexcept;
  int attach_in_turn(const Wish& wish, bool& too_long);
  void detach() noexcept;

  unsigned index_ = 0;
  int map_fd_ = -1;
  int program_fd_ = -1;
  int link_fd_ = -1;        ///< -1: not held by a link
  uint32_t mode_flag_ = 0;  ///< attached without a link: how
  bool native_ = false;
  bool segments_ = false;
  int native_error_ = 0;
};

/// For an MTU whose packets do not fit one frame where the kernel cannot split them.
Status mtu_too_great(const std::string& interface, uint32_t mtu);

}  // namespace weir::backends
