#include "report/processes/socket_table.h"

#include <algorithm>
#include <map>

namespace weir::processes {
namespace {

constexpr uint8_t kIcmp = 1;
constexpr uint8_t kIcmp6 = 58;
constexpr size_t kMaxHomes = 1 << 16;  ///< of addresses; more are not looked at

bool is_loopback(uint8_t ip_version, const IpBytes& address) noexcept {
  if (ip_version == 4) return address[0] == 127;
  return address[15] == 1 &&
         std::all_of(address.begin(), address.begin() + 15, [](uint8_t byte) { return byte == 0; });
}

}  // namespace

SocketTable::SocketTable(size_t sockets, std::span<const HomeAddress> homes, uint64_t seed,
                         std::shared_ptr<const ProcessList> processes)
    : sockets_(sockets, seed),
      open_ports_((UINT16_MAX + 1) / 64),
      homes_(std::min(homes.size(), kMaxHomes) + 1, seed),
      broadcast_(std::min(homes.size(), kMaxHomes) + 1, seed),
      processes_(std::move(processes)),
      knows_homes_(!homes.empty()) {
  if (homes.size() > kMaxHomes) homes = homes.first(kMaxHomes);
  std::map<std::pair<uint64_t, IpBytes>, std::vector<uint16_t>> nets_of;
  nets_.push_back(0);  // loopback is of weir's own namespace, and every other one has it too
  for (const auto& [local, net] : homes) {
    const AddressKey key{local.address, local.ip_version};
    if (local.broadcast) {
      if (net == 0) broadcast_.add(key, 0);
      continue;
    }
    if (is_zero(local.address) || is_loopback(local.ip_version, local.address)) continue;
    auto& nets = nets_of[{key.ip_version, key.address}];
    // What weir's own namespace has is no other's: only its own packets come by here.
    if (!nets.empty() && nets.front() == 0) continue;
    if (std::find(nets.begin(), nets.end(), net) == nets.end()) nets.push_back(net);
  }
  for (const auto& [address, nets] : nets_of) {
    homes_.add({address.second, address.first},
               static_cast<uint32_t>(nets_.size() << 8 | std::min<size_t>(nets.size(), 255)));
    nets_.insert(nets_.end(), nets.begin(), nets.end());
  }
}

void SocketTable::add(const SocketKey& key, uint32_t owner) {
  sockets_.add(key, owner);
  const uint16_t port = key.local_port;
  if (is_zero(key.peer)) open_ports_[port / 64] |= uint64_t{1} << port % 64;
}

SocketTable::Home SocketTable::home_of(uint8_t ip_version, const IpBytes& address) const noexcept {
  if (is_loopback(ip_version, address)) return {0, 1};
  const uint32_t* found = homes_.find({address, ip_version});
  if (found == nullptr) return {};
  return {*found >> 8, *found & 0xFF};
}

bool SocketTable::is_group(uint8_t ip_version, const IpBytes& address) const noexcept {
  if (ip_version != 4) return address[0] == 0xFF;
  if (address[0] >= 224 && address[0] <= 239) return true;
  if (address[0] == 255 && address[1] == 255 && address[2] == 255 && address[3] == 255) return true;
  return broadcast_.find({address, 4}) != nullptr;
}

uint32_t SocketTable::owner_at(Home home, End local, End peer, const FlowKey& key) const noexcept {
  const bool ports = has_ports(key.proto);
  SocketKey socket;
  socket.proto = key.proto;
  socket.ip_version = key.ip_version;
  socket.local_port = ports ? local.port : 0;
  // From the closest fit to the loosest: connected, bound to the address, bound to any.
  for (int fit = 0; fit < 3; ++fit) {
    // The kernel itself answers ICMP: a raw socket that takes all of it is a listener, no owner.
    if (fit == 1 && !has_open_port(socket.local_port)) break;
    if (fit == 2 && (key.proto == kIcmp || key.proto == kIcmp6)) break;
    socket.local = fit < 2 ? local.address : IpBytes{};
    socket.peer = fit == 0 ? peer.address : IpBytes{};
    socket.peer_port = fit == 0 && ports ? peer.port : 0;
    for (uint32_t i = 0; i < home.count; ++i) {
      socket.net = nets_[home.first + i];
      if (const uint32_t* owner = sockets_.find(socket)) return *owner;
    }
  }
  return ports ? kUnknown : kKernel;
}

uint32_t SocketTable::group_owner(End group, const FlowKey& key) const noexcept {
  return owner_at({0, 1}, group, {IpBytes{}, 0}, key);
}

std::array<uint32_t, 2> SocketTable::owners_of(const FlowKey& key) const {
  const Home low_home = home_of(key.ip_version, key.low_addr);
  const Home high_home = home_of(key.ip_version, key.high_addr);
  const End low{key.low_addr, key.low_port};
  const End high{key.high_addr, key.high_port};
  if (low_home.count != 0 || high_home.count != 0) {
    return {low_home.count == 0 ? kRemote : owner_at(low_home, low, high, key),
            high_home.count == 0 ? kRemote : owner_at(high_home, high, low, key)};
  }
  // From elsewhere to everybody: this host is one of those that it is for.
  if (is_group(key.ip_version, key.high_addr)) return {kRemote, group_owner(high, key)};
  if (is_group(key.ip_version, key.low_addr)) return {group_owner(low, key), kRemote};
  // Before the first poll nothing is known to be elsewhere.
  if (!knows_homes_) return {kUnknown, kUnknown};
  return {kForwarded, kForwarded};
}

const report::Process* SocketTable::process(uint32_t number) const {
  if (processes_ == nullptr) return nullptr;
  const auto at =
      std::lower_bound(processes_->begin(), processes_->end(), number,
                       [](const auto& entry, uint32_t wanted) { return entry.first < wanted; });
  return at == processes_->end() || at->first != number ? nullptr : at->second.get();
}

/// Asked for rows that are shown, a few hundred at most.
std::string SocketTable::publisher(uint32_t publisher_number) const {
  if (processes_ == nullptr) return {};
  for (const auto& [number, process] : *processes_) {
    if (process->publisher_number == publisher_number) return report::publisher_name(*process);
  }
  return {};
}

}  // namespace weir::processes
