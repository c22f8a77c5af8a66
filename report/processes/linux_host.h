#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "report/processes/host.h"
#include "report/processes/netlink_dump.h"
#include "report/processes/proc_reader.h"
#include "report/processes/socket_releases.h"

namespace weir::processes {

/// The host that weir runs on. Made, used and destroyed by one thread, which it moves into other
/// namespaces for the moment of opening a socket there.
class LinuxHost final : public Host {
 public:
  /// `use_sock_diag` false: as where the kernel has no socket diagnosis.
  explicit LinuxHost(bool use_sock_diag = true);
  ~LinuxHost() override;
  LinuxHost(const LinuxHost&) = delete;
  LinuxHost& operator=(const LinuxHost&) = delete;

  uint64_t now_ns() override;
  uint64_t cpu_ns() override;
  void pids(std::vector<uint32_t>& out) override { proc_.pids(out); }
  std::optional<ProcStat> stat(uint32_t pid) override;
  Access list_fds(uint32_t pid, std::vector<uint32_t>& out) override {
    return proc_.list_fds(pid, out);
  }
  Access sockets_at(uint32_t pid, std::span<const uint32_t> fds,
                    std::vector<uint32_t>& out) override {
    return proc_.sockets_at(pid, fds, out);
  }
  std::string cgroup(uint32_t pid) override;
  std::string program(uint32_t pid) override { return proc_.program(pid); }
  std::string command_line(uint32_t pid) override;
  std::string user(uint32_t pid) override;
  std::string user_name(uint32_t uid) override;
  uint64_t own_namespace() override { return own_namespace_; }
  uint64_t namespace_of(uint32_t pid) override { return proc_.namespace_of(pid); }
  bool open_namespace(uint64_t net, uint32_t pid) override;
  void close_namespace(uint64_t net) override { nets_.erase(net); }
  bool sockets(uint64_t net, std::vector<SocketRecord>& out) override;
  bool addresses(uint64_t net, std::vector<LocalAddress>& out) override;
  std::map<uint64_t, std::string> namespace_names() override;
  Access follow_ends(bool on) override;
  bool destroyed(uint64_t net, std::vector<SocketRecord>& out) override;
  bool releases(std::vector<SocketRelease>& out) override;
  std::string limits() override;

 private:
  enum class Way : uint8_t { sock_diag, proc_net, none };
  struct Net {
    std::string folder;  ///< its /proc/PID/net
    std::optional<NetlinkSocket> diag;
    std::optional<NetlinkSocket> route;
    std::optional<NetlinkSocket> ends;  ///< while they are followed
  };
  /// A protocol that sockets are asked for, and its file in /proc/PID/net ("6" is put behind it).
  struct Kind {
    uint8_t proto;
    const char* file;
    const char* listed_as;    ///< in /proc/net/protocols
    std::array<Way, 2> ways;  ///< for IPv4 and IPv6
  };

  void open_sockets(Net& net);
  bool read_kind(Net& net, Kind& kind, uint8_t ip_version, std::vector<SocketRecord>& out);

  ProcReader proc_;
  int own_fd_ = -1;  ///< of weir's own namespace, to come back to
  uint64_t own_namespace_ = 0;
  bool v6_only_ = false;
  std::unique_ptr<SocketReleases> releases_;  ///< null: not followed
  std::vector<Kind> kinds_;
  std::map<uint64_t, Net> nets_;
  std::unordered_map<uint32_t, std::string> users_;
};

}  // namespace weir::processes
