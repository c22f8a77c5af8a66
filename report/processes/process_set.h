#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "report/process_source.h"
#include "report/processes/host.h"
#include "report/processes/publishers.h"
#include "report/processes/socket_table.h"

namespace weir::processes {

/// The host's processes, and which of them has which socket. Finds out as little as it can: only
/// for inodes that were wanted, in processes that are likely first, and within a budget of CPU time
/// for each call; what it did not get to comes next time.
///
/// A socket that several processes have belongs to the one with the lowest pid, but to pid 1 only
/// when nobody else has it: systemd keeps what it activates.
class ProcessSet {
 public:
  /// `publishers` null: they are not looked up.
  explicit ProcessSet(Host& host, Publishers* publishers = nullptr)
      : host_(host), publishers_(publishers) {}

  /// Reads which processes there are, and in which namespace the new ones are.
  void refresh();

  void want(uint32_t inode);
  void forget(uint32_t inode);

  /// Looks for owners of wanted inodes until the thread's CPU time reaches `until_cpu_ns`.
  void search(uint64_t until_cpu_ns);
  /// Looks through the next `count` processes anew, whatever is known of them.
  void sweep(size_t count, uint64_t until_cpu_ns);

  /// Takes over what was found of publishers since the last call, and asks for what is to be found.
  void take_publishers();

  /// Number of the process that let go of a socket. One that is gone already is known by what the
  /// release says of it, and keeps the number that it had, if any.
  uint32_t closer(const SocketRelease& release);
  /// For one that was gone before its namespace could be read.
  void set_namespace(uint32_t number, uint64_t net);

  /// Number of the process that has the socket; 0: none found.
  uint32_t owner(uint32_t inode) const;
  size_t size() const { return processes_.size(); }
  bool refused() const { return refused_ != 0; }
  size_t pending() const { return pending_.size(); }

  /// A process of each namespace there is.
  std::map<uint64_t, uint32_t> namespaces() const;

  /// True once after each change of an owner or of a fact.
  bool take_changed() { return std::exchange(changed_, false); }
  std::shared_ptr<const ProcessList> list();

 private:
  struct FdSocket {
    uint32_t fd;
    uint32_t inode;
  };
  struct Tracked {
    uint64_t start_time = 0;  ///< 0: not looked at yet
    uint64_t net = 0;
    uint32_t number = 0;  ///< 0: had no socket yet
    uint8_t looks = 0;
    bool refused = false;
    std::string command;            ///< raw; a change of it is an exec
    std::vector<FdSocket> sockets;  ///< wanted ones, by fd
  };
  struct Wanted {
    uint32_t pid = 0;  ///< 0: looking for it
    uint32_t count = 0;
  };
  struct Facts {
    uint64_t start_time = 0;
    uint32_t pid = 0;
    uint64_t gone_ns = 0;  ///< 0: alive
    std::shared_ptr<const report::Process> process;
  };
  enum class Depth : uint8_t {
    stale,     ///< only descriptors whose socket is gone: a new one mostly takes its place
    changed,   ///< and those not known yet
    thorough,  ///< every one
  };
  using Entry = std::map<uint32_t, Tracked>::iterator;

  void look_at(uint32_t pid, Depth depth);
  bool is_current(uint32_t pid, Tracked& process);
  bool read_sockets(uint32_t pid, Tracked& process, Depth depth, std::vector<FdSocket>& sockets);
  bool has_owner(uint32_t inode) const;
  void replace_sockets(uint32_t pid, Tracked& process, std::vector<FdSocket> sockets);
  void claim(uint32_t inode, uint32_t pid, Tracked& process);
  void release(uint32_t inode, uint32_t pid);
  void let_go(uint32_t pid, Tracked& process);
  void remove(Entry entry);
  void number(uint32_t pid, Tracked& process);
  uint32_t publisher_number(const report::Process& process);
  std::string namespace_name(uint64_t net);
  uint32_t number_of_gone(const SocketRelease& release);
  void read_facts(uint32_t pid, const Tracked& process);
  void look_at_new(uint64_t until_cpu_ns);
  void look_at_owners(Depth depth, uint64_t until_cpu_ns);
  void start_pass();
  void end_pass();
  void drop_old_facts();

  Host& host_;
  Publishers* publishers_;
  std::deque<ProcessIdentity> unasked_;  ///< of publishers
  std::map<std::string, uint32_t> publisher_numbers_;
  std::map<uint32_t, Tracked> processes_;
  std::unordered_map<uint32_t, Wanted> wanted_;
  std::unordered_set<uint32_t> pending_;
  std::unordered_set<uint32_t> waited_;   ///< pending at the end of the last search
  std::unordered_set<uint32_t> in_pass_;  ///< pending ones that this pass looks for from its start
  std::deque<uint32_t> new_pids_;
  std::deque<uint32_t> pass_;  ///< processes that are still to be looked at for pending inodes
  bool has_searched_ = false;
  uint32_t sweep_pid_ = 0;
  size_t refused_ = 0;
  bool changed_ = true;
  uint32_t next_number_ = report::ProcessTable::kFirstProcess;
  std::map<uint32_t, Facts> facts_;
  std::map<std::pair<uint32_t, uint64_t>, uint32_t> numbers_;  ///< pid, start time: as in facts_
  std::map<uint64_t, std::string> namespace_names_;
  bool names_read_ = false;  ///< since the last refresh(): once a poll is enough
  std::shared_ptr<const ProcessList> list_;
  std::vector<uint32_t> pids_;  ///< this and the next three: kept for their memory
  std::vector<uint32_t> fds_;
  std::vector<uint32_t> unread_;
  std::vector<uint32_t> inodes_;
};

}  // namespace weir::processes
