#include "report/processes/tracker.h"

#include <algorithm>
#include <tuple>

namespace weir::processes {
namespace {

/// All processes are looked through anew once in this time.
constexpr uint64_t kSweepNs = 30'000'000'000;

/// A namespace that could not be entered is tried again after so many polls.
constexpr uint64_t kRetryPolls = 64;

}  // namespace

Tracker::Tracker(Host& host, uint64_t seed, Publishers* publishers)
    : host_(host),
      processes_(host, publishers),
      seed_(seed),
      indexes_(kMaxNamespaces + 1),
      seen_(16, IdentityHash{seed}),
      seen_of_(kMaxNamespaces + 1),
      remembered_(16, KeyHash{seed}),
      table_(std::make_shared<SocketTable>(0, std::span<const HomeAddress>{}, seed, nullptr)) {
  Net& own = nets_[host_.own_namespace()];
  own.is_open = true;
  indexes_[0] = true;
}

void Tracker::poll(uint64_t search_ns) {
  const uint64_t start = host_.cpu_ns();
  const uint64_t now = host_.now_ns();
  ++polls_;
  processes_.refresh();
  follow_ends();
  find_namespaces();
  const uint64_t listed = host_.cpu_ns();
  read_namespace(host_.own_namespace(), nets_[host_.own_namespace()]);
  // Those that waited longest first, for as long as there is time.
  std::vector<std::pair<uint64_t, uint64_t>> others;
  for (const auto& [inode, net] : nets_) {
    if (net.is_open && net.index != 0) others.emplace_back(net.polled, inode);
  }
  std::sort(others.begin(), others.end());
  const uint64_t read_until = host_.cpu_ns() + search_ns / 2;
  for (const auto& [polled, inode] : others) {
    if (host_.cpu_ns() >= read_until) break;
    read_namespace(inode, nets_[inode]);
  }
  read_ends(read_until);
  forget_old();
  const uint64_t read = host_.cpu_ns();
  processes_.search(read + search_ns / 2);
  const uint64_t since = last_poll_ns_ == 0 ? 0 : std::min(now - last_poll_ns_, kSweepNs);
  last_poll_ns_ = now;
  const auto share =
      static_cast<size_t>(processes_.size() * (since / 1'000'000) / (kSweepNs / 1'000'000));
  processes_.sweep(share + 1, host_.cpu_ns() + search_ns / 4);
  processes_.take_publishers();
  const uint64_t searched = host_.cpu_ns();
  if (processes_.take_changed() || changed_) {
    take_owners();
    build();
    changed_ = false;
  }
  stats_.cpu_ns = host_.cpu_ns() - start;
  stats_.sockets_cpu_ns = read - listed;
  stats_.processes_cpu_ns = listed - start + searched - read;
  stats_.sockets = seen_.size();
  stats_.remembered = remembered_.size();
  stats_.pending = processes_.pending();
}

void Tracker::rest() {
  host_.follow_ends(false);
  follows_ends_.reset();
  closers_.clear();
  for (auto& [inode, net] : nets_) {
    if (net.index != 0 && net.is_open) host_.close_namespace(inode);
    if (net.index != 0) net.is_open = false;
  }
}

void Tracker::find_namespaces() {
  const auto present = processes_.namespaces();
  for (auto at = nets_.begin(); at != nets_.end();) {
    auto& [inode, net] = *at;
    const auto found = present.find(inode);
    if (net.index == 0 || found != present.end()) {
      if (found != present.end()) net.pid = found->second;
      ++at;
      continue;
    }
    if (net.is_open) host_.close_namespace(inode);
    drop_namespace(net.index);
    at = nets_.erase(at);
  }
  too_many_ = false;
  for (const auto& [inode, pid] : present) {
    if (nets_.contains(inode)) continue;
    const auto free = std::find(indexes_.begin(), indexes_.end(), false);
    too_many_ = free == indexes_.end();
    if (too_many_) break;
    *free = true;
    Net& net = nets_[inode];
    net.index = static_cast<uint16_t>(free - indexes_.begin());
    net.pid = pid;
  }
  open_namespaces();
}

void Tracker::open_namespaces() {
  for (auto& [inode, net] : nets_) {
    if (net.is_open || (net.refused && polls_ % kRetryPolls != 0)) continue;
    net.is_open = host_.open_namespace(inode, net.pid);
    net.refused = !net.is_open;
  }
}

/// A namespace that is gone takes its sockets with it; what they were stays known for a while.
void Tracker::drop_namespace(uint16_t index) {
  for (auto at = seen_.begin(); at != seen_.end();) {
    if (at->first.key.net != index) {
      ++at;
      continue;
    }
    processes_.forget(at->first.inode);
    at = seen_.erase(at);
  }
  // The number may be given to another namespace: its flows are not this one's.
  std::erase_if(remembered_, [&](const auto& entry) { return entry.first.net == index; });
  seen_of_[index] = 0;
  indexes_[index] = false;
  changed_ = true;
}

/// Before namespaces are opened: each begins to tell when it is.
void Tracker::follow_ends() {
  if (!follows_ends_) follows_ends_ = host_.follow_ends(true);
}

/// A socket is released first and destroyed then, so what is read in the other order has for each
/// destroyed one who released it. Weir's own namespace first, whatever time is left.
void Tracker::read_ends(uint64_t until_cpu_ns) {
  lost_ends_ = false;
  if (follows_ends_ != Access::ok) return;
  std::vector<std::pair<uint64_t, std::vector<SocketRecord>>> ended;
  const auto read = [&](uint64_t inode) {
    ended.emplace_back(inode, std::vector<SocketRecord>{});
    if (!host_.destroyed(inode, ended.back().second)) lost_ends_ = true;
  };
  read(host_.own_namespace());
  for (const auto& [inode, net] : nets_) {
    if (net.is_open && net.index != 0 && host_.cpu_ns() < until_cpu_ns) read(inode);
  }
  take_releases();
  for (const auto& [inode, records] : ended) {
    for (const SocketRecord& record : records) end_socket(record, nets_[inode].index, inode);
  }
}

void Tracker::take_releases() {
  std::vector<SocketRelease> releases;
  if (!host_.releases(releases)) lost_ends_ = true;
  const uint64_t until = host_.now_ns() + kRememberNs;
  // One program may close thousands: it is looked at once.
  std::map<std::tuple<uint32_t, uint32_t, std::string>, uint32_t> numbers;
  for (const SocketRelease& release : releases) {
    if (closers_.size() >= kMaxClosers) {
      lost_ends_ = true;
      break;
    }
    uint32_t& number = numbers[{release.pid, release.uid, release.command}];
    if (number == 0) number = processes_.closer(release);
    closers_[release.cookie] = {until, number};
  }
}

void Tracker::end_socket(const SocketRecord& record, uint16_t net, uint64_t inode) {
  const auto closer = closers_.find(record.cookie);
  if (closer == closers_.end()) return;
  const uint32_t owner = closer->second.owner;
  closers_.erase(closer);
  if (record.key.local_port == 0) return;  // never bound, so it neither sent nor received
  SocketKey key = record.key;
  key.net = net;
  // What a poll saw of it is better: who had it, and not only who closed it last.
  const uint64_t until = host_.now_ns() + kRememberNs;
  for (const bool as_ipv4 : {false, true}) {
    if (as_ipv4 && !record.serves_ipv4) break;
    if (as_ipv4) key.ip_version = 4;
    const auto memory = remembered_.find(key);
    if (memory != remembered_.end() && memory->second.until_ns >= until) continue;
    remember(key, owner);
    changed_ = true;
  }
  processes_.set_namespace(owner, inode);
}

void Tracker::read_namespace(uint64_t inode, Net& net) {
  net.polled = polls_;
  std::vector<LocalAddress> addresses;
  if (host_.addresses(inode, addresses) && addresses != net.addresses) {
    net.addresses = std::move(addresses);
    changed_ = true;
  }
  records_.clear();
  if (host_.sockets(inode, records_)) {
    match(records_, net.index);
  } else if (net.index != 0) {
    // What was read only in part says nothing of what is gone. Entered anew by way of a process
    // that is there now, it may work again.
    host_.close_namespace(inode);
    net.is_open = false;
  }
}

void Tracker::match(const std::vector<SocketRecord>& records, uint16_t net) {
  std::vector<Identity> added;
  size_t still_there = 0;
  const uint64_t until = host_.now_ns() + kRememberNs;
  for (const SocketRecord& record : records) {
    Identity identity{record.key, record.cookie, record.inode, record.serves_ipv4 ? 1U : 0U};
    identity.key.net = net;
    if (record.inode == 0) {  // closing: as long as the kernel has it, it is not forgotten
      const auto memory = remembered_.find(identity.key);
      if (memory != remembered_.end()) {
        memory->second.until_ns = until;
        continue;
      }
      // FIN_WAIT and TIME_WAIT keep the socket's cookie.
      const auto closer = closers_.find(identity.cookie);
      if (closer == closers_.end()) continue;
      remember(identity.key, closer->second.owner);
      changed_ = true;
      continue;
    }
    const auto at = seen_.find(identity);
    if (at == seen_.end()) {
      added.push_back(identity);
    } else if (at->second.poll != polls_) {
      at->second.poll = polls_;
      ++still_there;
    }
  }
  if (still_there != seen_of_[net]) {
    for (auto at = seen_.begin(); at != seen_.end();) {
      const auto& [identity, seen] = *at;
      if (identity.key.net != net || seen.poll == polls_) {
        ++at;
        continue;
      }
      remember(identity.key, seen.owner);
      processes_.forget(identity.inode);
      at = seen_.erase(at);
      changed_ = true;
    }
  }
  // After those that are gone, because an inode number may come again at once.
  for (const Identity& identity : added) {
    if (seen_.size() >= kMaxSockets) break;
    if (!seen_.try_emplace(identity, Seen{polls_, 0}).second) continue;
    ++still_there;
    remembered_.erase(identity.key);
    processes_.want(identity.inode);
    changed_ = true;
  }
  seen_of_[net] = still_there;
}

void Tracker::remember(const SocketKey& key, uint32_t owner) {
  if (owner == 0) return;
  if (remembered_.size() >= kMaxRemembered && !remembered_.contains(key)) return;
  remembered_[key] = {host_.now_ns() + kRememberNs, owner};
}

void Tracker::forget_old() {
  const uint64_t now = host_.now_ns();
  const size_t before = remembered_.size();
  std::erase_if(remembered_, [&](const auto& entry) { return entry.second.until_ns <= now; });
  if (remembered_.size() != before) changed_ = true;
  std::erase_if(closers_, [&](const auto& entry) { return entry.second.until_ns <= now; });
}

void Tracker::take_owners() {
  for (auto& [identity, seen] : seen_) {
    const uint32_t owner = processes_.owner(identity.inode);
    if (owner != 0) seen.owner = owner;
  }
}

void Tracker::build() {
  std::vector<HomeAddress> homes;
  for (const bool own : {true, false}) {
    for (const auto& [inode, net] : nets_) {
      if ((net.index == 0) != own) continue;
      for (const LocalAddress& address : net.addresses) homes.push_back({address, net.index});
    }
  }
  // Several sockets may have a key (SO_REUSEPORT): the process that was first numbered has it.
  std::vector<std::pair<uint32_t, const Identity*>> open;
  size_t dual = 0;
  for (const auto& [identity, seen] : seen_) {
    if (seen.owner == 0 || !is_zero(identity.key.peer)) continue;
    open.emplace_back(seen.owner, &identity);
    dual += identity.serves_ipv4;
  }
  std::sort(open.begin(), open.end());
  auto table = std::make_shared<SocketTable>(seen_.size() + dual + remembered_.size(), homes, seed_,
                                             processes_.list());
  for (const auto& [identity, seen] : seen_) {
    if (seen.owner != 0 && !is_zero(identity.key.peer)) table->add(identity.key, seen.owner);
  }
  for (const auto& [owner, identity] : open) table->add(identity->key, owner);
  for (const auto& [owner, identity] : open) {
    if (identity->serves_ipv4 == 0) continue;
    SocketKey key = identity->key;
    key.ip_version = 4;
    table->add(key, owner);
  }
  for (const auto& [key, memory] : remembered_) table->add(key, memory.owner);
  table_ = std::move(table);
}

std::string Tracker::limits() const {
  std::string text = host_.limits();
  const auto add = [&](const char* more) {
    if (!text.empty()) text += "; ";
    text += more;
  };
  if (processes_.refused()) add("not root: only your own processes");
  if (std::any_of(nets_.begin(), nets_.end(), [](const auto& net) { return net.second.refused; })) {
    add("other network namespaces need CAP_SYS_ADMIN");
  }
  if (follows_ends_ == Access::refused) {
    add("connections shorter than a second need CAP_BPF and CAP_NET_ADMIN");
  } else if (follows_ends_ == Access::gone) {
    add("this kernel cannot tell whose connections shorter than a second are");
  }
  if (lost_ends_) add("too many sockets are closed to follow them all");
  if (too_many_) add("only 256 other network namespaces are looked into");
  return text;
}

}  // namespace weir::processes
