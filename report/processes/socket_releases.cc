#include "report/processes/socket_releases.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>

namespace weir::processes {
namespace {

constexpr size_t kRingBytes = 1 << 20;  ///< 26,214 releases; a power of two, and of pages
constexpr uint32_t kBusy = 1U << 31;    ///< of a record's length: still being written
constexpr uint32_t kDiscarded = 1U << 30;
constexpr size_t kRecordHeader = 8;

/// What the program writes.
struct Release {
  uint64_t cookie;
  uint32_t pid;
  uint32_t uid;
  std::array<char, 16> command;
};
static_assert(sizeof(Release) == 32);
constexpr int16_t kAtCookie = -32;  // places on the program's stack
constexpr int16_t kAtPid = -24;
constexpr int16_t kAtUid = -20;
constexpr int16_t kAtCommand = -16;

tl::unexpected<Status> failure(int error, const char* what) {
  Status status;
  status.code = error == EPERM || error == EACCES ? Code::not_permitted : Code::io;
  status.recovery = Recovery::give_up;
  status.sys_errno = error;
  status.where = "bpf";
  status.message = what;
  return fail(std::move(status));
}

int bpf(int command, bpf_attr& attributes) {
  return static_cast<int>(::syscall(SYS_bpf, command, &attributes, sizeof attributes));
}

constexpr bpf_insn insn(int code, int dst, int src, int16_t offset, int32_t value) {
  return {static_cast<uint8_t>(code), static_cast<uint8_t>(dst & 15),
          static_cast<uint8_t>(src & 15), offset, value};
}
constexpr bpf_insn move(int dst, int src) {
  return insn(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0);
}
constexpr bpf_insn set(int dst, int32_t value) {
  return insn(BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, value);
}
constexpr bpf_insn add(int dst, int32_t value) {
  return insn(BPF_ALU64 | BPF_ADD | BPF_K, dst, 0, 0, value);
}
constexpr bpf_insn call(int32_t helper) {
  return insn(BPF_JMP | BPF_CALL, 0, 0, 0, helper);
}
constexpr bpf_insn store(int size, int16_t at) {
  return insn(BPF_STX | BPF_MEM | size, 10, 0, at, 0);
}

/// The root of the cgroups: where systemd mounts it, else a mount of our own that nobody sees,
/// because `ip netns exec` hides /sys/fs/cgroup.
int open_cgroup_root() {
  for (const char* path : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
    const int fd = ::open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct statfs info{};
    if (fd >= 0 && ::fstatfs(fd, &info) == 0 && info.f_type == CGROUP2_SUPER_MAGIC) return fd;
    if (fd >= 0) ::close(fd);
  }
  const int context = static_cast<int>(::syscall(SYS_fsopen, "cgroup2", FSOPEN_CLOEXEC));
  if (context < 0) return -1;
  int root = -1;
  if (::syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) == 0) {
    root = static_cast<int>(::syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, 0));
  }
  ::close(context);
  return root;
}

}  // namespace

Result<std::unique_ptr<SocketReleases>> SocketReleases::open() {
  std::unique_ptr<SocketReleases> opened(new SocketReleases);
  if (Result<void> done = opened->load(); !done) return fail(done.error());
  if (Result<void> done = opened->map_ring(); !done) return fail(done.error());
  if (Result<void> done = opened->attach(); !done) return fail(done.error());
  if (!opened->hears_itself()) return failure(EIO, "its own socket's end was not told");
  return opened;
}

SocketReleases::~SocketReleases() {
  if (produced_ != nullptr) {
    ::munmap(const_cast<uint8_t*>(produced_), page_bytes_ + 2 * kRingBytes);
  }
  if (consumed_ != nullptr) ::munmap(consumed_, page_bytes_);
  for (const int fd : {link_fd_, program_fd_, map_fd_}) {
    if (fd >= 0) ::close(fd);
  }
}

