#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/core/flow_key.h"
#include "report/processes/host.h"

namespace weir::processes {

/// "10.0.0.1" or "fd00::1".
IpBytes ip(const std::string& text);
uint8_t version_of(const std::string& text);

/// The key of a flow between two ends, and whether the first one is its low end.
struct Flow {
  Flow(uint8_t proto, const std::string& here, uint16_t here_port, const std::string& there,
       uint16_t there_port);
  FlowKey key;
  bool here_is_low = true;
};

SocketRecord socket_record(uint8_t proto, const std::string& local, uint16_t local_port,
                           uint32_t inode, const std::string& peer = "", uint16_t peer_port = 0);

/// A host made up by a test. Each question costs a microsecond of CPU time, so budgets can be
/// exhausted.
class FakeHost : public Host {
 public:
  static constexpr uint64_t kOwn = 4026531840;

  struct FakeProcess {
    std::string command = "program";
    uint64_t start_time = 100;
    uint64_t net = kOwn;
    std::map<uint32_t, uint32_t> fds;  ///< descriptor -> inode, 0: no socket
    bool refused = false;
    std::string cgroup = "0::/";
    std::string command_line;
  };
  struct FakeNet {
    std::vector<SocketRecord> sockets;
    std::vector<LocalAddress> addresses;
    bool is_open = false;
    bool unreadable = false;
    std::vector<SocketRecord> destroyed;
  };

  FakeHost();
  void add_address(uint64_t net, const std::string& text);

  uint64_t now_ns() override { return now; }
  uint64_t cpu_ns() override { return cpu; }
  void pids(std::vector<uint32_t>& out) override;
  std::optional<ProcStat> stat(uint32_t pid) override;
  Access list_fds(uint32_t pid, std::vector<uint32_t>& out) override;
  Access sockets_at(uint32_t pid, std::span<const uint32_t> fds,
                    std::vector<uint32_t>& out) override;
  std::string cgroup(uint32_t pid) override { return processes[pid].cgroup; }
  std::string program(uint32_t) override { return program_name; }
  std::string user(uint32_t) override { return "us\x1b[31mer"; }
  uint64_t own_namespace() override { return kOwn; }
  uint64_t namespace_of(uint32_t pid) override { return processes[pid].net; }
  bool open_namespace(uint64_t net, uint32_t pid) override;
  void close_namespace(uint64_t net) override { nets[net].is_open = false; }
  bool sockets(uint64_t net, std::vector<SocketRecord>& out) override;
  bool addresses(uint64_t net, std::vector<LocalAddress>& out) override;
  std::map<uint64_t, std::string> namespace_names() override { return names; }
  std::string command_line(uint32_t pid) override { return processes[pid].command_line; }
  std::string user_name(uint32_t uid) override { return "user" + std::to_string(uid); }
  Access follow_ends(bool on) override {
    following = on && may_follow == Access::ok;
    return on ? may_follow : Access::ok;
  }
  bool destroyed(uint64_t net, std::vector<SocketRecord>& out) override;
  bool releases(std::vector<SocketRelease>& out) override;
  /// A process ends a socket: the kernel tells both, if it is asked to.
  void end_socket(uint64_t net, const SocketRecord& record, const SocketRelease& release);
  std::string limits() override { return {}; }

  uint64_t now = 1'000'000'000;
  uint64_t cpu = 0;
  std::map<uint32_t, FakeProcess> processes;
  std::map<uint64_t, FakeNet> nets;
  std::map<uint64_t, std::string> names;
  std::string program_name;
  bool may_enter = true;
  Access may_follow = Access::ok;
  bool following = false;
  bool lost_ends = false;  ///< in what is read next
  std::vector<SocketRelease> released;
  size_t fd_lists = 0;  ///< how often descriptors were listed
  size_t links = 0;     ///< how many were read
};

}  // namespace weir::processes
