#include "backends/af_xdp/xdp_program.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <unistd.h>
#include <xdp/libxdp.h>

#include <cstddef>
#include <cstdint>
#include <system_error>
#include <utility>

#include "backends/af_xdp/permissions.h"
#include "backends/af_xdp/xsk_sizes.h"
#include "engine/core/shell_word.h"

namespace weir::backends {
namespace {

void close_fd(int& fd) noexcept {
  if (fd >= 0) close(std::exchange(fd, -1));
}

/// A program that is attached already.
struct Occupant {
  uint32_t id = 0;
  uint32_t mode = 0;  ///< XDP_FLAGS_DRV_MODE or XDP_FLAGS_SKB_MODE
  std::string name;   ///< empty when it may not be looked at, which needs CAP_SYS_ADMIN
  int fd = -1;
};

Occupant occupant_of(unsigned index) {
  Occupant found;
  bpf_xdp_query_opts query{};
  query.sz = sizeof query;
  if (bpf_xdp_query(static_cast<int>(index), 0, &query) != 0) return found;
  found.mode = query.drv_prog_id != 0 ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE;
  found.id = query.drv_prog_id != 0 ? query.drv_prog_id : query.skb_prog_id;
  if (found.id == 0) found.id = query.prog_id;
  if (found.id == 0) return found;
  found.fd = bpf_prog_get_fd_by_id(found.id);
  if (found.fd < 0) return found;
  bpf_prog_info info{};
  __u32 length = sizeof info;
  if (bpf_obj_get_info_by_fd(found.fd, &info, &length) == 0) found.name = info.name;
  return found;
}

/// Takes a program off that was attached without a link; false when it cannot be, because somebody
/// holds it by one.
bool take_off(unsigned index, const Occupant& occupant) noexcept {
  bpf_xdp_attach_opts options{};
  options.sz = sizeof options;
  options.old_prog_fd = occupant.fd;
  return bpf_xdp_detach(static_cast<int>(index), occupant.mode | XDP_FLAGS_REPLACE, &options) == 0;
}

Status occupied(const std::string& interface, const Occupant& occupant) {
  const std::string id = std::to_string(occupant.id);
  const std::string show = "`ip link show dev " + shell_word(interface) + "` shows it";
  Status status{Code::io, Recovery::restart_backend, EBUSY, interface, {}};
  if (occupant.name == kXdpProgramName) {
    status.message = "another weir captures it with AF_XDP (program " + id + "); " + show;
    return status;
  }
  const char* mode = occupant.mode == XDP_FLAGS_SKB_MODE ? "xdpgeneric" : "xdpdrv";
  const std::string name = occupant.name.empty() ? "" : " '" + occupant.name + "'";
  status.message = "XDP program " + id + name + " is attached to it; " + show +
                   ", `ip link set dev " + shell_word(interface) + " " + mode +
                   " off` removes it unless a process holds it";
  return status;
}

Status cannot_attach(const std::string& interface, const char* what, int error) {
  if (error == EPERM || error == EACCES) return xdp_not_permitted(interface, error);
  return {Code::io, Recovery::restart_backend, error, interface,
          std::string(what) + ": " + std::generic_category().message(error)};
}

}  // namespace

std::array<bpf_insn, 6> redirect_program(int map_fd) noexcept {
  return {{
      // r2 = ctx->rx_queue_index
      {BPF_LDX | BPF_MEM | BPF_W, BPF_REG_2, BPF_REG_1, offsetof(xdp_md, rx_queue_index), 0},
      // r1 = map, in two slots (BPF_IMM is 0)
      {BPF_LD | BPF_DW, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, map_fd},
      {0, 0, 0, 0, 0},
      // r3 = what to do when the map has no socket there
      {BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_3, 0, 0, XDP_PASS},
      {BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_redirect_map},
      {BPF_JMP | BPF_EXIT, 0, 0, 0, 0},
  }};
}

Status mtu_too_great(const std::string& interface, uint32_t mtu) {
  return {Code::io, Recovery::restart_backend, ERANGE, interface,
          "its MTU of " + std::to_string(mtu) +
              " is more than AF_XDP can take here; `ip link set " + shell_word(interface) +
              " mtu " + std::to_string(kMostMtu) + "` sets the greatest that it can"};
}

XdpProgram::XdpProgram(XdpProgram&& other) noexcept
    : index_(other.index_),
      map_fd_(std::exchange(other.map_fd_, -1)),
      program_fd_(std::exchange(other.program_fd_, -1)),
      link_fd_(std::exchange(other.link_fd_, -1)),
      mode_flag_(std::exchange(other.mode_flag_, 0)),
      native_(other.native_),
      segments_(other.segments_),
      native_error_(other.native_error_) {}

XdpProgram::~XdpProgram() {
  detach();
  close_fd(program_fd_);
  close_fd(map_fd_);
}

void XdpProgram::detach() noexcept {
  close_fd(link_fd_);
  if (mode_flag_ == 0) return;
  Occupant self;
  self.mode = std::exchange(mode_flag_, 0);
  self.fd = program_fd_;
  take_off(index_, self);
}

int XdpProgram::load(bool segments) noexcept {
  close_fd(program_fd_);
  const std::array<bpf_insn, 6> program = redirect_program(map_fd_);
  bpf_prog_load_opts options{};
  options.sz = sizeof options;
  options.prog_flags = segments ? BPF_F_XDP_HAS_FRAGS : 0;
  program_fd_ = bpf_prog_load(BPF_PROG_TYPE_XDP, kXdpProgramName, "MIT", program.data(),
                              program.size(), &options);
  segments_ = segments;
  return program_fd_ < 0 ? errno : 0;
}

int XdpProgram::attach_as(const Wish& wish, uint32_t mode) noexcept {
  bpf_link_create_opts options{};
  options.sz = sizeof options;
  options.flags = mode;
  link_fd_ = bpf_link_create(program_fd_, static_cast<int>(wish.index), BPF_XDP, &options);
  native_ = mode == XDP_FLAGS_DRV_MODE;
  if (link_fd_ >= 0) return 0;
  // What a kernel without XDP links says; a driver may say it too.
  if (errno != EINVAL) return errno;
  const int error = bpf_xdp_attach(static_cast<int>(wish.index), program_fd_,
                                   mode | XDP_FLAGS_UPDATE_IF_NOEXIST, nullptr);
  if (error == 0) mode_flag_ = mode;
  return -error;
}

/// The ways to attach, best first. Splitting packets is not asked for where none needs it: drivers
/// may give up zero-copy for it. In generic mode even an MTU of 1500 does not keep packets short
/// that the sender's host has not cut yet.
int XdpProgram::attach_in_turn(const Wish& wish, bool& too_long) {
  const bool fits = fits_one_frame(wish.mtu);
  struct Way {
    uint32_t mode;
    bool segments;
  };
  constexpr std::array<Way, 4> kWays{{{XDP_FLAGS_DRV_MODE, false},
                                      {XDP_FLAGS_DRV_MODE, true},
                                      {XDP_FLAGS_SKB_MODE, true},
                                      {XDP_FLAGS_SKB_MODE, false}}};
  int error = 0;
  for (const Way& way : kWays) {
    if (!fits && !way.segments) continue;
    const bool native = way.mode == XDP_FLAGS_DRV_MODE;
    // A driver that has refused for another reason than the length will do so again.
    if (native && way.segments && fits && error != ERANGE) continue;
    error = load(way.segments);
    if (error == EINVAL && way.segments) {
      too_long |= !fits;
      continue;
    }
    if (error == 0) error = attach_as(wish, way.mode);
    if (error == 0 || error == EPERM || error == EBUSY || error == EEXIST || error == ENODEV) {
      return error;
    }
    too_long |= error == ERANGE;
    if (native) native_error_ = error;
  }
  return error;
}

Result<XdpProgram> XdpProgram::attach(const Wish& wish) {
  // Its messages are for developers, and errors are told once.
  libbpf_set_print(nullptr);
  libxdp_set_print(nullptr);
  XdpProgram program;
  program.index_ = wish.index;
  program.map_fd_ = bpf_map_create(BPF_MAP_TYPE_XSKMAP, kXdpProgramName, sizeof(uint32_t),
                                   sizeof(uint32_t), wish.map_entries, nullptr);
  if (program.map_fd_ < 0) {
    return fail(cannot_attach(wish.interface, "no map for XDP sockets", errno));
  }
  bool too_long = false;
  int error = program.attach_in_turn(wish, too_long);
  if (error == EBUSY || error == EEXIST) {
    Occupant occupant = occupant_of(wish.index);
    const bool stale = occupant.name == kXdpProgramName && take_off(wish.index, occupant);
    if (stale || occupant.id == 0) error = program.attach_in_turn(wish, too_long);
    close_fd(occupant.fd);
    if (error == EBUSY || error == EEXIST) return fail(occupied(wish.interface, occupant));
  }
  if (error == 0) return program;
  if (too_long) return fail(mtu_too_great(wish.interface, wish.mtu));
  return fail(cannot_attach(wish.interface, "the XDP program cannot be attached", error));
}

}  // namespace weir::backends
