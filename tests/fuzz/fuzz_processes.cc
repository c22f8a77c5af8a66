// What the kernel tells of sockets and processes, as any bytes. Input: which reader (1 byte), then
// what it reads.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "report/processes/netlink_messages.h"
#include "report/processes/proc_text.h"
#include "tests/fuzz/require.h"

namespace weir::fuzz {
namespace {

using namespace weir::processes;

constexpr uint32_t kSequence = 1;
constexpr size_t kSocketMessageBytes = 16 + 72;
constexpr size_t kAddressMessageBytes = 16 + 8;

void require_sound(const std::vector<SocketRecord>& sockets) {
  for (const SocketRecord& socket : sockets) {
    const SocketKey& key = socket.key;
    require(key.ip_version == 4 || key.ip_version == 6, "a socket has an IP version");
    require(has_ports(key.proto) || (key.local_port == 0 && key.peer_port == 0),
            "no ports where the protocol has none");
    require(!socket.serves_ipv4 || (key.ip_version == 6 && is_zero(key.local)),
            "only what is bound to :: serves IPv4 too");
  }
}

void require_clean(const std::string& text) {
  require(text.size() <= kMaxTextBytes, "bounded text");
  for (const char c : text) {
    require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F, "no control characters");
  }
  require(clean(text) == text, "clean text stays as it is");
}

void read_netlink(std::span<const uint8_t> bytes, uint8_t proto) {
  std::vector<SocketRecord> sockets;
  const DumpProgress progress = parse_sockets(bytes, kSequence, proto, sockets);
  require(progress.sys_errno >= 0 && progress.sys_errno < 4096, "an errno");
  require(progress.sys_errno == 0 || progress.done, "a refusal is the end");
  require(sockets.size() <= bytes.size() / kSocketMessageBytes, "no more sockets than fit");
  require_sound(sockets);
  std::vector<SocketRecord> destroyed;
  parse_destroyed(bytes, destroyed);
  require(destroyed.size() <= bytes.size() / kSocketMessageBytes, "no more destroyed than fit");
  require_sound(destroyed);
}

void read_addresses(std::span<const uint8_t> bytes) {
  std::vector<LocalAddress> addresses;
  parse_addresses(bytes, kSequence, addresses);
  require(addresses.size() <= 2 * (bytes.size() / kAddressMessageBytes), "no more than fit");
}

void read_net(std::string_view text, uint8_t ip_version, uint8_t proto) {
  std::vector<SocketRecord> sockets;
  const size_t damaged = parse_proc_net(text, ip_version, proto, false, sockets);
  require(sockets.size() + damaged <= text.size() + 1, "no more lines than there are");
  require_sound(sockets);
}

}  // namespace
}  // namespace weir::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weir::fuzz;
  if (size == 0) return 0;
  const std::span<const uint8_t> bytes(data + 1, size - 1);
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0]) {
    case 't': read_netlink(bytes, kTcp); break;
    case 'r': read_netlink(bytes, kRaw); break;
    case 'a': read_addresses(bytes); break;
    case '4': read_net(text, 4, kTcp); break;
    case '6': read_net(text, 6, kUdp); break;
    case 'w': read_net(text, 4, kRaw); break;
    case 'c': require_clean(unit_of_cgroup(text)); break;
    case 's':
      parse_stat(text);
      parse_uid(text);
      break;
    default:
      require_clean(clean(text));
      inode_of_link(text, "socket");
      break;
  }
  return 0;
}
