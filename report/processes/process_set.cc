#include "report/processes/process_set.h"

#include <algorithm>
#include <functional>

namespace weir::processes {
namespace {

constexpr uint8_t kFirstLooks = 2;  ///< a process that just began gets its sockets a little later
constexpr size_t kMaxProcesses = 1 << 18;
constexpr size_t kMaxGone = 4096;
constexpr uint64_t kKeepGoneNs = 3'600'000'000'000;

/// The start time of a process that was never seen alive is not known. In its place stands what
/// tells it apart from others of the same pid; no clock gets that far.
constexpr uint64_t kNeverSeen = uint64_t{1} << 63;
constexpr uint64_t kRecentNs = 5'000'000'000;

/// Whether a process goes before another one as the owner of a socket that both have.
bool is_better(uint32_t pid, uint32_t other) {
  if (other == 0 || other == pid) return true;
  if (pid == 1 || other == 1) return other == 1;
  return pid < other;
}

}  // namespace

void ProcessSet::refresh() {
  names_read_ = false;
  pids_.clear();
  host_.pids(pids_);
  std::sort(pids_.begin(), pids_.end());
  if (pids_.size() > kMaxProcesses) pids_.resize(kMaxProcesses);
  auto known = processes_.begin();
  for (const uint32_t pid : pids_) {
    while (known != processes_.end() && known->first < pid) remove(known++);
    if (known != processes_.end() && known->first == pid) {
      ++known;
      continue;
    }
    const auto added = processes_.emplace_hint(known, pid, Tracked{});
    if (has_searched_) {
      new_pids_.push_back(pid);
    } else {
      added->second.net = host_.namespace_of(pid);
    }
  }
  while (known != processes_.end()) remove(known++);
  for (const uint32_t pid : new_pids_) {
    const auto entry = processes_.find(pid);
    if (entry != processes_.end()) entry->second.net = host_.namespace_of(pid);
  }
  drop_old_facts();
}

void ProcessSet::want(uint32_t inode) {
  auto& wanted = wanted_[inode];
  if (wanted.count++ == 0) pending_.insert(inode);
}

void ProcessSet::forget(uint32_t inode) {
  const auto at = wanted_.find(inode);
  if (at == wanted_.end() || --at->second.count != 0) return;
  wanted_.erase(at);
  pending_.erase(inode);
  in_pass_.erase(inode);
}

uint32_t ProcessSet::closer(const SocketRelease& release) {
  const auto [entry, is_new] = processes_.try_emplace(release.pid);
  Tracked& process = entry->second;
  if (!is_current(release.pid, process)) {
    if (is_new) processes_.erase(entry);
    return number_of_gone(release);
  }
  if (is_new) {
    process.net = host_.namespace_of(release.pid);
    new_pids_.push_back(release.pid);
  }
  if (process.number == 0) number(release.pid, process);
  return process.number;
}

uint32_t ProcessSet::number_of_gone(const SocketRelease& release) {
  const uint64_t now = std::max<uint64_t>(host_.now_ns(), 1);
  for (auto at = numbers_.lower_bound({release.pid, 0});
       at != numbers_.end() && at->first.first == release.pid && at->first.second < kNeverSeen;
       ++at) {
    const Facts& facts = facts_[at->second];
    if (facts.gone_ns == 0 || now - facts.gone_ns < kRecentNs) return at->second;
  }
  const uint64_t mark = std::hash<std::string>{}(release.command) ^ release.uid;
  const auto [at, is_new] = numbers_.try_emplace({release.pid, kNeverSeen | mark}, next_number_);
  if (!is_new) return at->second;
  ++next_number_;
  report::Process known;
  known.pid = release.pid;
  known.command = clean(release.command);
  known.user = clean(host_.user_name(release.uid));
  known.publisher = std::make_shared<const report::Publisher>();  // gone
  known.publisher_number = publisher_number(known);
  Facts& facts = facts_[at->second];
  facts.pid = release.pid;
  facts.start_time = at->first.second;
  facts.gone_ns = now;
  facts.process = std::make_shared<const report::Process>(std::move(known));
  list_ = nullptr;
  changed_ = true;
  return at->second;
}

void ProcessSet::set_namespace(uint32_t number, uint64_t net) {
  const auto at = facts_.find(number);
  if (at == facts_.end() || at->second.start_time < kNeverSeen || net == host_.own_namespace()) {
    return;
  }
  const std::string name = namespace_name(net);
  if (at->second.process->namespace_of == name) return;
  report::Process known = *at->second.process;
  known.namespace_of = name;
  at->second.process = std::make_shared<const report::Process>(std::move(known));
  list_ = nullptr;
  changed_ = true;
}

uint32_t ProcessSet::owner(uint32_t inode) const {
  const auto at = wanted_.find(inode);
  if (at == wanted_.end() || at->second.pid == 0) return 0;
  const auto process = processes_.find(at->second.pid);
  return process == processes_.end() ? 0 : process->second.number;
}

std::map<uint64_t, uint32_t> ProcessSet::namespaces() const {
  std::map<uint64_t, uint32_t> found;
  for (const auto& [pid, process] : processes_) {
    if (process.net != 0) found.emplace(process.net, pid);
  }
  return found;
}

void ProcessSet::search(uint64_t until_cpu_ns) {
  look_at_new(until_cpu_ns);
  look_at_owners(Depth::stale, until_cpu_ns);
  look_at_owners(Depth::changed, until_cpu_ns);
  if (pass_.empty()) start_pass();
  while (!pass_.empty() && !in_pass_.empty() && host_.cpu_ns() < until_cpu_ns) {
    const uint32_t pid = pass_.front();
    pass_.pop_front();
    look_at(pid, Depth::changed);
  }
  if (in_pass_.empty()) pass_.clear();
  if (pass_.empty()) end_pass();
  has_searched_ = true;
  waited_ = pending_;
}

/// Most new sockets are of a process that has some already.
void ProcessSet::look_at_owners(Depth depth, uint64_t until_cpu_ns) {
  for (auto& [pid, process] : processes_) {
    if (pending_.empty() || host_.cpu_ns() >= until_cpu_ns) return;
    if (!process.sockets.empty()) look_at(pid, depth);
  }
}

void ProcessSet::look_at_new(uint64_t until_cpu_ns) {
  std::deque<uint32_t> again;
  while (!new_pids_.empty() && host_.cpu_ns() < until_cpu_ns) {
    const uint32_t pid = new_pids_.front();
    new_pids_.pop_front();
    look_at(pid, Depth::changed);
    const auto entry = processes_.find(pid);
    if (entry == processes_.end()) continue;
    if (++entry->second.looks < kFirstLooks) again.push_back(pid);
  }
  new_pids_.insert(new_pids_.end(), again.begin(), again.end());
}

/// Through all processes, for sockets that were there at the last search already: many live
/// shorter, and a pass costs more than anything else.
void ProcessSet::start_pass() {
  for (const uint32_t inode : pending_) {
    if (!has_searched_ || waited_.contains(inode)) in_pass_.insert(inode);
  }
  if (in_pass_.empty()) return;
  for (const bool with_sockets : {false, true}) {
    for (const auto& [pid, process] : processes_) {
      if (pid != 1 && !process.refused && process.sockets.empty() != with_sockets) {
        pass_.push_back(pid);
      }
    }
  }
  if (processes_.contains(1)) pass_.push_back(1);
}

/// What nobody was found to have is the kernel's own, or of a process that may not be looked at:
/// the sweep may still find it, but it is not worth a pass at every poll.
void ProcessSet::end_pass() {
  for (const uint32_t inode : in_pass_) pending_.erase(inode);
  in_pass_.clear();
}

void ProcessSet::sweep(size_t count, uint64_t until_cpu_ns) {
  if (sweep_pid_ == 0) {  // the names are read again when one is wanted
    namespace_names_.clear();
    names_read_ = false;
  }
  for (; count != 0 && host_.cpu_ns() < until_cpu_ns; --count) {
    const auto next = processes_.upper_bound(sweep_pid_);
    if (next == processes_.end()) {
      sweep_pid_ = 0;
      return;
    }
    sweep_pid_ = next->first;
    next->second.net = host_.namespace_of(sweep_pid_);
    if (next->second.number != 0) read_facts(sweep_pid_, next->second);
    look_at(sweep_pid_, Depth::thorough);
  }
}

void ProcessSet::look_at(uint32_t pid, Depth depth) {
  const auto entry = processes_.find(pid);
  if (entry == processes_.end()) return;
  Tracked& process = entry->second;
  const bool stale = depth == Depth::stale;
  if (stale && std::all_of(process.sockets.begin(), process.sockets.end(),
                           [&](const FdSocket& socket) { return has_owner(socket.inode); })) {
    return;
  }
  if (!is_current(pid, process)) return;
  if (stale && process.sockets.empty()) depth = Depth::changed;  // another process by now
  std::vector<FdSocket> sockets;
  if (read_sockets(pid, process, depth, sockets)) {
    replace_sockets(pid, process, std::move(sockets));
  }
}

/// False when the process is gone. Another one with the same pid starts with nothing.
bool ProcessSet::is_current(uint32_t pid, Tracked& process) {
  auto stat = host_.stat(pid);
  if (!stat) return false;
  if (process.start_time != 0 && process.start_time != stat->start_time) {
    let_go(pid, process);
    process = Tracked{};
    process.net = host_.namespace_of(pid);
  }
  process.start_time = stat->start_time;
  const bool renamed = process.command != stat->command;
  process.command = std::move(stat->command);
  if (renamed && process.number != 0) read_facts(pid, process);
  return true;
}

/// True when it could be read: then `sockets` are the wanted ones, by fd.
bool ProcessSet::read_sockets(uint32_t pid, Tracked& process, Depth depth,
                              std::vector<FdSocket>& sockets) {
  fds_.clear();
  if (depth == Depth::stale) {
    for (const FdSocket& socket : process.sockets) fds_.push_back(socket.fd);
  } else {
    const Access access = host_.list_fds(pid, fds_);
    if (access == Access::gone) return false;
    refused_ += static_cast<size_t>(access == Access::refused) - (process.refused ? 1 : 0);
    process.refused = access == Access::refused;
    if (process.refused) return false;
    std::sort(fds_.begin(), fds_.end());
  }
  unread_.clear();
  auto known = process.sockets.begin();
  for (const uint32_t fd : fds_) {
    while (known != process.sockets.end() && known->fd < fd) ++known;
    const bool is_known = known != process.sockets.end() && known->fd == fd;
    if (is_known && depth != Depth::thorough && has_owner(known->inode)) {
      sockets.push_back(*known);
    } else {
      unread_.push_back(fd);
    }
  }
  inodes_.clear();
  if (!unread_.empty() && host_.sockets_at(pid, unread_, inodes_) != Access::ok) return false;
  const size_t read = std::min(unread_.size(), inodes_.size());
  for (size_t i = 0; i < read; ++i) {
    if (wanted_.contains(inodes_[i])) sockets.push_back({unread_[i], inodes_[i]});
  }
  std::sort(sockets.begin(), sockets.end(),
            [](const FdSocket& a, const FdSocket& b) { return a.fd < b.fd; });
  return true;
}

bool ProcessSet::has_owner(uint32_t inode) const {
  const auto at = wanted_.find(inode);
  return at != wanted_.end() && at->second.pid != 0;
}

void ProcessSet::replace_sockets(uint32_t pid, Tracked& process, std::vector<FdSocket> sockets) {
  process.sockets.swap(sockets);
  for (const FdSocket& socket : process.sockets) claim(socket.inode, pid, process);
  // A socket may have several descriptors, so this is about inodes. Most looks change nothing.
  const auto by_inode = [](const FdSocket& a, const FdSocket& b) { return a.inode < b.inode; };
  std::vector<FdSocket> left = process.sockets;
  std::sort(left.begin(), left.end(), by_inode);
  for (const FdSocket& old : sockets) {
    if (!std::binary_search(left.begin(), left.end(), old, by_inode)) release(old.inode, pid);
  }
}

void ProcessSet::claim(uint32_t inode, uint32_t pid, Tracked& process) {
  const auto at = wanted_.find(inode);
  if (at == wanted_.end() || at->second.pid == pid || !is_better(pid, at->second.pid)) return;
  if (process.number == 0) number(pid, process);
  at->second.pid = pid;
  pending_.erase(inode);
  in_pass_.erase(inode);
  changed_ = true;
}

void ProcessSet::release(uint32_t inode, uint32_t pid) {
  const auto at = wanted_.find(inode);
  if (at == wanted_.end() || at->second.pid != pid) return;
  at->second.pid = 0;
  pending_.insert(inode);
  changed_ = true;
}

void ProcessSet::let_go(uint32_t pid, Tracked& process) {
  for (const FdSocket& socket : process.sockets) release(socket.inode, pid);
  process.sockets.clear();
  if (process.refused) --refused_;
  const auto facts = facts_.find(process.number);
  if (facts != facts_.end()) facts->second.gone_ns = std::max<uint64_t>(host_.now_ns(), 1);
}

void ProcessSet::remove(Entry entry) {
  let_go(entry->first, entry->second);
  processes_.erase(entry);
}

void ProcessSet::number(uint32_t pid, Tracked& process) {
  const auto [at, is_new] = numbers_.try_emplace({pid, process.start_time}, next_number_);
  if (is_new) ++next_number_;
  process.number = at->second;
  Facts& facts = facts_[process.number];
  facts.pid = pid;
  facts.start_time = process.start_time;
  facts.gone_ns = 0;
  read_facts(pid, process);
}

std::string ProcessSet::namespace_name(uint64_t net) {
  auto name = namespace_names_.find(net);
  if (name == namespace_names_.end() && !names_read_) {
    namespace_names_ = host_.namespace_names();
    names_read_ = true;
    name = namespace_names_.find(net);
  }
  return name == namespace_names_.end() ? std::to_string(net) : clean(name->second);
}

void ProcessSet::read_facts(uint32_t pid, const Tracked& process) {
  report::Process facts;
  facts.pid = pid;
  std::string_view command = process.command;
  // The kernel keeps 15 bytes of a name; the program's file has the rest.
  const std::string program = host_.program(pid);
  if (command.size() == 15 && program.starts_with(command)) command = program;
  facts.command = clean(command);
  facts.user = clean(host_.user(pid));
  facts.unit = unit_of_cgroup(host_.cgroup(pid));
  facts.command_line = command_line_text(host_.command_line(pid));
  if (process.net != 0 && process.net != host_.own_namespace()) {
    facts.namespace_of = namespace_name(process.net);
  }
  auto& known = facts_[process.number].process;
  // Another name or other arguments may be another program.
  const bool is_other = known == nullptr || known->command != facts.command ||
                        known->command_line != facts.command_line;
  if (is_other) unasked_.emplace_back(pid, process.start_time);
  if (known != nullptr) facts.publisher = known->publisher;
  facts.publisher_number = publisher_number(facts);
  const auto same = [&](const report::Process& other) {
    return other.command == facts.command && other.user == facts.user && other.unit == facts.unit &&
           other.namespace_of == facts.namespace_of && other.command_line == facts.command_line;
  };
  if (known != nullptr && same(*known)) return;
  known = std::make_shared<const report::Process>(std::move(facts));
  list_ = nullptr;
  changed_ = true;
}

void ProcessSet::take_publishers() {
  if (publishers_ == nullptr) {
    unasked_.clear();
    return;
  }
  while (!unasked_.empty() && publishers_->want(unasked_.front())) unasked_.pop_front();
  std::vector<std::pair<ProcessIdentity, std::shared_ptr<const report::Publisher>>> found;
  publishers_->take(found);
  for (auto& [identity, publisher] : found) {
    const auto number = numbers_.find(identity);
    if (number == numbers_.end()) continue;
    Facts& facts = facts_[number->second];
    // What was known of one that has ended by now stays so.
    const bool gone = publisher->state == report::Publisher::State::gone;
    if (gone && facts.process->publisher != nullptr) continue;
    report::Process process = *facts.process;
    process.publisher = std::move(publisher);
    process.publisher_number = publisher_number(process);
    facts.process = std::make_shared<const report::Process>(std::move(process));
    list_ = nullptr;
    changed_ = true;
  }
}

uint32_t ProcessSet::publisher_number(const report::Process& process) {
  const auto next =
      static_cast<uint32_t>(report::ProcessTable::kFirstProcess + publisher_numbers_.size());
  return publisher_numbers_.try_emplace(report::publisher_name(process), next).first->second;
}

/// Connections are remembered for a minute; whoever looks at totals does so for longer.
void ProcessSet::drop_old_facts() {
  const uint64_t now = host_.now_ns();
  size_t gone = 0;
  for (const auto& [number, facts] : facts_) gone += facts.gone_ns != 0 ? 1 : 0;
  for (auto at = facts_.begin(); at != facts_.end() && gone != 0;) {
    const uint64_t gone_ns = at->second.gone_ns;
    if (gone_ns == 0 || (gone <= kMaxGone && now < gone_ns + kKeepGoneNs)) {
      ++at;
      continue;
    }
    numbers_.erase({at->second.pid, at->second.start_time});
    at = facts_.erase(at);
    --gone;
    list_ = nullptr;
    changed_ = true;
  }
}

std::shared_ptr<const ProcessList> ProcessSet::list() {
  if (list_ == nullptr) {
    auto list = std::make_shared<ProcessList>();
    list->reserve(facts_.size());
    for (const auto& [number, facts] : facts_) list->emplace_back(number, facts.process);
    list_ = std::move(list);
  }
  return list_;
}

}  // namespace weir::processes
