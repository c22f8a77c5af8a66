#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "report/processes/proc_text.h"
#include "report/processes/socket_record.h"

namespace weir::processes {

/// What became of a question about a process.
enum class Access : uint8_t {
  ok,
  gone,     ///< no such process any more
  refused,  ///< not ours to see
};

/// What weir asks of the kernel: the seam for tests with made-up hosts. Used by one thread, the
/// poller's. A network namespace is named by its inode number; no call waits longer than a second.
class Host {
 public:
  virtual ~Host() = default;

  virtual uint64_t now_ns() = 0;  ///< monotonic
  virtual uint64_t cpu_ns() = 0;  ///< what this thread has used

  virtual void pids(std::vector<uint32_t>& out) = 0;
  virtual std::optional<ProcStat> stat(uint32_t pid) = 0;
  virtual Access list_fds(uint32_t pid, std::vector<uint32_t>& out) = 0;
  /// The inodes behind the descriptors, 0 for what is no socket (or closed by now).
  virtual Access sockets_at(uint32_t pid, std::span<const uint32_t> fds,
                            std::vector<uint32_t>& out) = 0;
  virtual std::string cgroup(uint32_t pid) = 0;   ///< the file's text
  virtual std::string program(uint32_t pid) = 0;  ///< base name of what it runs; empty: not told
  virtual std::string command_line(uint32_t pid) = 0;  ///< the file's bytes, a few KiB at most
  virtual std::string user(uint32_t pid) = 0;          ///< name or number
  virtual std::string user_name(uint32_t uid) = 0;

  virtual uint64_t own_namespace() = 0;
  virtual uint64_t namespace_of(uint32_t pid) = 0;  ///< 0: not told
  /// Makes ready for questions about the namespace that the process is in; it is kept alive until
  /// it is closed. Weir's own is always open.
  virtual bool open_namespace(uint64_t net, uint32_t pid) = 0;
  virtual void close_namespace(uint64_t net) = 0;
  /// All sockets of the namespace; false when they could not be read to the end.
  virtual bool sockets(uint64_t net, std::vector<SocketRecord>& out) = 0;
  virtual bool addresses(uint64_t net, std::vector<LocalAddress>& out) = 0;
  virtual std::map<uint64_t, std::string> namespace_names() = 0;

  /// Begins or ends to follow how sockets end, in all open namespaces. It costs the kernel a
  /// little for each socket, so it is asked for only while somebody looks. `gone`: this kernel
  /// cannot tell.
  virtual Access follow_ends(bool on) = 0;
  /// What was destroyed in the namespace since the last call, with its cookie. To be asked before
  /// releases(): a socket is released first. False when some were lost.
  virtual bool destroyed(uint64_t net, std::vector<SocketRecord>& out) = 0;
  virtual bool releases(std::vector<SocketRelease>& out) = 0;

  /// What cannot be seen for want of kernel support; empty: nothing.
  virtual std::string limits() = 0;
};

}  // namespace weir::processes
