#include "backends/host/source.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace weir::host {
namespace {

constexpr size_t kMostFileBytes = size_t{1} << 20;
constexpr int kAfXdp = 44;  // AF_XDP, which old C libraries do not name

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  bool open() const { return fd_ >= 0; }
  int get() const { return fd_; }

 private:
  int fd_;
};

/// All of bpf(2) that is needed, with the memory of `attributes` cleared by the caller.
int bpf(int command, bpf_attr& attributes) {
  return static_cast<int>(syscall(SYS_bpf, command, &attributes, sizeof attributes));
}

}  // namespace

Answer<std::string> Kernel::file(const std::string& path) const {
  // Not blocking: a FIFO put in the place of a file must not stop the program.
  const Descriptor fd(open((root_ + path).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.open()) return unknown(failure_text(path, errno));
  std::string text;
  std::array<char, 16384> part{};
  while (text.size() < kMostFileBytes) {
    const ssize_t got = read(fd.get(), part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unknown(failure_text(path, errno));
    if (got == 0) break;
    text.append(part.data(), static_cast<size_t>(got));
  }
  text.erase(text.find_last_not_of(" \t\r\n") + 1);
  return text;
}

Answer<std::vector<std::string>> Kernel::folder(const std::string& path) const {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator at(root_ + path, error), end; !error && at != end;
       at.increment(error)) {
    names.push_back(at->path().filename().string());
  }
  if (error) return unknown(failure_text(path, error.value()));
  return names;
}

Answer<std::string> Kernel::real_path(const std::string& path) const {
  std::error_code error;
  const std::filesystem::path real = std::filesystem::canonical(root_ + path, error);
  if (error) return unknown(failure_text(path, error.value()));
  std::string text = real.string();
  if (!root_.empty()) {
    const std::string root = std::filesystem::canonical(root_, error).string();
    if (!error && text.starts_with(root)) text.erase(0, root.size());
  }
  return text;
}

int Kernel::ethtool(const std::string& interface, std::span<std::byte> request) const {
  const Descriptor fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd.open()) return errno;
  ifreq argument{};
  interface.copy(argument.ifr_name, sizeof argument.ifr_name - 1);
  argument.ifr_data = reinterpret_cast<char*>(request.data());
  return ioctl(fd.get(), SIOCETHTOOL, &argument) == 0 ? 0 : errno;
}

Answer<std::vector<std::byte>> Kernel::link_message(const std::string& interface) const {
  struct {
    nlmsghdr header;
    ifinfomsg link;
  } request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = RTM_GETLINK;
  request.header.nlmsg_flags = NLM_F_REQUEST;
  request.link.ifi_family = AF_UNSPEC;
  request.link.ifi_index = static_cast<int>(link_index(interface));
  if (request.link.ifi_index == 0) return unknown("no such interface");
  const Descriptor fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!fd.open()) return unknown(failure_text("rtnetlink", errno));
  if (send(fd.get(), &request, sizeof request, 0) < 0) {
    return unknown(failure_text("rtnetlink", errno));
  }
  std::vector<std::byte> answer(65536);
  // The kernel answers before send() returns.
  const ssize_t got = recv(fd.get(), answer.data(), answer.size(), MSG_DONTWAIT);
  if (got < 0) return unknown(failure_text("rtnetlink", errno));
  answer.resize(static_cast<size_t>(got));
  return answer;
}

unsigned Kernel::link_index(const std::string& interface) const {
  return if_nametoindex(interface.c_str());
}

Answer<std::string> Kernel::bpf_program(uint32_t id) const {
  bpf_attr attributes;
  std::memset(&attributes, 0, sizeof attributes);
  attributes.prog_id = id;
  const Descriptor fd(bpf(BPF_PROG_GET_FD_BY_ID, attributes));
  if (!fd.open()) {
    return unknown(errno == EPERM ? "its name needs CAP_SYS_ADMIN" : failure_text("bpf", errno));
  }
  bpf_prog_info info{};
  std::memset(&attributes, 0, sizeof attributes);
  attributes.info.bpf_fd = static_cast<uint32_t>(fd.get());
  attributes.info.info_len = sizeof info;
  attributes.info.info = reinterpret_cast<uintptr_t>(&info);
  if (bpf(BPF_OBJ_GET_INFO_BY_FD, attributes) != 0) return unknown(failure_text("bpf", errno));
  return std::string(info.name, strnlen(info.name, sizeof info.name));
}

int Kernel::try_packet_v3() const {
  // Protocol 0: it receives nothing.
  const Descriptor fd(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
  if (!fd.open()) return errno;
  const int version = TPACKET_V3;
  return setsockopt(fd.get(), SOL_PACKET, PACKET_VERSION, &version, sizeof version) == 0 ? 0
                                                                                         : errno;
}

int Kernel::try_xdp() const {
  const Descriptor fd(socket(kAfXdp, SOCK_RAW | SOCK_CLOEXEC, 0));
  return fd.open() ? 0 : errno;
}

Answer<std::string> Kernel::file_capabilities(const std::string& path) const {
  std::array<char, 64> value{};
  const ssize_t got =
      getxattr((root_ + path).c_str(), "security.capability", value.data(), value.size());
  if (got < 0 && (errno == ENODATA || errno == ENOTSUP)) return std::string{};
  if (got < 0) return unknown(failure_text(path, errno));
  return std::string(value.data(), static_cast<size_t>(got));
}

std::string failure_text(const std::string& what, int error) {
  return what + ": " + std::generic_category().message(error);
}

}  // namespace weir::host