Result<void> SocketReleases::load() {
  bpf_attr map{};
  map.map_type = BPF_MAP_TYPE_RINGBUF;
  map.max_entries = kRingBytes;
  map_fd_ = bpf(BPF_MAP_CREATE, map);
  if (map_fd_ < 0) return failure(errno, "no ring");
  const std::array<bpf_insn, 20> program{
      call(BPF_FUNC_get_socket_cookie),  // of the context, in r1
      store(BPF_DW, kAtCookie),
      call(BPF_FUNC_get_current_pid_tgid),
      insn(BPF_ALU64 | BPF_RSH | BPF_K, 0, 0, 0, 32),
      store(BPF_W, kAtPid),
      call(BPF_FUNC_get_current_uid_gid),
      store(BPF_W, kAtUid),
      move(1, 10),
      add(1, kAtCommand),
      set(2, sizeof(Release::command)),
      call(BPF_FUNC_get_current_comm),
      insn(BPF_LD | BPF_DW | BPF_IMM, 1, BPF_PSEUDO_MAP_FD, 0, map_fd_),
      insn(0, 0, 0, 0, 0),
      move(2, 10),
      add(2, kAtCookie),
      set(3, sizeof(Release)),
      set(4, BPF_RB_NO_WAKEUP),
      call(BPF_FUNC_ringbuf_output),
      set(0, 1),  // let it be released
      insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
  };
  static constexpr char kLicense[] = "GPL";  // some helpers are given only to such programs
  bpf_attr attributes{};
  attributes.prog_type = BPF_PROG_TYPE_CGROUP_SOCK;
  attributes.expected_attach_type = BPF_CGROUP_INET_SOCK_RELEASE;
  attributes.insns = reinterpret_cast<uint64_t>(program.data());
  attributes.insn_cnt = program.size();
  attributes.license = reinterpret_cast<uint64_t>(kLicense);
  program_fd_ = bpf(BPF_PROG_LOAD, attributes);
  if (program_fd_ < 0) return failure(errno, "the program is refused");
  return {};
}

Result<void> SocketReleases::map_ring() {
  page_bytes_ = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  void* consumer = ::mmap(nullptr, page_bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, map_fd_, 0);
  if (consumer == MAP_FAILED) return failure(errno, "the ring cannot be mapped");
  consumed_ = static_cast<uint64_t*>(consumer);
  void* data = ::mmap(nullptr, page_bytes_ + 2 * kRingBytes, PROT_READ, MAP_SHARED, map_fd_,
                      static_cast<off_t>(page_bytes_));
  if (data == MAP_FAILED) return failure(errno, "the ring cannot be mapped");
  produced_ = static_cast<const uint8_t*>(data);
  return {};
}

Result<void> SocketReleases::attach() {
  const int root = open_cgroup_root();
  if (root < 0) return failure(errno, "no cgroup version 2");
  bpf_attr attributes{};
  attributes.link_create.prog_fd = static_cast<uint32_t>(program_fd_);
  attributes.link_create.target_fd = static_cast<uint32_t>(root);
  attributes.link_create.attach_type = BPF_CGROUP_INET_SOCK_RELEASE;
  link_fd_ = bpf(BPF_LINK_CREATE, attributes);
  const int error = errno;
  ::close(root);
  if (link_fd_ < 0) return failure(error, "the program cannot be attached");
  return {};
}

bool SocketReleases::hears_itself() {
  const int probe = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return false;
  ::close(probe);
  std::vector<SocketRelease> heard;
  take(heard);
  const auto self = static_cast<uint32_t>(::getpid());
  return std::any_of(heard.begin(), heard.end(),
                     [&](const SocketRelease& release) { return release.pid == self; });
}

bool SocketReleases::take(std::vector<SocketRelease>& out) {
  // The kernel's ring buffer (kernel/bpf/ringbuf.c): positions only grow; the kernel writes a
  // record's length after the record, and reads how far we are before it overwrites.
  std::atomic_ref<uint64_t> consumer(*consumed_);
  auto* producer_word = const_cast<uint64_t*>(reinterpret_cast<const uint64_t*>(produced_));
  const uint64_t end = std::atomic_ref<uint64_t>(*producer_word).load(std::memory_order_acquire);
  uint64_t at = consumer.load(std::memory_order_relaxed);
  const bool had_room = end - at < kRingBytes - kRingBytes / 64;
  while (at < end) {
    const uint8_t* record = produced_ + page_bytes_ + (at & (kRingBytes - 1));
    auto* length_word = const_cast<uint32_t*>(reinterpret_cast<const uint32_t*>(record));
    const uint32_t length = std::atomic_ref<uint32_t>(*length_word).load(std::memory_order_acquire);
    if ((length & kBusy) != 0) break;
    const uint32_t bytes = length & ~(kBusy | kDiscarded);
    if ((length & kDiscarded) == 0 && bytes == sizeof(Release)) {
      Release release;
      std::memcpy(&release, record + kRecordHeader, sizeof release);
      const auto* name = release.command.data();
      out.push_back({release.cookie, release.pid, release.uid,
                     std::string(name, ::strnlen(name, release.command.size()))});
    }
    at += (kRecordHeader + bytes + 7) & ~uint64_t{7};
  }
  consumer.store(at, std::memory_order_release);
  return had_room;
}

}  // namespace weir::processes
