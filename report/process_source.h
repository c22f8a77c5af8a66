#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "engine/core/flow_key.h"

namespace weir::report {

/// Where the executable of a process is from. All text is printable and of bounded length.
struct Publisher {
  enum class State : uint8_t {
    known,
    not_packaged,  ///< no package has it
    not_readable,  ///< the packages of its system cannot be read: not dpkg's
    refused,       ///< another user's process: needs rights
    gone,          ///< the process ended before it was looked at
  };
  State state = State::gone;
  std::string package;         ///< "openssh-server"; empty unless known
  std::string path;            ///< as the process itself sees it
  std::string sha256;          ///< 64 hex digits; empty: not read, or too large
  bool deleted = false;        ///< what runs is not there any more, as after an upgrade
  std::string script;          ///< what the process says it interprets; empty: nothing
  std::string script_package;  ///< of that file; empty: none
};

/// A process that has or had a socket. All text is printable and of bounded length.
struct Process {
  uint32_t pid = 0;
  std::string command;       ///< /proc/PID/comm, or the base name of the program
  std::string user;          ///< name, or the number
  std::string unit;          ///< systemd unit, container or pod of its cgroup; empty: none
  std::string namespace_of;  ///< network namespace when it is not weir's: its name or inode number
  /// Arguments, for details only: they may hold secrets. Empty: a kernel thread, or gone too soon.
  std::string command_line;
  std::shared_ptr<const Publisher> publisher;  ///< null: not looked up yet
  /// Equal for processes of the same publisher, like the numbers of ProcessTable.
  uint32_t publisher_number = 0;
};

/// "openssh-server"; else in words why no package is known.
inline std::string publisher_name(const Process& process) {
  if (process.publisher == nullptr) return "not looked up yet";
  switch (process.publisher->state) {
    case Publisher::State::known: return process.publisher->package;
    case Publisher::State::not_packaged: return "of no package";
    case Publisher::State::not_readable: return "unknown, no dpkg database";
    case Publisher::State::refused: return "unknown, needs rights";
    case Publisher::State::gone: break;
  }
  return "unknown, ended too soon";
}

/// Which process each end of a flow belongs to, as of one poll. Immutable; may be asked by any
/// thread, for every flow of a snapshot, so an answer costs a hash look-up or two.
class ProcessTable {
 public:
  /// Numbers of what is no process. Other numbers are given to processes for as long as weir runs,
  /// and never to another one.
  static constexpr uint32_t kRemote = 0;     ///< the address is not this host's
  static constexpr uint32_t kUnknown = 1;    ///< this host's address, and no socket that would fit
  static constexpr uint32_t kForwarded = 2;  ///< neither end is this host's: passing through
  static constexpr uint32_t kKernel =
      3;  ///< this host's, of a protocol without sockets (ICMP, ESP)
  static constexpr uint32_t kFirstProcess = 16;

  virtual ~ProcessTable() = default;
  /// Of the key's low and high end. Both are kForwarded, or at least one is not kRemote.
  virtual std::array<uint32_t, 2> owners_of(const FlowKey& key) const = 0;
  /// False before the first poll: kUnknown says nothing then.
  virtual bool polled() const { return true; }
  /// What is known of a process's number; null for those of no process, or long gone.
  virtual const Process* process(uint32_t number) const = 0;
  /// Of a Process::publisher_number; empty: none has it.
  virtual std::string publisher(uint32_t /*publisher_number*/) const { return {}; }
};

/// Polls the host's sockets on a thread of its own.
class ProcessSource {
 public:
  virtual ~ProcessSource() = default;
  /// The newest table; never null. Does not block.
  virtual std::shared_ptr<const ProcessTable> table() const = 0;
  /// Polling costs something, so it goes on only while somebody looks.
  virtual void set_active(bool active) = 0;
  /// One line when attribution cannot be complete ("not root: only your own processes"); or empty.
  virtual std::string limits() const = 0;
};

}  // namespace weir::report
