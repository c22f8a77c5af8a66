#include "report/processes/linux_host.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <pwd.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

namespace weir::processes {
namespace {

constexpr const char* kNamedNamespaces = "/run/netns";
constexpr size_t kMaxNames = 4096;
constexpr size_t kMaxUsers = 4096;
constexpr size_t kMaxFileBytes = 1 << 16;
constexpr size_t kMaxNetBytes = 1 << 27;

uint64_t clock_ns(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
}

std::string name_of_user(uint32_t uid) {
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> buffer(1 << 14);
  if (getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) {
    return entry.pw_name;
  }
  return std::to_string(uid);
}

}  // namespace

LinuxHost::LinuxHost(bool use_sock_diag) {
  own_fd_ = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  own_namespace_ = inode_of_link(read_link("/proc/thread-self/ns/net"), "net");
  v6_only_ = read_text("/proc/sys/net/ipv6/bindv6only", 8).starts_with('1');
  const Way way = use_sock_diag ? Way::sock_diag : Way::proc_net;
  // Asking for what the kernel does not have makes it look for a module each time: so only what it
  // lists. DCCP and SCTP have no file that is read here.
  const std::string listed = read_text("/proc/net/protocols", kMaxFileBytes);
  for (const Kind& kind :
       {Kind{kTcp, "tcp", "TCP", {way, way}}, Kind{kUdp, "udp", "UDP", {way, way}},
        Kind{kUdpLite, "udplite", "UDP-Lite", {way, way}}, Kind{kDccp, "", "DCCP", {way, way}},
        Kind{kSctp, "", "SCTP", {way, way}}, Kind{kRaw, "raw", "RAW", {way, way}}}) {
    if (kind.proto == kTcp || listed.empty() || lists_protocol(listed, kind.listed_as)) {
      kinds_.push_back(kind);
    }
  }
  Net& own = nets_[own_namespace_];
  own.folder = "/proc/thread-self/net";
  open_sockets(own);
}

LinuxHost::~LinuxHost() {
  if (own_fd_ >= 0) close(own_fd_);
}

uint64_t LinuxHost::now_ns() {
  return clock_ns(CLOCK_MONOTONIC);
}
uint64_t LinuxHost::cpu_ns() {
  return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

std::optional<ProcStat> LinuxHost::stat(uint32_t pid) {
  return parse_stat(read_text(proc_.path(pid, "stat"), kMaxFileBytes));
}

std::string LinuxHost::cgroup(uint32_t pid) {
  return read_text(proc_.path(pid, "cgroup"), kMaxFileBytes);
}

std::string LinuxHost::command_line(uint32_t pid) {
  return read_text(proc_.path(pid, "cmdline"), 4096);
}

std::string LinuxHost::user(uint32_t pid) {
  const auto uid = parse_uid(read_text(proc_.path(pid, "status"), kMaxFileBytes));
  return uid ? user_name(*uid) : std::string();
}

std::string LinuxHost::user_name(uint32_t uid) {
  const auto known = users_.find(uid);
  if (known != users_.end()) return known->second;
  if (users_.size() >= kMaxUsers) users_.clear();
  return users_[uid] = name_of_user(uid);
}

void LinuxHost::open_sockets(Net& net) {
  if (auto diag = NetlinkSocket::open(NETLINK_SOCK_DIAG)) net.diag.emplace(std::move(*diag));
  if (auto route = NetlinkSocket::open(NETLINK_ROUTE)) net.route.emplace(std::move(*route));
}

bool LinuxHost::open_namespace(uint64_t net, uint32_t pid) {
  const int fd = open(proc_.path(pid, "ns/net").c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  // The process may be gone by now, and its pid another's.
  struct stat info{};
  const bool same = fstat(fd, &info) == 0 && info.st_ino == net;
  const bool entered = same && own_fd_ >= 0 && setns(fd, CLONE_NEWNET) == 0;
  close(fd);
  if (!entered) return false;
  Net& opened = nets_[net];
  opened.folder = proc_.path(pid, "net");
  open_sockets(opened);
  // A socket stays in the namespace that it was opened in, so this is the moment for it.
  if (releases_ != nullptr) {
    if (auto ends = NetlinkSocket::open_destroyed()) opened.ends.emplace(std::move(*ends));
  }
  // Where it cannot come back nothing is lost: each namespace has its sockets, and files are read
  // by way of a process.
  if (setns(own_fd_, CLONE_NEWNET) != 0) nets_[own_namespace_].folder = "/proc/self/net";
  return true;
}

bool LinuxHost::sockets(uint64_t net, std::vector<SocketRecord>& out) {
  const auto at = nets_.find(net);
  if (at == nets_.end()) return false;
  for (Kind& kind : kinds_) {
    for (const uint8_t ip_version : {uint8_t{4}, uint8_t{6}}) {
      if (read_kind(at->second, kind, ip_version, out)) continue;
      // The rest of an answer may still come on this socket: the next question gets a new one.
      if (net == own_namespace_) open_sockets(at->second);
      return false;
    }
  }
  return true;
}

bool LinuxHost::read_kind(Net& net, Kind& kind, uint8_t ip_version,
                          std::vector<SocketRecord>& out) {
  Way& way = kind.ways[ip_version == 4 ? 0 : 1];
  if (way == Way::sock_diag && !net.diag) way = Way::proc_net;
  if (way == Way::sock_diag) {
    const size_t before = out.size();
    const auto read = net.diag->sockets(kind.proto, ip_version, out);
    if (read) return true;
    out.resize(before);
    const int error = read.error().sys_errno;
    const bool lasting = error == ENOENT || error == EPERM || error == EACCES ||
                         error == EOPNOTSUPP || error == EINVAL || error == EPROTONOSUPPORT;
    if (!lasting) return false;
    way = *kind.file == '\0' ? Way::none : Way::proc_net;
  }
  if (way == Way::none || *kind.file == '\0') return true;
  const std::string file = net.folder + "/" + kind.file + (ip_version == 4 ? "" : "6");
  const std::string text = read_text(file, kMaxNetBytes);
  if (text.empty()) {  // the heading at least, where the protocol is there
    const bool is_there = access(file.c_str(), F_OK) == 0;
    if (!is_there && net.folder.starts_with("/proc/thread-self")) way = Way::none;
    return !is_there && way == Way::none;
  }
  parse_proc_net(text, ip_version, kind.proto, v6_only_, out);
  return true;
}

bool LinuxHost::addresses(uint64_t net, std::vector<LocalAddress>& out) {
  const auto at = nets_.find(net);
  return at != nets_.end() && at->second.route && at->second.route->addresses(out);
}

std::map<uint64_t, std::string> LinuxHost::namespace_names() {
  std::map<uint64_t, std::string> names;
  DIR* folder = opendir(kNamedNamespaces);
  if (folder == nullptr) return names;
  while (const dirent* entry = readdir(folder)) {
    if (entry->d_name[0] == '.' || names.size() >= kMaxNames) continue;
    struct stat info{};
    const std::string path = std::string(kNamedNamespaces) + "/" + entry->d_name;
    if (::stat(path.c_str(), &info) == 0) names[info.st_ino] = entry->d_name;
  }
  closedir(folder);
  return names;
}

Access LinuxHost::follow_ends(bool on) {
  Net& own = nets_[own_namespace_];
  if (!on) {
    releases_.reset();
    for (auto& [inode, net] : nets_) net.ends.reset();
    return Access::ok;
  }
  if (releases_ != nullptr) return Access::ok;
  Result<NetlinkSocket> ends = NetlinkSocket::open_destroyed();
  Result<std::unique_ptr<SocketReleases>> releases = SocketReleases::open();
  if (!ends || !releases) {
    const bool refused = !releases && releases.error().code == Code::not_permitted;
    return refused ? Access::refused : Access::gone;
  }
  own.ends.emplace(std::move(*ends));
  releases_ = std::move(*releases);
  return Access::ok;
}

bool LinuxHost::destroyed(uint64_t net, std::vector<SocketRecord>& out) {
  const auto at = nets_.find(net);
  return at == nets_.end() || !at->second.ends || at->second.ends->destroyed(out);
}

bool LinuxHost::releases(std::vector<SocketRelease>& out) {
  return releases_ == nullptr || releases_->take(out);
}

std::string LinuxHost::limits() {
  for (const Kind& kind : kinds_) {
    if (kind.proto == kTcp && kind.ways[0] != Way::sock_diag) {
      return "no socket diagnosis (inet_diag): read from /proc/net, which costs more";
    }
  }
  return {};
}

}  // namespace weir::processes
