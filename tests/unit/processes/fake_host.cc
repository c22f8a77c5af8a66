#include "tests/unit/processes/fake_host.h"

#include <arpa/inet.h>

#include <stdexcept>
#include <utility>

namespace weir::processes {
namespace {

constexpr uint64_t kQuestionNs = 1000;

}  // namespace

uint8_t version_of(const std::string& text) {
  return text.find(':') == std::string::npos ? 4 : 6;
}

IpBytes ip(const std::string& text) {
  IpBytes address{};
  if (text.empty()) return address;
  const int family = version_of(text) == 4 ? AF_INET : AF_INET6;
  if (inet_pton(family, text.c_str(), address.data()) != 1) throw std::invalid_argument(text);
  return address;
}

Flow::Flow(uint8_t proto, const std::string& here, uint16_t here_port, const std::string& there,
           uint16_t there_port) {
  auto low = std::pair(ip(here), here_port);
  auto high = std::pair(ip(there), there_port);
  here_is_low = low <= high;
  if (!here_is_low) std::swap(low, high);
  key.low_addr = low.first;
  key.low_port = low.second;
  key.high_addr = high.first;
  key.high_port = high.second;
  key.proto = proto;
  key.ip_version = version_of(here);
}

SocketRecord socket_record(uint8_t proto, const std::string& local, uint16_t local_port,
                           uint32_t inode, const std::string& peer, uint16_t peer_port) {
  SocketRecord record;
  record.key.proto = proto;
  record.key.ip_version = version_of(local);
  record.key.local = ip(local);
  record.key.local_port = local_port;
  record.key.peer = ip(peer);
  record.key.peer_port = peer_port;
  record.inode = inode;
  record.cookie = inode;
  return canonical(record, false);
}

FakeHost::FakeHost() {
  nets[kOwn].is_open = true;
}

void FakeHost::add_address(uint64_t net, const std::string& text) {
  nets[net].addresses.push_back({ip(text), version_of(text), false});
}

void FakeHost::pids(std::vector<uint32_t>& out) {
  cpu += kQuestionNs;
  for (const auto& [pid, process] : processes) out.push_back(pid);
}

std::optional<ProcStat> FakeHost::stat(uint32_t pid) {
  cpu += kQuestionNs;
  const auto at = processes.find(pid);
  if (at == processes.end()) return std::nullopt;
  return ProcStat{at->second.command, at->second.start_time};
}

Access FakeHost::list_fds(uint32_t pid, std::vector<uint32_t>& out) {
  cpu += kQuestionNs;
  ++fd_lists;
  const auto at = processes.find(pid);
  if (at == processes.end()) return Access::gone;
  if (at->second.refused) return Access::refused;
  for (const auto& [fd, inode] : at->second.fds) out.push_back(fd);
  return Access::ok;
}

Access FakeHost::sockets_at(uint32_t pid, std::span<const uint32_t> fds,
                            std::vector<uint32_t>& out) {
  const auto at = processes.find(pid);
  if (at == processes.end()) return Access::gone;
  for (const uint32_t fd : fds) {
    cpu += kQuestionNs;
    ++links;
    const auto link = at->second.fds.find(fd);
    out.push_back(link == at->second.fds.end() ? 0 : link->second);
  }
  return Access::ok;
}

bool FakeHost::open_namespace(uint64_t net, uint32_t pid) {
  if (!may_enter || processes[pid].net != net) return false;
  nets[net].is_open = true;
  return true;
}

bool FakeHost::sockets(uint64_t net, std::vector<SocketRecord>& out) {
  cpu += kQuestionNs;
  const FakeNet& asked = nets[net];
  if (!asked.is_open || asked.unreadable) return false;
  out.insert(out.end(), asked.sockets.begin(), asked.sockets.end());
  return true;
}

bool FakeHost::addresses(uint64_t net, std::vector<LocalAddress>& out) {
  cpu += kQuestionNs;
  if (!nets[net].is_open) return false;
  out = nets[net].addresses;
  return true;
}

bool FakeHost::destroyed(uint64_t net, std::vector<SocketRecord>& out) {
  cpu += kQuestionNs;
  auto& told = nets[net].destroyed;
  out.insert(out.end(), told.begin(), told.end());
  told.clear();
  return true;
}

bool FakeHost::releases(std::vector<SocketRelease>& out) {
  cpu += kQuestionNs;
  out.insert(out.end(), released.begin(), released.end());
  released.clear();
  return !std::exchange(lost_ends, false);
}

void FakeHost::end_socket(uint64_t net, const SocketRecord& record, const SocketRelease& release) {
  if (!following) return;
  released.push_back(release);
  nets[net].destroyed.push_back(record);
}

}  // namespace weir::processes
