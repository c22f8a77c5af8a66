#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "report/processes/host.h"
#include "report/processes/process_set.h"
#include "report/processes/socket_table.h"

namespace weir::processes {

/// What a poll cost, of the thread's CPU time, and saw.
struct PollStats {
  uint64_t cpu_ns = 0;
  uint64_t sockets_cpu_ns = 0;    ///< of it: reading sockets from the kernel
  uint64_t processes_cpu_ns = 0;  ///< of it: processes and who has which socket
  size_t sockets = 0;             ///< with an inode
  size_t remembered = 0;
  size_t pending = 0;  ///< sockets whose process is still looked for
};

/// Follows the host's sockets and processes from poll to poll. One thread; the tables it gives out
/// are immutable.
class Tracker {
 public:
  static constexpr uint64_t kRememberNs = 60'000'000'000;  ///< TIME_WAIT of Linux
  static constexpr size_t kMaxSockets = 1 << 20;
  static constexpr size_t kMaxRemembered = 1 << 17;
  static constexpr size_t kMaxNamespaces = 256;  ///< besides weir's own
  static constexpr size_t kMaxClosers = 1 << 16;

  /// `seed`: of the hashes; peers choose their ports, so it must not be guessed.
  Tracker(Host& host, uint64_t seed, Publishers* publishers = nullptr);

  /// Looks once, and spends about `search_ns` of CPU time at most on what can wait: other
  /// namespaces, then owners not known yet.
  void poll(uint64_t search_ns);
  /// Closes what it holds of other namespaces, which would keep them alive.
  void rest();

  /// As of the last poll; never null.
  std::shared_ptr<const SocketTable> table() const { return table_; }
  PollStats stats() const { return stats_; }
  std::string limits() const;

 private:
  struct Identity {
    SocketKey key;
    uint64_t cookie = 0;
    uint32_t inode = 0;
    uint32_t serves_ipv4 = 0;

    bool operator==(const Identity&) const = default;
  };
  struct IdentityHash {
    uint64_t seed;
    size_t operator()(const Identity& identity) const noexcept {
      return hash_of(identity.key, seed) ^
             fold(identity.inode ^ seed, identity.cookie ^ (seed + 1));
    }
  };
  struct KeyHash {
    uint64_t seed;
    size_t operator()(const SocketKey& key) const noexcept { return hash_of(key, seed); }
  };
  struct Seen {
    uint64_t poll = 0;
    uint32_t owner = 0;  ///< the last one known: it outlives the process
  };
  struct Memory {
    uint64_t until_ns = 0;
    uint32_t owner = 0;
  };
  struct Net {
    uint16_t index = 0;
    uint32_t pid = 0;  ///< one that is in it
    bool is_open = false;
    bool refused = false;
    uint64_t polled = 0;  ///< the poll that read it last
    std::vector<LocalAddress> addresses;
  };

  void find_namespaces();
  void open_namespaces();
  void read_namespace(uint64_t inode, Net& net);
  void match(const std::vector<SocketRecord>& records, uint16_t net);
  void drop_namespace(uint16_t index);
  void follow_ends();
  void read_ends(uint64_t until_cpu_ns);
  void take_releases();
  void end_socket(const SocketRecord& record, uint16_t net, uint64_t inode);
  void remember(const SocketKey& key, uint32_t owner);
  void forget_old();
  void take_owners();
  void build();

  Host& host_;
  ProcessSet processes_;
  uint64_t seed_;
  uint64_t polls_ = 0;
  uint64_t last_poll_ns_ = 0;
  bool changed_ = true;
  bool too_many_ = false;         ///< more namespaces than kMaxNamespaces
  std::map<uint64_t, Net> nets_;  ///< by inode number
  std::vector<bool> indexes_;     ///< taken ones
  std::unordered_map<Identity, Seen, IdentityHash> seen_;
  std::vector<size_t> seen_of_;  ///< how many of seen_ by index of namespace
  std::unordered_map<SocketKey, Memory, KeyHash> remembered_;
  std::unordered_map<uint64_t, Memory> closers_;  ///< by cookie: who let go of the socket
  std::optional<Access> follows_ends_;            ///< unset: not tried since the last rest
  bool lost_ends_ = false;                        ///< in the last poll
  std::vector<SocketRecord> records_;             ///< kept for its memory
  std::shared_ptr<const SocketTable> table_;
  PollStats stats_;
};

}  // namespace weir::processes
